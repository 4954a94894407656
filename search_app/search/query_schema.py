"""The schema of a question: every filter, and every option of listing, showing and mapping what it finds, once.

Links, the HTTP API, the tools of an assistant (MCP), the Python API and the options of the command line take their
names, their values, their help and their errors from here; `search_app.search.aliases` lists the names that these had
before. `search_app.search.query` adds what is looked for. Imports nothing heavy; see `search_app.search.fields`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal, get_args

from ingest.readers.draft import MODALITIES, Modality
from ingest.settings import RANKING_METHODS
from search_app.search.aliases import accepts_former_names
from search_app.search.fields import LONGEST_PART, Field, check_fields
from search_app.search.terms import LONGEST_TEXT, is_item
from search_app.search.value_types import (
    Choice,
    Day,
    Flag,
    Matching,
    Numbers,
    Real,
    Size,
    Suffix,
    Text,
    Whole,
)

Sort = Literal["closeness", "date", "name", "folder", "size"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""By closeness, or the newest, the first by name or folder, or the largest file first."""
CardLayout = Literal["grid", "list"]
Arrangement = Literal["shelves", "mixed"]
Part = Literal["pictures", "passages", "weaker"]
Dimensions = Literal[2, 3]
Measure = Literal["cosine", "euclidean"]
Projection = Literal["pca", "umap", "tsne"]
PROJECTIONS: tuple[Projection, ...] = get_args(Projection)
ProjectionChoice = Literal["auto", "pca", "umap", "tsne"]
"""A projection, or the one that is best at hand: of neighbours once it is fitted, else principal components."""

LAST_PAGE = 10_000
MOST_PAGES = 20
"""Pages of results that are shown below one another."""
MOST_UNFOLDED = 20
LONGEST_AREA = 1_200
"""Characters of a selection that a link keeps."""
MOST_HIDDEN = 40
"""Entries of the legend that a link keeps hidden."""

_SELECTION = re.compile(r"[0-9a-f]{32}")
_COLOURING = re.compile(r"modality|folder|date|match|topic|meta:.+", re.DOTALL)
_WINDOW = re.compile(r"-?[\d.e+-]{1,20}( -?[\d.e+-]{1,20}){2,5}")


def _orientations() -> Sequence[str]:
    from ingest.space.ledger.search_index import SHAPES

    return SHAPES[1:]


def _colours() -> Sequence[str]:
    from ingest.readers.dominant_colours import COLOUR_NAMES

    return COLOUR_NAMES


def is_selection(name: str) -> bool:
    """Whether a selection can have this name."""
    return bool(_SELECTION.fullmatch(name))


_METHODS = f"{', '.join(RANKING_METHODS[:-1])} or {RANKING_METHODS[-1]}"
_PIXELS, _BYTES = Size("pixels"), Size("bytes")
_PART = Text(longest=LONGEST_PART)
_ITEM = Matching(is_item, "the id of an item", "Take the id of one from a search.")
_SAVED = Matching(is_selection, "a selection", "Take the name of one from a link of the map.", metavar="NAME")


