"""A killed worker, service or database loses nothing (design: The life of a job, 5)."""

import pytest

from harness import pages, wait

PAGES = 40
PROGRESS_SECONDS = 300


def pages_done(account, uuid):
    answer = account.job(uuid)
    assert answer.status_code == 200, answer.text
    return answer.json()["pages_done"]


def kill_worker(mesh):
    """One that is there: workers are replaced now and then."""

    def kill():
        workers = mesh.services["ocr"].children()
        assert workers, "the ocr process has no workers"
        mesh.kill_pid(workers[0])
        return True

    wait.until(kill, PROGRESS_SECONDS, "a worker is killed")


@pytest.mark.slow
def test_job_survives_kills_of_worker_ocr_and_postgres_and_is_charged_once(mesh, account):
    """The 40-page job ends `done` with all its pages, charged exactly once."""
    mesh.grant(account.email, 1000)
    before = account.state()
    answer = account.submit(pages.slow_pdf(PAGES), "scan.pdf")
    assert answer.status_code == 202, answer.text
    uuid = answer.json()["uuid"]

    def kill(what):
        done = pages_done(account, uuid)
        if what == "worker":
            kill_worker(mesh)
        else:
            mesh.kill(what)
            mesh.start_again(what)
        # The next kill comes once the work has visibly gone on.
        wait.until(
            lambda: pages_done(account, uuid) > done, PROGRESS_SECONDS, f"work goes on after {what}"
        )

    wait.until(lambda: pages_done(account, uuid) >= 2, PROGRESS_SECONDS, "the first pages are done")
    for what in ("worker", "ocr", "postgres"):
        kill(what)
    assert pages_done(account, uuid) < PAGES, "the kills were to come in the middle of the job"

    job = account.finished(answer)
    assert job["status"] == "done"
    assert job.get("failed_pages", []) == []
    assert [page["index"] for page in job["pages"]] == list(range(PAGES))
    for number, page in enumerate(job["pages"], start=1):
        assert f"page number {number}" in page["text"]

    after = account.state()
    assert after["used"] - before["used"] == PAGES
    assert job["usage"]["pages"] == PAGES
    assert mesh.reserved_credits(account.email) == 0
