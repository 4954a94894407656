"""What closeness is judged against: the items of a space, and what its encoder's numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.encoders.calibration import Calibration
from ingest.readers.draft import Modality
from search_app.search.background_scores import modality_means
from search_app.search.query_vectors import unit
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot


@dataclass(frozen=True)
class Ground:
    """A space as it is now, for things to be compared in it."""

    snapshot: Snapshot
    means: Mapping[Modality, NDArray[np.float64]]
    """The mean of each modality, shape (dimension,); see search_app.search.background_scores.modality_means."""
    phrases: NDArray[np.float32]
    """The vectors of search_app.search.background_scores.PHRASES."""
    calibration: Calibration | None = None

    def centred(self, modality: Modality, vector: NDArray[np.floating]) -> NDArray[np.float32]:
        """A vector once it has lost its modality's mean, at unit length: those of both modalities compare."""
        return unit(vector - self.means[modality])


def ground_of(searcher: Searcher, encoder: Encoder, snapshot: Snapshot) -> Ground:
    """What holds in `snapshot`; `encoder` is the space's own."""
    phrases = searcher.phrases(encoder)
    return Ground(snapshot, modality_means(snapshot, phrases), phrases, searcher.calibration(encoder))
