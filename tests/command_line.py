"""The command line as a person or a script uses it: words in; an exit status, results and messages out."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from ingest import cli
from tests.patience import limit

Done = subprocess.CompletedProcess[str]


def nearspace(*arguments: str | Path, cwd: Path | None = None) -> Done:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "ingest.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=limit(300), cwd=cwd)


def nearspace_here(*arguments: str | Path, cwd: Path | None = None, typed: str = "") -> Done:
    """Run the command line in this process, which spares the seconds that a process takes to import its libraries.

    For what a command does and says; how a process ends, what it imports, and what it does beside another are for
    `nearspace`.  `typed` is what comes on standard input.
    """
    words = [str(argument) for argument in arguments]
    stdin = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
    stdout, stderr = io.StringIO(), io.StringIO()
    folder = contextlib.chdir(cwd) if cwd else contextlib.nullcontext()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr), patch("sys.stdin", stdin), folder:
        try:
            status = cli.main(words)
        except SystemExit as end:  # argparse ends so, after it has said what is wrong
            status = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(words, status, stdout.getvalue(), stderr.getvalue())
