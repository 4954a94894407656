"""A small collection of things that no encoder can know the names of, and `lite` tuned to it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.encoders.lite.lite_encoder import LiteEncoder

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
def things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The captioned folder; only to be read."""
    return draw_all(tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, lite: LiteEncoder) -> Iterator[Path]:
    """A data folder for one module's tests, for this process and its children."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARSPACE_DATA", str(folder))
        yield folder
