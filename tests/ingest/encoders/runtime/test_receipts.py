"""Receipts and digests: keyed by content, any number side by side, cleaned up when they are old."""

import os
import time
from pathlib import Path

import pytest

from ingest.encoders.runtime import digests, json_cache, receipts
from ingest.encoders.runtime.digests import cached_sha256_of, sha256_of
from ingest.encoders.runtime.json_cache import Records
from ingest.encoders.runtime.receipts import has_match, record_compiled, record_match, was_compiled


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NEARSPACE_CACHE", str(folder))
    return folder


def test_a_receipt_holds_for_one_content_one_reference_and_one_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    record_match("model", "reference", 1e-7)
    assert has_match("model", "reference")
    assert not has_match("another model", "reference")
    assert not has_match("model", "another reference")
    monkeypatch.setattr(receipts, "_runtime", lambda: "another runtime")
    assert not has_match("model", "reference")


def test_receipts_of_several_models_stand_side_by_side() -> None:
    for model in "abc":
        record_match(model, "reference", 0.0)
        record_compiled(model)
    assert all(has_match(model, "reference") and was_compiled(model) for model in "abc")
    assert not was_compiled("d")


def test_a_damaged_receipt_does_not_hold(cache: Path) -> None:
    record_match("model", "reference", 0.0)
    (file,) = (cache / "receipts").iterdir()
    file.write_text("{", encoding="utf-8")
    assert not has_match("model", "reference")


def test_a_file_is_read_once_wherever_several_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_text(file.name, encoding="utf-8")
    read: list[str] = []

    def counted(file: Path) -> str:
        read.append(file.name)
        return sha256_of(file)

    monkeypatch.setattr(digests, "sha256_of", counted)
    for _ in range(3):
        assert [cached_sha256_of(file) for file in files] == [sha256_of(file) for file in files]
    assert sorted(read) == ["a", "b"]


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one", encoding="utf-8")
    before = cached_sha256_of(file)
    status = file.stat()
    replacement = tmp_path / "b"
    replacement.write_text("two", encoding="utf-8")
    os.utime(replacement, ns=(status.st_atime_ns, status.st_mtime_ns))
    replacement.replace(file)  # as long, and as old: only its inode tells
    assert cached_sha256_of(file) == sha256_of(file) != before


def test_records_that_nothing_used_for_long_are_deleted_and_the_others_kept(cache: Path) -> None:
    records = Records("some")
    for key in ("old", "used", "new"):
        records.write(key, {"fact": key})
    year = json_cache.MAX_AGE_DAYS * 86_400
    for file in (cache / "some").iterdir():
        if '"new"' not in file.read_text(encoding="utf-8"):
            os.utime(file, (time.time() - year - 60,) * 2)
    assert records.read("used") == {"key": "used", "fact": "used"}  # which marks it as used
    records.write("another", {})
    assert [key for key in ("old", "used", "new", "another") if records.read(key)] == ["used", "new", "another"]


def test_there_are_never_more_records_than_the_limit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_cache, "MAX_RECORDS", 3)
    records = Records("some")
    for number in range(6):
        records.write(str(number), {})
        for file in (cache / "some").iterdir():
            os.utime(file, (file.stat().st_mtime - 60,) * 2)
    assert [number for number in range(6) if records.read(str(number))] == [3, 4, 5]
