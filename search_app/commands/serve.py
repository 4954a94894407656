"""`nearspace serve`: the HTTP API over a space."""

import argparse
import os
import socket
from contextlib import suppress

from ingest.commands.options import add_space_options, port
from ingest.console.output import show_message
from ingest.errors import SettingsError
from ingest.settings import home_folder, space_name
from search_app.server.middleware import TOKEN_VARIABLE, require_token

_AT_ONCE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace serve`."""
    parser.description = (
        "Serves one space over HTTP until Ctrl-C: search with words and pictures, items, thumbnails, originals and "
        "what the space holds. The page at / describes it. This machine alone is served, unless --host names another "
        "address: then every request needs the token that $NEARSPACE_TOKEN holds, as `Authorization: Bearer TOKEN`."
    )
    add_space_options(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen at (default: 127.0.0.1)"
    )
    parser.add_argument("--port", type=port, default=8502, metavar="N", help="the port (default: 8502)")


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C; returns the exit status."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    require_token(options.host, token)
    import uvicorn

    from search_app.server.http import LOOPBACK_NAMES, make_app
    from search_app.server.open_space import ServedSpace

    shown = f"[{options.host}]" if ":" in options.host else options.host
    listening = _listening(options.host, options.port)
    served_space = ServedSpace(space_name(options.space), home_folder(options.home), log=show_message)
    try:
        needs = f"with the token of ${TOKEN_VARIABLE}" if token else "without a token"
        config = uvicorn.Config(
            make_app(served_space, token=token, hosts=(*LOOPBACK_NAMES, shown)),
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=_AT_ONCE,
        )
        show_message(f"serving on http://{shown}:{listening.getsockname()[1]} {needs}; stop it with Ctrl-C ...")
        with suppress(KeyboardInterrupt):  # the server has closed by then
            uvicorn.Server(config).run([listening])
    finally:
        served_space.close()
    return 0


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen at {host}, port {port} ({error.strerror or error}). "
            "Choose another with --port, or another --host."
        ) from error
