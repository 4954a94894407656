"""Numbers in words, never claiming more than was counted."""

import html
import re

import pytest

from search_app.components.shared.formatting import (
    count_of,
    excerpt,
    highlight,
    in_markdown,
    in_plotly,
    isolated,
    percentile_label,
    readable_size,
    score_details,
    snippet,
    unwrapped,
)
from search_app.search.hits import Hit


def hit(percentile: float, others: int, sampled: bool = False) -> Hit:
    return Hit("1", "image", 1, 3.0, percentile, others, sampled, 0.3)


@pytest.mark.parametrize(
    ("percentile", "others", "sampled", "words"),
    [
        (100.0, 0, False, "the only picture here"),
        (100.0, 427, False, "closest of 428 pictures"),
        (100.0, 2_048, True, "closer than 99.99 % of pictures"),
        (100.0 * 426 / 427, 427, False, "closer than 99.7 % of pictures"),
        (100.0 * 9_998 / 9_999, 9_999, False, "closer than 99.98 % of pictures"),
        (100.0 * 999_999 / 1_000_000, 1_000_000, False, "closer than 99.99 % of pictures"),
        (99.9, 1_000, False, "closer than 99.90 % of pictures"),
        (12.39, 1_000, False, "closer than 12.3 % of pictures"),
        (0.0, 500, False, "closer than 0.0 % of pictures"),
        (75.0, 4, False, "closer than 3 of 4 pictures"),
    ],
)
def test_closeness_in_words(percentile: float, others: int, sampled: bool, words: str) -> None:
    assert percentile_label(hit(percentile, others, sampled)) == words


@pytest.mark.parametrize(
    ("chance", "words"),
    [(None, ""), (0.004, " · chance below 1 %"), (0.413, " · chance 41 %"), (0.9999, " · chance above 99 %")],
)
def test_the_numbers_behind_the_words(chance: float | None, words: str) -> None:
    found = Hit("1", "image", 1, 3.0, 99.0, 427, False, 0.5, 0.7, chance)
    assert score_details(found) == f"cosine 0.500 · distance 1.000{words}"


def test_counts_have_their_noun() -> None:
    assert count_of(1, "image") == "1 picture"
    assert count_of(0, "text") == "0 passages"
    assert count_of(12_345, "text") == "12,345 passages"


def test_paragraphs_are_joined_and_lists_and_verses_are_not() -> None:
    wide = "a line that was broken because it came to the fixed width,"
    assert unwrapped(f"{wide}\nand went on here.\n\nNext") == f"{wide} and went on here.\n\nNext"
    assert unwrapped(f"{wide}\n- one\n- two\n    code") == f"{wide}\n- one\n- two\n    code"
    assert unwrapped("Roses are red,\nviolets are blue") == "Roses are red,\nviolets are blue"
    assert unwrapped("") == ""


def test_an_excerpt_shows_its_highlighted_part_escaped_with_its_context() -> None:
    text = f"{'Before it all. ' * 20}The <b>best</b> & only one. {'After it all. ' * 20}"
    start = text.index("The <b>")
    span = (start, text.index(" After"))
    shown = excerpt(text, span, 135)
    assert '<mark class="ns-highlight">The &lt;b&gt;best&lt;/b&gt; &amp; only one.</mark>' in shown
    assert shown.startswith("… ") and shown.endswith("…")
    plain = html.unescape(re.sub(r"</?mark[^>]*>", "", shown))
    assert 100 < len(plain) <= 140
    assert "Before" in plain and "After" in plain


def test_an_excerpt_never_exceeds_its_length() -> None:
    long = "word " * 200
    for span in ((0, 900), (500, 999), (0, 4), None):
        plain = html.unescape(re.sub(r"</?mark[^>]*>", "", excerpt(long, span, 120)))
        assert len(plain) <= 124
    assert excerpt("a <b>", None, 50) == "a &lt;b&gt;"
    assert excerpt("", None, 50) == ""


def test_highlighted_text_is_escaped_and_complete() -> None:
    assert highlight("a <i> b", (2, 5)) == 'a <mark class="ns-highlight">&lt;i&gt;</mark> b'
    assert highlight("<a>", None) == "&lt;a&gt;"


def test_sizes_are_readable() -> None:
    assert [readable_size(size) for size in (0, 999, 1_450, 46_500, 6_700_000, 2_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "1.45 kB",
        "46.5 kB",
        "6.7 MB",
        "2 GB",
    ]


@pytest.mark.parametrize("text", ["صورة طائر أحمر", "ציפור אדומה.jpg", "IMG ציפור"])
def test_text_from_right_to_left_keeps_its_direction_to_itself(text: str) -> None:
    for shown in (in_markdown(text), in_plotly(text)):
        assert shown[0] == "\u2068" and shown[-1] == "\u2069"


@pytest.mark.parametrize("text", ["a red bird", "赤い鳥", "🐦‍🔥", "", "café"])
def test_other_text_has_no_marks_of_direction(text: str) -> None:
    assert isolated(text) == text


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [
        ("赤い鳥が枝にとまっている", 6, "赤い鳥が枝…"),
        ("طائر أحمر على غصن", 12, "طائر أحمر…"),
        ("🇯🇵🇸🇦🇮🇱🇧🇷", 6, "🇯🇵🇸🇦…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 6, "…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 10, "👩‍👩‍👧‍👦…"),
        ("👍🏽👍🏽👍🏽", 4, "👍🏽…"),
        ("שָׁלוֹםשָׁלוֹם", 4, "שָׁ…"),
    ],
)
def test_a_snippet_ends_between_characters_as_readers_see_them(text: str, length: int, shown: str) -> None:
    assert snippet(text, length) == shown
    assert len(snippet(text, length)) <= length
