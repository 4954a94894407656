"""The managed Chroma server: one per space, on loopback, started by the first client and ended after the last.

Chroma's embedded client loses vectors when two processes open one folder, so every process goes through a server.
A small keeper process (this module run with `python -m`) starts `chroma run`, records its port in `server.json`, and
stops it when no client is left.  Clients hold a shared lock on `clients.lock`; the operating system gives a killed
client's lock back, so a killed client does not count.

    start.lock     held by the client that is starting a keeper
    clients.lock   shared: held by every client; exclusive: held by the keeper while it shuts down
    keeper.lock    held by the keeper as long as it runs
    server.json    port and process ids, written when the server answers
    chroma.log     what the server and its keeper print
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from ingest.atomic import atomic_write
from ingest.errors import ServerError
from ingest.space.locks import EXCLUSIVE, SHARED, try_lock, wait_for_lock

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

HOST = "127.0.0.1"
CHROMA_FOLDER = "chroma"
_CHROMA_DATABASE = "chroma.sqlite3"
_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_LINGER_SECONDS = float(os.environ.get("NEARSPACE_SERVER_LINGER", "5"))  # between two commands it stays up
_START_POLL_SECONDS = 0.02  # every command that finds no server waits for one to start
_KEEP_POLL_SECONDS = 0.3
_LOG_NAME = "chroma.log"
_LOG_BYTES = 1_000_000
_INFO_NAME = "server.json"
_MIN_FREE_BYTES = 20_000_000  # with fewer bytes free on the disk, Chroma's errors are attributed to that
# The command `chroma`, but for the Python of chromadb, which takes a second to import and does nothing here.
_CHROMA_CLI = """
import sys
sys.argv[0] = "chroma"
try:
    from chromadb_rust_bindings import cli
except ImportError:
    from chromadb.cli.cli import app
    app()
else:
    cli(sys.argv)
