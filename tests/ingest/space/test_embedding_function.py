"""A notebook with chromadb alone queries a space by text and by picture."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.errors import EncoderMismatch, ReadError, SettingsError
from ingest.resources import sample_folder
from ingest.space import open_space
from ingest.space.chroma.local_server import read_server_info
from ingest.space.embedding_function import ImageLoader, NearspaceEmbeddingFunction
from tests.patience import limit

NOTEBOOK = """
import json, sys
import chromadb
from ingest.space.embedding_function import ImageLoader
port, texts, uris = json.loads(sys.argv[1])
client = chromadb.HttpClient(port=port)
found = {}
for modality in ("image", "text"):
    collection = client.get_collection(f"sample-{modality}", data_loader=ImageLoader())
    assert collection.configuration["embedding_function"].name() == "nearspace"
    for kind, query in (("texts", {"query_texts": texts}), ("uris", {"query_uris": uris})):
        answer = collection.query(**query, n_results=5)
        found[f"{modality} by {kind}"] = [[entry["folder"] for entry in row] for row in answer["metadatas"]]
print(json.dumps(found))
"""


def on_its_side(picture: Path, target: Path) -> Path:
    """A copy whose pixels lie on their side and whose EXIF data say so, as phones write it."""
    with Image.open(picture) as opened:
        turned = opened.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(target, exif=exif, quality=95)
    return target


def test_a_fresh_process_queries_by_text_and_by_image_uri(sample_home: Path, tmp_path: Path):
    pictures = sample_folder() / "pictures"
    upright = pictures / "music" / "classical_guitar.webp"
    turned = on_its_side(upright, tmp_path / "on its side, 100 %41.jpg")
    with open_space(sample_home, "sample") as space:
        note = read_server_info(space.folder)
        assert note is not None
        asked = json.dumps([note.port, ["a bird", "making music"], [str(upright), turned.as_uri()]])
        done = subprocess.run(
            [sys.executable, "-c", NOTEBOOK, asked], capture_output=True, text=True, timeout=limit(300), cwd=Path.cwd()
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    birds, music = found["image by texts"]
    assert birds.count("pictures/birds") >= 4 and music.count("pictures/music") >= 4
    for folders in found["image by uris"]:
        assert folders.count("pictures/music") >= 4
    assert [len(row) for row in found["text by texts"] + found["text by uris"]] == [5, 5, 5, 5]


def test_texts_and_pictures_in_one_call_keep_their_order(lite):
    function = NearspaceEmbeddingFunction("lite", lite.info.fingerprint)
    red = np.full((40, 30, 3), (200, 20, 20), np.uint8)
    rows = np.array(function(["a bird", red, "a red wall"]))
    expected = lite.encode_texts(["a bird", "a red wall"])
    np.testing.assert_allclose(rows[[0, 2]], expected, atol=1e-5)
    np.testing.assert_allclose(rows[1], lite.encode_images([Image.fromarray(red)])[0], atol=1e-5)


def test_it_is_built_from_what_chroma_keeps_and_loads_nothing_before_it_is_asked():
    function = NearspaceEmbeddingFunction.build_from_config({"encoder": "python:nowhere:None", "fingerprint": "0" * 64})
    assert function.get_config() == {"encoder": "python:nowhere:None", "fingerprint": "0" * 64}
    assert (function.name(), function.default_space()) == ("nearspace", "cosine")


def test_an_encoder_that_makes_other_vectors_is_refused(lite):
    with pytest.raises(EncoderMismatch, match="made with encoder lite of fingerprint 000000000000"):
        NearspaceEmbeddingFunction("lite", "0" * 64)(["a bird"])


def test_the_loader_turns_pictures_upright_and_names_what_it_cannot_read(tmp_path: Path):
    Image.new("RGB", (60, 40), "blue").save(tmp_path / "wide.png")
    tall = on_its_side(tmp_path / "wide.png", tmp_path / "turned.jpg")
    [wide, none, turned] = ImageLoader()([str(tmp_path / "wide.png"), None, str(tall)])
    assert none is None and wide.shape == turned.shape == (40, 60, 3)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(ReadError):
        ImageLoader()([str(tmp_path / "broken.jpg")])
    with pytest.raises(SettingsError, match="Download the picture"):
        ImageLoader()(["https://example.org/bird.jpg"])
