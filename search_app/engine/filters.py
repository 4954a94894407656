"""Which items a query lets through: as a link keeps it, and as a choice among a snapshot's items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.engine.snapshot import Group, Snapshot


@dataclass(frozen=True)
class Filters:
    """What an item must be to be found; a part at its default lets all items through."""

    modalities: tuple[Modality, ...] = ()
    """Only items of these; () stands for all."""
    folders: tuple[str, ...] = ()
    """Only items from these folders; () stands for all."""

    @property
    def wanted(self) -> tuple[Modality, ...]:
        """The modalities that hits may have."""
        return self.modalities or MODALITIES

    @property
    def narrow(self) -> bool:
        """Whether anything but the modality is asked for."""
        return bool(self.folders)


def filters_to_params(filters: Filters) -> dict[str, Sequence[str]]:
    """The parameters of a link that stand for `filters`; those at their default are empty."""
    return {"modality": filters.modalities, "folder": filters.folders}


def filters_from_params(params: Mapping[str, Sequence[str]]) -> Filters:
    """Read filters from a link's parameters; what cannot be read takes its default.

    A folder that the space does not have is kept, so that the page can say that it is not there.
    """
    modalities = tuple(name for name in MODALITIES if name in params.get("modality", ()))
    return Filters(
        modalities=modalities if len(modalities) < len(MODALITIES) else (),
        folders=tuple(dict.fromkeys(name for name in params.get("folder", ()) if name)),
    )


def allowed(filters: Filters, group: Group, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Which items of the group the filters let through, shape (len(group),)."""
    if not filters.folders:
        return np.ones(len(group), np.bool_)
    codes = [code for code, name in enumerate(snapshot.folder_names) if name in filters.folders]
    return np.isin(group.folders, codes)
