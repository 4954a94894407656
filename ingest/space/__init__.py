"""The latent space at rest: a folder with a manifest, a ledger, thumbnails and the Chroma collections.

The names that other packages use are here; each is loaded from its module when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.space.ledger import Ledger
    from ingest.space.ledger.item import Item
    from ingest.space.ledger.records import Vectors
    from ingest.space.manifest import Manifest
    from ingest.space.open import (
        check_encoder,
        encoder_of_space,
        list_spaces,
        open_space,
        open_to_reencode,
        open_to_write,
    )
    from ingest.space.space import Space

__all__ = [
    "Item",
    "Ledger",
    "Manifest",
    "Space",
    "Vectors",
    "check_encoder",
    "encoder_of_space",
    "list_spaces",
    "open_space",
    "open_to_reencode",
    "open_to_write",
]

_HOMES = {
    "Item": "ledger.item",
    "Ledger": "ledger",
    "Vectors": "ledger.records",
    "Manifest": "manifest",
    "Space": "space",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"ingest.space.{_HOMES.get(name, 'open')}"), name)
