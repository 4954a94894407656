"""The HTTP API over one space: search, items, thumbnails, originals and what the space holds."""

import mimetypes
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from fastapi import Depends, FastAPI, File, Form, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

import ingest
from ingest.errors import ItemNotFound, NearspaceError, ServerError, SettingsError, SpaceBusy, SpaceChanged
from ingest.space import Item
from search_app.search import Part, Space
from search_app.search.aliases import aliases_of
from search_app.search.fields import FieldError
from search_app.search.neighbours import Measure
from search_app.search.query import DEFAULT_RESULTS, LARGEST_COUNT
from search_app.search.query_builder import part_of
from search_app.search.query_pictures import MOST_BYTES
from search_app.search.requests import FILTERS, LISTING, json_schemas, read_request
from search_app.search.results import FIELDS, OF_ALL, item_as_json, topic_as_json
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
    'error is {"error": {"code", "message"}}. Where the server has a token, send it as '
    "Authorization: Bearer TOKEN. A search gives `results`, and of all items that its filters let through: "
    + "; ".join(f"{name}: {words}" for name, words in OF_ALL.items())
    + ". The fields of a result: "
    + "; ".join(f"{name}: {words}" for name, words in FIELDS.items())
    + "."
)

_TEXT_FIELD = {"type": "string"}
_ERROR = {"type": "object", "properties": {"code": _TEXT_FIELD, "message": _TEXT_FIELD}}
_ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Why it cannot be answered",
        "content": {"application/json": {"schema": {"type": "object", "properties": {"error": _ERROR}}}},
    }
}

_IN_FORM = ("text", "term", "like", "unlike", "modality", "folder", "count")
"""What a form holds beside its pictures; all else stays in the address."""
_ASKED = ("text", "term", "like", "unlike")
_NOT_VALID = frozenset({"modality", "count", "page", "sort", "reverse", "diversity", "fold", "group"})
"""Fields whose wrong values have always been answered with 422 `not_valid`; those of others with 400."""


def _parameters(*names: str) -> dict[str, Any]:
    """The description of these parameters of an address, and of their former names."""
    former = [alias for alias in aliases_of("http") if alias.name in names]
    return {
        "parameters": [
            *(_parameter(name, name) for name in names),
            *(_parameter(alias.former, alias.name) | {"deprecated": True} for alias in former),
        ]
    }


def _parameter(name: str, field: str) -> dict[str, Any]:
    schema = {**json_schemas()[field]}
    description = schema.pop("description") if name == field else f"the former name of {field}"
    schema.pop("title", None)
    schema.pop("description", None)
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _form(name: str) -> Any:
    """A field of a form, described as the same parameter of an address is."""
    return Form(description=json_schemas()[name]["description"])


