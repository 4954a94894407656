import logging
import threading
import time

import pytest

from ingest.errors import SettingsError
from search_app.engine.maps.jobs import Cancelled, Job, Jobs, Progress


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
