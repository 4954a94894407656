"""Prepared steps in a file."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from ingest.errors import ReadError
from search_app.lab.presentation_steps import Step, load_steps, parse_steps, save_steps, serialise_steps
from search_app.search.query_pictures import keep_picture, open_picture

STEPS = (Step("One", "a note", {"part": ("pairs",), "pairs-thing": ("text:1:a dog", "item:1:5")}), Step("Zwei — ü"))


def test_steps_are_read_as_they_were_written() -> None:
    assert parse_steps(serialise_steps(STEPS)) == STEPS


def test_kept_steps_are_found_by_the_name_that_stands_for_them(tmp_path: Path) -> None:
    name = save_steps(tmp_path, STEPS)
    assert save_steps(tmp_path, STEPS) == name
    assert load_steps(tmp_path, name) == STEPS
    assert load_steps(tmp_path, "0" * 32) is None
    assert load_steps(tmp_path, "../manifest") is None


def test_uploaded_pictures_go_with_the_file_to_another_space(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 20, 20)).save(out, "PNG")
    name = keep_picture(here, out.getvalue(), 32)
    data = serialise_steps([Step("Mine", "", {"why-of": (f"image:1:{name}",)})], here)
    (value,) = parse_steps(data, there, 32)[0].params["why-of"]
    picture = open_picture(there, value.rpartition(":")[2])
    assert picture is not None and picture.size == (60, 40)
    assert parse_steps(data, here, 32)[0].params["why-of"] == (f"image:1:{name}",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"nearspace": "steps"}',
        b'{"nearspace": "steps", "version": 2, "steps": []}',
        b'{"nearspace": "steps", "version": 1, "steps": []}',
        b'{"nearspace": "steps", "version": 1, "steps": [{"title": "x", "params": []}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_file_of_steps_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ReadError, match="Choose one that was saved here"):
        parse_steps(data)


def test_a_strangers_file_gives_nothing_that_is_not_a_parameter() -> None:
    raw = {"title": "x" * 500, "params": {"Not a name!": ["a"], "part": ["pairs", 5], "steps-x": "text"}}
    (step,) = parse_steps(json.dumps({"nearspace": "steps", "version": 1, "steps": [raw]}).encode())
    assert len(step.title) == 120
    assert step.params == {"part": ("pairs", "5")}
