"""OpenCLIP models, with small checkpoints of random weights."""

import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import UnknownEncoder, WeightsError
from ingest.readers.document import Document, Section
from ingest.readers.passages import cut_passages
from tests.ingest.encoders.external.make_models import openclip_folder, roberta_like_folder, siglip_like_folder
from tests.make_files import picture, text
from tests.patience import limit

open_clip = pytest.importorskip("open_clip", reason="OpenCLIP is not installed (pip install 'nearspace[models]')")
torch = pytest.importorskip("torch", reason="torch is not installed (pip install 'nearspace[models]')")
pytestmark = pytest.mark.filterwarnings("ignore")  # what the packages warn their own developers of

KINDS = {"plain": openclip_folder, "siglip": siglip_like_folder, "roberta": roberta_like_folder}
TEXTS = ["a photo of a dog", "", "Two children ride red bicycles.", "It's &amp; a boat, sea!"]


@pytest.fixture(scope="module", params=list(KINDS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return KINDS[request.param](tmp_path_factory.mktemp("openclip") / request.param)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return openclip_folder(tmp_path_factory.mktemp("openclip") / "plain")


def load(folder: Path, suffix: str = "", **options) -> Encoder:
    return load_encoder(f"openclip:local-dir:{folder}{suffix}", device="cpu", **options)


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(5).integers(0, 256, (3, 90, 140, 3), dtype=np.uint8)
    return [
        Image.fromarray(noise[0]),
        Image.fromarray(noise[1]).resize((33, 70)),
        Image.new("RGB", (32, 32), "teal"),
        Image.fromarray(noise[2]).resize((16, 9)),
    ]


def test_it_keeps_the_encoder_protocol(encoder_cache: Path, folder: Path) -> None:
    encoder = load(folder)
    assert isinstance(encoder, Encoder)
    info = encoder.info
    assert (info.dimension, info.image_size, info.text_window, info.licence) == (24, 32, 18, "cc-by-4.0")
    assert info.id == f"openclip:local-dir:{folder}" and len(info.fingerprint) == 64
    for rows in (encoder.encode_texts(TEXTS), encoder.encode_images(pictures())):
        assert rows.dtype == np.float32 and rows.shape == (4, 24)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 24)


def test_vectors_are_those_of_openclip_itself(encoder_cache: Path, folder: Path, monkeypatch) -> None:
    encoder = load(folder)
    name = f"local-dir:{folder}"
    if (folder / "text").is_dir():
        monkeypatch.chdir(folder)  # where OpenCLIP finds the text tower that its configuration names
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    model.eval()
    with torch.inference_mode():
        texts = model.encode_text(open_clip.get_tokenizer(name)(TEXTS), normalize=True).numpy()
        images = model.encode_image(torch.stack([preprocess(image) for image in pictures()]), normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), texts, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_images(pictures()), images, atol=1e-5)


def test_a_vector_does_not_depend_on_what_is_encoded_with_it(encoder_cache: Path, folder: Path) -> None:
    encoder = load(folder)
    together = encoder.encode_texts(TEXTS)
    for row, words in zip(together, TEXTS, strict=True):
        np.testing.assert_allclose(encoder.encode_texts([words])[0], row, atol=1e-5)


def test_passages_never_have_more_tokens_than_the_tower_reads(encoder_cache: Path, folder: Path) -> None:
    encoder = load(folder)
    sentence = "It's a &quot;long&quot; text; with &amp; words, pieces, and no-end-to-them in a boat. "
    drafts = cut_passages(Document("Boats", (Section("At sea", None, sentence * 8),)), encoder.token_spans, 18)
    assert len(drafts) > 8
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}", context_length=200)
    widest = max(_ids(tokenizer, draft.encoded_text) for draft in drafts)
    assert 10 <= widest <= 20, "the window and the two special tokens"


def _ids(tokenizer, words: str) -> int:
    if hasattr(tokenizer, "sot_token_id"):
        return len(tokenizer.encode(words)) + 2
    return len(tokenizer.tokenizer(tokenizer.clean_fn(words))["input_ids"])


def test_a_longer_text_is_read_to_its_end(encoder_cache: Path, plain: Path) -> None:
    encoder = load(plain)
    start = "a photo of a dog and a cat in a red boat at sea " * 2
    one, other, short = encoder.encode_texts([f"{start} children", f"{start} harbour", start])
    assert np.abs(one - other).max() > 1e-3 and np.abs(one - short).max() > 1e-3


