"""What libraries raise for malformed content, turned into the errors of readers."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import ReadError, in_one_line, read_error

MALFORMED: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What Python's parsers, Pillow, pypdf, lxml, PyYAML and the like raise for malformed content, beside their own errors.

Their parsers check little, so malformed content surfaces as any error that wrong assumptions lead to.
"""
EXPORT_AGAIN = "Export it again from its source, or leave it out."


@contextmanager
def malformed_as_read_error(
    what: str, remedy: str = EXPORT_AGAIN, *, errors: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Raise ReadError(f"{what}: reason. {remedy}") for whatever malformed content raises within the block.

    `errors` are the own errors of the format's library.  An error of the operating system is reported as such.
    """
    try:
        yield
    except ReadError:
        raise
    except (*MALFORMED, *errors) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise read_error(error) from error
        raise ReadError(f"{what}: {in_one_line(error)}. {remedy}") from error
