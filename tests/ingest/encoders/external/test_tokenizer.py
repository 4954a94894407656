"""Tokens of external text towers: cut where the model would cut, found again in the text, never beyond the window."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from ingest.encoders.external.tokenizer import Cleaning, TextTokenizer, TokenLayout, clean
from ingest.readers.document import Document, Section
from ingest.readers.passages import cut_passages

LETTERS = "abcdefghijklmnopqrstuvwxyz.,;:!?'&-éü1234567890_#"


def letter_tokenizer(
    cleaning: Cleaning, width: int = 12, *, full: bool = False, tail: tuple[int, ...] = ()
) -> TextTokenizer:
    """A tokeniser with one token a letter, so that a person can count them; 1 begins and 2 ends a text."""
    vocabulary = {token: number for number, token in enumerate(["[UNK]", "[first]", "[last]", *LETTERS])}
    vocabulary |= {f"##{letter}": 100 + number for number, letter in enumerate(LETTERS)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return TextTokenizer(tokenizer.to_str(), TokenLayout(cleaning, (1,), (2,), 0, width, full, tail))


def test_a_batch_is_laid_out_padded_and_masked() -> None:
    tokenizer = letter_tokenizer("lower")
    windows = tokenizer.windows(["ab", "", "abcd"])
    assert windows.owners == [0, 1, 2]
    (batch,) = tokenizer.batches(windows.ids)
    assert batch.windows == [1, 0, 2]
    assert batch.ids.tolist() == [[1, 2, 0, 0, 0, 0], [1, 3, 101, 2, 0, 0], [1, 3, 101, 102, 103, 2]]
    assert batch.mask.sum(axis=1).tolist() == [2, 4, 6]


def test_a_full_layout_is_as_wide_as_the_model_and_may_end_in_an_id_of_its_own() -> None:
    tokenizer = letter_tokenizer("lower", full=True, tail=(9,))
    assert tokenizer.layout.window == 9
    (batch,) = tokenizer.batches(tokenizer.windows(["ab"]).ids)
    assert batch.ids.tolist() == [[1, 3, 101, 2, 0, 0, 0, 0, 0, 0, 0, 9]]
    assert batch.mask.tolist() == [[1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]]


def test_a_text_longer_than_the_window_keeps_all_its_tokens() -> None:
    tokenizer = letter_tokenizer("lower")
    windows = tokenizer.windows(["abcdefghijklmnopqrstuvwxyz"])
    assert [len(ids) for ids in windows.ids] == [10, 10, 6]
    assert windows.owners == [0, 0, 0]


@pytest.mark.parametrize(
    ("cleaning", "text", "cleaned"),
    [
        ("strip", "  A b\n", "A b"),
        ("whitespace", " A  b\tc ", "A b c"),
        ("lower", "A &amp;amp; B", "a & b"),
        ("canonicalize", "A dog's ball, - and: snake_case", "a dogs ball and snake case"),
    ],
)
def test_a_text_is_cleaned_as_openclip_cleans_it(cleaning: Cleaning, text: str, cleaned: str) -> None:
    assert clean(text, cleaning) == cleaned


def test_spans_find_each_token_in_the_text_as_it_was_written() -> None:
    text = "Ab  &amp;\n c"
    spans = letter_tokenizer("lower").spans(text)
    assert [text[start:end] for start, end in spans] == ["A", "b", "&amp;", "c"]


def test_spans_of_text_that_lost_its_punctuation_point_at_the_words_that_are_left() -> None:
    text = "ab - it's, c"
    spans = letter_tokenizer("canonicalize").spans(text)
    assert len(spans) == 6
    assert text[spans[0][0] : spans[1][1]] == "ab"
    assert text[spans[-1][0] : spans[-1][1]] == "c"
    assert spans == sorted(spans)


@pytest.mark.parametrize("cleaning", ["strip", "whitespace", "lower"])
def test_a_space_that_a_tokeniser_takes_for_part_of_a_word_is_not_in_its_span(cleaning: Cleaning) -> None:
    words = {"▁a": 0, "▁dog": 1, "▁barks": 2, "[UNK]": 3}
    words_of_a_model = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    words_of_a_model.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = TextTokenizer(words_of_a_model.to_str(), TokenLayout(cleaning, (), (5,), 0, 8, full=True))
    text = " a  dog\nbarks "
    if cleaning == "strip":
        text = "a dog barks"
    assert tokenizer.windows([text]).ids == [[0, 1, 2]]
    assert [text[start:end] for start, end in tokenizer.spans(text)] == ["a", "dog", "barks"]


@pytest.mark.parametrize("cleaning", ["strip", "whitespace", "lower", "canonicalize"])
@pytest.mark.parametrize("text", ["", " ", "a", "İi &lt;b&gt; \ud83d x", "no\u00a0break - \u200b", "&nbsp;&nbsp; a b"])
def test_there_is_one_span_a_token_and_every_span_lies_in_the_text(cleaning: Cleaning, text: str) -> None:
    tokenizer = letter_tokenizer(cleaning)
    spans = tokenizer.spans(text)
    assert len(spans) == sum(map(len, tokenizer.windows([text]).ids))
    assert all(0 <= start <= end <= len(text) for start, end in spans)


@pytest.mark.parametrize("cleaning", ["whitespace", "lower", "canonicalize"])
def test_passages_of_a_document_never_have_more_tokens_than_the_window(cleaning: Cleaning) -> None:
    tokenizer = letter_tokenizer(cleaning, width=26)
    text = "It's a &quot;long&quot; text; with &amp; words, pieces - and no-end-to-them. " * 12
    document = Document("A title", (Section("Heading", None, text + "\n\n" + "unbroken" * 30),))
    drafts = cut_passages(document, tokenizer.spans, tokenizer.layout.window)
    assert len(drafts) > 20
    assert all(len(tokenizer.windows([draft.encoded_text or draft.text]).ids) == 1 for draft in drafts)
    kept = "".join(draft.text for draft in drafts).replace(" ", "").replace("\n", "")
    assert kept == (text + "unbroken" * 30).replace(" ", "")
