"""Every error Nearspace raises on purpose.

    NearspaceError
    ├── SettingsError          a path, name or option that cannot be used
    ├── ReadError              one source cannot be read; its outcome is `failed`
    │   └── SkipSource         one source is left out on purpose; its outcome is `skipped`
    ├── EncoderError           an encoder cannot be loaded
    │   ├── UnknownEncoder     no encoder has that id
    │   └── WeightsError       weights are missing, or are not the published ones
    │       └── DifferenceError    a tower computes something else than torch does
    ├── EngineError            files cannot be read and encoded by the chosen engine
    └── SpaceError             a space cannot be opened or written
        ├── SpaceNotFound      there is no space of that name
        ├── EncoderMismatch    the space was made with another encoder
        ├── SpaceBusy          another process is writing into the space
        ├── JobRunning         a background job of the space is running
        ├── SpaceChanged       the space was re-encoded while it was open
        ├── ItemNotFound       the space has no item of that id
        └── ServerError        the Chroma server does not start or does not answer
            └── ServerUnreachable  a Chroma server of the user's own cannot be reached, or refuses us

The last sentence of every message says what to do next.  Anything that is not in this tree is a bug and
propagates with its traceback.
"""


class NearspaceError(Exception):
    """The base of every error raised on purpose; `str(error)` is fit to be shown to a person."""


class SettingsError(NearspaceError):
    """A path, name or option that cannot be used."""


class ReadError(NearspaceError):
    """One source cannot be read; the message says what is wrong with it, without its path."""


class SkipSource(ReadError):
    """One source is left out on purpose; the message says why, without its path."""


class EncoderError(NearspaceError):
    """An encoder cannot be loaded."""


class UnknownEncoder(EncoderError):
    """No encoder has that id."""


class WeightsError(EncoderError):
    """An encoder's weights are missing, or are not the published ones."""


class DifferenceError(WeightsError):
    """ONNX Runtime's output is too far from torch's."""


class EngineError(NearspaceError):
    """Files cannot be read and encoded by the chosen engine."""


class SpaceError(NearspaceError):
    """A space cannot be opened or written."""


class SpaceNotFound(SpaceError):
    """No space of that name is in the home folder."""


class EncoderMismatch(SpaceError):
    """The space was made with an encoder other than the one asked for."""


class SpaceBusy(SpaceError):
    """Another process is writing into the space."""


class JobRunning(SpaceError):
    """A background job of the space is running, and there is one at a time."""


class SpaceChanged(SpaceError):
    """The space got another encoder's vectors while it was open: open it again."""


class ItemNotFound(SpaceError):
    """The space has no item of that id, or no longer has it."""


class ServerError(SpaceError):
    """The Chroma server does not start or does not answer."""


class ServerUnreachable(ServerError):
    """A Chroma server of the user's own cannot be reached, or refuses us; its index may be sound."""


def read_error(error: OSError) -> ReadError:
    """A ReadError that says in plain words why the operating system could not open or read a file."""
    if isinstance(error, PermissionError):
        return ReadError("permission denied. Give yourself the right to read it, or leave it out.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ReadError("it is no longer there. Ingest the folder again.")
    if isinstance(error, IsADirectoryError):
        return ReadError("a folder, not a file. Name the files in it, or ingest the folder.")
    reason = (error.strerror or str(error)).rstrip(".")
    return ReadError(f"cannot be read: {reason}. Check the disk it is on, and ingest the folder again.")


def in_one_line(error: BaseException) -> str:
    """What the error says, in one line without a full stop."""
    words = " ".join(str(error).split()).rstrip(".")
    return words[:200] or type(error).__name__
