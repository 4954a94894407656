"""Markdown and reStructuredText come out as plain text under their headings."""

from pathlib import Path

import pytest

from ingest.readers import markup
from ingest.readers.dispatch import read_document
from ingest.readers.document import Section
from ingest.readers.markup import parse_markdown, parse_rst

MARKDOWN = """\
# Owls *of the* night

An [owl](https://example.org/owl) is a **bird** with `eyes` ![a barn owl in flight](owl.jpg) &amp; ears.<br>
It <span class="x">hunts</span> mice.

Setext heading
--------------

- one
- two
  - three

    more of three

1. first

> quoted words

| bird | call |
|------|------|
| owl  | hoot |

```python
def hoot():
    return "hoo"
```

<details><summary>More</summary><p>Folded <b>words</b></p><script>alert(1)</script></details>

<!-- a remark -->

[reference]: https://example.org
"""


def test_markdown_keeps_every_word_and_no_markup() -> None:
    document = parse_markdown(MARKDOWN, "file")
    assert document.title == "Owls of the night"
    intro, rest = document.sections
    assert intro == Section(
        "",
        None,
        "An owl is a bird with eyes a barn owl in flight & ears.\nIt hunts mice.",
    )
    assert rest.heading == "Setext heading"
    assert rest.text.split("\n\n") == [
        "one\ntwo\nthree\nmore of three",
        "first",
        "quoted words",
        "bird; call\nowl; hoot",
        'def hoot():\n    return "hoo"',
        "More",
        "Folded words",
    ]


@pytest.mark.parametrize(
    "front",
    [
        '---\ntitle: "Owls: a book"\ntags: [a, b]\n---\n',
        "---\nlayout: post\ntitle: >\n  Owls: a\n  book\n...\n",
        '+++\ntitle = "Owls: a book"\n+++\n',
    ],
)
def test_front_matter_gives_the_title_and_no_text(front: str) -> None:
    document = parse_markdown(front + "\nText.\n\n# Heading\n\nMore.", "file")
    assert document.title == "Owls: a book"
    assert document.sections == (Section("", None, "Text."), Section("Heading", None, "More."))


@pytest.mark.parametrize("front", ["---\ntitle: [unclosed\n---\n", "---\nkey: 1\n---\n", "+++\nbroken\n+++\n"])
def test_front_matter_without_a_title_is_left_out_too(front: str) -> None:
    document = parse_markdown(front + "Text.", "file")
    assert (document.title, document.sections) == ("file", (Section("", None, "Text."),))


@pytest.mark.parametrize(
    "value", ["!!timestamp foo", "!!bool maybe", '!!int ""', '!!float ""', "!!binary 1", "!!python/none x", "&a [*a]"]
)
def test_front_matter_with_values_that_are_not_what_they_say_is_left_out(value: str) -> None:
    document = parse_markdown(f"---\ntitle: {value}\n---\nText.", "file")
    assert (document.title, document.sections) == ("file", (Section("", None, "Text."),))


def test_pictographs_in_front_matter_are_read_as_json_writes_them() -> None:
    front = r'"Party \ud83c\udf89 \ud83c and\u0000 on"'
    document = parse_markdown(f"---\ntitle: {front}\nmood: {front}\ntags: [{front}]\n{front}: 1\n---\nText.", "a")
    party = "Party 🎉 \ufffd and on"
    assert document.title == party
    assert document.meta == {"mood": party, "tags": party, party: 1}


@pytest.mark.parametrize("front", ["---\ntitle: {0}\nage: {0}\n---\n", "+++\ntitle = {0}\nage = {0}\n+++\n"])
def test_a_number_too_long_to_write_out_is_no_fact(front: str) -> None:
    document = parse_markdown(front.format("0x" + "f" * 5_000) + "Text.", "file")
    assert (document.title, document.meta) == ("file", {})


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    document = parse_markdown("---\n\nText: one.\n\n---\n\nText two.", "file")
    assert document.sections == (Section("", None, "Text: one.\n\nText two."),)


RST = """\
=====
 Owls
=====

.. contents::

An *owl* is a **bird** with ``eyes``, see `the page <https://example.org>`_ and |which|, or :ref:`its nest <nest>`
and :func:`hoot`.

.. |which| replace:: this one

.. note:: They are silent.

Hunting
=======

- one
- two

owl
  a bird

.. image:: owl.jpg
   :alt: a barn owl in flight

.. code-block:: python

   hoot()

+------+------+
| bird | call |
+======+======+
| owl  | hoot |
+------+------+

.. versionadded:: 2.0
   They fly.

.. toctree::
   :maxdepth: 2

   one-file
   other-file

.. a remark
"""


def test_rst_keeps_every_word_and_no_markup(capfd: pytest.CaptureFixture[str]) -> None:
    document = parse_rst(RST, "file")
    assert document.title == "Owls"
    intro, hunting = document.sections
    assert intro == Section(
        "",
        None,
        "An owl is a bird with eyes, see the page and this one, or its nest\nand hoot.\n\nThey are silent.",
    )
    assert hunting.heading == "Hunting"
    assert hunting.text.split("\n\n") == [
        "one\ntwo",
        "owl\na bird",
        "a barn owl in flight",
        "hoot()",
        "bird; call\nowl; hoot",
        "2.0\nThey fly.",
    ]
    assert capfd.readouterr() == ("", "")


def test_rst_reads_no_other_file_and_no_raw_markup(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret, here")
    path = tmp_path / "a.rst"
    path.write_text(
        f"Text.\n\n.. include:: {secret}\n\n.. include:: secret.txt\n   :literal:\n\n.. literalinclude:: {secret}\n\n"
        f".. csv-table::\n   :file: {secret}\n\n.. raw:: html\n   :file: {secret}\n\n.. raw:: html\n\n   <b>raw</b>\n"
    )
    assert read_document(path).sections == (Section("", None, "Text."),)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "Words *never closed and `neither this |nor that\n\n=====\n\nx\n---\ny\n~~\n",
        "\n".join("  " * depth + "- deep" for depth in range(400)),
        "+---+\n| a table that\n+---+ breaks",
        "word " + "x" * 20_000,
    ],
)
def test_rst_with_slips_keeps_its_words(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    document = parse_rst(text, "file")
    said = " ".join([document.title, *(f"{section.heading} {section.text}" for section in document.sections)])
    for word in ("Words", "closed", "deep", "breaks", "word"):
        assert (word in said) == (word in text)
    assert capfd.readouterr() == ("", "")


def test_rst_too_long_to_parse_is_read_as_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_RST", 10)
    assert parse_rst("Owls\n\n*hunt* at night.", "file").sections == (Section("", None, "*hunt* at night."),)
