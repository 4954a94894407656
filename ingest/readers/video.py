"""Videos: frames where the scene changes, or every so many seconds, each with its time (PyAV; extra `video`)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ReadError, SkipSource, read_error
from ingest.readers.draft import Draft, Pictures, Value
from ingest.readers.formats import BY_SUFFIX
from ingest.readers.malformed import EXPORT_AGAIN

if TYPE_CHECKING:
    from PIL.Image import Image

SCENE_CHANGE = 0.14
"""Mean difference (of 1) from the last frame kept, over 16 x 16 averaged pixels, at which another scene begins.

Of 249 pairs of different Flickr8k photos 99 % differ by more.  A photo moved by a tenth of its sides differs from
itself by 0.14 in the median, so that a camera that turns gives frames as well.
"""
MIN_GAP = 1.0
"""Least seconds between two frames that are kept."""
MAX_GAP = 30.0
"""Most seconds between two frames that are kept, however similar they are."""
MAX_FRAMES = 300
"""Most frames of a video that are kept; of a longer one they are farther apart."""
MAX_FRAME_PIXELS = 100_000_000

_KEY_FRAMES_APART = 5.0  # seconds; where key frames are farther apart than this, all frames are looked at
_NEAR = 3.0  # seconds to a wanted frame that are decoded rather than jumped over
_SIDE = 16


@dataclass(frozen=True)
class _Frame:
    seconds: float
    jpeg: bytes
    """Reduced and upright; packed, since a video has many."""
    width: int
    height: int


def read_frames(path: Path, *, image_size: int, every: float = 0.0) -> Pictures:
    """Read the video at `path`: a frame every `every` seconds; where that is 0, where the scene changes.

    A frame is kept where it differs from the last one kept by SCENE_CHANGE, MIN_GAP to MAX_GAP seconds after it.
    Raises ReadError, also where the extra is not installed; SkipSource where there are no pictures in it.
    """
    with _opened(path) as video:
        frames, gaps = _every(video, every, image_size) if every else _scenes(video, image_size)
        if not frames:
            raise ReadError(f"damaged video: not one frame of it can be read. {EXPORT_AGAIN}")
        metadata = video.container.metadata
        title, taken = " ".join(str(metadata.get("title", "")).split())[:300], _taken(metadata)
        return Pictures(tuple(_draft(frame, path, title, taken) for frame in frames), gaps)


def read_frames_at(path: Path, times: Sequence[float], *, image_size: int) -> tuple[Draft, ...]:
    """Read the frames at `times`, seconds that `read_frames` gave, in their order; raises ReadError."""
    with _opened(path) as video:
        found = {seconds: _packed(frame, image_size, seconds) for seconds, frame in video.at(sorted(set(times)))}
    if missing := [seconds for seconds in times if seconds not in found]:
        raise ReadError(f"damaged video: the frame at {missing[0]:g} s is no longer in it. {EXPORT_AGAIN}")
    return tuple(_draft(found[seconds], path, "") for seconds in times)


def frame_at(path: Path, seconds: float, *, at_least: int) -> "Image":
    """The frame at `seconds`, upright and RGB, its shorter side about `at_least` pixels; raises ReadError."""
    with _opened(path) as video:
        for _, frame in video.at([seconds]):
            return _picture(frame, at_least)
    raise ReadError(f"damaged video: the frame at {seconds:g} s is no longer in it. {EXPORT_AGAIN}")


class _Video:
    """An open video and its first stream of pictures."""

    def __init__(self, container: Any, stream: Any) -> None:
        self.container = container
        self._stream = stream
        self.decoding_error = ""
        """The error that decoding ended with; '' if it came to the end."""
        self.duration = max(0.0, float(container.duration or 0) / 1_000_000)
        """In seconds, by the file's header; 0 if it does not say."""

    def frames(self, *, key_frames: bool = False, start: float | None = None) -> Iterator[tuple[float, Any]]:
        """Yield the frames with their time in seconds, starting at the key frame before `start`."""
        import av

        context = self._stream.codec_context
        context.skip_frame = "NONKEY" if key_frames else "DEFAULT"
        self.decoding_error = ""
        try:
            offset = int((start or 0.0) / self._stream.time_base) + (self._stream.start_time or 0)
            self.container.seek(offset, stream=self._stream, backward=True)
            first = self._stream.start_time or 0
            for frame in self.container.decode(self._stream):
                stamp = frame.dts if frame.pts is None else frame.pts
                if stamp is not None:
                    yield round(max(0.0, float((stamp - first) * frame.time_base)), 3), frame
        except (av.FFmpegError, ValueError, ArithmeticError, MemoryError) as error:
            self.decoding_error = " ".join(str(error).split()) or type(error).__name__

    def at(self, times: Sequence[float]) -> Iterator[tuple[float, Any]]:
        """Yield the first frame at or after each of `times`, which are ascending; times after the end give none."""
        waiting = list(times)
        while waiting:
            before = len(waiting)
            for seconds, frame in self.frames(start=waiting[0]):
                while waiting and seconds >= waiting[0] - 0.002:
                    yield waiting.pop(0), frame
                if not waiting or (len(waiting) < before and waiting[0] - seconds > _NEAR):
                    break
            if len(waiting) == before:
                return


