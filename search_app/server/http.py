"""The HTTP API over one space: search, items, thumbnails, originals and what the space holds."""

import mimetypes
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Any, BinaryIO, Literal
from urllib.parse import quote

from fastapi import Depends, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

import ingest
from ingest.errors import ItemNotFound, NearspaceError, ServerError, SettingsError, SpaceBusy, SpaceChanged
from ingest.space import Item
from search_app.search import Filters, Part, Space
from search_app.search.filters import MOST_PARTS, filters_from_params, filters_to_params
from search_app.search.listing import LAST_PAGE, PLAIN, Listing, Sort
from search_app.search.neighbours import Measure
from search_app.search.query import LARGEST_COUNT
from search_app.search.query_pictures import MOST_BYTES
from search_app.search.results import FIELDS, item_as_json, topic_as_json
from search_app.search.terms import MOST_TERMS, read_term
from search_app.server.api_page import describe
from search_app.server.middleware import SecurityMiddleware, error
from search_app.server.open_space import ServedSpace

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_PIECE = 1 << 20  # bytes
_DECODED_AT_ONCE = 4  # requests whose pictures are in memory, at up to 300 MB each
_STATUS: tuple[tuple[type[NearspaceError], int, str], ...] = (
    (ItemNotFound, 404, "not_found"),
    (SettingsError, 400, "cannot_be_asked"),
    (SpaceBusy, 503, "busy"),
    (SpaceChanged, 503, "busy"),
    (ServerError, 503, "busy"),
)
_DESCRIPTION = (
    "Search one space by meaning, in words and pictures. Every answer is JSON, but for thumbnails and originals; an "
    'error is {"error": {"code", "message"}}. Where the server was given a token, send it as '
    "Authorization: Bearer TOKEN. The fields of a result: "
    + "; ".join(f"{name}: {words}" for name, words in FIELDS.items())
    + "."
)

FILTERS = {
    "format": "only files with this suffix, such as jpg; may be repeated",
    "after": "only photos taken, and other files last changed, on this day (2024-05-31, 2024-05, 2024) or later",
    "before": "the same, on this day or earlier",
    "min-pixels": "only pictures of at least so many pixels",
    "max-pixels": "only pictures of at most so many pixels",
    "min-bytes": "only items of files of at least so many bytes",
    "max-bytes": "only items of files of at most so many bytes",
    "shape": "only pictures that are landscape, portrait or square; may be repeated",
    "of-colour": "only pictures that are mostly of this colour; may be repeated",
    "captioned": "yes: only pictures that have a caption",
    "topic": "only items of the topic of this name, or with this word in its name, see /v1/topics; may be repeated",
    "title": "only items whose title says this",
    "exact": "only items that say this word for word; may be repeated",
    "selection": "only items of the selection that the page's map keeps under this name",
    "where": "only items with this in their metadata: KEY=VALUE, or KEY; may be repeated",
}
"""The filters that stand in the address as they do in a link of the page, beside `modality` and `folder`."""

_IN_ADDRESS = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "description": words, "schema": {"type": "string"}}
        for name, words in FILTERS.items()
    ]
}
_TEXT_FIELD = {"type": "string"}
_ERROR = {"type": "object", "properties": {"code": _TEXT_FIELD, "message": _TEXT_FIELD}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Why it cannot be answered",
        "content": {"application/json": {"schema": {"type": "object", "properties": {"error": _ERROR}}}},
    }
}

_Text = Annotated[
    str, Query(description="words to look for; what stands in quotation marks results must say word for word")
]
_Term = Annotated[
    list[str] | None,
    Query(
        description="a further part as KIND:WEIGHT:VALUE, below 0 to leave it out: text:-1:people, item:0.5:12, "
        "between:1:12,77,0.5; may be repeated"
    ),
]
_Like = Annotated[list[str] | None, Query(description="the id of a result to find more like; may be repeated")]
_Unlike = Annotated[list[str] | None, Query(description="the id of a result to find less like; may be repeated")]
_Kind = Annotated[
    list[Literal["image", "text"]] | None, Query(description="only images, or only passages; may be repeated for both")
]
_Folder = Annotated[list[str] | None, Query(description="only items from this folder; may be repeated")]
_Count = Annotated[int, Query(ge=1, le=LARGEST_COUNT, description="how many results")]


def _listing(
    page: Annotated[int, Query(ge=1, le=LAST_PAGE, description="which page of `count` results")] = 1,
    sort: Annotated[
        Sort, Query(description="the order of the closest results that match: newest, or largest file, first")
    ] = "closeness",
    reverse: Annotated[bool, Query(description="turn that order round")] = False,
    diversity: Annotated[
        float, Query(ge=0.0, le=1.0, description="from 0, the closest, to 1, what differs most from what comes before")
    ] = 0.0,
    fold: Annotated[bool, Query(description="near-duplicates as one result, which has the others as `alike`")] = False,
    group: Annotated[
        bool, Query(description="the passages of a document as one result, which names the others as `passages`")
    ] = False,
) -> Listing:
    """How the address asks for results to be listed."""
    return Listing(sort=sort, reverse=reverse, page=page, diversity=diversity, fold=fold, group=group)


