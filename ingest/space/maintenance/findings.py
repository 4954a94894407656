"""What a check of a space finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.encoders.base import EncoderInfo
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma_address import ChromaAddress

Part = Literal["manifest", "ledger", "vectors", "thumbnails", "words", "index"]
_MAX_EXAMPLES = 5


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be."""

    part: Part
    message: str
    """A sentence without a full stop."""
    count: int = 1
    examples: tuple[str, ...] = ()
    """Some of the items (by id) or files that it concerns."""


@dataclass
class Findings:
    """What a check has found, and what a repair needs to know of it."""

    space: str
    folder: str
    full: bool
    id: str = ""
    """What the space's collections on a server of the user's own are known by."""
    chroma: ChromaAddress | None = None
    """The server of the user's own that has the index, if any."""
    encoder: EncoderInfo | None = None
    """None when neither manifest nor ledger names it."""
    items: dict[Modality, int] = field(default_factory=lambda: dict.fromkeys(MODALITIES, 0))
    indexed: dict[Modality, int] = field(default_factory=dict)
    """Items that Chroma has; a modality is missing where Chroma did not answer."""
    pending: int = 0
    """Items that the next opening upserts to Chroma or deletes from it; no problem."""
    vectors: int = 0
    """Vectors of the ledger that were checked."""
    compared: int = 0
    """Vectors of the ledger that were compared with Chroma's."""
    thumbnails: int = 0
    """Thumbnails that were checked."""
    problems: list[Problem] = field(default_factory=list)
    vector_faults: dict[int, str] = field(default_factory=dict)
    """What is wrong with the vector of each item that has no good one."""
    without_source: list[int] = field(default_factory=list)
    """Items whose source the ledger does not know."""
    orphan_vectors: list[int] = field(default_factory=list)
    """Vectors that belong to no item."""
    broken_duplicates: list[int] = field(default_factory=list)
    """Sources that share the items of a source which has none."""
    without_thumbnail: list[int] = field(default_factory=list)
    """Items whose thumbnail is missing or broken."""
    unknown_in_chroma: dict[Modality, list[str]] = field(default_factory=dict)
    """Ids that Chroma has and the ledger does not know; only a full check finds them."""
    search_index_is_broken: bool = False
    """Whether words and facets are to be derived again."""
    chroma_is_broken: bool = False
    """Whether Chroma is to be filled again."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(self, part: Part, message: str, concerned: Sequence[object] | None = None) -> None:
        """Add a problem with the items or files that it concerns."""
        examples = tuple(str(one) for one in (concerned or ())[:_MAX_EXAMPLES])
        self.problems.append(Problem(part, message, len(concerned) if concerned else 1, examples))
