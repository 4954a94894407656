"""File names, captions and documents are shown as they are written, never as HTML, Markdown or Plotly's tags."""

import re
from pathlib import Path

import pytest

from search_app.components.shared.formatting import in_html, in_markdown, in_plotly, snippet
from tests.search_app.conftest import CAPTION, PASSAGE
from tests.search_app.page_driver import bar, card_titles, click, markup, page, visible_text

NASTY = [CAPTION, PASSAGE, "<b>red & co **x**.png"]


def test_names_captions_and_passages_are_escaped(colours: Path) -> None:
    app = page(q="red stars", k="96", layout="list", expanded="weaker")
    assert not app.exception
    seen = visible_text(app)
    assert "<b>red & co **x**.png" in card_titles(app)
    assert CAPTION in seen
    assert PASSAGE in seen
    for tag in ("<script", "<img src=x", "<b>red &", "onerror=alert(1)>"):
        assert tag not in markup(app)


def test_only_the_apps_own_text_is_markdown(colours: Path) -> None:
    app = page(q="**loud** <u>query</u> $x$")
    assert not app.markdown and not app.caption
    for button in app.button:
        assert not re.search(r"[*$<>]", button.label), button.label
    assert bar(app)["text"] == "**loud** <u>query</u> $x$"
    assert "<u>" not in markup(app)


@pytest.mark.parametrize("words_asked", ["<img src=x onerror=alert(1)> " * 350, "red" * 3_400, '"' * 10_000])
def test_a_query_of_ten_thousand_characters_is_cut_and_answered(colours: Path, words_asked: str) -> None:
    assert len(words_asked) >= 10_000
    app = page(q=words_asked, folder="../" * 3_400, exact="x" * 10_000)
    assert not app.exception
    assert "<img src=x" not in markup(app)
    app = page(q=words_asked)
    assert not app.exception and card_titles(app)


def test_the_query_item_and_the_details_are_escaped(colours: Path) -> None:
    app = page(q="red stars", modality="text", folder="odd", exact="stars")
    assert PASSAGE in visible_text(app)
    click(app, "details")
    assert not app.exception
    assert visible_text(app).count(PASSAGE) == 2
    assert "<script" not in markup(app)
    app = page(q="red stars", modality="text", folder="odd", exact="stars")
    click(app, "from")
    assert [token["kind"] for token in bar(app)["tokens"]] == ["judged"]
    assert "<script" not in markup(app)


@pytest.mark.parametrize("nasty", NASTY)
def test_html_keeps_no_tag_and_no_quote(nasty: str) -> None:
    assert not re.search(r"[<>\"']", in_html(nasty))


@pytest.mark.parametrize("nasty", NASTY)
def test_plotly_labels_keep_no_tag(nasty: str) -> None:
    assert not re.search(r"[<>]", in_plotly(nasty))


@pytest.mark.parametrize("nasty", [*NASTY, "`code`", "# head", "a\n\nb", "1. one", "- item", "~~gone~~", ":red[x]"])
def test_markdown_has_every_mark_escaped(nasty: str) -> None:
    escaped = in_markdown(nasty)
    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)[*_`$:<>\[\]!#~]", escaped)
    assert re.sub(r"\\(.)", r"\1", escaped) == " ".join(nasty.split())


def test_a_snippet_is_one_line_cut_between_words() -> None:
    assert snippet("one\ntwo   three", 80) == "one two three"
    assert snippet("one two three four", 12) == "one two…"
    assert len(snippet("x" * 500, 100)) == 100