_Listing = Annotated[Listing, Depends(_listing)]


def make_app(living: ServedSpace, *, token: str = "", hosts: Sequence[str] = LOOPBACK_NAMES) -> FastAPI:
    """The HTTP API over `living`, for whoever sends `token`; without one, for requests to one of `hosts`."""
    app = FastAPI(
        title="Nearspace",
        version=ingest.__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(_require_described)],
        responses=_ERRORS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(SecurityMiddleware, token=token, hosts=hosts, max_bytes=MOST_BYTES + 1_000_000)
    _tell_errors(app)
    decoding = threading.BoundedSemaphore(_DECODED_AT_ONCE)

    def found(request: Request, given: "_Asked", count: int, listing: Listing) -> JSONResponse:
        filters = _filters(request, given.filters)
        results = living.run(
            lambda space: space.search(
                parts=given.parts(),
                like=given.like,
                unlike=given.unlike,
                filters=filters,
                count=count,
                listing=listing,
            )
        )
        return JSONResponse({"results": [result.as_json() for result in results]})

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(describe(app.openapi()))

    @app.get("/v1/search", summary="The items closest in meaning to words and items", openapi_extra=_IN_ADDRESS)
    def search(
        request: Request,
        text: _Text = "",
        term: _Term = None,
        like: _Like = None,
        unlike: _Unlike = None,
        modality: _Kind = None,
        folder: _Folder = None,
        count: _Count = 10,
        listing: _Listing = PLAIN,
    ) -> JSONResponse:
        asked = _Asked(text, term or [], like or [], unlike or [], modality or [], folder or [])
        return found(request, asked, count, listing)

    @app.post(
        "/v1/search",
        summary="The same with pictures, as a form (multipart/form-data); other filters stay in the address",
        openapi_extra=_IN_ADDRESS,
    )
    def search_with_pictures(
        request: Request,
        image: Annotated[list[UploadFile] | None, File(description="a picture to look for; may be repeated")] = None,
        minus_image: Annotated[
            list[UploadFile] | None, File(description="a picture of what to leave out; may be repeated")
        ] = None,
        text: Annotated[str, Form(description="words to look for")] = "",
        term: Annotated[list[str] | None, Form(description="a further part, as for GET")] = None,
        like: Annotated[list[str] | None, Form(description="the id of a result to find more like")] = None,
        unlike: Annotated[list[str] | None, Form(description="the id of a result to find less like")] = None,
        modality: Annotated[
            list[Literal["image", "text"]] | None, Form(description="only images, or only passages")
        ] = None,
        folder: Annotated[list[str] | None, Form(description="only items from this folder")] = None,
        count: Annotated[int, Form(ge=1, le=LARGEST_COUNT, description="how many results")] = 10,
        listing: _Listing = PLAIN,
    ) -> JSONResponse:
        asked = _Asked(text, term or [], like or [], unlike or [], modality or [], folder or [])
        with decoding:
            asked.pictures = [(_content(each), 1.0) for each in image or []]
            asked.pictures += [(_content(each), -1.0) for each in minus_image or []]
            return found(request, asked, count, listing)

    @app.get("/v1/items/{item_id}", summary="An item: where it comes from, its text, and what else is known")
    def item(item_id: str) -> JSONResponse:
        return JSONResponse(item_as_json(living.run(lambda space: space.show(item_id))))

    @app.get(
        "/v1/items/{item_id}/similar",
        summary="The items closest to an item, without itself",
        openapi_extra=_IN_ADDRESS,
    )
    def similar(
        request: Request,
        item_id: str,
        modality: _Kind = None,
        folder: _Folder = None,
        count: _Count = 10,
        listing: _Listing = PLAIN,
    ) -> JSONResponse:
        return found(request, _Asked("", [], [item_id], [], modality or [], folder or []), count, listing)

    @app.get("/v1/items/{item_id}/neighbours", summary="The items nearest to an item by their vectors alone")
    def neighbours(
        item_id: str,
        measure: Annotated[Measure, Query(description="cosine, or euclidean for the distance")] = "cosine",
        centred: Annotated[bool, Query(description="take away the mean of each modality first")] = False,
        count: _Count = 10,
    ) -> JSONResponse:
        near = living.run(lambda space: space.neighbours(item_id, measure=measure, centred=centred, count=count))
        return JSONResponse({modality: [asdict(each) for each in found] for modality, found in near.items()})

    @app.get("/v1/items/{item_id}/thumbnail", summary="An image's thumbnail, as JPEG", response_class=Response)
    def thumbnail(item_id: str) -> Response:
        content = living.run(lambda space: space.thumbnail(item_id))
        if content is None:
            raise HTTPException(404, "This item has no thumbnail. Ask for that of an image.")
        return Response(content, media_type="image/jpeg")

    @app.get("/v1/items/{item_id}/original", summary="The file that an item came from", response_class=Response)
    def original(item_id: str) -> Response:
        path, file = living.run(lambda space: (space.show(item_id).path, space.original(item_id)))
        if file is None:
            raise HTTPException(410, "The file has gone, or has changed since it was read. Ingest it again.")
        return _download(PurePath(path).name, file)

    @app.get("/v1/topics", summary="What the space is about, the largest topic first; found when first asked for")
    def topics() -> JSONResponse:
        return JSONResponse({"topics": living.run(_topics)})

    @app.get("/v1/status", summary="What the space holds, and what came of its last ingest")
    def status() -> JSONResponse:
        return JSONResponse(living.run(lambda space: space.status()))

    @app.get("/v1/ingest", summary="Whether an ingest goes on, how far it has come, and what came of the last")
    def ingest_status() -> JSONResponse:
        return JSONResponse(living.run(lambda space: space.ingest_status()))

    return app


