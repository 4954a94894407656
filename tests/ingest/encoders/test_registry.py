"""Which encoder an id gives."""

import importlib

import pytest

from ingest.encoders import registry
from ingest.encoders.base import Log
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.registry import FAMILIES, Family, load_encoder
from ingest.errors import SettingsError, UnknownEncoder
from tests.fake_encoder import FakeEncoder


def test_lite_is_the_embedded_encoder(lite: LiteEncoder) -> None:
    assert load_encoder("lite").info == lite.info


def test_an_encoder_of_ones_own_is_loaded_by_module_and_name() -> None:
    assert isinstance(load_encoder("python:tests.fake_encoder:FakeEncoder"), FakeEncoder)


def test_a_device_for_an_encoder_that_takes_none_is_reported_and_must_still_exist() -> None:
    log_lines: list[str] = []
    load_encoder("python:tests.fake_encoder:FakeEncoder", device="cuda", log=log_lines.append)
    assert log_lines == [
        "python:tests.fake_encoder:FakeEncoder takes no device; one can be chosen for openclip:... and st:... "
        "encoders only"
    ]
    with pytest.raises(SettingsError, match="There is no device 'gpu'"):
        load_encoder("lite", device="gpu")


def load_xyz(encoder_id: str, *, device: str, log: Log | None) -> FakeEncoder:
    """The loader of a family that a test adds."""
    if log:
        log(f"loading {encoder_id} on {device}")
    return FakeEncoder()


def test_a_family_is_added_by_one_entry_of_the_table_and_the_module_that_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FAMILIES, "xyz:", Family(f"{__name__}:load_xyz", takes_device=True))
    log_lines: list[str] = []
    assert isinstance(load_encoder("xyz:small", device="cpu", log=log_lines.append), FakeEncoder)
    assert log_lines == ["loading xyz:small on cpu"]
    assert registry.calibration_of(load_encoder("xyz:small").info) is None


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_every_function_that_the_table_names_exists(family: Family) -> None:
    for path in filter(None, (family.loader, family.calibration_folder)):
        module, _, name = path.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(
    ("encoder_id", "message"),
    [
        ("clip", r"No encoder has the id 'clip'\. Use lite, or python:package\.module:Name"),
        ("", r"No encoder has the id ''\. Use lite"),
        ("python:tests.fake_encoder", r"is not complete\. Write it as python:package\.module:Name\."),
        ("python::FakeEncoder", r"is not complete\."),
        ("python:no_such_package.module:Name", r"no module named 'no_such_package'\. Install that module"),
        ("python:tests.fake_encoder:Nothing", r"has no class or function 'Nothing'\. Check the name"),
        ("python:tests.fake_encoder:DIMENSION", r"has no class or function 'DIMENSION'\."),
        ("python:collections:OrderedDict", r"lacks info, encode_texts, encode_images or token_spans\. Give it all"),
    ],
)
def test_an_id_that_gives_no_encoder_is_refused_with_what_to_do(encoder_id: str, message: str) -> None:
    with pytest.raises(UnknownEncoder, match=message):
        load_encoder(encoder_id)
