"""Drafts hold nothing that the ledger cannot keep."""

from dataclasses import replace

import pytest

from ingest.readers.draft import Draft, writable


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("größer 🎉", "größer 🎉"),
        ("\ud83c\udf89", "🎉"),
        ("a \ud83c", "a \ufffd"),
        ("\ud83cb", "\ufffdb"),
        ("\udf89\ud83c", "\ufffd\ufffd"),
    ],
)
def test_pairs_of_surrogates_are_joined_and_halves_replaced(text, written):
    assert writable(text) == written


def test_whatever_a_reader_gives_a_draft_can_be_written():
    party = "\ud83c\udf89"
    draft = Draft("text", party, party, party, meta={party: party, "row": 1})
    assert draft == Draft("text", "🎉", "🎉", "🎉", meta={"🎉": "🎉", "row": 1})
    assert replace(draft, text="\ud83c").text == "\ufffd"
