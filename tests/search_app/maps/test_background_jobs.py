import logging
import threading
import time
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from ingest.errors import SettingsError
from search_app.maps import background_jobs as jobs_module
from search_app.maps.background_jobs import Cancelled, Job, Jobs, Progress


def test_a_job_tells_how_far_it_is_and_what_came_of_it() -> None:
    half, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> int:
        progress(0.5, "halfway")
        half.set()
        go_on.wait(10)
        progress(0.2, "")  # never falls
        return 7

    job = Jobs().start("a", work)
    assert half.wait(10)
    assert (job.status.state, job.status.share, job.status.words, job.status.over) == ("running", 0.5, "halfway", False)
    go_on.set()
    assert job.result() == 7 and job.wait(10)
    assert (job.status.state, job.status.share, job.status.over) == ("done", 1.0, True)
    assert job.status.seconds == job.status.seconds


def test_a_job_ends_when_it_is_cancelled_and_one_that_waits_never_begins() -> None:
    jobs = Jobs()
    begun = threading.Event()

    def endless(progress: Progress) -> None:
        begun.set()
        while True:
            progress(0.1, "")
            time.sleep(0.001)

    first = jobs.start("a", endless)
    assert begun.wait(10)
    second = jobs.start("b", lambda progress: pytest.fail("it was cancelled while it waited"))
    assert second.status.state == "waiting" and jobs.start("a", endless) is first
    second.cancel()
    first.cancel()
    assert first.wait(10) and second.wait(10)
    assert first.status.state == second.status.state == "cancelled"
    with pytest.raises(Cancelled):
        first.result()
    assert jobs.start("a", lambda progress: None) is not first and jobs.get("a") is not first


def test_an_error_on_purpose_is_told_in_its_own_words_and_a_bug_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fails(error: Exception) -> Job[None]:
        def work(progress: Progress) -> None:
            raise error

        job = Job(work)
        job.run()
        assert job.status.state == "failed"
        with pytest.raises(type(error)):
            job.result()
        return job

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
    job = Job(work)
    job.run()
    del work
    assert job.status.state == ends
    assert vectors() is None


def test_of_many_jobs_the_last_are_remembered_and_one_that_goes_on_always_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "_KNOWN", 3)
    jobs, go_on = Jobs(), threading.Event()
    first = jobs.start("first", lambda progress: go_on.wait(10))
    waiting = [jobs.start(str(number), lambda progress: None) for number in range(5)]
    assert [jobs.get(str(number)) for number in range(5)] == waiting and jobs.get("first") is first
    go_on.set()
    assert first.wait(10) and all(job.wait(10) for job in waiting)
    last = jobs.start("last", lambda progress: None)
    known = [key for key in ("first", *map(str, range(5)), "last") if jobs.get(key)]
    assert known == ["3", "4", "last"] and jobs.get("last") is last
