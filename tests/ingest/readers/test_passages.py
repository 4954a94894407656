"""Passages fit the window, lose nothing, and end where a reader would pause."""

import random
import re
import time
from itertools import pairwise

import pytest

from ingest.encoders.base import Encoder
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.readers.document import Document, Section
from ingest.readers.passages import TARGET_TOKENS, cut_passages, sentences

Span = tuple[int, int]


def words(text: str) -> list[Span]:
    """One token a word or mark."""
    return [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]


def syllables(text: str) -> list[Span]:
    """One token for up to three letters, so that long words have many and a cut word may have one more."""
    return [found.span() for found in re.finditer(r"\w{1,3}|[^\w\s]", text)]


def bytewise(text: str) -> list[Span]:
    """One token a byte of UTF-8, white space too: several tokens share a character's span."""
    return [(n, n + 1) for n, letter in enumerate(text) for _ in letter.encode("utf-8", "replace")]


def document(*sections: str | tuple[str, str], title: str = "") -> Document:
    pairs = [("", section) if isinstance(section, str) else section for section in sections]
    return Document(title, tuple(Section(heading, None, text) for heading, text in pairs))


def texts(found: Document, window: int = 32, spans: object = words) -> list[str]:
    return [draft.text for draft in cut_passages(found, spans, window)]  # type: ignore[arg-type]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def sentence(count: int, start: int = 0) -> str:
    """A sentence of `count` tokens, its full stop counted."""
    return "W" + " ".join(f"w{n}" for n in range(start, start + count - 1)) + "."


ALPHABETS = (
    "abc def ghij. Klm? Nop! \n \n\n Qrs, tuv; wx: yz – 3.14 Dr. Who e.g. this",
    "我们在河边的花园里玩耍。天气很好！孩子们喜欢看鸟？是的，我们喜欢。\n\n",
    "吾輩は猫である名前はまだ無い",
    "🦉👩‍👩‍👧 é e\u0301 ­\u200b\u00a0.\n\n\u2003x",
    "x",
    "word\n",
)


@pytest.mark.parametrize("tokenise", [words, syllables, bytewise])
@pytest.mark.parametrize("window", [32, 77, 254])
def test_every_character_is_in_exactly_one_passage_and_every_passage_fits(tokenise: object, window: int) -> None:
    chance = random.Random(window)
    for _ in range(60):
        alphabet = chance.choice(ALPHABETS)
        sections = [
            (
                "".join(chance.choices(alphabet, k=chance.choice([0, 10, 400]))).strip(),
                "".join(chance.choice(alphabet) for _ in range(chance.choice([1, 30, 300, 3_000]))),
            )
            for _ in range(chance.choice([1, 3]))
        ]
        found = document(*sections, title="".join(chance.choices(alphabet, k=chance.choice([0, 9, 300]))).strip())
        drafts = cut_passages(found, tokenise, window)  # type: ignore[arg-type]
        said = [section for section in found.sections if tokenise(section.text)]  # type: ignore[operator]
        assert squeezed("".join(draft.text for draft in drafts)) == squeezed("".join(section.text for section in said))
        for draft in drafts:
            assert len(tokenise(draft.encoded_text)) <= window  # type: ignore[operator]
            assert draft.encoded_text.endswith(draft.text)
            assert draft.text == draft.text.strip() != ""
            assert any(draft.text in section.text for section in said)


def test_a_passage_carries_title_and_heading() -> None:
    found = document(("Habitat", "They live in barns."), ("Owls", "All of them."), title="Owls")
    habitat, rest = cut_passages(found, words, 32)
    assert habitat.encoded_text == "Owls. Habitat.\nThey live in barns."
    assert (habitat.text, habitat.title, habitat.modality) == ("They live in barns.", "Owls – Habitat", "text")
    assert rest.encoded_text == "Owls.\nAll of them." and rest.title == "Owls"


def test_what_ends_like_a_sentence_gets_no_second_full_stop() -> None:
    (draft,) = cut_passages(document(("Why?", "Because."), title="Owls!"), words, 32)
    assert draft.encoded_text == "Owls! Why?\nBecause."


