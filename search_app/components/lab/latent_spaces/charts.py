"""Line charts of the family of latent spaces as markup: they follow the theme, and their text stays of one size.

Streamlit takes SVG elements out of HTML; a line is therefore the mask of an element of its colour.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from search_app.components.shared.formatting import in_html

_TICKS, _LABELS = 5, 12  # along the height and the width, at most


@dataclass(frozen=True)
class Line:
    """A line of a chart."""

    name: str
    values: Sequence[float]
    """One for each place along the width; finite."""
    colour: str
    """A CSS colour, such as `var(--ns-accent)`."""
    dashed: bool = False


def line_chart(
    lines: Sequence[Line],
    places: Sequence[str],
    *,
    along: str,
    up: str,
    top: float | None = None,
    dots: bool = False,
) -> str:
    """Lines over `places`, which are spread evenly; the height goes from 0 to `top`, by default the highest value.

    `along` and `up` say what the axes are; `dots` marks every value.
    """
    highest = max((value for line in lines for value in line.values), default=0.0)
    ticks = _ticks(top if top is not None else highest)
    scale = ticks[-1] or 1.0
    summary = in_html(
        "; ".join(f"{line.name}: {_number(line.values[0])} to {_number(line.values[-1])}" for line in lines)
    )
    keys = "".join(
        f'<li><i{" class=ns-dashed" if line.dashed else ""} style="color:{line.colour}"></i>{in_html(line.name)}</li>'
        for line in lines
    )
    grid = "".join(f'<b style="top:{_y(tick, scale)}%"></b>' for tick in ticks)
    curves = "".join(_curve(line, scale) for line in lines)
    marks = "".join(_dots(line, scale) for line in lines) if dots else ""
    heights = "".join(f'<span style="top:{_y(tick, scale)}%">{_number(tick)}</span>' for tick in ticks)
    return (
        f'<figure class="ns-chart" role="img" aria-label="{in_html(up)} by {in_html(along)}. {summary}">'
        f'<figcaption><b>{in_html(up)}</b><ul>{keys}</ul></figcaption><div class="ns-plot">'
        f"{grid}{curves}{marks}"
        f'<div class="ns-heights">{heights}</div><div class="ns-places">{_place_labels(places)}</div></div>'
        f'<div class="ns-along">{in_html(along)}</div></figure>'
    )


def _ticks(top: float) -> list[float]:
    """Round numbers from 0 to `top` or a little more."""
    if top <= 0:
        return [0.0]
    rough = top / _TICKS
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 2.5, 5, 10) if size * each >= rough * 0.999)
    return [step * count for count in range(math.ceil(top / step - 1e-9) + 1)]


def _x(place: int, count: int) -> float:
    return round(100 * place / max(count - 1, 1), 2)


def _y(value: float, scale: float) -> float:
    return round(100 - 100 * value / scale, 2)


def _curve(line: Line, scale: float) -> str:
    points = " ".join(f"{_x(place, len(line.values))},{_y(value, scale)}" for place, value in enumerate(line.values))
    dashes = ' stroke-dasharray="1 6"' if line.dashed else ""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -4 104 108" preserveAspectRatio="none">'
        f'<polyline points="{points}" fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round" '
        f'stroke-linejoin="round" vector-effect="non-scaling-stroke"{dashes}/></svg>'
    )
    mask = f"url('data:image/svg+xml,{quote(drawn)}')"
    return f'<div class="ns-line" style="background:{line.colour};mask-image:{mask};-webkit-mask-image:{mask}"></div>'


def _dots(line: Line, scale: float) -> str:
    return "".join(
        f'<i style="left:{_x(place, len(line.values))}%;top:{_y(value, scale)}%;background:{line.colour}"></i>'
        for place, value in enumerate(line.values)
    )


def _place_labels(places: Sequence[str]) -> str:
    step = -(-len(places) // _LABELS)
    return "".join(
        f'<span style="left:{_x(place, len(places))}%">{in_html(name)}</span>'
        for place, name in enumerate(places)
        if place % step == 0
    )


def _number(value: float) -> str:
    return f"{value:.3g}"