@accepts_former_names
@dataclass(frozen=True)
class Filters:
    """What an item must be to be found; a field at its default lets all items through."""

    modality: Annotated[
        tuple[Modality, ...],
        Field(
            Choice(lambda: MODALITIES, metavar="KIND", all_is_any=True),
            "only images, or only passages (text)",
            many=True,
        ),
    ] = ()
    folder: Annotated[
        tuple[str, ...],
        Field(
            Text("FOLDER", strip=False),
            "only items from this folder, as the results name it",
            many=True,
            blank_is_none=True,
        ),
    ] = ()
    format: Annotated[
        tuple[str, ...],
        Field(Suffix(longest=LONGEST_PART), "only items of files with this suffix, such as jpg or pdf", many=True),
    ] = ()
    after: Annotated[
        date | None,
        Field(
            Day(),
            "only photos taken, and other files last changed, on this day or later: 2024-05-31, 2024-05 or 2024",
        ),
    ] = None
    before: Annotated[date | None, Field(Day(last=True), "the same, on this day or earlier")] = None
    taken_after: Annotated[
        date | None,
        Field(Day(), "only photos that say they were taken on this day or later, whatever the time of their file"),
    ] = None
    taken_before: Annotated[date | None, Field(Day(last=True), "the same, on this day or earlier")] = None
    min_pixels: Annotated[int, Field(_PIXELS, "only pictures of at least so many pixels: 2MP, 640x480 or 300000")] = 0
    max_pixels: Annotated[int, Field(_PIXELS, "only pictures of at most so many pixels; 0 for any")] = 0
    min_bytes: Annotated[int, Field(_BYTES, "only items of files of at least so many bytes: 500kB, 2MB or 500000")] = 0
    max_bytes: Annotated[int, Field(_BYTES, "only items of files of at most so many bytes; 0 for any")] = 0
    orientation: Annotated[
        tuple[str, ...], Field(Choice(_orientations), "only pictures that are landscape, portrait or square", many=True)
    ] = ()
    dominant_colour: Annotated[
        tuple[str, ...], Field(Choice(_colours), "only pictures that are mostly of this colour, such as red", many=True)
    ] = ()
    dates: Annotated[
        bool,
        Field(
            Flag(only_on=True),
            "only photos taken when the words say, where they name a date: beach July 2023, a tent last summer",
        ),
    ] = False
    has_caption: Annotated[bool, Field(Flag(only_on=True), "only pictures that have a caption")] = False
    topic: Annotated[
        tuple[str, ...],
        Field(
            Text("NAME", strip=False),
            "only items of the topic of this name, or with this word in its name; `nearspace topics` lists them",
            many=True,
        ),
    ] = ()
    selection: Annotated[
        str, Field(_SAVED, "only items of the selection that the page's map keeps under this name")
    ] = ""
    title: Annotated[str, Field(_PART, "only items whose title says this")] = ""
    exact: Annotated[
        tuple[str, ...],
        Field(
            Text("PHRASE", longest=LONGEST_PART),
            "only items that say this word for word, in text, title, file name or keywords; a final * stands for any "
            "ending of the last word",
            many=True,
        ),
    ] = ()
    where: Annotated[
        tuple[str, ...],
        Field(
            Text("KEY=VALUE", longest=LONGEST_PART, key=True),
            "only items with this in their metadata: KEY=VALUE, or KEY for any value",
            many=True,
        ),
    ] = ()

    def __post_init__(self) -> None:
        """Take a list, or a single value, for a tuple; raises FieldError, a SettingsError, for what no item can be."""
        check_fields(self)

    @property
    def modalities_searched(self) -> tuple[Modality, ...]:
        """The modalities that hits may have."""
        return self.modality or MODALITIES

    @property
    def narrow(self) -> bool:
        """Whether anything but the modality is filtered by."""
        return self != Filters(modality=self.modality)


@dataclass(frozen=True)
class Listing:
    """What becomes of the hits of a question before they are shown, and how."""

    sort: Annotated[
        Sort,
        Field(
            Choice(lambda: SORTS, metavar="ORDER"),
            "order the closest results that match by date (newest first), name, folder or size (largest first)",
        ),
    ] = "closeness"
    reverse: Annotated[bool, Field(Flag(), "reverse that order; by closeness the closest stay first")] = False
    page: Annotated[int, Field(Whole(1, LAST_PAGE, "a page"), "which page of results, from 1")] = 1
    diversity: Annotated[
        float, Field(Real(0.0, 1.0, "D"), "from 0, the closest, to 1, what differs most from the results before it")
    ] = 0.0
    fold: Annotated[bool, Field(Flag(), "list near-duplicates as one result, which has the others as `alike`")] = True
    group: Annotated[
        bool, Field(Flag(), "list the passages of a document as one result, which has the others as `passages`")
    ] = True
    method: Annotated[
        str,
        Field(
            Choice(lambda: RANKING_METHODS, metavar="METHOD"),
            f"how images and passages are put into one list: {_METHODS}",
        ),
    ] = RANKING_METHODS[0]
    balance: Annotated[
        float, Field(Real(-1.0, 1.0, "B"), "from -1, which favours passages, to 1, which favours images")
    ] = 0.0
    separate: Annotated[
        bool, Field(Flag(), "list images and passages apart, those with the better first answer first")
    ] = False
    good_only: Annotated[bool, Field(Flag(), "leave out weaker answers: those that are no real match")] = False

    def __post_init__(self) -> None:
        """Raises FieldError, a SettingsError, for a value that a field cannot have."""
        check_fields(self)

    @property
    def sorts(self) -> bool:
        """Whether the order is another than by closeness."""
        return self.sort != "closeness"


PLAIN = Listing(fold=False, group=False)
"""Each hit on its own, the closest first: how programs get results unless they set otherwise."""


