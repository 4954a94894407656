"""Files of models on the Hugging Face hub: from its cache on this machine, else fetched."""

import importlib.util
import os
import threading
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeVar

from ingest.encoders.base import Log
from ingest.errors import EncoderError, UnknownEncoder, WeightsError

TIMEOUT_SECONDS = 4.0
"""Time in which the hub has to answer at all."""
INSTALL_EXTRA = "pip install 'nearspace[models]'"

_File = TypeVar("_File")


def hub_cache() -> Path:
    """The folder in which the hub's client caches what it fetches, as that client decides it."""
    if named := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(named).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "huggingface" / "hub"


def snapshot_on_disk(repo: str) -> Path | None:
    """The folder of the repository's files in the cache, as of its last fetch; None if there is none."""
    folder = hub_cache() / f"models--{repo.replace('/', '--')}"
    try:
        commit = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    snapshot = folder / "snapshots" / commit
    return snapshot if commit and snapshot.is_dir() else None


def file_on_disk(repo: str, names: Iterable[str]) -> Path | None:
    """The first of these files that is in the cache; looks at folders only."""
    snapshot = snapshot_on_disk(repo)
    if snapshot is None:
        return None
    return next((snapshot / name for name in names if (snapshot / name).is_file()), None)


def fetch_first(repo: str, names: list[str], *, encoder_id: str, log: Log | None = None) -> Path:
    """The first of these files that the cache has, else the first that the hub has.

    Raises:
        UnknownEncoder: no repository can have that name.
        WeightsError: it is neither on this machine nor to be fetched; raised within seconds, with three lines.
    """
    if found := file_on_disk(repo, names):
        return found

    def fetch() -> Path:
        from huggingface_hub import hf_hub_download, list_repo_files

        available = list_repo_files(repo)
        name = next((name for name in names if name in available), None)
        if name is None:
            raise missing_in_hub(encoder_id, repo, names[0], "the repository has no file of that name")
        if log is not None:
            log(f"fetching {name} of {repo} from the hub ...")
        return Path(hf_hub_download(repo, name))

    return _fetch(fetch, repo, names[0], encoder_id)


def fetch_matching(
    repo: str, patterns: list[str], find_missing: Callable[[Path], str], *, encoder_id: str, log: Log | None = None
) -> Path:
    """The folder of a repository's files that match `patterns`, from the cache if `find_missing` finds nothing missing.

    `find_missing` names what a folder lacks, or returns ''.  Weights are fetched as safetensors where there are any.

    Raises:
        UnknownEncoder, WeightsError: as `fetch_first`.
    """
    snapshot = snapshot_on_disk(repo)
    if snapshot is not None and not find_missing(snapshot):
        return snapshot
    lacking = find_missing(snapshot) if snapshot is not None else "the files"

    def fetch() -> Path:
        from huggingface_hub import hf_hub_download, list_repo_files

        available = list_repo_files(repo)
        names = [name for name in available if any(fnmatch(name, pattern) for pattern in patterns)]
        safe = {name.rpartition("/")[0] for name in names if name.endswith(".safetensors")}
        names = [name for name in names if not (name.endswith(".bin") and name.rpartition("/")[0] in safe)]
        if log is not None:
            log(f"fetching {len(names)} files of {repo} from the hub ...")
        for name in names:
            hf_hub_download(repo, name)
        folder = snapshot_on_disk(repo)
        still_lacking = find_missing(folder) if folder else "the files"
        if folder is None or still_lacking:
            raise missing_in_hub(encoder_id, repo, still_lacking, "the repository does not have it")
        return folder

    return _fetch(fetch, repo, lacking, encoder_id)


def missing_in_hub(encoder_id: str, repo: str, lacking: str, why: str) -> WeightsError:
    """The error for a file of a hub repository that cannot be fetched: which file, why not, and how to get it."""
    of_openclip = encoder_id.startswith("openclip:")
    instead = "openclip:local-dir:FOLDER" if of_openclip else "st:FOLDER"
    patterns = ["open_clip*.safetensors" if of_openclip else "*.safetensors", "*.json", "*.txt", "*.model"]
    included = " ".join(f"--include '{pattern}'" for pattern in patterns)
    return WeightsError(
        f"{encoder_id} needs {lacking} of the hub's {repo}, which this machine does not have.\n"
        f"It could not be fetched: {why}.\n"
        f"With a network run `hf download {repo} {included}`, or copy a folder of it here and use {instead}."
    )


def missing_in_folder(encoder_id: str, folder: Path, lacking: str) -> WeightsError:
    """The error for a file that a model's folder lacks."""
    why = f"it is not in {folder}, or is damaged" if folder.is_dir() else f"there is no folder {folder}"
    return WeightsError(
        f"{encoder_id} needs {lacking} in its folder.\n"
        f"It could not be read: {why}.\n"
        "Copy a model there, as `hf download ID --local-dir FOLDER` makes it, or name another folder."
    )


def require_packages(encoder_id: str) -> None:
    """Raise EncoderError, naming the extra, unless what loads this kind of encoder is installed."""
    package = "open_clip" if encoder_id.startswith("openclip:") else "sentence_transformers"
    missing = [name for name in (package, "torch", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        named = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise EncoderError(f"{encoder_id} needs {named} here, to be loaded for the first time. Run {INSTALL_EXTRA}.")


def is_offline_mode() -> bool:
    """Whether the environment keeps the hub's client offline."""
    truths = {"1", "on", "yes", "true"}
    return any(os.environ.get(name, "").lower() in truths for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def _fetch(fetch: Callable[[], _File], repo: str, lacking: str, encoder_id: str) -> _File:
    require_packages(encoder_id)
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise UnknownEncoder(
            f"{encoder_id!r} names no model: the hub has no repository called {repo!r}. Write it as OWNER/NAME, "
            "or give the path of a folder; `nearspace encoders` lists some models."
        ) from error
    if is_offline_mode():
        raise missing_in_hub(encoder_id, repo, lacking, "HF_HUB_OFFLINE is set")
    # Without a network the hub's client retries for minutes, so one request is tried first.
    if why := _unreachable():
        raise missing_in_hub(encoder_id, repo, lacking, why)
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        return fetch()
    except GatedRepoError as error:
        why = "its owner requires terms to be accepted first, on its page; then log in with `hf auth login`"
        raise missing_in_hub(encoder_id, repo, lacking, why) from error
    except RepositoryNotFoundError as error:
        raise missing_in_hub(encoder_id, repo, lacking, "the hub has no repository of that name for you") from error
    except (HfHubHTTPError, OSError) as error:
        raise missing_in_hub(encoder_id, repo, lacking, one_line(error)) from error


def _unreachable() -> str:
    """Why the hub cannot be reached, in a few words; '' if it answers."""
    import httpx

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    answers: list[str] = []

    def request() -> None:
        try:
            httpx.head(endpoint, timeout=TIMEOUT_SECONDS, follow_redirects=False)
            answers.append("")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            answers.append(f"{endpoint} cannot be reached ({one_line(error)})")

    # In a thread, since a name look-up may hang for longer than any timeout that can be set.
    thread = threading.Thread(target=request, daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    return answers[0] if answers else f"{endpoint} does not answer"


def one_line(error: BaseException) -> str:
    """The first line of an error's message, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(". ")
