"""ONNX Runtime's telemetry is off wherever it may be imported: no device id is written, and no collector looked up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.make_files import picture, text

ROOT = Path(__file__).resolve().parents[2]

_ENTRY_POINTS = {
    "the Python API": "import search_app.search",
    "the encoders by themselves": "import ingest.encoders.lite.lite_encoder",
    "the command line": "import ingest.cli; ingest.cli.main(['search', '--help'])",
    "the launcher of the app": "import search_app.launch",
    "the app by streamlit run": "from streamlit.testing.v1 import AppTest; AppTest.from_file(APP).run(timeout=120)",
    "the HTTP server": "import search_app.server.http",
    "the tools for assistants": "import search_app.server.mcp",
    "the runner of jobs": "import ingest.run.job_runner",
    "the keeper of the Chroma server": "import ingest.space.chroma.local_server",
    "the embedding function in a notebook": "import ingest.space.embedding_function",
    "a worker of a cluster": "import ingest.run.engines.ray_worker",
    "the training of the image tower": "import ingest.encoders.training",
}

_WATCH = """
import os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime" and os.environ.get("ORT_DISABLE_TELEMETRY") != "1":
            os._exit(9)

sys.meta_path.insert(0, Watch())
try:
    exec(sys.argv[1], {"APP": sys.argv[2]})
except SystemExit:
    pass
import onnxruntime
"""


def _child(home: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Python with nothing in its home, as a person does who has switched telemetry on, or said nothing of it."""
    known = {
        name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "NEARSPACE_HOME")
    }
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "NEARSPACE_HOME": str(home / "spaces")}
    environment = {**known, **folders, "PYTHONPATH": str(ROOT), **variables}
    (home / "cache").mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, *command], cwd=home, env=environment, capture_output=True, text=True, timeout=300
    )


def _traces(home: Path) -> list[str]:
    """What ONNX Runtime keeps for its telemetry, in `Microsoft/DeveloperTools/.onnxruntime` of the user's cache."""
    kept = {"Microsoft", ".onnxruntime", "deviceid", "onnxruntime.db"}
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.name in kept]


@pytest.mark.parametrize("entry_point", _ENTRY_POINTS)
def test_telemetry_is_off_before_onnx_runtime_is_imported(tmp_path: Path, entry_point: str) -> None:
    app = str(ROOT / "search_app" / "app.py")
    done = _child(tmp_path, "-c", _WATCH, _ENTRY_POINTS[entry_point], app, ORT_DISABLE_TELEMETRY="0")
    assert done.returncode == 0, done.stderr
    assert not _traces(tmp_path)


def test_an_ingest_and_its_servers_leave_no_trace_of_telemetry(tmp_path: Path, encoder_cache: Path) -> None:
    picture(tmp_path / "files" / "red.png", "red")
    text(tmp_path / "files" / "owls.txt", "Owls hunt at night.")
    home = tmp_path / "home"
    done = _child(home, "-m", "ingest.cli", "ingest", str(tmp_path / "files"), NEARSPACE_CACHE=str(encoder_cache))
    assert done.returncode == 0, done.stderr
    assert (home / "spaces").is_dir()
    assert not _traces(home)
