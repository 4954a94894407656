"""The Ray engine gives the same report and the same ledger as the local one, and survives what its workers do not."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import EngineError, SettingsError
from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions
from ingest.run.engines.ray_pool import RayPool
from ingest.run.options import IngestOptions
from ingest.run.pipeline import ingest
from ingest.space import open_to_write
from tests.fake_encoder import FakeEncoder
from tests.ingest.run.engines.fatal_encoder import ENDED, FatalEncoder
from tests.make_files import FAKE, finds_every_item, ingest_folders, picture, shades, text
from tests.patience import limit

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (extra: ray)"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

TWO = RayPool(workers=2)


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """The file by which workers tell that one of them has ended."""
    return tmp_path_factory.mktemp("ended") / "ended"


@pytest.fixture(scope="module", autouse=True)
def cluster(ended):
    """A Ray of two workers, for all tests of this module."""
    from ingest.run.engines.ray import _cluster, engine

    engine(TWO)  # imports Ray as a run does
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDED, str(ended))
        patch.setenv("NEARSPACE_TEST_HOME", str(os.getpid()))
        with _cluster(TWO, None) as workers:
            assert workers == 2
            yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of each kind of outcome, and more files than a worker gets at a time."""
    root = tmp_path / "my files"
    shades(root / "many", 90)
    picture(root / "captioned.png", "red")
    text(root / "captioned.txt", "A red square on the wall.")
    text(root / "long.md", "# Meadows\n\n" + " ".join(f"In year {n} the meadow was green in May." for n in range(90)))
    text(root / "table.csv", "id,text\na,purple rain\nb,orange juice\n")
    text(root / "broken.jpg", "not a picture")
    text(root / "empty.txt", "")
    text(root / "program.xyz", "no reader")
    return root


def ray_ingest(home, folder, name="ray", encoder=None, pool=TWO, reading=DEFAULT_READING, **callbacks):
    from ingest.run.engines import ray

    encoder = encoder or FakeEncoder()
    with open_to_write(home, name, encoder.info) as space:
        report = ingest(space, encoder, [folder], IngestOptions(reading=reading), engine=ray.engine(pool), **callbacks)
        assert finds_every_item(space)
    return report


def outcomes(report):
    return sorted((entry.path, entry.outcome, entry.reason, entry.items, entry.gaps) for entry in report.outcomes)


def rows(home, name):
    """What the ledger has, but for the numbers that follow from the order of writing."""
    with closing(sqlite3.connect(home / name / "ledger.db")) as database:
        sources = database.execute(
            "SELECT path, root, folder, size, mtime_ns, sha256, caption_state, row_state, reading_options, "
            "outcome, reason FROM sources ORDER BY path"
        ).fetchall()
        items = database.execute(
            "SELECT path, position, modality, text, title, page, meta, thumbnail, state, vector FROM items "
            "JOIN sources ON sources.id = source JOIN vectors ON item = items.id ORDER BY path, position"
        ).fetchall()
    return sources, items


def same_ledger(home, one, other):
    sources, items = rows(home, one)
    assert (sources, [item[:-1] for item in items]) == (
        rows(home, other)[0],
        [item[:-1] for item in rows(home, other)[1]],
    )
    mine = np.stack([np.frombuffer(item[-1], "<f4") for item in items])
    theirs = np.stack([np.frombuffer(item[-1], "<f4") for item in rows(home, other)[1]])
    assert np.abs(mine - theirs).max() < 1e-6
    return len(items)


def test_report_and_ledger_are_those_of_the_local_engine(home, folder):
    here = ingest_folders(home, [folder], name="local")
    there = ray_ingest(home, folder)
    assert outcomes(there) == outcomes(here)
    assert there.counts()["failed"] == 1
    assert there.counts()["skipped"] == 2
    assert (there.encoded_images, there.encoded_texts) == (here.encoded_images, here.encoded_texts)
    assert there.exit_status == here.exit_status == 1
    assert len(there.slowest) == 10
    assert same_ledger(home, "local", "ray") > 95
    names = [{path.name for path in (home / name / "thumbnails").rglob("*.*")} for name in ("ray", "local")]
    assert names[0] == names[1]
    assert len(names[0]) == 91


def test_what_changed_moved_was_copied_and_recaptioned_is_known_to_both(home, folder):
    ingest_folders(home, [folder], name="local")
    ray_ingest(home, folder)
    again = ray_ingest(home, folder)
    assert again.counts()["unchanged"] == 97 - 4 + 1
    assert (again.encoded_images, again.encoded_texts) == (0, 0)

    picture(folder / "many" / "shade 00001.png", "blue")
    (folder / "many" / "shade 00002.png").rename(folder / "moved.png")
    (folder / "copy.png").write_bytes((folder / "many" / "shade 00003.png").read_bytes())
    (folder / "many" / "shade 00004.png").unlink()
    os.utime(folder / "many" / "shade 00005.png", (1, 1))
    text(folder / "captioned.txt", "A red triangle, rather.")
    text(folder / "new.txt", "Words of which nobody knew.")
    here = ingest_folders(home, [folder], name="local")
    there = ray_ingest(home, folder)
    assert outcomes(there) == outcomes(here)
    assert there.counts()["moved"] == 1
    assert there.counts()["removed"] == 1
    assert (there.encoded_images, there.encoded_texts) == (here.encoded_images, here.encoded_texts)
    same_ledger(home, "local", "ray")


def test_files_that_are_to_be_read_in_another_way_are_read_by_the_workers(home, tmp_path):
    text(tmp_path / "files" / "table.csv", "id,text,other\na,purple rain,orange juice\nb,white wine,black tea\n")
    for options in ({}, {"reading": ReadingOptions(text_column="other")}):
        here = ingest_folders(home, [tmp_path / "files"], name="local", **options)
        there = ray_ingest(home, tmp_path / "files", **options)
        assert outcomes(there) == outcomes(here)
        same_ledger(home, "local", "ray")
    assert there.counts()["updated"] == 1


