"""What every engine is given, and what it gives back."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.encoders.base import Encoder
from ingest.readers.reading_options import ReadingOptions
from ingest.run.classify import Examined
from ingest.run.report import Slowest
from ingest.sources.walk import Found
from ingest.space.ledger.ledger import Ledger


@dataclass
class EncodingCount:
    """How many items were really encoded."""

    images: int = 0
    texts: int = 0


@dataclass(frozen=True)
class Work:
    """The files of one run, and what is needed to examine and encode them."""

    files: Iterable[Found]
    """Ends early when the run is to stop."""
    ledger: Ledger
    """What the space has of them already; an engine only asks it, and never writes."""
    encoder: Encoder
    reading: ReadingOptions
    stop: Callable[[], bool] = lambda: False
    """Whether the run is to stop; what is in hand may be finished."""
    count: EncodingCount = field(default_factory=EncodingCount)
    slowest: Slowest = field(default_factory=Slowest)


Engine = Callable[[Work], Iterator[Sequence[Examined]]]
"""Examines and encodes the files of some work, giving groups of settled sources, each file once, in any order.

Every `Fresh` among them has its vectors.  Groups come often, so that what is given can be made durable soon.
"""
