"""A hub of one's own: serves model folders as the Hugging Face hub does, to the hub's own client."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve each `folder/OWNER/NAME` as the repository OWNER/NAME; gives the address, and the files sent so far."""
    sent: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *arguments: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            parts = unquote(urlsplit(self.path).path).strip("/").split("/")
            if parts[:2] == ["api", "models"] and len(parts) >= 4 and (folder / parts[2] / parts[3]).is_dir():
                self._list(folder / parts[2] / parts[3], "/".join(parts[2:4]), tree="tree" in parts)
            elif len(parts) > 4 and parts[2] == "resolve" and folder.joinpath(*parts[:2], *parts[4:]).is_file():
                content = folder.joinpath(*parts[:2], *parts[4:]).read_bytes()
                if body:
                    sent.append("/".join(parts[4:]))
                self._send(content if body else b"", len(content), hashlib.sha256(content).hexdigest())
            elif parts == [""]:
                self._send(b"", 0, "x")
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound" if parts[0] == "api" else "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def _list(self, repo: Path, name: str, *, tree: bool) -> None:
            files = [file for file in sorted(repo.rglob("*")) if file.is_file()]
            listed: object = [
                {"type": "file", "path": str(file.relative_to(repo)), "size": file.stat().st_size, "oid": "0" * 40}
                for file in files
            ]
            if not tree:
                siblings = [{"rfilename": str(file.relative_to(repo))} for file in files]
                listed = {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "tags": []}
            content = json.dumps(listed).encode()
            self._send(content, len(content), "x")

        def _send(self, content: bytes, length: int, etag: str) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.send_header("Content-Type", "application/json")
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", sent
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
