"""Numbers as bytes for the browser's map: a header in JSON, and a block for each array."""

import json
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_DTYPES = {"uint8": "u1", "uint16": "u2", "int16": "i2", "uint32": "u4", "float32": "f4", "float64": "f8"}
_ALIGNED = 8  # bytes: every block starts at a multiple of it, as a typed array must


def pack_message(header: Mapping[str, object], arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """The header and the arrays, flat and little-endian, as search_app/scatter/src/unpack.js reads them.

    The message starts with the header's length in bytes (uint32) and its JSON; the header lists the blocks that follow.
    """
    blocks = [
        {"name": name, "kind": _DTYPES[array.dtype.name], "count": int(array.size)} for name, array in arrays.items()
    ]
    written = json.dumps({**header, "blocks": blocks}, ensure_ascii=False).encode("utf-8", "replace")
    numbers = (array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays.values())
    parts = [struct.pack("<I", len(written)) + written, *numbers]
    return b"".join(part + b"\0" * (-len(part) % _ALIGNED) for part in parts)
