"""Charts and coloured squares of the lab: what they say can be read, by eye and by a screen reader."""

import re

import numpy as np
import pytest

from search_app.components.lab.latent_spaces.charts import Line, line_chart
from search_app.components.lab.shades import shade
from search_app.components.shared.palette import DARK, LIGHT, Theme
from tests.search_app.components.shared.test_style import CSS, DARK_WELL, LIGHT_WELL, contrast

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(colour: str) -> np.ndarray:
    """A colour in Oklab (Ottosson, 2020)."""
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.asarray(_TO_LAB @ np.cbrt(_TO_CONES @ linear))


def mixed(one: str, other: str, share: float) -> str:
    """CSS's `color-mix(in oklab, one share, other)`."""
    lab = share * oklab(one) + (1 - share) * oklab(other)
    linear = np.clip(np.linalg.inv(_TO_CONES) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3, 0, 1)
    parts = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * part):02X}" for part in parts)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("share", np.linspace(0, 1, 41).tolist())
def test_the_number_in_a_square_can_be_read(theme: Theme, share: float) -> None:
    percent, strong = shade(share)
    on_badge = re.findall(r"--ns-on-badge: light-dark\((#\w{6}), (#\w{6})\)", CSS)[0][theme is DARK]
    square = mixed(theme.accent, LIGHT_WELL if theme is LIGHT else DARK_WELL, percent / 100)
    assert contrast(on_badge if strong else theme.ink, square) >= 4.5


def test_a_stronger_share_never_has_a_paler_square() -> None:
    percents = [shade(share)[0] for share in np.linspace(-0.2, 1.2, 100)]
    assert percents == sorted(percents) and (percents[0], percents[-1]) == (0, 100)


def test_a_chart_says_what_it_shows_and_escapes_names() -> None:
    lines = [Line("<b>kept", [0.1, 0.7], "var(--ns-accent)"), Line("lost", [0.9, 0.3], "var(--ns-star)", dashed=True)]
    chart = line_chart(lines, ["1", "<2>"], along="numbers", up="share", dots=True)
    assert 'role="img" aria-label="share by numbers. &lt;b&gt;kept: 0.1 to 0.7; lost: 0.9 to 0.3"' in chart
    assert "<b>kept" not in chart and "<2>" not in chart
    assert [float(tick) for tick in re.findall(r'<span style="top:[\d.]+%">([\d.]+)</span>', chart)][-1] >= 0.9


def test_a_chart_of_nothing_but_zeros_is_drawn() -> None:
    assert "ns-plot" in line_chart([Line("none", [0.0, 0.0], "red")], ["1", "2"], along="a", up="b")
