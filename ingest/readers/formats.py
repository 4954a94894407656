"""Which files are read, and as what."""

from pathlib import Path
from typing import Literal

Kind = Literal["image", "document", "video"]

RAW_SUFFIXES: frozenset[str] = frozenset(
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .3fr .erf .kdc .mrw .mef .mos .iiq "  # noqa: SIM905
    ".rwl .dcr".split()
)
"""Camera RAW, read by the preview in it."""
IMAGE_SUFFIXES: frozenset[str] = (
    frozenset(
        ".jpg .jpeg .jpe .jfif .mpo .png .apng .webp .gif .bmp .dib .tif .tiff .heic .heics .heif .heifs .hif .avif "  # noqa: SIM905
        ".avifs .svg .svgz .blp .cur .dcx .dds .fli .flc .icns .ico .jp2 .j2k .jpc .jpf .jpx .j2c .pcx .pbm .pgm .ppm "
        ".pnm .pfm .psd .qoi .bw .rgb .rgba .sgi .ras .tga .icb .vda .xbm .xpm".split()
    )
    | RAW_SUFFIXES
)
SUBTITLE_SUFFIXES: frozenset[str] = frozenset({".srt", ".vtt", ".ass", ".ssa"})
DOCUMENT_SUFFIXES: frozenset[str] = SUBTITLE_SUFFIXES | frozenset(
    ".txt .text .md .markdown .rst .html .htm .xhtml .pdf .docx .pptx .epub "  # noqa: SIM905
    ".csv .tsv .jsonl .ndjson .parquet".split()
)
VIDEO_SUFFIXES: frozenset[str] = frozenset(
    ".mp4 .m4v .mov .3gp .3g2 .mkv .webm .avi .mpg .mpeg .mts .m2ts .wmv .flv .ogv".split()  # noqa: SIM905
)
ARCHIVE_SUFFIXES: frozenset[str] = frozenset({".zip"})
"""Archives, whose files are read in place."""


def kind_of(path: Path) -> Kind | None:
    """Say what `path` is read as, by its suffix in any case; None where no reader knows the suffix."""
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return "image"
    if suffix in DOCUMENT_SUFFIXES:
        return "document"
    if suffix in VIDEO_SUFFIXES:
        return "video"
    return None
