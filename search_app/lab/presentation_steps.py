"""The prepared steps of a presentation: each a saved state of the lab with a title and a note, kept in a small file."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.errors import ReadError
from search_app.search.link_files import keep_file
from search_app.search.query_pictures import PICTURE_FOLDER, keep_picture
from search_app.search.terms import is_picture, read_term

FOLDER = "presentations"
MAX_FILES = 100
"""How many files of steps a space keeps; the oldest go first."""
MAX_STEPS = 60
LONGEST_TITLE, LONGEST_NOTE = 120, 2_000
MAX_BYTES = 20_000_000
"""The largest file of steps that is read: the pictures that its steps are about are within."""

_VERSION = 1
_MOST_VALUES, _LONGEST_VALUE = 60, 6_000
_NAME = re.compile(r"[0-9a-f]{32}")
_PARAMETER = re.compile(r"[a-z][a-z0-9-]{0,40}")
_WRONG = "This is not a file of steps ({}). Choose one that was saved here with “Save the steps”."

Params = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Step:
    """One saved state."""

    title: str
    note: str = ""
    params: Params = field(default_factory=dict)
    """The parameters of its link: each name with its values."""


def serialise_steps(steps: Sequence[Step], space: Path | None = None) -> bytes:
    """The steps as a file; with the folder of a space, the uploaded pictures that they are about are put in."""
    content: dict[str, Any] = {
        "nearspace": "steps",
        "version": _VERSION,
        "steps": [
            {
                "title": step.title,
                "note": step.note,
                "params": {name: list(values) for name, values in step.params.items()},
            }
            for step in steps
        ],
    }
    pictures = _pictures(steps, space) if space else {}
    if pictures:
        content["pictures"] = pictures
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def parse_steps(data: bytes, space: Path | None = None, at_least: int = 0) -> tuple[Step, ...]:
    """The steps in a file that anybody may have made.  Raises ReadError where it is none.

    With the folder of a space, the pictures in the file are kept there, `at_least` this many pixels a side; raises
    SpaceError when they cannot be.
    """
    if len(data) > MAX_BYTES:
        raise ReadError(_WRONG.format(f"it has {len(data) / 1e6:,.0f} MB"))
    try:
        content = json.loads(data.decode("utf-8"))
        if content["nearspace"] != "steps" or content["version"] != _VERSION:
            raise ReadError(_WRONG.format("or it was saved by a newer version"))
        steps = tuple(_step(raw) for raw in content["steps"][:MAX_STEPS])
        pictures = dict(content.get("pictures", {})) if space else {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReadError(_WRONG.format("its content is something else")) from error
    if not steps:
        raise ReadError(_WRONG.format("it has no steps"))
    return _with_pictures(steps, pictures, space, at_least) if space else steps


def save_steps(space: Path, steps: Sequence[Step]) -> str:
    """Keep steps in the folder of a space; returns their name: 32 hexadecimal digits that stand for their content.

    Raises SpaceError when the folder cannot be written.
    """
    data = serialise_steps(steps)
    name = hashlib.sha256(data).hexdigest()[:32]
    path = space / FOLDER / f"{name}.json"
    keep_file(path, lambda file: file.write(data), what="The steps", most=MAX_FILES)
    return name


def load_steps(space: Path, name: str) -> tuple[Step, ...] | None:
    """The kept steps of that name; None when the space does not keep them (any more)."""
    if not _NAME.fullmatch(name):
        return None
    path = space / FOLDER / f"{name}.json"
    try:
        steps = parse_steps(path.read_bytes())
    except (OSError, ReadError):
        return None
    with suppress(OSError):
        path.touch()
    return steps


def _step(raw: Any) -> Step:
    params = {}
    for name, values in list(raw["params"].items())[:_MOST_VALUES]:
        if _PARAMETER.fullmatch(name) and isinstance(values, list):
            params[name] = tuple(str(value)[:_LONGEST_VALUE] for value in values[:_MOST_VALUES])
    return Step(str(raw["title"])[:LONGEST_TITLE], str(raw.get("note", ""))[:LONGEST_NOTE], params)


def _pictures(steps: Sequence[Step], space: Path) -> dict[str, str]:
    """The uploaded pictures that steps name and the space still keeps, each as base64."""
    found = {}
    for name in _named(steps):
        with suppress(OSError):
            content = (space / PICTURE_FOLDER / f"{name}.webp").read_bytes()
            found[name] = base64.b64encode(content).decode("ascii")
    return found


def _named(steps: Sequence[Step]) -> list[str]:
    values = [value for step in steps for written in step.params.values() for value in written]
    terms = [term for value in values if (term := read_term(value))]
    return list(dict.fromkeys(term.value for term in terms if term.kind == "image"))


def _with_pictures(
    steps: tuple[Step, ...], pictures: Mapping[str, Any], space: Path, at_least: int
) -> tuple[Step, ...]:
    """The steps with each picture under the name that this space keeps it by."""
    renamed = {}
    for name in _named(steps):
        encoded = pictures.get(name)
        if is_picture(name) and isinstance(encoded, str) and not (space / PICTURE_FOLDER / f"{name}.webp").is_file():
            with suppress(binascii.Error, ValueError):
                renamed[name] = keep_picture(space, base64.b64decode(encoded, validate=True), at_least)
    if not renamed:
        return steps

    def replaced(value: str) -> str:
        term = read_term(value)
        known = term is not None and term.kind == "image" and term.value in renamed
        return value.replace(term.value, renamed[term.value]) if term and known else value

    return tuple(
        replace(step, params={name: tuple(map(replaced, values)) for name, values in step.params.items()})
        for step in steps
    )
