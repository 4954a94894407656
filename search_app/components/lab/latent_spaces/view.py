"""A latent space of the lab as the page shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from search_app.components.shared.app_space import AppSpace
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class LatentSpaceView:
    """How one kind of latent space is shown; each module of this folder defines one, as VIEW."""

    key: str
    """Its name in the URL."""
    title: str
    description: str
    """What it is, in three sentences."""
    draw: Callable[[AppSpace, Snapshot], None]
    handout: Callable[[AppSpace, Snapshot], str]
    """Its self-contained markup in a handout; it reads its state through `components.lab.url_state` alone."""
