"""The colours that a picture is mostly of, by the names people use for them."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

COLOUR_NAMES = tuple("red orange yellow green turquoise blue purple pink brown black grey white".split())  # noqa: SIM905
"""All of them, in the order of the bits that ledgers keep: new ones go to the end."""

_SIDE = 64
_MAX_COLOURS = 3
_BRIGHT_SHARE, _PLAIN_SHARE = 0.12, 0.25
"""Share of the pixels from which a colour counts: bright ones stand out from much black, grey and white."""
_PLAIN = ("black", "grey", "white")
# Where each hue ends on the circle of 256, which ends in red as it begins.
_HUE_NAMES = ("red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink", "red")
_HUE_ENDS = (11, 28, 48, 113, 139, 183, 213, 242, 256)


def dominant_colours(image: "Image") -> tuple[str, ...]:
    """Up to three of COLOUR_NAMES that an RGB picture is mostly of, the one with most pixels first; at least one."""
    from ingest.readers.colour_conversion import to_rgb

    small = to_rgb(image).resize((_SIDE, _SIDE), reducing_gap=1.0)
    counts = np.bincount(_named(np.asarray(small.convert("HSV"))).ravel(), minlength=len(COLOUR_NAMES))
    shares = counts / counts.sum()
    ordered = [COLOUR_NAMES[code] for code in np.argsort(-shares, kind="stable")]
    found = [
        name
        for name in ordered
        if shares[COLOUR_NAMES.index(name)] >= (_PLAIN_SHARE if name in _PLAIN else _BRIGHT_SHARE)
    ]
    return tuple(found[:_MAX_COLOURS]) or (ordered[0],)


def colour_bits(names: str) -> int:
    """The colours that `names` lists with commas between them, as one bit each; other words count for nothing."""
    listed = {name.strip() for name in names.split(",")}
    return sum(1 << bit for bit, name in enumerate(COLOUR_NAMES) if name in listed)


def _named(pixels: "NDArray[np.uint8]") -> "NDArray[np.int64]":
    """The index in COLOUR_NAMES of the colour of each pixel (hue, saturation and value from 0 to 255)."""
    hue, saturation, value = (pixels[..., channel].astype(np.int64) for channel in range(3))
    of_hue = np.array([COLOUR_NAMES.index(name) for name in _HUE_NAMES])
    codes = of_hue[np.searchsorted(np.array(_HUE_ENDS), hue, side="right")]

    def put(name: str, where: "NDArray[np.bool_]") -> None:
        codes[where] = COLOUR_NAMES.index(name)

    warm = np.isin(codes, [COLOUR_NAMES.index(name) for name in ("red", "orange", "yellow")])
    put("pink", (codes == COLOUR_NAMES.index("red")) & (value > 190) & (saturation < 150))
    put("brown", warm & (codes != COLOUR_NAMES.index("red")) & (value < 165))
    put("brown", (codes == COLOUR_NAMES.index("red")) & (value < 130) & (saturation < 190))
    plain = (saturation < 38) | (value < 46)
    put("grey", plain)
    put("white", plain & (value > 215))
    put("black", value < 46)
    return codes
