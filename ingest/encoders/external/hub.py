"""Files of models on the Hugging Face hub: those in its cache on this machine first, and the rest fetched."""

import importlib.util
import os
import threading
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeVar

from ingest.encoders.base import Log
from ingest.errors import EncoderError, UnknownEncoder, WeightsError

PATIENCE = 4.0
"""Seconds in which the hub has to answer at all."""
EXTRA = "pip install 'nearspace[models]'"

_Found = TypeVar("_Found")


def hub_cache() -> Path:
    """The folder in which the hub's client keeps what it fetched, as that client decides it."""
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
        WeightsError: it is neither here nor to be had; the message has three lines, and comes within seconds.
    """
    if found := file_on_disk(repo, names):
        return found

    def fetch() -> Path:
        from huggingface_hub import hf_hub_download, list_repo_files

        there = list_repo_files(repo)
        name = next((name for name in names if name in there), None)
        if name is None:
            raise missing(encoder_id, repo, names[0], "the repository has no file of that name")
        if log is not None:
            log(f"fetching {name} of {repo} from the hub ...")
        return Path(hf_hub_download(repo, name))

    return _fetched(fetch, repo, names[0], encoder_id)


def fetch_matching(
    repo: str, patterns: list[str], complete: Callable[[Path], str], *, encoder_id: str, log: Log | None = None
) -> Path:
    """The folder of a repository's files that match `patterns`, from the cache if `complete` finds nothing missing.

    `complete` names what a folder lacks, or gives ''.  Weights come as safetensors where the repository has them so.

    Raises:
        UnknownEncoder, WeightsError: as `fetch_first`.
    """
    snapshot = snapshot_on_disk(repo)
    if snapshot is not None and not complete(snapshot):
        return snapshot
    wanted = complete(snapshot) if snapshot is not None else "the files"

    def fetch() -> Path:
        from huggingface_hub import hf_hub_download, list_repo_files

        there = list_repo_files(repo)
        names = [name for name in there if any(fnmatch(name, pattern) for pattern in patterns)]
        safe = {name.rpartition("/")[0] for name in names if name.endswith(".safetensors")}
        names = [name for name in names if not (name.endswith(".bin") and name.rpartition("/")[0] in safe)]
        if log is not None:
            log(f"fetching {len(names)} files of {repo} from the hub ...")
        for name in names:
            hf_hub_download(repo, name)
        folder = snapshot_on_disk(repo)
        lacking = complete(folder) if folder else "the files"
        if folder is None or lacking:
            raise missing(encoder_id, repo, lacking, "the repository does not have it")
        return folder

    return _fetched(fetch, repo, wanted, encoder_id)


def missing(encoder_id: str, repo: str, wanted: str, why: str) -> WeightsError:
    """The error for a file of a hub repository that cannot be had: what was wanted, why not, and how to get it."""
    of_openclip = encoder_id.startswith("openclip:")
    instead = "openclip:local-dir:FOLDER" if of_openclip else "st:FOLDER"
    patterns = ["open_clip*.safetensors" if of_openclip else "*.safetensors", "*.json", "*.txt", "*.model"]
    included = " ".join(f"--include '{pattern}'" for pattern in patterns)
    return WeightsError(
        f"{encoder_id} needs {wanted} of the hub's {repo}, which this machine does not have.\n"
        f"It could not be fetched: {why}.\n"
        f"With a network run `hf download {repo} {included}`, or copy a folder of it here and use {instead}."
    )


def missing_in(encoder_id: str, folder: Path, wanted: str) -> WeightsError:
    """The error for a file that a folder of a person's own should have."""
    why = f"it is not in {folder}, or is damaged" if folder.is_dir() else f"there is no folder {folder}"
    return WeightsError(
        f"{encoder_id} needs {wanted} in its folder.\n"
        f"It could not be read: {why}.\n"
        "Copy a model there, as `hf download ID --local-dir FOLDER` makes it, or name another folder."
    )


def require_packages(encoder_id: str) -> None:
    """Raise EncoderError, naming the extra, unless what loads this kind of encoder is installed."""
    package = "open_clip" if encoder_id.startswith("openclip:") else "sentence_transformers"
    absent = [name for name in (package, "torch", "onnxscript") if importlib.util.find_spec(name) is None]
    if absent:
        named = " and ".join(filter(None, (", ".join(absent[:-1]), absent[-1])))
        raise EncoderError(f"{encoder_id} needs {named} here, to be loaded for the first time. Run {EXTRA}.")


def offline_by_choice() -> bool:
    """Whether the person told the hub's client to stay offline."""
    truths = {"1", "on", "yes", "true"}
    return any(os.environ.get(name, "").lower() in truths for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))


def _fetched(fetch: Callable[[], _Found], repo: str, wanted: str, encoder_id: str) -> _Found:
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
    if offline_by_choice():
        raise missing(encoder_id, repo, wanted, "HF_HUB_OFFLINE is set")
    # The hub's client tries again and again for minutes where there is no network; so the hub is asked once, first.
    if why := _unreachable():
        raise missing(encoder_id, repo, wanted, why)
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        return fetch()
    except GatedRepoError as error:
        why = "its owner wants terms accepted first, on its page; then log in with `hf auth login`"
        raise missing(encoder_id, repo, wanted, why) from error
    except RepositoryNotFoundError as error:
        raise missing(encoder_id, repo, wanted, "the hub has no repository of that name for you") from error
    except (HfHubHTTPError, OSError) as error:
        raise missing(encoder_id, repo, wanted, one_line(error)) from error


def _unreachable() -> str:
    """Why the hub cannot be reached, in a few words; '' if it answers."""
    import httpx

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    answers: list[str] = []

    def ask() -> None:
        try:
            httpx.head(endpoint, timeout=PATIENCE, follow_redirects=False)
            answers.append("")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            answers.append(f"{endpoint} cannot be reached ({one_line(error)})")

    # In a thread, since looking up a name may hang for longer than any timeout that can be set.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    return answers[0] if answers else f"{endpoint} does not answer"


def one_line(error: BaseException) -> str:
    """The first line of an error's message, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(". ")
