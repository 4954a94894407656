"""What the README of the encoders says holds: its commands, its ids, its example and its links."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.cli import make_parser
from ingest.encoders import registry
from ingest.encoders.base import Encoder
from ingest.encoders.catalogue import MODELS
from ingest.encoders.registry import FAMILIES, load_encoder
from ingest.encoders.tuning.tune import MIN_PICTURES

README_FILE = Path(registry.__file__).with_name("README.md")
README = README_FILE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (nearspace .*?)\s*(?:#.*)?$", README, flags=re.MULTILINE)


def test_every_command_is_one_that_the_command_line_takes() -> None:
    assert len(COMMANDS) >= 5
    for command in COMMANDS:
        options = make_parser().parse_args(shlex.split(command)[1:])
        assert options.command in ("encoders", "ingest", "reencode", "tune")


def test_every_model_that_a_command_names_is_in_the_catalogue() -> None:
    named = {match for command in COMMANDS for match in re.findall(r"--encoder ((?:openclip|st):\S+)", command)}
    assert named and named <= {model.id for model in MODELS}


def test_the_table_has_every_family_and_no_other() -> None:
    ids = re.findall(r"^\| (`.*?) \|", README.split("## lite")[0], flags=re.MULTILINE)
    prefixes = {match for cell in ids for match in re.findall(r"`([a-z]+:?)", cell)}
    assert prefixes == set(FAMILIES)


def test_the_example_is_an_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "brightness.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "brightness", raising=False)
    encoder = load_encoder("python:brightness:Brightness")
    assert isinstance(encoder, Encoder) and encoder.info.id == "python:brightness:Brightness"
    texts = encoder.encode_texts(["a", "longer"])
    images = encoder.encode_images([Image.new("RGB", (8, 8), "white")])
    assert texts.shape == (2, 2) and images.shape == (1, 2) and encoder.encode_texts([]).shape == (0, 2)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([texts, images]), axis=1), 1.0, atol=1e-6)
    assert encoder.token_spans("ab") == [(0, 1), (1, 2)]


def test_the_number_of_pictures_that_tuning_needs_is_the_one_it_requires() -> None:
    assert f"needs {MIN_PICTURES} different captioned pictures" in README


def test_every_link_leads_to_a_file_or_folder() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (README_FILE.parent / link).exists()] == []