@dataclass(frozen=True)
class Display:
    """How the page shows the results; it changes nothing about what is listed."""

    layout: Annotated[CardLayout, Field(Choice(lambda: get_args(CardLayout)), "cards in a grid, or a list")] = "grid"
    arrangement: Annotated[
        Arrangement,
        Field(Choice(lambda: get_args(Arrangement)), "pictures and passages on a shelf each, or mixed in one list"),
    ] = "shelves"
    expanded: Annotated[
        tuple[Part, ...],
        Field(Choice(lambda: get_args(Part)), "a part of the results that is shown in full", many=True),
    ] = ()
    pages: Annotated[
        int, Field(Whole(1, MOST_PAGES, "a number of pages"), "how many pages are shown, from that page on")
    ] = 1
    unfolded: Annotated[
        tuple[str, ...],
        Field(_ITEM, "a hit whose near-duplicates are shown after all", many=True, most=MOST_UNFOLDED),
    ] = ()
    opened: Annotated[str, Field(_ITEM, "the item whose details are shown")] = ""
    dated: Annotated[str, Field(_PART, "the words that its dates were read from")] = ""


@dataclass(frozen=True)
class MapView:
    """How the map is drawn."""

    dimensions: Annotated[Dimensions, Field(Whole(2, 3, "a number of dimensions"), "2, or 3 for a scene")] = 2
    colouring: Annotated[
        str,
        Field(
            Matching(
                lambda name: len(name) <= LONGEST_TEXT and bool(_COLOURING.fullmatch(name)),
                "what points are coloured by",
                "Give modality, folder, date, match, topic or meta:KEY.",
                metavar="NAME",
            ),
            "what points are coloured by: modality, folder, date, match (how close to the question), topic, or meta: "
            "and a metadata key",
        ),
    ] = "modality"
    gap: Annotated[
        bool, Field(Flag(), "leave the gap between pictures and passages; else each modality is centred on its mean")
    ] = False
    projection: Annotated[
        ProjectionChoice,
        Field(
            Choice(lambda: get_args(ProjectionChoice)),
            "how the space is projected: pca, umap or tsne; auto is a layout of neighbours once fitted, else pca",
        ),
    ] = "auto"
    neighbours: Annotated[
        bool, Field(Flag(), "draw the search page's map by the layout of neighbours, else along straight axes")
    ] = False
    axis: Annotated[
        tuple[str, ...],
        Field(
            Text("AXIS", strip=False, longest=2 * LONGEST_TEXT),
            "what is drawn along an axis: the number of a component, or text:WORDS>item:ID",
            many=True,
            most=3,
        ),
    ] = ()
    pictures: Annotated[bool, Field(Flag(), "draw pictures on the map")] = False
    names: Annotated[bool, Field(Flag(), "draw the names of topics")] = True
    hidden: Annotated[
        tuple[str, ...],
        Field(Text("NAME", strip=False), "an entry of the legend whose items are hidden", many=True, most=MOST_HIDDEN),
    ] = ()
    item: Annotated[str, Field(_ITEM, "the item whose neighbours are shown")] = ""
    measure: Annotated[
        Measure, Field(Choice(lambda: get_args(Measure)), "what the neighbours of that item are nearest by")
    ] = "cosine"
    spot: Annotated[tuple[float, ...], Field(Numbers(), "the empty place that is decoded: a number for each axis")] = ()
    area: Annotated[
        str,
        Field(
            Matching(lambda area: 0 < len(area) <= LONGEST_AREA, "an area", "Draw a simpler one.", metavar="AREA"),
            "what is selected, as search_app.maps.area writes it",
        ),
    ] = ""
    chosen: Annotated[
        str,
        Field(
            Matching(is_selection, "a selection of the map", "Draw around items of the map again.", metavar="NAME"),
            "the items that are selected, by the name that the space keeps them under",
        ),
    ] = ""
    window: Annotated[
        str,
        Field(
            Matching(lambda text: bool(_WINDOW.fullmatch(text)), "a part of the map", "Give 3 to 6 numbers."),
            "the part of the map in view, as the browser writes it",
        ),
    ] = ""

    @property
    def focused(self) -> bool:
        """Whether an item, a place or a selection is looked at."""
        return bool(self.item or self.spot or self.area or self.chosen)

    @property
    def unfocused(self) -> "MapView":
        """The same map with nothing on it looked at."""
        return replace(self, item="", spot=(), area="", chosen="")
