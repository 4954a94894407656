"""SVG drawings, rendered by resvg in a process of its own, since a drawing can be a program that never ends."""

import gzip
import re
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.malformed import EXPORT_AGAIN
from ingest.readers.text import decode_text

MAX_SVG_BYTES = 20_000_000
"""Largest SVG that is drawn, unpacked."""
TIMEOUT_SECONDS = 30
"""Longest time spent on drawing one."""

_GZIP = b"\x1f\x8b"
# Whatever lies outside the drawing is left out: a drawing from elsewhere must not show this machine's files.
_OUTSIDE = re.compile(r"""(href\s*=\s*)("(?!\s*(?:#|data:))[^"]*"|'(?!\s*(?:#|data:))[^']*')""", re.IGNORECASE)
_START = re.compile(rb"<(?:[a-zA-Z]+:)?svg\b")


def is_svg(head: bytes, suffix: str) -> bool:
    """Whether a file that begins with `head` and is called `*suffix` is an SVG, packed or not."""
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        (suffix == ".svgz" and head.startswith(_GZIP))
        or (plain.startswith(b"<") and (suffix == ".svg" or _START.search(head) is not None))
        or (suffix == ".svg" and head.startswith((b"\xff\xfe", b"\xfe\xff")))
    )


def svg_as_png(data: bytes, side: int) -> bytes:
    """Draw an SVG on white as a PNG whose longer side is `side` pixels; raises ReadError."""
    if data.startswith(_GZIP):
        try:
            with gzip.open(BytesIO(data)) as packed:
                data = packed.read(MAX_SVG_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ReadError(f"damaged drawing (SVG): it cannot be unpacked. {EXPORT_AGAIN}") from error
    if len(data) > MAX_SVG_BYTES:
        raise ReadError(
            f"too large: a drawing (SVG) of more than the {MAX_SVG_BYTES // 1_000_000} MB that are read at most. "
            "Save a simpler one, or leave it out."
        )
    # The decoded text is passed on as UTF-8, so its declaration of another encoding no longer holds.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", decode_text(data).lstrip("\ufeff"))
    text = _OUTSIDE.sub(r'\1""', text)
    child = [sys.executable, "-I", str(Path(__file__).with_name("svg_renderer.py")), str(side)]
    try:
        done = subprocess.run(child, input=text.encode(), capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ReadError(
            f"too slow: the drawing (SVG) was not done after {TIMEOUT_SECONDS} seconds. Save a simpler one, or leave "
            "it out."
        ) from error
    if done.returncode == 3:
        reason = " ".join(done.stderr.decode("utf-8", "replace").split()).rstrip(".")[:200]
        raise ReadError(f"damaged drawing (SVG): {reason}. {EXPORT_AGAIN}")
    if done.returncode or not done.stdout:
        raise ReadError(f"damaged drawing (SVG), or one that takes too much memory. {EXPORT_AGAIN}")
    return done.stdout
