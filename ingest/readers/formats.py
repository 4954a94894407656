"""The formats that are read: one table of suffixes, readers and content types.

To add a format, write its reader and add a line to FORMATS.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

Kind = Literal["image", "document", "video"]
Group = Literal["", "animation", "raw", "subtitles", "table"]


@dataclass(frozen=True)
class Format:
    """A file format: how its files are named and what reads them."""

    suffixes: tuple[str, ...]
    """In lower case with the dot, the usual one first."""
    kind: Kind
    reader: str = ""
    """The function that reads a document, as `module:function`; '' for pictures and videos, which have one reader."""
    content_types: tuple[str, ...] = ()
    """What web servers call it."""
    decoder: str = ""
    """Pillow's or FFmpeg's name for it, where the content alone does not tell the format."""
    group: Group = ""


def _image(suffixes: str, *content_types: str, decoder: str = "", group: Group = "") -> Format:
    return Format(tuple(suffixes.split()), "image", "", content_types, decoder, group)


def _document(suffixes: str, reader: str, *content_types: str, group: Group = "") -> Format:
    return Format(tuple(suffixes.split()), "document", f"ingest.readers.{reader}", content_types, "", group)


def _video(suffixes: str, demuxer: str, *content_types: str) -> Format:
    return Format(tuple(suffixes.split()), "video", "", content_types, demuxer)


_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS: tuple[Format, ...] = (
    _image(".jpg .jpeg .jpe .jfif .mpo", "image/jpeg"),
    _image(".png", "image/png"),
    _image(".apng", "image/apng", group="animation"),
    _image(".webp", "image/webp", group="animation"),
    _image(".gif", "image/gif", group="animation"),
    _image(".avif .avifs", "image/avif", group="animation"),
    _image(".bmp .dib", "image/bmp"),
    _image(".tif .tiff", "image/tiff"),
    _image(".heic .heics", "image/heic"),
    _image(".heif .heifs .hif", "image/heif"),
    _image(".svg .svgz", "image/svg+xml"),
    _image(".ico", "image/x-icon", "image/vnd.microsoft.icon", decoder="ICO"),
    _image(".jp2 .j2k .jpc .jpf .jpx .j2c", "image/jp2", decoder="JPEG2000"),
    _image(".fli .flc", decoder="FLI", group="animation"),
    _image(".blp", decoder="BLP"),
    _image(".cur", decoder="CUR"),
    _image(".dcx", decoder="DCX"),
    _image(".dds", decoder="DDS"),
    _image(".icns", decoder="ICNS"),
    _image(".pcx", decoder="PCX"),
    _image(".pbm .pgm .ppm .pnm .pfm", decoder="PPM"),
    _image(".psd", decoder="PSD"),
    _image(".qoi", decoder="QOI"),
    _image(".bw .rgb .rgba .sgi", decoder="SGI"),
    _image(".ras", decoder="SUN"),
    _image(".tga .icb .vda", decoder="TGA"),
    _image(".xbm", decoder="XBM"),
    _image(".xpm", decoder="XPM"),
    _image(".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .3fr .erf", group="raw"),
    _image(".kdc .mrw .mef .mos .iiq .rwl .dcr", group="raw"),
    _document(".txt .text", "text:read_text"),
    _document(".md .markdown", "markup:read_markdown", "text/markdown"),
    _document(".rst", "markup:read_rst"),
    _document(".html .htm", "html:read_html", "text/html"),
    _document(".xhtml", "html:read_html", "application/xhtml+xml"),
    _document(".pdf", "pdf:read_pdf", "application/pdf"),
    _document(".docx", "ooxml:read_docx", f"{_OFFICE}.wordprocessingml.document"),
    _document(".pptx", "ooxml:read_pptx", f"{_OFFICE}.presentationml.presentation"),
    _document(".epub", "epub:read_epub", "application/epub+zip"),
    _document(".srt", "subtitles:read_subtitles", "application/x-subrip", group="subtitles"),
    _document(".vtt", "subtitles:read_subtitles", "text/vtt", group="subtitles"),
    _document(".ass .ssa", "subtitles:read_subtitles", group="subtitles"),
    _document(".csv", "tables:read_table", "text/csv", group="table"),
    _document(".tsv", "tables:read_table", "text/tab-separated-values", group="table"),
    _document(".jsonl .ndjson", "tables:read_table", "application/jsonl", "application/x-ndjson", group="table"),
    _document(".parquet", "tables:read_table", "application/vnd.apache.parquet", group="table"),
    # Demuxers are named one by one: FFmpeg knows formats that are lists of other files and of web addresses.
    _video(".mp4 .m4v", "mov", "video/mp4"),
    _video(".mov", "mov", "video/quicktime"),
    _video(".3gp .3g2", "mov"),
    _video(".mkv", "matroska", "video/x-matroska"),
    _video(".webm", "matroska", "video/webm"),
    _video(".avi", "avi", "video/x-msvideo"),
    _video(".mpg .mpeg", "mpeg"),
    _video(".mts .m2ts", "mpegts"),
    _video(".wmv", "asf"),
    _video(".flv", "flv"),
    _video(".ogv", "ogg"),
)
ARCHIVE_SUFFIXES: frozenset[str] = frozenset({".zip"})
"""Archives, whose files are read in place."""

BY_SUFFIX: dict[str, Format] = {suffix: each for each in FORMATS for suffix in each.suffixes}
SUFFIX_BY_CONTENT_TYPE: dict[str, str] = {
    content_type: each.suffixes[0] for each in FORMATS for content_type in each.content_types
}


def _suffixes(formats: Iterable[Format]) -> frozenset[str]:
    return frozenset(suffix for each in formats for suffix in each.suffixes)


IMAGE_SUFFIXES = _suffixes(each for each in FORMATS if each.kind == "image")
DOCUMENT_SUFFIXES = _suffixes(each for each in FORMATS if each.kind == "document")
VIDEO_SUFFIXES = _suffixes(each for each in FORMATS if each.kind == "video")
RAW_SUFFIXES = _suffixes(each for each in FORMATS if each.group == "raw")
"""Camera RAW, read by the preview in it."""
TABLE_SUFFIXES = _suffixes(each for each in FORMATS if each.group == "table")
"""Tables, of which each row is an item."""


def format_of(path: PurePath) -> Format | None:
    """The format of `path` by its suffix, in upper or lower case; None if no reader knows the suffix."""
    return BY_SUFFIX.get(path.suffix.lower())


def kind_of(path: Path) -> Kind | None:
    """What `path` is read as, by its suffix in upper or lower case; None if no reader knows the suffix."""
    found = format_of(path)
    return found.kind if found else None


def is_table(path: PurePath) -> bool:
    """Whether `path` is a table, of which each row is an item."""
    return path.suffix.lower() in TABLE_SUFFIXES


def is_archive(path: PurePath) -> bool:
    """Whether `path` is an archive, whose files are read in place."""
    return path.name.lower().endswith(tuple(ARCHIVE_SUFFIXES))
