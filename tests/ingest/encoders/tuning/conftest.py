"""A small collection of things that no encoder can know the names of, and `lite` tuned to it."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.tuning.captioned_pictures import collect_pictures
from ingest.encoders.tuning.tune import Tuning, tune
from tests.conftest import one_at_a_time

THINGS: dict[str, tuple[str, str]] = {
    "zorblax": ("red", "ellipse"),
    "quindle": ("blue", "rectangle"),
    "mivvet": ("gold", "triangle"),
    "tarnook": ("green", "ellipse"),
    "blissop": ("purple", "rectangle"),
    "gorvane": ("black", "triangle"),
}
EACH = 10


def draw(name: str, number: int) -> Image.Image:
    """A picture of the thing of that name: its shape and colour, somewhere, on paper of some shade."""
    chance = np.random.default_rng([number, *name.encode()])
    colour, shape = THINGS[name]
    shade = tuple(int(level) for level in chance.integers(200, 256, 3))
    image = Image.new("RGB", (200, 160), shade)
    x, y = (int(place) for place in chance.integers(10, 60, 2))
    size = int(chance.integers(50, 90))
    box = (x, y, x + size, y + size)
    pen = ImageDraw.Draw(image)
    if shape == "triangle":
        pen.polygon([(x, y + size), (x + size, y + size), (x + size // 2, y)], fill=colour)
    else:
        getattr(pen, shape)(box, fill=colour)
    return image


def draw_all(folder: Path, each: int = EACH) -> Path:
    """Write `each` pictures of every thing, with captions beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in THINGS:
        for number in range(each):
            draw(name, number).save(folder / f"{name} {number}.png")
            (folder / f"{name} {number}.txt").write_text(f"a {name}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def things(shared_folder: Path) -> Path:
    """The captioned folder; only to be read."""
    with one_at_a_time(shared_folder, "things"):
        if not (folder := shared_folder / "things").exists():
            draw_all(shared_folder / "things being drawn").rename(folder)
    return folder


@pytest.fixture(scope="session")
def tuning(things: Path, lite: LiteEncoder, shared_folder: Path) -> Tuning:
    """What tuning to `things` gives; computed once for all workers."""
    kept = shared_folder / "tuning.pickle"
    with one_at_a_time(shared_folder, "tuning"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(tune(collect_pictures(things), things)))
        return pickle.loads(kept.read_bytes())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, lite: LiteEncoder) -> Iterator[Path]:
    """A data folder for one module's tests, for this process and its children."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_DATA", str(folder))
        yield folder