def test_a_file_that_vanishes_meanwhile_fails_as_it_does_locally(home, tmp_path, monkeypatch):
    from ingest.run.engines import local, ray

    folder = tmp_path / "files"
    gone = shades(folder, 12)[5]
    reports = []
    for engine in (local.engine, ray.engine(TWO)):

        def vanishing(workload, engine=engine):
            files = list(workload.sources)
            content = gone.read_bytes()
            gone.unlink()
            try:
                yield from engine(replace(workload, sources=files))
            finally:
                gone.write_bytes(content)

        encoder = FakeEncoder()
        with open_to_write(home, f"space{len(reports)}", encoder.info) as space:
            reports.append(ingest(space, encoder, [folder], engine=vanishing))
    assert outcomes(reports[0]) == outcomes(reports[1])
    assert [entry.reason for entry in reports[1].of("failed")] == ["it is no longer there. Ingest the folder again."]


def test_a_killed_worker_is_replaced_and_what_it_had_is_done_again(home, tmp_path, ended):
    files = [*shades(tmp_path / "files", 40, start=100), picture(tmp_path / "files" / "grey.png", "grey")]
    ended.unlink(missing_ok=True)
    report = ray_ingest(home, tmp_path / "files", encoder=FatalEncoder())
    assert ended.exists()
    assert report.counts()["added"] == len(files)


def test_a_file_that_no_worker_survives_is_left_out_and_no_other(home, tmp_path, ended):
    ended.touch()
    fine = shades(tmp_path / "files", 24, start=100)
    fatal = picture(tmp_path / "files" / "black.png", "black")
    report = ray_ingest(home, tmp_path / "files", encoder=FatalEncoder())
    failed = report.of("failed")
    assert [entry.path for entry in failed] == [str(fatal)]
    assert "ended its worker" in failed[0].reason
    assert report.counts()["added"] == len(fine)


def test_a_bug_in_a_worker_is_raised_here_with_its_traceback(home, tmp_path):
    from tests.ingest.run.engines.faulty_encoder import FaultyEncoder

    shades(tmp_path / "files", 3)
    with pytest.raises(ZeroDivisionError) as raised:
        ray_ingest(home, tmp_path / "files", encoder=FaultyEncoder())
    assert "faulty_encoder.py" in str(raised.value.__cause__)


def test_a_worker_with_another_encoder_is_refused(home, tmp_path):
    shades(tmp_path / "files", 3)
    encoder = FakeEncoder()
    encoder.info = replace(encoder.info, fingerprint="other weights")
    with pytest.raises(EngineError, match="Put the same weights on every node"):
        ray_ingest(home, tmp_path / "files", encoder=encoder)


def test_files_that_a_node_does_not_see_are_a_clear_error(home, tmp_path, monkeypatch):
    from ingest.run.engines import ray
    from ingest.run.engines.ray_worker import Unseen

    path = shades(tmp_path / "files", 1)[0]
    monkeypatch.setattr(ray, "_results", lambda workload, pool, tasks, *_: [[Unseen(tasks[0].found, "node-7")]])
    with pytest.raises(EngineError, match=r"worker on node-7 does not see .*shade 00000.png.*same path"):
        ray_ingest(home, path.parent)


def test_more_gpus_than_any_node_has_are_refused_at_once(home, tmp_path):
    shades(tmp_path / "files", 1)
    with pytest.raises(EngineError, match="64 GPUs"):
        ray_ingest(home, tmp_path / "files", pool=RayPool(workers=1, gpus=64))


def test_a_run_that_is_stopped_keeps_what_is_written_and_the_next_goes_on(home, tmp_path):
    shades(tmp_path / "files", 120)
    asked = []

    def stop() -> bool:
        return len(asked) >= 10

    report = ray_ingest(home, tmp_path / "files", stop=stop, on_outcome=asked.append)
    assert report.interrupted
    done = report.counts()["added"]
    assert done >= 10
    report = ray_ingest(home, tmp_path / "files")
    assert report.counts()["unchanged"] == done
    assert report.counts()["added"] == 120 - done


def test_the_client_of_ray_is_refused_and_told_what_serves():
    from ingest.run.engines import ray

    with pytest.raises(SettingsError, match="--ray-address auto"):
        ray.engine(RayPool(address="ray://head:10001"))


def test_the_command_joins_the_cluster_and_says_nothing_of_rays_own(home, tmp_path):
    import ray

    shades(tmp_path / "files", 5)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ingest.cli", "ingest", tmp_path / "files", "--home", home, "--encoder", FAKE),
            *("--engine", "ray", "--ray-address", ray.get_runtime_context().gcs_address, "--ray-workers", "1"),
        ],
        capture_output=True,
        text=True,
        timeout=limit(300),
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "5 " in done.stdout
    assert not [line for line in done.stderr.splitlines() if "ray" in line.lower() and "Ray cluster" not in line]


def test_a_stranger_cannot_join_the_ray_that_was_started_here():
    import ray

    code = f"import ray; ray.init(address={ray.get_runtime_context().gcs_address!r}); print('joined')"
    for token in ({"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "0" * 64}):
        environment = {**os.environ, **token}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=limit(300)
        )
        assert done.returncode != 0
        assert "joined" not in done.stdout
        assert "Failed to connect" in done.stderr


def test_without_ray_the_error_names_the_extra(monkeypatch):
    from ingest.run.engines import ray

    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(SettingsError, match=r"pip install 'nearspace\[ray\]'"):
        ray.engine(TWO)
