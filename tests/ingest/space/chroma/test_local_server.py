"""One Chroma server a space: shared by all clients, gone after the last, back after a crash."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ingest.errors import ServerError
from ingest.space.chroma.local_server import LocalConnection, _end_leftovers, answers, read_server_info
from tests.servers import end_server, wait_until


@pytest.fixture
def folder(tmp_path: Path):
    yield tmp_path
    end_server(tmp_path)


def test_two_clients_share_one_server_and_the_last_one_out_ends_it(folder):
    first = LocalConnection(folder)
    second = LocalConnection(folder)
    assert first.port == second.port
    note = read_server_info(folder)
    first.close()
    time.sleep(2)  # four times as long as the server waits for another client
    assert answers(second.port)
    second.close()
    assert wait_until(lambda: not psutil.pid_exists(note.chroma_pid))
    assert wait_until(lambda: not psutil.pid_exists(note.keeper_pid))
    assert read_server_info(folder) is None


def test_a_killed_client_does_not_keep_the_server_alive(folder):
    code = (
        "import sys, time; from pathlib import Path; from ingest.space.chroma.local_server import LocalConnection;"
        "c = LocalConnection(Path(sys.argv[1])); print(c.port, flush=True); time.sleep(600)"
    )
    client = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    with client:
        port = int(client.stdout.readline())
        assert answers(port)
        client.kill()
    assert wait_until(lambda: not answers(port))


@pytest.mark.parametrize("victim", ["chroma_pid", "keeper_pid"])
def test_a_killed_server_or_keeper_is_replaced_and_never_doubled(folder, victim):
    client = LocalConnection(folder)
    before = read_server_info(folder)
    os.kill(getattr(before, victim), signal.SIGKILL)
    assert wait_until(lambda: not psutil.pid_exists(getattr(before, victim)))
    client.reconnect()
    after = read_server_info(folder)
    assert answers(client.port)
    assert after.chroma_pid != before.chroma_pid
    assert not psutil.pid_exists(before.chroma_pid)
    client.close()


def test_a_process_that_may_not_be_looked_at_is_not_taken_for_a_server(tmp_path, monkeypatch):
    (tmp_path / "server.json").write_text(json.dumps({"port": 9, "chroma_pid": os.getpid(), "keeper_pid": os.getpid()}))

    class Hidden(psutil.Process):
        def cmdline(self):
            raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil, "Process", Hidden)
    _end_leftovers(tmp_path)
    assert read_server_info(tmp_path) is None


def test_a_server_of_another_user_is_told_and_its_note_stays(tmp_path, monkeypatch):
    (tmp_path / "server.json").write_text(json.dumps({"port": 9, "chroma_pid": os.getpid(), "keeper_pid": os.getpid()}))

    class Others(psutil.Process):
        def cmdline(self):
            return ["keeper", str(tmp_path)]

        def terminate(self):
            raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil, "Process", Others)
    with pytest.raises(ServerError, match="another user"):
        _end_leftovers(tmp_path)
    assert read_server_info(tmp_path)