@contextmanager
def _opened(path: Path) -> Iterator[_Video]:
    try:
        import av
    except ImportError as error:
        raise ReadError(
            "a video, and the package that reads it is not installed. Run: pip install 'nearspace[video]', and ingest "
            "the folder again."
        ) from error
    try:
        if path.stat().st_size == 0:
            raise SkipSource("empty file. Copy it again from its source, or leave it out.")
        with path.open("rb") as file, _container(file, path) as container:
            if not container.streams.video:
                raise SkipSource("no pictures are in it, only sound or nothing. Leave it out.")
            known = [stream for stream in container.streams.video if stream.codec_context is not None]
            stream = next((stream for stream in known if stream.width and stream.height), None)
            if stream is None:
                raise ReadError(f"damaged video, or packed in a way that is not known here. {EXPORT_AGAIN}")
            if stream.width * stream.height > MAX_FRAME_PIXELS:
                raise ReadError(
                    f"too large: {stream.width:,} x {stream.height:,} pixels, and {MAX_FRAME_PIXELS // 1_000_000} "
                    "million are read at most. Save a smaller copy, or leave it out."
                )
            stream.thread_type = "AUTO"
            yield _Video(container, stream)
    except ReadError:
        raise
    except (av.FFmpegError, ValueError, ArithmeticError, MemoryError, EOFError) as error:
        words = " ".join(str(getattr(error, "strerror", None) or error).split()).rstrip(".")
        raise ReadError(f"damaged video, or none: {words[:200] or type(error).__name__}. {EXPORT_AGAIN}") from error
    except OSError as error:
        raise read_error(error) from error


def _container(file: IO[bytes], path: Path) -> Any:
    import av

    # Titles and the like are in any encoding.
    return av.open(file, format=BY_SUFFIX[path.suffix.lower()].decoder, metadata_errors="replace")


def _scenes(video: _Video, image_size: int) -> tuple[list[_Frame], str]:
    # Encoders begin a scene with a key frame, so key frames show nearly all scenes, at a fraction of the time.
    times: list[float] = [0.0]
    kept = _changes(video.frames(key_frames=True), image_size, times)
    gaps = _gaps(video)
    times.append(video.duration)
    if not kept or max(after - before for before, after in pairwise(times)) > _KEY_FRAMES_APART:
        kept = _changes(video.frames(), image_size, [])
        gaps = _gaps(video)
    return kept, gaps


