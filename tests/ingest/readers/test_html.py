"""HTML pages come out as the words a reader of the page would see."""

import pytest

from ingest.readers.document import Section
from ingest.readers.html import decode_html, parse_html

PAGE = """\
<!doctype html>
<html><head><title>Owls &amp; gulls | My site</title><style>p { color: red }</style></head>
<body>
<nav><a href="/">Home</a></nav>
<h1>Owls &amp; <em>gulls</em></h1>
<p>They
   <b>hunt</b> by&nbsp;night.<br>Silently<wbr>.</p>
<script>alert("no")</script><noscript>no</noscript><template><p>no</p></template><p hidden>no</p>
<ul><li>one</li><li>two <i>and a half</i></li></ul>
<h2>A table</h2>
<table><tr><th>bird</th><th>call</th></tr><tr><td>owl</td><td>hoot</td></tr></table>
<pre><code>int a;
  <span>b();</span></code></pre>
<div>loose words<p>in a paragraph</p>and after</div>
<figure><img src="x.jpg" alt="a barn owl"><figcaption>An owl.</figcaption></figure>
<select><option>no</option></select><textarea>no</textarea><!-- no -->
<p>never closed
"""


def test_a_page_keeps_what_is_seen_and_nothing_else() -> None:
    document = parse_html(PAGE.encode(), "file")
    assert document.title == "Owls & gulls"
    intro, table = document.sections
    assert intro == Section("", None, "They hunt by night.\nSilently.\n\none\ntwo and a half")
    assert table.heading == "A table"
    assert table.text.split("\n\n") == [
        "bird; call\nowl; hoot",
        "int a;\n  b();",
        "loose words",
        "in a paragraph",
        "and after",
        "a barn owl",
        "An owl.",
        "never closed",
    ]


def test_the_title_is_the_pages_own_else_its_heading_else_the_files_name() -> None:
    assert parse_html(b"<title>Mine</title><h1>Other</h1><p>x", "file").title == "Mine"
    assert parse_html(b"<h1>Heading</h1><p>x", "file").title == "Heading"
    assert parse_html(b"<p>x", "file").title == "file"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ("<meta charset=windows-1251>", "cp1251"),
        ('<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=Shift_JIS">', "shift_jis"),
        ('<?xml version="1.0" encoding="iso-8859-15"?>', "iso8859-15"),
        ("<meta charset=utf-8>", "utf-8"),
        ("", "utf-8"),
        ("", "utf-16"),
        ("<meta charset=utf-8>", "utf-8-sig"),
    ],
)
def test_a_page_is_decoded_as_it_says(head: str, encoding: str) -> None:
    word = {"cp1251": "Съешь", "shift_jis": "吾輩", "cp1252": "größer…", "iso8859-15": "größer €"}.get(
        encoding, "größer 吾輩"
    )
    page = f"<html><head>{head}<title>{word}</title></head><p>{word}</p>"
    assert word in decode_html(page.encode(encoding))
    assert parse_html(page.encode(encoding), "file").title == word


@pytest.mark.parametrize("charset", ["utf-8", "klingon", "utf-16", "ascii"])
def test_a_page_that_says_the_wrong_thing_is_decoded_all_the_same(charset: str) -> None:
    page = f"<meta charset={charset}><p>Die größten Häuser der Stadt stehen am Flußufer.".encode("latin-1")
    assert parse_html(page, "file").sections[0].text == "Die größten Häuser der Stadt stehen am Flußufer."


def test_pages_nested_deeper_than_python_may_call_are_read() -> None:
    assert parse_html(b"<div>" * 5_000 + b"words", "file").sections == (Section("", None, "words"),)
    assert parse_html(b"<b>" * 5_000 + b"words", "file").sections == (Section("", None, "words"),)
