import logging
import threading
from collections.abc import Iterator

import pytest

from domain.errors import ModelError, StoreError
from executors.local import Job, Jobs, JobState


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


def test_a_job_ends_with_its_result(jobs: Jobs):
    job = jobs.submit("k", lambda report: report(3, 3) or "maps", title="Scoring")

    assert job.ended.wait(5)
    assert (job.state, job.result, job.done) == (JobState.DONE, "maps", 3)


def test_cancel_stops_at_the_next_report_and_says_where(jobs: Jobs):
    go_on, reached = threading.Event(), threading.Event()

    def work(report):
        report(7, 10)
        reached.set()
        go_on.wait(5)
        report(8, 10)

    job = jobs.submit("k", work, title="Scoring")
    assert reached.wait(5)
    job.cancel()
    go_on.set()

    assert job.ended.wait(5)
    assert (job.state, job.message) == (JobState.CANCELLED, "Cancelled at 8 of 10 images.")


def test_one_job_of_a_key_runs_at_a_time(jobs: Jobs):
    go_on = threading.Event()
    first = jobs.submit("k", lambda report: go_on.wait(5), title="Scoring")
    again = jobs.submit("k", lambda report: None, title="Scoring")
    go_on.set()

    assert again is first
    assert first.ended.wait(5)
    assert jobs.submit("k", lambda report: None, title="Scoring") is not first


def test_a_known_error_becomes_its_sentence(jobs: Jobs):
    def work(report):
        raise ModelError("The checkpoint is empty.", remedy="Choose another.")

    job = jobs.submit("k", work, title="Scoring")

    assert job.ended.wait(5)
    assert (job.state, job.message) == (JobState.FAILED, "The checkpoint is empty. Choose another.")


def test_an_unknown_error_is_told_without_a_traceback(jobs: Jobs):
    job = jobs.submit("k", lambda report: 1 / 0, title="Scoring")

    assert job.ended.wait(5)
    assert job.message == "Scoring stopped unexpectedly (ZeroDivisionError). The log has the details."


def test_there_is_no_estimate_before_there_is_a_pace():
    job = Job("k", "Scoring", "images")

    assert job.seconds_left is None


def test_a_failing_database_is_told_without_its_place_which_the_log_has(jobs: Jobs, caplog: pytest.LogCaptureFixture):
    def work(report):
        raise StoreError("The disk of the database is full.", where="/srv/relook.sqlite", remedy="Free some space.")

    with caplog.at_level(logging.WARNING):
        job = jobs.submit("k", work, title="Scoring")
        assert job.ended.wait(5)

    assert job.message == "The disk of the database is full. Free some space."
    assert "Scoring failed: /srv/relook.sqlite: The disk" in caplog.text