def test_the_first_load_compiles_and_checks_and_the_second_does_neither(encoder_cache: Path, tmp_path: Path) -> None:
    folder = openclip_folder(tmp_path / "fresh", seed=11)
    log_lines: list[str] = []
    first = load(folder, log=log_lines.append)
    differences = [line.rsplit(" ", 1)[1] for line in log_lines if "largest difference to the torch output" in line]
    assert len(differences) == 2 and all(float(figure) < 1e-5 for figure in differences)
    again: list[str] = []
    second = load(folder, log=again.append)
    assert again == [] and second.info == first.info
    np.testing.assert_array_equal(first.encode_texts(TEXTS), second.encode_texts(TEXTS))


def test_once_compiled_it_runs_without_torch_and_openclip(encoder_cache: Path, plain: Path) -> None:
    load(plain)
    code = (
        "import sys; from PIL import Image; from ingest.encoders.registry import load_encoder;"
        f"encoder = load_encoder('openclip:local-dir:{plain}', device='cpu');"
        "encoder.encode_texts(['a dog']); encoder.encode_images([Image.new('RGB', (9, 9))]);"
        "sys.exit(str({'torch', 'open_clip', 'transformers', 'huggingface_hub'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=limit(300))
    assert done.stderr.strip() == ""


def test_the_fingerprint_differs_by_weights_preprocessing_and_rounding(encoder_cache: Path, tmp_path: Path) -> None:
    from ingest.encoders.external.openclip import fingerprint_of
    from ingest.encoders.external.openclip_files import files_in_folder

    def fingerprint(folder: Path, int8: bool = False) -> str:
        return fingerprint_of(files_in_folder("openclip:x", folder, None), int8)

    one = openclip_folder(tmp_path / "one")
    same = openclip_folder(tmp_path / "same")
    weights = openclip_folder(tmp_path / "weights", seed=1)
    prepared = openclip_folder(tmp_path / "prepared", preprocess={"resize_mode": "squash"})
    assert fingerprint(one) == fingerprint(same)
    assert len({fingerprint(one), fingerprint(weights), fingerprint(prepared), fingerprint(one, True)}) == 4


def test_files_of_other_programs_in_the_folder_change_nothing(encoder_cache: Path, tmp_path: Path) -> None:
    folder = openclip_folder(tmp_path / "model")
    before = load(folder)
    # As the hub's repositories of CLIP models have them, for transformers.
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"other weights")
    assert load(folder).info == before.info


def test_changed_weights_are_noticed(encoder_cache: Path, tmp_path: Path) -> None:
    folder = openclip_folder(tmp_path / "model", seed=3)
    before = load(folder)
    openclip_folder(folder, seed=4)
    after = load(folder)
    assert before.info.fingerprint != after.info.fingerprint
    assert np.abs(before.encode_texts(["a dog"]) - after.encode_texts(["a dog"])).max() > 1e-3


def test_rounded_to_8_bits_it_stays_close_and_says_so_in_its_id(encoder_cache: Path, plain: Path) -> None:
    exact, rounded = load(plain), load(plain, "@int8")
    assert rounded.info.id == f"{exact.info.id}@int8"
    assert rounded.info.fingerprint != exact.info.fingerprint
    for a, b in zip(exact.encode_texts(TEXTS), rounded.encode_texts(TEXTS), strict=True):
        assert 0.98 < a @ b < 1.0 + 1e-6
    assert np.abs(exact.encode_images(pictures()) - rounded.encode_images(pictures())).max() > 0


def three_lines(error: pytest.ExceptionInfo[WeightsError]) -> str:
    assert len(str(error.value).splitlines()) == 3
    return str(error.value)


def test_pickled_weights_that_hold_code_are_refused_and_the_code_is_not_run(
    encoder_cache: Path, tmp_path: Path
) -> None:
    folder = openclip_folder(tmp_path / "model")
    (folder / "open_clip_model.safetensors").unlink()
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(touched),)

    torch.save({"state_dict": Evil()}, folder / "open_clip_pytorch_model.bin")
    with pytest.raises(WeightsError) as error:
        load(folder)
    assert "open_clip_pytorch_model.bin" in three_lines(error)
    (folder / "open_clip_pytorch_model.bin").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(WeightsError) as error:
        load(folder)
    assert "holds more than weights" in three_lines(error)
    assert not touched.exists()