"""


@dataclass(frozen=True)
class ServerInfo:
    """What the keeper writes for clients."""

    port: int
    chroma_pid: int
    keeper_pid: int


class LocalConnection:
    """A connection to the local server of a space, which runs at least as long as the connection is open."""

    starts_servers = True
    answer_seconds: float | None = None

    def __init__(self, folder: Path, *, log: Callable[[str], None] | None = None) -> None:
        """Connect to the server of the space in `folder`, starting it when none runs.

        Raises:
            ServerError: it did not start or did not answer in time.
        """
        self.folder = folder
        self._log = log
        self._client_lock: IO[bytes] | None = wait_for_lock(folder / "clients.lock", SHARED, _STOP_SECONDS + 10)
        if self._client_lock is None:
            raise ServerError(
                f"The Chroma server of {folder} has been stopping for a long time. "
                f"Wait a minute and try again; see {folder / _LOG_NAME} if it stays so."
            )
        try:
            self.port = self._reach()
        except BaseException:
            self.close()
            raise

    def client(self) -> "ClientAPI":
        """A client of chromadb for the server."""
        import chromadb
        from chromadb.config import Settings

        keep_loopback_off_proxies()
        # There is no TLS on loopback; reading the system's certificates for nothing takes a while.
        settings = Settings(anonymized_telemetry=False, chroma_server_ssl_verify=False)
        return chromadb.HttpClient(HOST, self.port, settings=settings)

    def batch_size(self, max_batch_size: int) -> int:
        """As many records in one request as the server accepts."""
        return max_batch_size

    def server_error(self, space: str, error: Exception) -> ServerError:
        """The error to raise when a request has failed."""
        if is_disk_full(self.folder):
            return _disk_full_error(self.folder, f"cannot go on ({error})")
        return ServerError(
            f"Chroma cannot serve the space {space!r}: {error}. "
            "Try again; if it stays so, end all Nearspace programs and start one: the index is checked when it opens."
        )

    def reconnect(self) -> None:
        """Find the server after it stopped answering, starting it when it is gone; `port` may change."""
        self.port = self._reach()

    def restart_empty(self) -> None:
        """End the server, set Chroma's folder aside, and start a server on an empty one; `port` changes.

        Other clients of the space notice that their server is gone, and reach the new one.
        """
        starting = wait_for_lock(self.folder / "start.lock", EXCLUSIVE, _START_SECONDS)
        if starting is None:
            raise _start_error(self.folder, f"was still being started by another process after {_START_SECONDS:.0f} s")
        with starting:
            _end_leftovers(self.folder)
            set_chroma_aside(self.folder)
            self.port = self._start()

    def close(self) -> None:
        """Close the connection; the keeper ends the server when this was the last client."""
        if self._client_lock is not None:
            self._client_lock.close()
            self._client_lock = None

    def _reach(self) -> int:
        starting = wait_for_lock(self.folder / "start.lock", EXCLUSIVE, _START_SECONDS)
        if starting is None:
            raise _start_error(self.folder, f"was still being started by another process after {_START_SECONDS:.0f} s")
        with starting:
            note = read_server_info(self.folder)
            # A server whose folder was deleted under it answers, and can write nothing.
            has_files = (self.folder / CHROMA_FOLDER / _CHROMA_DATABASE).exists()
            if note and has_files and _keeper_runs(self.folder) and answers(note.port):
                return note.port
            return self._start()

    def _start(self) -> int:
        _end_leftovers(self.folder)
        if self._log:
            self._log("starting the Chroma server of this space ...")
        log = _open_log(self.folder)
        with log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "ingest.space.chroma.local_server", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for the ingest, not for the server
                env=_keeper_environment(),
            )
        # The keeper may end long before this process; waiting for it in a thread leaves no zombie behind.
        threading.Thread(target=keeper.wait, name="keeper-wait", daemon=True).start()
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            note = read_server_info(self.folder)
            if note and note.keeper_pid == keeper.pid and answers(note.port):
                return note.port
            if keeper.poll() is not None:
                raise _start_error(self.folder, f"ended at its start with status {keeper.returncode}")
            time.sleep(_START_POLL_SECONDS)
        keeper.terminate()
        raise _start_error(self.folder, f"did not answer within {_START_SECONDS:.0f} s")


def is_disk_full(folder: Path) -> bool:
    """Whether there is too little space for Chroma, whose folder may then well be sound."""
    return shutil.disk_usage(folder).free < _MIN_FREE_BYTES


def set_chroma_aside(folder: Path) -> None:
    """Rename Chroma's folder, over one that was set aside before; no server may run on it."""
    index = folder / CHROMA_FOLDER
    aside = folder / f"{CHROMA_FOLDER}-broken"
    shutil.rmtree(aside, ignore_errors=True)
    if index.exists():
        index.rename(aside)


def keep_loopback_off_proxies() -> None:
    """chromadb's client follows proxy variables even to loopback, where no proxy could reach our server."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if HOST not in hosts:
            os.environ[name] = ",".join([*hosts, HOST])


def read_server_info(folder: Path) -> ServerInfo | None:
    """What the keeper last wrote, or None; the server may have ended since."""
    try:
        return ServerInfo(**json.loads((folder / _INFO_NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def answers(port: int) -> bool:
    """Whether a Chroma server answers on this loopback port."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
    try:
        with opener.open(f"http://{HOST}:{port}/api/v2/heartbeat", timeout=5) as response:
            return bool(json.load(response).get("nanosecond heartbeat"))
    except (OSError, ValueError, AttributeError):
        return False