def test_a_name_without_letters_is_not_carried() -> None:
    (draft,) = cut_passages(document("Because.", title="2019-07-04"), words, 32)
    assert draft.encoded_text == "Because." and draft.title == "2019-07-04"


@pytest.mark.parametrize("window", [32, 254])
def test_a_long_title_and_heading_take_a_quarter_of_the_window_between_them(window: int) -> None:
    long = " ".join(["endless"] * 500)
    for title, heading in ((long, ""), ("", long), (long, long + "!"), ("Owls", long), (long, "Habitat")):
        drafts = cut_passages(document((heading, "text " * 300), title=title), words, window)
        for draft in drafts:
            carried = draft.encoded_text[: -len(draft.text)]
            assert 2 <= len(words(carried)) <= window // 4
            assert "Owls" in carried or title != "Owls"
            assert "Habitat" in carried or heading != "Habitat"
            assert len(draft.title) <= 300


def test_short_paragraphs_of_a_section_are_merged_but_never_across_sections() -> None:
    found = document("One.\n\nTwo.\n \nThree.", ("Other", "Four."))
    assert texts(found) == ["One.\n\nTwo.\n \nThree.", "Four."]


def test_paragraphs_are_merged_up_to_the_target_only() -> None:
    paragraphs = [sentence(50, 100 * n) for n in range(8)]
    found = texts(document("\n\n".join(paragraphs)), 254)
    assert found == ["\n\n".join(paragraphs[n : n + 3]) for n in (0, 3, 6)]
    assert all(len(words(text)) <= TARGET_TOKENS for text in found)


def test_a_paragraph_that_fits_is_not_cut() -> None:
    paragraph = " ".join(sentence(22, 100 * n) for n in range(10))
    assert texts(document(f"Short one.\n\n{paragraph}\n\n{sentence(100)}"), 254)[0].endswith(paragraph)


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentences = [sentence(12, 100 * n) for n in range(9)]
    assert texts(document(" ".join(sentences))) == [" ".join(sentences[n : n + 2]) for n in range(0, 8, 2)] + [
        sentences[8]
    ]


@pytest.mark.parametrize(
    "end",
    [
        "One thing. ",
        "Is it? ",
        "It is! ",
        'He said "yes." ',
        "So it goes… ",
        "这是一只鸟。",
        "ここはどこ？",
        "यह एक पक्षी है। ",
        "هل هذا طائر؟ ",
    ],
)
def test_sentences_end_in_many_scripts(end: str) -> None:
    tokens = len(syllables(end))
    found = texts(document(end * 60), 40, syllables)
    assert len(found) > 1 and all(text.endswith(end.strip()) for text in found)
    assert all(len(syllables(text)) % tokens == 0 for text in found)


