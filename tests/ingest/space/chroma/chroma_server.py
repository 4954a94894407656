"""A Chroma server that is not Nearspace's own, and a proxy before it that demands a header and serves TLS."""

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

from ingest.space.chroma.local_server import _CHROMA_CLI, HOST, _free_port, answers
from tests.patience import Patience, limit


class OwnServer:
    """A `chroma run` on a folder, that can be killed and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHROMA_CLI, "run", "--path", self.folder, "--host", HOST, "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
        )
        patience = Patience(60)
        while not answers(self.port):
            assert self._process.poll() is None
            assert not patience.over()
            time.sleep(0.1)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    server = OwnServer(folder)
    try:
        yield server
    finally:
        server.kill()


class Proxy(ThreadingHTTPServer):
    """Hands what comes below `/vectors` on to a server; without the demanded header it answers 401, or 403."""

    daemon_threads = True

    def __init__(self, target_port: int, header: tuple[str, str] | None, authority: trustme.CA | None) -> None:
        super().__init__((HOST, 0), _Handler)
        self.target_port = target_port
        self.header = header
        self.out_of_order = False
        self.seen: list[str] = []
        scheme = "http"
        if authority is not None:
            import ssl

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost").configure_cert(context)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server_port}/vectors"

    def handle_error(self, request, client_address) -> None:
        pass  # a client that does not trust the certificate hangs up


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append(self.path)
        if self.server.out_of_order:
            self._answer(502, b"<html>bad gateway</html>", "text/html")
            return
        if self.server.header:
            name, value = self.server.header
            if self.headers.get(name) != value:
                self._answer(403 if name in self.headers else 401, b"go away", "text/plain")
                return
        if not self.path.startswith("/vectors/"):
            self._answer(404, b"nothing here", "text/plain")
            return
        inner = http.client.HTTPConnection(HOST, self.server.target_port, timeout=limit(60))
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        inner.request(self.command, self.path.removeprefix("/vectors"), body, kept)
        answer = inner.getresponse()
        self._answer(answer.status, answer.read(), answer.headers.get("content-type", "application/json"))
        inner.close()

    do_GET = do_POST = do_PUT = do_DELETE = _forward

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@contextmanager
def proxy(
    target_port: int, *, header: tuple[str, str] | None = None, authority: trustme.CA | None = None
) -> Iterator[Proxy]:
    server = Proxy(target_port, header, authority)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def answering(status: int, body: bytes, *, headers: dict[str, str] | None = None) -> Iterator[str]:
    """A server that gives one answer to everything; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def collection_names(port: int) -> set[str]:
    import chromadb
    from chromadb.config import Settings

    client = chromadb.HttpClient(HOST, port, settings=Settings(anonymized_telemetry=False))
    return {collection.name for collection in client.list_collections()}