def test_pickled_weights_without_code_are_loaded(encoder_cache: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = openclip_folder(tmp_path / "model", seed=21)
    expected = load(folder).encode_texts(TEXTS)
    weights = folder / "open_clip_model.safetensors"
    torch.save(load_file(weights), folder / "open_clip_pytorch_model.bin")
    weights.unlink()
    np.testing.assert_allclose(load(folder).encode_texts(TEXTS), expected, atol=1e-6)


@pytest.mark.parametrize("damage", ["cut short", "of another model", "no weights", "no configuration"])
def test_a_damaged_folder_is_reported_in_three_lines(encoder_cache: Path, tmp_path: Path, damage: str) -> None:
    folder = openclip_folder(tmp_path / "model", seed=6)
    weights = folder / "open_clip_model.safetensors"
    if damage == "cut short":
        weights.write_bytes(weights.read_bytes()[:5000])
    elif damage == "of another model":
        config = json.loads((folder / "open_clip_config.json").read_text())
        config["model_cfg"]["vision_cfg"]["layers"] = 3
        (folder / "open_clip_config.json").write_text(json.dumps(config))
    elif damage == "no weights":
        weights.unlink()
    else:
        (folder / "open_clip_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError) as error:
        load(folder)
    wanted = "open_clip_config.json" if damage == "no configuration" else "open_clip_model.safetensors"
    assert wanted in three_lines(error)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("ViT-B-32/laion2b", "openclip:ViT-B-32/laion2b_s34b_b79k"),
        ("ViT-B-32", "openclip:ViT-B-32/openai"),
        ("ViTB16SigLIP2/webli", "openclip:ViT-B-16-SigLIP2/webli"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_ones(encoder_cache: Path, name: str, nearest: str) -> None:
    with pytest.raises(UnknownEncoder, match=nearest.replace(".", r"\.")):
        load_encoder(f"openclip:{name}")


@pytest.mark.parametrize("encoder_id", ["openclip:", "openclip:hf-hub:", "openclip:local-dir:", "openclip:@int8"])
def test_an_id_that_names_no_model_is_refused(encoder_id: str) -> None:
    with pytest.raises(UnknownEncoder, match=r"names no model\. Write it as openclip:MODEL/PRETRAINED"):
        load_encoder(encoder_id)


def test_a_name_that_nothing_comes_near_is_answered_with_how_to_write_one(encoder_cache: Path) -> None:
    with pytest.raises(UnknownEncoder, match=r"no model '9999'\. Write it as MODEL/PRETRAINED, or look through"):
        load_encoder("openclip:9999")


def nearspace(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ingest.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=limit(300), env={**os.environ, **variables})


@pytest.mark.parametrize(
    "encoder_id", ["openclip:ViT-B-32/laion2b_s34b_b79k", "openclip:hf-hub:no/such", "st:clip-ViT-B-32"]
)
def test_without_weights_and_network_three_lines_come_within_seconds(
    encoder_cache: Path, tmp_path: Path, encoder_id: str
) -> None:
    if encoder_id.startswith("st:"):
        pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    (tmp_path / "files").mkdir()
    started = time.monotonic()
    # Packets to this address are dropped, as in a network without a way out.
    done = nearspace(
        *("ingest", tmp_path / "files", "--home", tmp_path / "home", "--encoder", encoder_id),
        HF_HOME=str(tmp_path / "hub"),
        HF_ENDPOINT="http://192.0.2.1",
        HF_HUB_OFFLINE="0",
    )
    assert time.monotonic() - started < limit(20)  # the waiting itself is bounded; a busy machine also imports
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 3 and "Traceback" not in done.stderr
    assert encoder_id in lines[0] and "192.0.2.1" in lines[1] and "hf download" in lines[2]


def test_a_folder_is_ingested_and_searched_with_it(encoder_cache: Path, plain: Path, tmp_path: Path) -> None:
    picture(tmp_path / "files" / "red.png", "red")
    picture(tmp_path / "files" / "blue.png", "blue")
    long = "A boat lies in the old harbour, and two children ride red bicycles past it in the rain. " * 6
    text(tmp_path / "files" / "notes.txt", long)
    where = ("--home", tmp_path / "home", "--space", "clip")
    encoder_id = f"openclip:local-dir:{plain}"
    done = nearspace("ingest", tmp_path / "files", *where, "--encoder", encoder_id, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    facts = json.loads(nearspace("status", *where, "--json").stdout)
    assert facts["encoder"]["id"] == encoder_id
    assert facts["items"]["image"] == 2 and facts["items"]["text"] >= 6
    asked = nearspace("search", "--image", tmp_path / "files" / "red.png", *where, "--modality", "image", "--json")
    assert json.loads(asked.stdout)[0]["path"] == str(tmp_path / "files" / "red.png")
    assert len(json.loads(nearspace("search", "a red boat", *where, "--json").stdout)) >= 8
