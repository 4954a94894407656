"""What a member of the family of latent spaces is to the page."""

from collections.abc import Callable
from dataclasses import dataclass

from search_app.components.shared.app_space import AppSpace
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class Kind:
    """One kind of latent space."""

    key: str
    """What the URL calls it."""
    title: str
    told: str
    """What it is, in three sentences."""
    draw: Callable[[AppSpace, Snapshot], None]
    handed: Callable[[AppSpace, Snapshot], str]
    """What a handout has of it: markup that needs nothing else, read through `components.lab.url_state` alone."""
