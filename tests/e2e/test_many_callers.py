"""Callers that wait for a job keep nobody else from being served."""

import pytest

from harness import pages
from harness.grpc_client import GrpcClient

OCR = "ocrmesh.ocr.v1.OcrService"
STATE_PROCESSING = 2
STATE_CANCELLED = 5
WATCHERS = 200
PAGES = 40
ANSWER_SECONDS = 60  # a guard: that nobody is held up is seen in the state of the job


@pytest.fixture
def ocr(mesh, account):
    with GrpcClient(mesh.address["ocr"], account.token) as client:
        yield client


def test_a_job_is_read_while_two_hundred_callers_watch_it(account, ocr):
    answer = account.submit(pages.slow_pdf(PAGES), "scan.pdf")
    assert answer.status_code == 202, answer.text
    uuid = answer.json()["uuid"]

    watches = [ocr.server_stream(OCR, "WatchJob", job_id=uuid) for _ in range(WATCHERS)]
    for watch in watches:
        assert next(watch).job.job_id == uuid
    job = ocr.unary(OCR, "GetJob", seconds=ANSWER_SECONDS, job_id=uuid).job
    assert job.state <= STATE_PROCESSING, "they were served once the job had ended"

    ocr.unary(OCR, "CancelJob", seconds=ANSWER_SECONDS, job_id=uuid)
    for watch in watches:
        assert list(watch)[-1].job.state == STATE_CANCELLED
