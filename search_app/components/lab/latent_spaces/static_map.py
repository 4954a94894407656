"""A latent space as a self-contained SVG, for a handout; and which names can be written on a map."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from search_app.components.shared.formatting import in_html, isolated, snippet
from search_app.components.shared.palette import MAP_KINDS, MAP_OTHER, MAP_STAR
from search_app.lab.latent_spaces.latent_space import LatentSpace

_WIDTH, _HEIGHT, _EDGE = 640, 420, 26
_NARROW, _LETTER, _LINE = 400, 6, 13  # pixels: a map's width on a small screen, a letter's, and a line's height
_MAX_NAMED = 140  # points of a map on which names are written, at most


def map_svg(latent: LatentSpace, chosen: int, near: Sequence[int], classes: Sequence[int] = ()) -> str:
    """The points on the plane of their first two principal components, as an SVG.

    Lines lead from the point `chosen` to those of `near`; `classes` colours the points, see `colour_of`.
    """
    positions = _on_paper(latent.point_map.positions[:, :2])
    colours = [colour_of(place) for place in classes] or [MAP_OTHER] * len(latent)
    x, y = positions[chosen]
    dots = "".join(
        f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.2" fill="{colour}" fill-opacity=".75"/>'
        for at, colour in zip(positions, colours, strict=True)
    )
    lines = "".join(
        f'<path d="M{x:.1f} {y:.1f}L{positions[row][0]:.1f} {positions[row][1]:.1f}" class="ns-line"/>'
        f'<circle cx="{positions[row][0]:.1f}" cy="{positions[row][1]:.1f}" r="4.5" class="ns-neighbour"/>'
        for row in near
    )
    star = f'<path d="M{x:.1f} {y - 8:.1f}l8 8l-8 8l-8 -8z" fill="{MAP_STAR}"/>'
    alt = "Map of this latent space: nearby points are alike"
    return (
        f'<svg class="ns-map-svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{alt}">'
        f"{dots}{lines}{star}{_names(latent, positions, [chosen, *near])}</svg>"
    )


def colour_of(place: int) -> str:
    """The colour of the class of that index; indices below 0 share one."""
    return MAP_OTHER if place < 0 else MAP_KINDS[place % len(MAP_KINDS)]


def class_legend(classes: Iterable[tuple[int, str, int]], more: str = "") -> str:
    """The legend of a map as markup: for each class its index, a name in HTML and its number of points.

    `more` is a further CSS class of the list.
    """
    rows = "".join(
        f'<li><i style="background:{colour_of(place)}"></i><p dir="auto">{name}</p><span>{count:,}</span></li>'
        for place, name, count in classes
    )
    return f'<ul class="ns-topics {more}">{rows}</ul>'


def readable(positions: NDArray[np.floating], names: Sequence[str], first: Sequence[int], height: int) -> set[int]:
    """Rows whose names can be written over their spots, shape (n, 2), and none over another; `first` come first.

    `height` is the map's, in pixels.
    """
    span = np.maximum(np.ptp(positions, axis=0), 1e-9)
    at = (positions - positions.min(axis=0)) / span * (_NARROW, height)
    wide = np.array([_LETTER * len(name) for name in names])
    written: list[int] = []
    for row in dict.fromkeys([*first, *range(len(names))]):
        others = np.array(written, np.int64)
        offsets = np.abs(at[others] - at[row])
        if not ((offsets[:, 0] < (wide[others] + wide[row]) / 2) & (offsets[:, 1] < _LINE)).any():
            written.append(row)
    return set(written)


def names_fit(latent: LatentSpace) -> bool:
    """Whether the points have names short and few enough to be written on a map: words, not items."""
    return len(latent) <= _MAX_NAMED and not latent.item_ids


def _on_paper(positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """The spots in the drawing's units, with both axes to one scale, upwards as on the page."""
    low, span = positions.min(axis=0), np.ptp(positions, axis=0)
    scale = min((_WIDTH - 2 * _EDGE) / max(span[0], 1e-9), (_HEIGHT - 2 * _EDGE) / max(span[1], 1e-9))
    middle = low + span / 2
    placed = (positions - middle) * (scale, -scale) + (_WIDTH / 2, _HEIGHT / 2)
    return np.asarray(placed, np.float64)


def _names(latent: LatentSpace, positions: NDArray[np.float64], first: Sequence[int]) -> str:
    if not names_fit(latent):
        return ""
    names = [snippet(name, 30) for name in latent.names]
    return "".join(
        f'<text x="{positions[row][0]:.1f}" y="{positions[row][1] - 9:.1f}"{" class=ns-first" if row in first else ""}>'
        f"{in_html(isolated(names[row]))}</text>"
        for row in sorted(readable(positions, names, first, _HEIGHT))
    )
