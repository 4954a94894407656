import logging
import threading
import time
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from ingest.errors import SettingsError
from search_app.search import background_tasks
from search_app.search.background_tasks import Cancelled, Progress, Task, TaskQueue


def test_a_job_tells_how_far_it_is_and_what_came_of_it() -> None:
    half, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> int:
        progress(0.5, "halfway")
        half.set()
        go_on.wait(10)
        progress(0.2, "")  # never falls
        return 7

    task = TaskQueue().start("a", work)
    assert half.wait(10)
    assert (task.status.state, task.status.share, task.status.message, task.status.finished) == (
        "running",
        0.5,
        "halfway",
        False,
    )
    go_on.set()
    assert task.result() == 7 and task.wait(10)
    assert (task.status.state, task.status.share, task.status.finished) == ("done", 1.0, True)
    assert task.status.seconds == task.status.seconds


def test_a_job_ends_when_it_is_cancelled_and_one_that_waits_never_begins() -> None:
    tasks = TaskQueue()
    begun = threading.Event()

    def endless(progress: Progress) -> None:
        begun.set()
        while True:
            progress(0.1, "")
            time.sleep(0.001)

    first = tasks.start("a", endless)
    assert begun.wait(10)
    second = tasks.start("b", lambda progress: pytest.fail("it was cancelled while it waited"))
    assert second.status.state == "waiting" and tasks.start("a", endless) is first
    second.cancel()
    first.cancel()
    assert first.wait(10) and second.wait(10)
    assert first.status.state == second.status.state == "cancelled"
    with pytest.raises(Cancelled):
        first.result()
    assert tasks.start("a", lambda progress: None) is not first and tasks.get("a") is not first


def test_an_error_on_purpose_is_told_in_its_own_words_and_a_bug_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fails(error: Exception) -> Task[None]:
        def work(progress: Progress) -> None:
            raise error

        task = Task(work)
        task.run()
        assert task.status.state == "failed"
        with pytest.raises(type(error)):
            task.result()
        return task

    with caplog.at_level(logging.ERROR):
        assert fails(SettingsError("Too few. Ingest more.")).status.problem == "Too few. Ingest more."
        assert not caplog.records
        assert "KeyError" in fails(KeyError("x")).status.problem
        assert len(caplog.records) == 1 and caplog.records[0].exc_info


@pytest.mark.parametrize("ends", ["done", "failed", "cancelled"])
def test_a_job_that_is_over_holds_nothing_that_its_work_held(ends: str) -> None:
    def made() -> tuple[Callable[[Progress], float], weakref.ref[np.ndarray]]:
        vectors = np.ones(1_000)

        def measured() -> None:
            mine = vectors[:10]
            raise SettingsError(f"Too few: {len(mine)}. Ingest more.")

        def work(progress: Progress) -> float:
            held = vectors
            if ends == "failed":
                try:
                    measured()
                except SettingsError as error:
                    raise SettingsError("It cannot be done. Ingest more.") from error
            if ends == "cancelled":
                raise Cancelled
            return float(held.sum())

        return work, weakref.ref(vectors)

    work, vectors = made()
    task = Task(work)
    task.run()
    del work
    assert task.status.state == ends
    assert vectors() is None


def test_of_many_jobs_the_last_are_remembered_and_one_that_goes_on_always_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_tasks, "_REMEMBERED", 3)
    tasks, go_on = TaskQueue(), threading.Event()
    first = tasks.start("first", lambda progress: go_on.wait(10))
    waiting = [tasks.start(str(number), lambda progress: None) for number in range(5)]
    assert [tasks.get(str(number)) for number in range(5)] == waiting and tasks.get("first") is first
    go_on.set()
    assert first.wait(10) and all(task.wait(10) for task in waiting)
    last = tasks.start("last", lambda progress: None)
    known = [key for key in ("first", *map(str, range(5)), "last") if tasks.get(key)]
    assert known == ["3", "4", "last"] and tasks.get("last") is last