def make_app(open_space: ServedSpace, *, token: str = "", hosts: Sequence[str] = LOOPBACK_NAMES) -> FastAPI:
    """The HTTP API over `open_space`, for whoever sends `token`; without one, for requests to one of `hosts`."""
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

    def found(
        params: Mapping[str, Iterable[str]], pictures: Sequence[tuple[bytes, float]] = (), like: Sequence[str] = ()
    ) -> JSONResponse:
        asked = read_request(params)
        parts = [*map(part_of, asked.term), *(Part(image=content, weight=weight) for content, weight in pictures)]
        results = open_space.run(
            lambda space: space.search(
                asked.text,
                parts=parts,
                like=[*like, *asked.like],
                unlike=asked.unlike,
                filters=asked.filters,
                count=asked.count,
                listing=asked.listing,
            )
        )
        return JSONResponse(results.as_json())

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(describe(app.openapi()))

    @app.get(
        "/v1/search",
        summary="The items closest in meaning to words and items",
        openapi_extra=_parameters(*_ASKED, *FILTERS, "count", *LISTING),
    )
    def search(request: Request) -> JSONResponse:
        return found(_address(request))

    @app.post(
        "/v1/search",
        summary="The same with pictures, as a form (multipart/form-data); other filters stay in the address",
        openapi_extra=_parameters(*(name for name in (*FILTERS, *LISTING) if name not in _IN_FORM)),
    )
    def search_with_pictures(
        request: Request,
        image: Annotated[list[UploadFile] | None, File(description="a picture to look for; may be repeated")] = None,
        minus_image: Annotated[
            list[UploadFile] | None, File(description="a picture of what to leave out; may be repeated")
        ] = None,
        text: Annotated[list[str] | None, _form("text")] = None,
        term: Annotated[list[str] | None, _form("term")] = None,
        like: Annotated[list[str] | None, _form("like")] = None,
        unlike: Annotated[list[str] | None, _form("unlike")] = None,
        modality: Annotated[list[str] | None, _form("modality")] = None,
        folder: Annotated[list[str] | None, _form("folder")] = None,
        count: Annotated[list[str] | None, _form("count")] = None,
    ) -> JSONResponse:
        form = {
            "text": text,
            "term": term,
            "like": like,
            "unlike": unlike,
            "modality": modality,
            "folder": folder,
            "count": count,
        }
        with decoding:
            pictures = [(_content(each), 1.0) for each in image or []]
            pictures += [(_content(each), -1.0) for each in minus_image or []]
            return found(_address(request) | {name: values for name, values in form.items() if values}, pictures)

    @app.get("/v1/items/{item_id}", summary="An item: where it comes from, its text, and what else is known")
    def item(item_id: str) -> JSONResponse:
        return JSONResponse(item_as_json(open_space.run(lambda space: space.show(item_id))))

    @app.get(
        "/v1/items/{item_id}/similar",
        summary="The items closest to an item, without itself",
        openapi_extra=_parameters(*FILTERS, "count", *LISTING),
    )
    def similar(request: Request, item_id: str) -> JSONResponse:
        return found(_address(request), like=[item_id])

    @app.get("/v1/items/{item_id}/neighbours", summary="The items nearest to an item by their vectors alone")
    def neighbours(
        item_id: str,
        measure: Annotated[Measure, Query(description="cosine, or euclidean for the distance")] = "cosine",
        centred: Annotated[bool, Query(description="take away the mean of each modality first")] = False,
        count: Annotated[int, Query(ge=1, le=LARGEST_COUNT, description="how many results")] = DEFAULT_RESULTS,
    ) -> JSONResponse:
        near = open_space.run(lambda space: space.neighbours(item_id, measure=measure, centred=centred, count=count))
        return JSONResponse({modality: [asdict(each) for each in found] for modality, found in near.items()})

    @app.get("/v1/items/{item_id}/thumbnail", summary="An image's thumbnail, as JPEG", response_class=Response)
    def thumbnail(item_id: str) -> Response:
        content = open_space.run(lambda space: space.thumbnail(item_id))
        if content is None:
            raise HTTPException(404, "This item has no thumbnail. Ask for that of an image.")
        return Response(content, media_type="image/jpeg")

    @app.get("/v1/items/{item_id}/original", summary="The file that an item came from", response_class=Response)
    def original(item_id: str) -> Response:
        path, file = open_space.run(lambda space: (space.show(item_id).path, space.original(item_id)))
        if file is None:
            raise HTTPException(410, "The file has gone, or has changed since it was read. Ingest it again.")
        return _download(PurePath(path).name, file)

    @app.get("/v1/topics", summary="What the space is about, the largest topic first; found at the first request")
    def topics() -> JSONResponse:
        return JSONResponse({"topics": open_space.run(_topics)})

    @app.get("/v1/status", summary="What the space holds, and what came of its last ingest")
    def status() -> JSONResponse:
        return JSONResponse(open_space.run(lambda space: space.status()))

    @app.get("/v1/ingest", summary="Whether an ingest runs, how far it has come, and what came of the last")
    def ingest_status() -> JSONResponse:
        return JSONResponse(open_space.run(lambda space: space.ingest_status()))

    return app


def _address(request: Request) -> dict[str, list[str]]:
    """The parameters of the address."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _require_described(request: Request) -> None:
    """Raises SettingsError for a parameter in the address that the description of the request does not name."""
    methods = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    described = methods.get(request.method.lower(), {}).get("parameters", ())
    known = {parameter["name"] for parameter in described if parameter["in"] == "query"}
    for name in request.query_params:
        if name not in known:
            raise SettingsError(f"There is no parameter {name[:40]!r} here. The page at / names those there are.")


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
    @app.exception_handler(FieldError)
    def wrong_value(request: Request, problem: FieldError) -> JSONResponse:
        if problem.field in _NOT_VALID:
            return error(422, "not_valid", str(problem))
        return error(400, "cannot_be_asked", str(problem))

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
            words += ". The page at / describes the requests there are."
        return error(problem.status_code, codes.get(problem.status_code, "refused"), words)

    @app.exception_handler(Exception)
    def a_bug(request: Request, problem: Exception) -> JSONResponse:
        return error(500, "bug", "Something went wrong here. The server's log says what.")
