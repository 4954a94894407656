"""The workload of a run, which every engine takes, and what an engine gives."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.encoders.base import Encoder
from ingest.readers.reading_options import ReadingOptions
from ingest.run.classified import Classified
from ingest.run.classify import Classifier
from ingest.run.events import Stop
from ingest.run.read_source import SourceReader
from ingest.run.report import Slowest
from ingest.sources.found import FoundSource
from ingest.space.ledger import Ledger


@dataclass
class EncodingCount:
    """How many items were really encoded."""

    images: int = 0
    texts: int = 0


@dataclass(frozen=True)
class Workload:
    """The sources of one run, and what is needed to classify, read and encode them."""

    sources: Iterable[FoundSource]
    """Ends early when the run is to stop."""
    ledger: Ledger
    """What the space has of them already; an engine only reads it."""
    encoder: Encoder
    reading: ReadingOptions
    stop: Stop = lambda: False
    """Whether the run is to stop; the current batches may be finished."""
    count: EncodingCount = field(default_factory=EncodingCount)
    slowest: Slowest = field(default_factory=Slowest)

    def classifier(self) -> Classifier:
        """A classifier for these sources."""
        reader = SourceReader(self.ledger, self.encoder, self.reading)
        return Classifier(self.ledger, reader.read, self.reading)


Engine = Callable[[Workload], Iterator[Sequence[Classified]]]
"""Classifies and encodes the sources of a workload, giving them in groups, each source once, in any order.

Every `New` among them has its vectors.  Groups come often, so that they can be made durable soon.
"""
