"""sentence-transformers models, with small checkpoints of random weights."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderError, UnknownEncoder, WeightsError
from ingest.readers.document import Document, Section
from ingest.readers.passages import cut_passages
from tests.ingest.encoders.external.make_models import clip_st_folder, text_st_folder
from tests.patience import limit

sentence_transformers = pytest.importorskip(
    "sentence_transformers", reason="sentence-transformers is not installed (pip install 'nearspace[models]')"
)
pytest.importorskip("torchvision", reason="torchvision is not installed (pip install 'nearspace[models]')")
pytestmark = pytest.mark.filterwarnings("ignore")  # what the packages warn their own developers of

TEXTS = ["a photo of a dog", "", "Two children ride red bicycles.", "  A boat, sea!"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models `clip`, `new` (as newer versions save it), `text` and `other` (of 16 dimensions)."""
    folder = tmp_path_factory.mktemp("st")
    clip_st_folder(folder / "clip")
    clip_st_folder(folder / "new", layout="Transformer")
    text_st_folder(folder / "text")
    text_st_folder(folder / "other", dimension=16)
    return folder


def load(models: Path, names: str, **options) -> Encoder:
    written = "+".join(str(models / name) for name in names.split("+"))
    return load_encoder(f"st:{written}", device="cpu", **options)


def pictures() -> list[Image.Image]:
    noise = np.random.default_rng(5).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    return [Image.fromarray(noise[0]), Image.new("RGB", (32, 32), "teal"), Image.fromarray(noise[1])]


@pytest.mark.parametrize(("names", "window"), [("clip", 18), ("new", 18), ("text+clip", 28)])
def test_vectors_are_those_of_sentence_transformers_itself(
    encoder_cache: Path, models: Path, names: str, window: int
) -> None:
    encoder = load(models, names)
    assert isinstance(encoder, Encoder)
    assert (encoder.info.dimension, encoder.info.image_size, encoder.info.text_window) == (24, 32, window)
    reader, *_, viewer = [
        sentence_transformers.SentenceTransformer(str(models / name), device="cpu")
        for name in (names.split("+")[0], names.split("+")[-1])
    ]
    texts = reader.encode(TEXTS, normalize_embeddings=True)
    images = viewer.encode(pictures(), normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), texts, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_images(pictures()), images, atol=1e-5)
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 24)


def test_a_picture_of_any_size_is_prepared_about_as_transformers_does(encoder_cache: Path, models: Path) -> None:
    ramp = np.linspace(0, 255, 60 * 100 * 3).reshape(60, 100, 3).astype(np.uint8)
    images = [Image.fromarray(ramp), Image.fromarray(ramp).rotate(90, expand=True)]
    viewer = sentence_transformers.SentenceTransformer(str(models / "clip"), device="cpu")
    expected = viewer.encode(images, normalize_embeddings=True)
    # transformers scales pictures by torchvision, which rounds a little differently from Pillow.
    cosines = (load(models, "clip").encode_images(images) * expected).sum(axis=1)
    assert cosines.min() > 0.999


def test_a_vector_does_not_depend_on_what_is_encoded_with_it(encoder_cache: Path, models: Path) -> None:
    encoder = load(models, "text+clip")
    for row, words in zip(encoder.encode_texts(TEXTS), TEXTS, strict=True):
        np.testing.assert_allclose(encoder.encode_texts([words])[0], row, atol=1e-5)


@pytest.mark.parametrize("names", ["clip", "text+clip"])
def test_passages_never_have_more_tokens_than_the_tower_reads(encoder_cache: Path, models: Path, names: str) -> None:
    encoder = load(models, names)
    window = encoder.info.text_window
    sentence = "It's a long text; with words, pieces, and no-end-to-them in a boat. "
    drafts = cut_passages(Document("Boats", (Section("At sea", None, sentence * 8),)), encoder.token_spans, window)
    model = sentence_transformers.SentenceTransformer(str(models / names.split("+")[0]), device="cpu")
    widest = max(len(model[0].tokenizer(draft.encoded_text)["input_ids"]) for draft in drafts)
    assert window - 8 <= widest <= window + 2, "the window and the two special tokens"


def test_once_compiled_it_runs_without_torch_and_related_packages(encoder_cache: Path, models: Path) -> None:
    encoder = load(models, "text+clip")
    code = (
        "import sys; from PIL import Image; from ingest.encoders.registry import load_encoder;"
        f"encoder = load_encoder({encoder.info.id!r}, device='cpu');"
        "encoder.encode_texts(['a dog']); encoder.encode_images([Image.new('RGB', (9, 9))]);"
        "sys.exit(str({'torch', 'sentence_transformers', 'transformers', 'huggingface_hub'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=limit(300))
    assert done.stderr.strip() == ""


def test_rounded_to_8_bits_it_is_another_encoder_that_stays_close(encoder_cache: Path, models: Path) -> None:
    exact, rounded = load(models, "clip"), load(models, "clip@int8")
    assert rounded.info.fingerprint != exact.info.fingerprint
    cosines = (exact.encode_texts(TEXTS) * rounded.encode_texts(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.98


def test_a_text_model_alone_reads_no_pictures(encoder_cache: Path, models: Path) -> None:
    with pytest.raises(EncoderError, match=r"reads no pictures\. Name the image model .* st:TEXT\+IMAGE\."):
        load(models, "text")


def test_towers_of_two_spaces_are_refused(encoder_cache: Path, models: Path) -> None:
    with pytest.raises(EncoderError, match="share no space: texts get 16 dimensions and pictures 24"):
        load(models, "other+clip")


def test_code_that_comes_with_a_model_is_not_run(encoder_cache: Path, models: Path, tmp_path: Path) -> None:
    folder = clip_st_folder(tmp_path / "evil")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "evil.Module"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'touched')!r}, 'w')\nclass Module: ...\n")
    with pytest.raises(EncoderError, match=r"code of its own \(evil\.Module\)"):
        load(tmp_path, "evil")
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize("lacking", ["modules.json", "0_CLIPModel/model.safetensors"])
def test_a_folder_that_lacks_something_is_reported_in_three_lines(
    encoder_cache: Path, tmp_path: Path, lacking: str
) -> None:
    folder = clip_st_folder(tmp_path / "model")
    (folder / lacking).unlink()
    with pytest.raises(WeightsError) as error:
        load(tmp_path, "model")
    assert lacking in str(error.value) and len(str(error.value).splitlines()) == 3


def test_damaged_weights_are_reported_in_three_lines(encoder_cache: Path, tmp_path: Path) -> None:
    weights = clip_st_folder(tmp_path / "model") / "0_CLIPModel" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:3000])
    with pytest.raises(WeightsError) as error:
        load(tmp_path, "model")
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize("name", ["st:", "st:a+b+c", "st:a+"])
def test_an_id_that_names_no_model_is_refused(name: str) -> None:
    with pytest.raises(UnknownEncoder, match="names no model"):
        load_encoder(name)
