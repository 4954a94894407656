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


def test_a_picture_has_no_caption_and_no_title_that_its_camera_filled_in():
    facts = {"caption": "OLYMPUS DIGITAL CAMERA", "title": "Default title", "camera": "C-5060"}
    draft = Draft("image", "OLYMPUS DIGITAL CAMERA", title="DSC_0042.JPG", meta=dict(facts))
    assert (draft.text, draft.title, draft.meta) == ("", "", {"camera": "C-5060"})
    assert Draft("image", "untitled", meta={"caption": "a heron"}).text == "a heron"
    assert Draft("image", "a heron", title="Heron", meta={"title": "Heron"}).text == "a heron"
    assert Draft("text", "OLYMPUS DIGITAL CAMERA", title="SONY DSC").title == "SONY DSC"
