"""A result as programs get it: by `nearspace search --json`, from Python, over HTTP and by MCP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.readers.draft import Modality, Value
from ingest.space import Item
from search_app.search.pagination import Page
from search_app.search.result_groups import Entry
from search_app.search.searcher import Answer
from search_app.search.topics.model import Topic

FIELDS = {
    "rank": "place in the list, from 1",
    "id": "the item's id, for --item, --like and the like",
    "modality": "image or text",
    "percentile": "percent of the space's other items of that modality that are less close",
    "cosine": "raw cosine with the question; only comparable within one modality",
    "distance": "Euclidean distance to the question, 0 to 2",
    "score": "deviations above what is usual for this question among items of that modality",
    "closeness": "how well it matches: very close, close, loosely related or no real match",
    "path": "the source's absolute path",
    "also": "the paths of other sources with the same content",
    "folder": "its folder below the one that was ingested, with that one's name first",
    "page": "page of the source, from 1, or null",
    "title": "the document's title or the passage's heading, or ''",
    "text": "the passage; of an image its caption, or ''",
    "meta": "what else is known: width, height, format, taken, ...",
    "alike": "the ids of near-duplicates that are folded under it",
    "passages": "the ids of further passages of its document among the results",
    "good": "whether it is a good answer: anything but no real match",
    "lift": "what put it above closer ones, such as: contains *red*; or ''",
}
"""The fields of a result and what they hold: these names stay."""
OF_ALL = {
    "good": "how many good answers there are of each modality, on this page and elsewhere",
    "estimated": "whether that is an estimate, as it is where there are too many items to look at each",
    "searched": "how many items the filters let through",
    "shelves": "the modalities that were found, that of the better first answer first",
}
"""What an answer holds besides its results, and what it means: these names stay."""


@dataclass(frozen=True)
class Result:
    """An item found, and how close it is; FIELDS says what each field holds."""

    rank: int
    id: str
    modality: Modality
    percentile: float
    cosine: float
    distance: float
    score: float
    closeness: str
    path: str
    also: tuple[str, ...]
    folder: str
    page: int | None
    title: str
    text: str
    meta: Mapping[str, Value]
    alike: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    good: bool = False
    lift: str = ""

    def as_json(self) -> dict[str, object]:
        """The result in values that JSON has, with FIELDS as keys."""
        rounded = {
            "percentile": round(self.percentile, 2),
            "cosine": round(self.cosine, 4),
            "distance": round(self.distance, 4),
            "score": round(self.score, 3),
            "meta": dict(self.meta),
        }
        return {name: rounded.get(name, getattr(self, name)) for name in FIELDS}


def result_of(entry: Entry, item: Item) -> Result:
    """The result that an entry of a page and the item of its hit make."""
    hit = entry.hit
    return Result(
        rank=hit.rank,
        id=item.id,
        modality=item.modality,
        percentile=hit.percentile,
        cosine=hit.cosine,
        distance=hit.distance,
        score=hit.score,
        closeness=hit.closeness,
        path=item.path,
        also=item.also,
        folder=item.folder,
        page=item.page,
        title=item.title,
        text=item.text,
        meta=item.meta,
        alike=tuple(other.id for other in entry.alike),
        passages=tuple(other.id for other in entry.passages),
        good=hit.matches,
        lift=hit.lift,
    )


def item_as_json(item: Item) -> dict[str, object]:
    """An item in values that JSON has; the keys are among FIELDS."""
    return {
        "id": item.id,
        "modality": item.modality,
        "path": item.path,
        "also": list(item.also),
        "folder": item.folder,
        "page": item.page,
        "title": item.title,
        "text": item.text,
        "meta": dict(item.meta),
    }


def topic_as_json(topic: Topic, items: Mapping[str, Item]) -> dict[str, object]:
    """A topic in values that JSON has; of its representatives those that are still among `items`, by id."""
    shown = [items[item_id] for item_id in topic.representatives if item_id in items]
    return {
        "name": topic.name,
        "items": topic.size,
        "images": topic.images,
        "texts": topic.texts,
        "said": topic.said,
        "near": topic.near,
        "spread": round(topic.spread, 4),
        "representatives": [{"id": item.id, "modality": item.modality, "path": item.path} for item in shown],
    }


class Results(list[Result]):
    """The results of a question, best first; its attributes are OF_ALL, and each near-duplicate counts."""

    def __init__(self, results: Iterable[Result], page: Page) -> None:
        """The results of a page of them."""
        super().__init__(results)
        self.good: Mapping[Modality, int] = page.good
        self.estimated = page.estimated
        self.searched = page.searched
        self.shelves = page.shelves

    def as_json(self) -> dict[str, object]:
        """All of it in values that JSON has."""
        return {
            "results": [result.as_json() for result in self],
            **{name: getattr(self, name) for name in OF_ALL},
        }


def results_of(answer: Answer) -> Results:
    """The results of an answer, in its order; an item that has left the space meanwhile is left out."""
    here = [entry for entry in answer.page.entries if entry.hit.id in answer.items]
    return Results([result_of(entry, answer.items[entry.hit.id]) for entry in here], answer.page)
