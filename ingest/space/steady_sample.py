"""A sample of items that stays nearly the same while a space grows."""

import numpy as np
from numpy.typing import NDArray


def steady_sample(ids: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Rows of at most `count` of `ids`, rising: those whose hash is lowest, so that few change as `ids` grows."""
    if len(ids) <= count:
        return np.arange(len(ids), dtype=np.int64)
    return np.sort(np.argpartition(_hash(ids), count)[:count]).astype(np.int64)


def _hash(ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele et al. 2014): spreads neighbouring ids over all of 64 bits."""
    x = ids.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
