"""Files of the hub: found in its cache by looking at folders, and told in three lines where they cannot be had."""

import time
from pathlib import Path

import pytest

from ingest.encoders.external import hub
from ingest.errors import UnknownEncoder, WeightsError
from tests.patience import limit

REPO = "someone/some-model"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, on a machine that has the packages but no network."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://192.0.2.1")
    monkeypatch.setattr(hub, "require_packages", lambda encoder_id: None)
    return tmp_path / "hub"


def fetched(cache: Path, name: str, commit: str = "abc", repo: str = REPO) -> Path:
    """A file as the hub's client keeps it."""
    folder = cache / f"models--{repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(commit, encoding="utf-8")
    file = folder / "snapshots" / commit / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(name, encoding="utf-8")
    return file


def test_a_file_in_the_cache_is_used_as_it_is(cache: Path) -> None:
    file = fetched(cache, "second.bin")
    assert hub.file_on_disk(REPO, ["first.safetensors", "second.bin"]) == file
    assert hub.fetch_first(REPO, ["first.safetensors", "second.bin"], encoder_id="openclip:x") == file


def test_the_last_fetch_counts(cache: Path) -> None:
    fetched(cache, "config.json", "old")
    new = fetched(cache, "other.json", "new")
    assert hub.snapshot_on_disk(REPO) == new.parent
    assert hub.file_on_disk(REPO, ["config.json"]) is None


def test_a_folder_that_lacks_nothing_is_used_as_it_is(cache: Path) -> None:
    file = fetched(cache, "modules.json")
    assert hub.fetch_matching(REPO, ["*.json"], lambda folder: "", encoder_id="st:x") == file.parent


def test_the_cache_is_where_the_hubs_client_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert hub.hub_cache() == tmp_path / ".cache" / "huggingface" / "hub"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert hub.hub_cache() == tmp_path / "xdg" / "huggingface" / "hub"
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert hub.hub_cache() == tmp_path / "home" / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert hub.hub_cache() == tmp_path / "cache"


def lines_of(error: pytest.ExceptionInfo[WeightsError]) -> list[str]:
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    return lines


@pytest.mark.parametrize("endpoint", ["http://192.0.2.1", "http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_without_a_network_three_lines_come_within_ten_seconds(
    cache: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    started = time.monotonic()
    with pytest.raises(WeightsError) as error:
        hub.fetch_first(REPO, ["open_clip_model.safetensors"], encoder_id="openclip:hf-hub:someone/some-model")
    assert time.monotonic() - started < limit(10)
    wanted, why, remedy = lines_of(error)
    assert "open_clip_model.safetensors" in wanted and REPO in wanted
    assert endpoint in why
    assert f"hf download {REPO}" in remedy and "openclip:local-dir:FOLDER" in remedy


@pytest.mark.parametrize("name", ["a/b/c", "someone/a model", "someone/..", "/model"])
def test_a_name_that_no_repository_can_have_is_refused_without_a_request_to_the_hub(
    cache: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_unreachable", lambda: pytest.fail("the hub was asked"))
    with pytest.raises(UnknownEncoder, match=r"Write it as OWNER/NAME, or give the path of a folder"):
        hub.fetch_first(name, ["model.safetensors"], encoder_id=f"openclip:hf-hub:{name}")


def test_in_offline_mode_nothing_connects_to_the_hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(hub, "_unreachable", lambda: pytest.fail("the hub was asked"))
    with pytest.raises(WeightsError) as error:
        hub.fetch_matching(REPO, ["*"], lambda folder: "modules.json", encoder_id="st:someone/some-model")
    assert "HF_HUB_OFFLINE is set" in lines_of(error)[1] and "st:FOLDER" in lines_of(error)[2]


def test_half_a_model_in_the_cache_names_what_is_missing(cache: Path) -> None:
    fetched(cache, "modules.json")
    with pytest.raises(WeightsError, match=r"needs 0_CLIPModel/model\.safetensors of"):
        hub.fetch_matching(REPO, ["*"], lambda folder: "0_CLIPModel/model.safetensors", encoder_id="st:x")
