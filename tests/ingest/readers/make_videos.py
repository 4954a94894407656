"""Makes tiny videos."""

import struct
from collections.abc import Sequence
from pathlib import Path

import av
from PIL import Image

from tests.fake_encoder import COLOURS

CODECS = {".mp4": "mpeg4", ".mov": "mpeg4", ".avi": "mpeg4", ".mkv": "libvpx", ".webm": "libvpx"}


def video(
    path: Path,
    colours: Sequence[str] = ("red", "green", "blue"),
    *,
    seconds: int = 4,
    size: tuple[int, int] = (64, 48),
    rate: int = 5,
    key_frames_apart: int = 5,
) -> Path:
    """Write a video that shows each colour for `seconds`; the top is white."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(CODECS[path.suffix], rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = key_frames_apart
        for colour in colours:
            picture = Image.new("RGB", size, COLOURS[colour])
            picture.paste((250, 250, 250), (0, 0, size[0], size[1] // 8))
            for _ in range(seconds * rate):
                out.mux(stream.encode(av.VideoFrame.from_image(picture)))
        out.mux(stream.encode())
    return path


def sound(path: Path) -> Path:
    """Write a file with sound alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac" if path.suffix == ".mp4" else "libopus", rate=48_000)
        frame = av.AudioFrame(format="fltp" if path.suffix == ".mp4" else "s16", layout="mono", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = 48_000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def turned(path: Path, degrees: int) -> Path:
    """Note in an MP4 that it is to be shown turned clockwise by 90, 180 or 270 degrees."""
    matrix = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]
    a, b, c, d = (value << 16 for value in matrix)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44  # ISO 14496-12: the matrix of a track
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path