def run_keeper(folder: Path) -> int:
    """Run the server of `folder` until it has had no client for a moment; the keeper's exit status."""
    alone = try_lock(folder / "keeper.lock", EXCLUSIVE)
    if alone is None:
        print("keeper: another keeper runs for this space")
        return 3
    with alone:
        port = _free_port()
        chroma = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _CHROMA_CLI,
                "run",
                "--path",
                folder / CHROMA_FOLDER,
                "--host",
                HOST,
                "--port",
                str(port),
            ],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` ends the server
        try:
            return _keep_running(folder, chroma, port)
        finally:
            _stop(chroma)
            (folder / _INFO_NAME).unlink(missing_ok=True)


def _keep_running(folder: Path, chroma: "subprocess.Popen[bytes]", port: int) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(port):
        if chroma.poll() is not None:
            print(f"keeper: chroma ended at its start with status {chroma.returncode}")
            return 4
        if time.monotonic() > deadline:
            print("keeper: chroma did not answer in time")
            return 5
        time.sleep(_START_POLL_SECONDS)
    _write_server_info(folder, ServerInfo(port=port, chroma_pid=chroma.pid, keeper_pid=os.getpid()))

    alone_since: float | None = None
    while chroma.poll() is None:
        time.sleep(_KEEP_POLL_SECONDS)
        last = try_lock(folder / "clients.lock", EXCLUSIVE)
        if last is None:
            alone_since = None
            continue
        now = time.monotonic()
        alone_since = alone_since or now
        if now - alone_since < _LINGER_SECONDS:
            last.close()
            continue
        with last:  # a client that comes now waits until this server is gone, and starts its own
            _stop(chroma)
            (folder / _INFO_NAME).unlink(missing_ok=True)
        return 0
    print(f"keeper: chroma ended with status {chroma.returncode}")
    return 6


def _stop(chroma: "subprocess.Popen[bytes]") -> None:
    if chroma.poll() is None:
        chroma.terminate()
        try:
            chroma.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            chroma.kill()
            chroma.wait()


def _keeper_runs(folder: Path) -> bool:
    lock = try_lock(folder / "keeper.lock", EXCLUSIVE)
    if lock is not None:
        lock.close()
    return lock is None


def _end_leftovers(folder: Path) -> None:
    """End a server whose keeper was killed, or a keeper whose server hangs: two servers on one folder lose vectors."""
    note = read_server_info(folder)
    chroma_folder = str(folder / CHROMA_FOLDER)
    for pid in (note.keeper_pid, note.chroma_pid) if note else ():
        try:
            process = psutil.Process(pid)
            command = process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # after a restart of the machine the id may be one of the system's own
        try:
            if chroma_folder in command or str(folder) in command:  # never end another program that got the same id
                process.terminate()
                process.wait(_STOP_SECONDS)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied as error:
            raise ServerError(
                f"The process {pid} of another user still serves {folder}. End it, and run the same command again."
            ) from error
        except psutil.TimeoutExpired:
            process.kill()
    (folder / _INFO_NAME).unlink(missing_ok=True)


def _write_server_info(folder: Path, note: ServerInfo) -> None:
    atomic_write(folder / _INFO_NAME, json.dumps(asdict(note)))


def _open_log(folder: Path) -> IO[bytes]:
    path = folder / _LOG_NAME
    too_long = path.exists() and path.stat().st_size > _LOG_BYTES
    return path.open("wb" if too_long else "ab")


def _keeper_environment() -> dict[str, str]:
    """The keeper finds the `ingest` package wherever this process found it."""
    package_home = str(Path(__file__).resolve().parents[3])
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [package_home, inherited]))}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _disk_full_error(folder: Path, what: str) -> ServerError:
    free = shutil.disk_usage(folder).free
    return ServerError(
        f"The disk of {folder} is full ({free / 1e6:.1f} MB are free), and Chroma {what}. "
        "What was written before is safe: free space on the disk, and run the same command again."
    )


def _start_error(folder: Path, what: str) -> ServerError:
    if is_disk_full(folder):
        return _disk_full_error(folder, "does not start")
    log = folder / _LOG_NAME
    try:
        tail = " | ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:])
    except OSError:
        tail = ""
    return ServerError(
        f"The Chroma server of {folder} {what}{': ' + tail if tail else ''}. "
        f"See {log}, end any Chroma process that still uses this folder, and try again."
    )


if __name__ == "__main__":
    sys.exit(run_keeper(Path(sys.argv[1])))
