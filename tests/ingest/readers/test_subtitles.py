"""Subtitles: what is said, and when."""

from pathlib import Path

import pysubs2
import pytest

from ingest.errors import ReadError
from ingest.readers.dispatch import read_document
from ingest.readers.document import Section
from ingest.readers.passages import cut_passages
from tests.fake_encoder import FakeEncoder

SRT = """\
1
00:00:01,000 --> 00:00:03,500
<i>The sea</i> was calm.

2
00:00:04,000 --> 00:00:06,000
{\\an8}Nobody spoke
for an hour.

3
00:01:00,000 --> 00:01:02,000
Then the whale came.
"""
VTT = """\
WEBVTT - a talk

NOTE this is for editors

STYLE
::cue { color: red }

first
00:01.000 --> 00:04.000 align:start
<v Roger>Salt &amp; pepper

00:00:05.000 --> 00:00:06.500
- Yes.
"""


def test_subtitles_become_stretches_that_keep_when_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "the_whale.srt"
    path.write_bytes(SRT.replace("\n", "\r\n").encode("utf-8-sig"))
    document = read_document(path)
    assert document.title == "the whale"
    assert document.sections == (
        Section("", None, "The sea was calm.\nNobody spoke for an hour.", {"start": 1.0, "end": 6.0}),
        Section("", None, "Then the whale came.", {"start": 60.0, "end": 62.0}),
    )
    drafts = cut_passages(document, FakeEncoder().token_spans, 32)
    assert [draft.meta["start"] for draft in drafts] == [1.0, 60.0]


def test_web_subtitles_are_read_without_their_markup(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text(VTT)
    assert read_document(tmp_path / "a.vtt").sections == (
        Section("", None, "Salt & pepper\n- Yes.", {"start": 1.0, "end": 6.5}),
    )


@pytest.mark.parametrize("suffix", [".ass", ".ssa"])
def test_styled_subtitles_are_read_without_their_styles(tmp_path: Path, suffix: str) -> None:
    styled = pysubs2.SSAFile()
    styled.append(pysubs2.SSAEvent(start=1_000, end=3_500, text="{\\i1}Dragons{\\i0} fly\\Nhigh."))
    styled.save(str(tmp_path / f"a{suffix}"))
    (section,) = read_document(tmp_path / f"a{suffix}").sections
    assert (section.text, section.meta) == ("Dragons fly high.", {"start": 1.0, "end": 3.5})


def test_long_speech_is_parted_at_the_end_of_sentences(tmp_path: Path) -> None:
    cues = [
        f"{n}\n00:{n * 4 // 60:02d}:{n * 4 % 60:02d},000 --> 00:{(n * 4 + 3) // 60:02d}:{(n * 4 + 3) % 60:02d},000\n"
        f"Words of cue {n}{'.' if n % 3 == 2 else ','}\n"
        for n in range(60)
    ]
    (tmp_path / "a.srt").write_text("\n".join(cues))
    sections = read_document(tmp_path / "a.srt").sections
    assert all(section.text.endswith(".") for section in sections)
    assert all(30 <= section.meta["end"] - section.meta["start"] <= 60 for section in sections[:-1])
    assert [line for section in sections for line in section.text.split("\n")] == [
        f"Words of cue {n}{'.' if n % 3 == 2 else ','}" for n in range(60)
    ]


@pytest.mark.parametrize("name", ["a.srt", "a.vtt"])
@pytest.mark.parametrize(
    "content", [b"I am a text.", b"WEBVTT\n", b"1\n00:00 -->\n", b"99:99:99,999 --> x\nwords", b"\0\1\2\3" * 9]
)
def test_what_has_no_cue_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=r"^(no subtitles|not a text): .*\.$"):
        read_document(tmp_path / name)


def test_cut_off_subtitles_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    for name, whole in (("a.srt", SRT), ("a.vtt", VTT)):
        for end in range(1, len(whole), 7):
            (tmp_path / name).write_text(whole[:end])
            try:
                read_document(tmp_path / name)
            except ReadError as error:
                assert str(error).endswith("."), error
