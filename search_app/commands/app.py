"""`nearspace app`: serve the search page and open it in the browser."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from ingest.commands.options import add_app_options, add_space_options
from ingest.console.output import show_message
from ingest.errors import SettingsError
from ingest.settings import HOME_VARIABLE, SPACE_VARIABLE, home_folder, space_name
from search_app.access.permissions import ALLOW_CHANGES_VARIABLE, ALLOW_FOLDERS_VARIABLE
from search_app.access.sign_in_policy import SIGN_IN_VARIABLE, read_sign_in_file, require_authlib

_STOP_SECONDS = 15.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace app`."""
    parser.description = "Serves the search page on this machine and opens it in the browser, until Ctrl-C."
    add_space_options(parser)
    add_app_options(parser)


def run(options: argparse.Namespace) -> int:
    """Serve the page until it is stopped with Ctrl-C; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    package = Path(__file__).resolve().parents[1]
    sign_in = _checked_sign_in(options)
    command = [sys.executable, "-m", "search_app.launch", "run", str(package / "app.py")]
    command += ["--server.headless", "true" if options.headless else "false"]
    if sign_in:
        command += ["--secrets.files", str(sign_in)]
    if options.port:
        command += ["--server.port", str(options.port)]
    search_path = os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, HOME_VARIABLE: str(home), SPACE_VARIABLE: name, "PYTHONPATH": search_path}
    if sign_in:
        environment[SIGN_IN_VARIABLE] = str(sign_in)
    if options.allow_changes or options.allow_folder:
        environment[ALLOW_CHANGES_VARIABLE] = "1"
    if options.allow_folder:
        environment[ALLOW_FOLDERS_VARIABLE] = os.pathsep.join(map(_allowed_folder, options.allow_folder))
    show_message("opening the search page; stop it with Ctrl-C ...")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the child below is ended too
    with subprocess.Popen(command, env=environment) as streamlit:
        try:
            return streamlit.wait()
        except KeyboardInterrupt:  # the terminal sent it to Streamlit as well, which is closing
            return _end(streamlit)
        except BaseException:
            _end(streamlit)
            raise


def _allowed_folder(given: Path) -> str:
    folder = given.expanduser().resolve()
    if not folder.is_dir():
        raise SettingsError(f"There is no folder {given} for --allow-folder. Check how it is spelt.")
    return str(folder)


def _checked_sign_in(options: argparse.Namespace) -> Path | None:
    """The file that says how people sign in, checked; None where they need not."""
    given = options.sign_in or os.environ.get(SIGN_IN_VARIABLE)
    if not given:
        return None
    file = Path(given).expanduser().absolute()
    read_sign_in_file(file)
    require_authlib()
    return file


def _end(streamlit: "subprocess.Popen[bytes]") -> int:
    streamlit.terminate()
    try:
        streamlit.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        streamlit.kill()
    return 0