class _Asked:
    """What a request asks for."""

    def __init__(
        self,
        text: str,
        terms: Sequence[str],
        like: Sequence[str],
        unlike: Sequence[str],
        modalities: Sequence[str],
        folders: Sequence[str],
    ) -> None:
        self.text, self.terms, self.like, self.unlike = text, terms, like, unlike
        self.filters = {"modality": list(modalities), "folder": list(folders)}
        self.pictures: list[tuple[bytes, float]] = []

    def parts(self) -> list[Part]:
        """The parts of the question; raises SettingsError when a term is none."""
        if len(self.terms) > MOST_TERMS:
            raise SettingsError(f"A question has at most {MOST_TERMS} parts. Leave some out.")
        parts = [Part(text=self.text)] if self.text.strip() else []
        for written in self.terms:
            term = read_term(written)
            if term is None or term.kind == "image":
                raise SettingsError(
                    f"{written[:80]!r} is no part of a question. Write KIND:WEIGHT:VALUE, such as text:-1:people, "
                    "item:1:12 or between:1:12,77,0.5."
                )
            parts.append(
                Part(text=term.value, weight=term.weight)
                if term.kind == "text"
                else Part(item=term.value, weight=term.weight)
                if term.kind == "item"
                else Part(between=term.ends, weight=term.weight)
            )
        return parts + [Part(image=content, weight=weight) for content, weight in self.pictures]


def _require_described(request: Request) -> None:
    """Raises SettingsError for a parameter in the address that the description of this way does not name."""
    ways = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    described = ways.get(request.method.lower(), {}).get("parameters", ())
    known = {parameter["name"] for parameter in described if parameter["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            raise SettingsError(f"There is no parameter {name[:40]!r} here. The page at / names those there are.")


def _filters(request: Request, given: Mapping[str, list[str]]) -> Filters:
    """The filters of the address, and those `given`; raises SettingsError for what a link would leave out."""
    params = {name: request.query_params.getlist(name) for name in FILTERS}
    filters = filters_from_params({**params, **given})
    read = filters_to_params(filters)
    for name, values in {**params, **given}.items():
        if (count := len({value for value in values if value.strip()})) > MOST_PARTS:
            raise SettingsError(f"{name} has {count} values, and may have {MOST_PARTS} at most. Leave some out.")
    for name in FILTERS:
        if len(read[name]) < len(set(params[name])):
            raise SettingsError(f"{name}={params[name][0][:40]!r} cannot be read. It is to be: {FILTERS[name]}.")
    return filters


def _topics(space: Space) -> list[dict[str, object]]:
    topics = space.topics()
    items: dict[str, Item] = {}
    for item_id in (each for topic in topics for each in topic.representatives):
        with suppress(ItemNotFound):  # it has just left the space
            items[item_id] = space.show(item_id)
    return [topic_as_json(topic, items) for topic in topics]


def _content(upload: UploadFile) -> bytes:
    return upload.file.read(MOST_BYTES + 1)


def _download(name: str, file: BinaryIO) -> StreamingResponse:
    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {
        "content-length": str(os.fstat(file.fileno()).st_size),
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}",
    }
    return StreamingResponse(pieces(), media_type=kind, headers=headers)


def _tell_errors(app: FastAPI) -> None:
    @app.exception_handler(NearspaceError)
    def on_purpose(request: Request, problem: NearspaceError) -> JSONResponse:
        for kind, status, code in _STATUS:
            if isinstance(problem, kind):
                return error(status, code, str(problem))
        return error(500, "cannot_be_done", str(problem))

    @app.exception_handler(RequestValidationError)
    def not_valid(request: Request, problem: RequestValidationError) -> JSONResponse:
        first = problem.errors()[0]
        name = ".".join(str(place) for place in first["loc"][1:])
        return error(422, "not_valid", f"{name}: {first['msg']}. Correct it and ask again.")

    @app.exception_handler(HTTPException)
    def refused(request: Request, problem: HTTPException) -> JSONResponse:
        codes = {404: "not_found", 405: "not_allowed", 410: "gone", 413: "too_large"}
        words = str(problem.detail)
        if words in ("Not Found", "Method Not Allowed"):
            words += ". The page at / describes what can be asked."
        return error(problem.status_code, codes.get(problem.status_code, "refused"), words)

    @app.exception_handler(Exception)
    def a_bug(request: Request, problem: Exception) -> JSONResponse:
        return error(500, "bug", "Something went wrong here. The server's log tells what.")