def _changes(frames: Iterator[tuple[float, Any]], image_size: int, times: list[float]) -> list[_Frame]:
    """The frames that differ from the one kept before them; the times of all frames are added to `times`."""
    kept: list[_Frame] = []
    min_gap, max_gap = MIN_GAP, MAX_GAP
    last: NDArray[np.float32] | None = None
    for seconds, frame in frames:
        times.append(seconds)
        since = seconds - kept[-1].seconds if kept else max_gap
        if since < min_gap:
            continue
        small = frame.reformat(_SIDE, _SIDE, "rgb24", interpolation="AREA").to_ndarray().astype(np.float32) / 255
        if last is None or since >= max_gap or float(np.abs(small - last).mean()) >= SCENE_CHANGE:
            kept.append(_packed(frame, image_size, seconds))
            last = small
            if len(kept) > MAX_FRAMES:
                kept = kept[::2]
                min_gap, max_gap = 2 * min_gap, 2 * max_gap
    return kept


def _every(video: _Video, every: float, image_size: int) -> tuple[list[_Frame], str]:
    every = max(every, video.duration / MAX_FRAMES)
    multiples = (number * every for number in range(MAX_FRAMES + 1))
    times = [round(seconds, 3) for seconds in multiples if seconds <= video.duration or not video.duration]
    return [_packed(frame, image_size, seconds) for seconds, frame in video.at(times)], _gaps(video)


def _gaps(video: _Video) -> str:
    return f"it breaks off: {video.decoding_error[:100].rstrip('.')}" if video.decoding_error else ""


def _packed(frame: Any, image_size: int, seconds: float = 0.0) -> _Frame:
    picture = _picture(frame, 2 * image_size)
    out = BytesIO()
    picture.save(out, "JPEG", quality=95, subsampling=0)
    width, height = (frame.width, frame.height) if _turn(frame) % 180 == 0 else (frame.height, frame.width)
    return _Frame(seconds, out.getvalue(), width, height)


def _picture(frame: Any, at_most: int) -> "Image":
    """The frame upright and in RGB, its shorter side `at_most` pixels."""
    scale = min(1.0, at_most / min(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    picture: Image = frame.reformat(width, height, "rgb24", interpolation="AREA").to_image()
    turn = _turn(frame)
    return picture.rotate(turn, expand=True) if turn else picture


def _turn(frame: Any) -> int:
    """Degrees by which the frame is to be turned anticlockwise: 0, 90, 180 or 270; 0 if its file has nonsense."""
    turn = int(frame.rotation)
    return round(turn / 90) * 90 % 360 if abs(turn) <= 360 else 0


def _taken(metadata: Mapping[str, str]) -> str:
    """When the video was made, by its metadata, as ISO 8601 in local time; '' if unknown."""
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        try:
            made = datetime.fromisoformat(metadata.get(key, ""))
        except ValueError:
            continue
        if made.year > 1970:  # an unset time is the start of the file format's clock: 1904 or 1970
            # Telephones write the time where they were; the other key has the time in Greenwich.
            local = made.astimezone() if key == "creation_time" and made.tzinfo else made
            return local.replace(tzinfo=None).isoformat(timespec="seconds")
    return ""


def _draft(frame: _Frame, path: Path, title: str, taken: str = "") -> Draft:
    from PIL import Image

    from ingest.readers.dominant_colours import dominant_colours
    from ingest.readers.images import as_jpeg, small_copy

    picture = Image.open(BytesIO(frame.jpeg), formats=("JPEG",))  # its pixels are unpacked when they are needed
    meta: dict[str, Value] = {"width": frame.width, "height": frame.height, "format": path.suffix[1:].upper()}
    with Image.open(BytesIO(frame.jpeg), formats=("JPEG",)) as opened:
        small = small_copy(opened.convert("RGB"))
    meta["colours"] = ", ".join(dominant_colours(small))
    meta["seconds"] = frame.seconds
    if taken:
        meta["taken"] = taken
    return Draft("image", title=title, image=picture, thumbnail=as_jpeg(small), meta=meta)