@pytest.mark.parametrize(
    "inside",
    ["Dr. Who", "J. S. Bach", "3.14 is", "am 3. Mai", "e.g. Owls", "z.B. Eulen", "Fig. 3", "U.S. Army", "he… then"],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(inside: str) -> None:
    filler = "some more words of no great import that end it"
    for window in range(24, 48):
        found = texts(document(" ".join([f"Then {inside} {filler}."] * 12)), window)
        assert len(found) > 1 and all(text.startswith("Then") for text in found)


def test_a_list_too_long_for_a_passage_is_cut_between_its_lines() -> None:
    lines = [f"item {n} of the long list without stops" for n in range(30)]
    found = texts(document("\n".join(lines)))
    assert [line for text in found for line in text.split("\n")] == lines


def test_an_endless_sentence_is_cut_between_words() -> None:
    endless = " ".join(f"word{n}" for n in range(1_000))
    found = texts(document(endless), 32, syllables)
    assert " ".join(found) == endless


@pytest.mark.parametrize("window", [32, 254])
def test_a_script_without_spaces_or_stops_is_cut_between_tokens(window: int) -> None:
    text = "吾輩は猫である名前はまだ無い" * 300
    drafts = cut_passages(document(text, title="猫"), lambda given: [(n, n + 1) for n in range(len(given))], window)
    assert "".join(draft.text for draft in drafts) == text
    sizes = [len(draft.text) for draft in drafts]
    assert max(sizes) <= min(TARGET_TOKENS, window) and min(sizes[:-1]) >= window // 2


def test_a_word_of_ten_thousand_letters_becomes_passages_of_bearable_length() -> None:
    word = "supercalifragilistic" * 500
    for tokenise in (syllables, words):  # The second gives up on it, as word pieces do: one token.
        found = texts(document(f"Before {word} after."), 254, tokenise)
        assert squeezed("".join(found)) == f"Before{word}after."
        assert max(map(len, found)) <= 3_000


def test_a_character_of_many_tokens_is_never_cut() -> None:
    text = "👩" * 400
    drafts = cut_passages(document(text), lambda given: [(n, n + 1) for n in range(len(given)) for _ in range(9)], 32)
    assert "".join(draft.text for draft in drafts) == text and all(len(draft.text) <= 3 for draft in drafts)


def test_the_last_passage_is_not_a_crumb() -> None:
    text = "\n\n".join([sentence(170), sentence(20)])
    assert texts(document(text), 254) == [text]
    assert len(texts(document(text), 184)) == 2


def test_pages_are_kept() -> None:
    found = Document("Owls", (Section("", 1, "One."), Section("", 3, "Three. " * 40)))
    drafts = cut_passages(found, words, 32)
    assert [draft.page for draft in drafts[:2]] == [1, 3] and all(one.page <= two.page for one, two in pairwise(drafts))  # type: ignore[operator]


def test_a_section_without_a_token_gives_no_passage() -> None:
    def letters(text: str) -> list[Span]:
        return [found.span() for found in re.finditer(r"\w+", text)]

    assert texts(document("\u200b", "   ", "…", "Words.", title="Owls"), 32, letters) == ["Words."]
    assert cut_passages(document(title="Owls"), words, 32) == []


def test_a_window_too_small_to_cut_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="window of 7"):
        cut_passages(document("Words."), words, 7)


def test_the_tokeniser_is_asked_about_twice_for_each_paragraph() -> None:
    calls = 0

    def counted(text: str) -> list[Span]:
        nonlocal calls
        calls += 1
        return words(text)

    found = document(*[(f"Part {n}", "\n\n".join([sentence(120)] * 10)) for n in range(20)], title="Owls")
    drafts = cut_passages(found, counted, 254)
    assert len(drafts) == 200 and calls <= 2 * 200 + 2 * 20 + 5


def test_a_megabyte_is_cut_in_seconds() -> None:
    chance = random.Random(1)
    paragraphs = [" ".join(sentence(chance.randrange(3, 60)) for _ in range(5)) for _ in range(1_800)]
    for text in ("\n\n".join(paragraphs), " ".join(paragraphs)):
        assert len(text) > 900_000
        started = time.perf_counter()
        cut_passages(document(text, title="Owls"), words, 254)
        assert time.perf_counter() - started < 10


def test_passages_fit_the_fake_encoder(fake: Encoder) -> None:
    for draft in cut_passages(document(sentence(500), title="Owls"), fake.token_spans, fake.info.text_window):
        assert len(fake.token_spans(draft.encoded_text)) <= fake.info.text_window


def test_passages_fit_the_embedded_encoder(lite: LiteEncoder) -> None:
    for alphabet in ALPHABETS:
        text = alphabet * 200
        found = document(("A heading", text), title="Ein größerer Titel")
        drafts = cut_passages(found, lite.token_spans, lite.info.text_window)
        assert squeezed("".join(draft.text for draft in drafts)) == squeezed(text)
        assert all(len(lite.token_spans(draft.encoded_text)) <= lite.info.text_window for draft in drafts)


def test_the_sentences_of_a_passage_are_its_words_without_the_space_between() -> None:
    text = "Dr. Smith came on 3. Mai.  He said: “No!” Then he left\nwithout a word."
    text += "\n\nA new paragraph без точки\n\n日本語です。次です。"
    found = [text[start:end] for start, end in sentences(text)]
    assert found == [
        "Dr. Smith came on 3. Mai.",
        "He said: “No!”",
        "Then he left\nwithout a word.",
        "A new paragraph без точки",
        "日本語です。",
        "次です。",
    ]
    assert "".join("".join(found).split()) == "".join(text.split())
    assert sentences("  \n ") == []
