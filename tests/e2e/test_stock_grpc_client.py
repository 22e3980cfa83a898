"""A stock Python gRPC client submits a page to the ocr service and reads its document."""

import grpc
import pytest

from harness import pages
from harness.grpc_client import GrpcClient

pytestmark = pytest.mark.once

OCR = "ocrmesh.ocr.v1.OcrService"
CHUNK_BYTES = 64 * 1024
STATE_DONE = 3


@pytest.fixture
def ocr(mesh, account):
    with GrpcClient(mesh.address["ocr"], account.token) as client:
        yield client


def submit(client, data, file_name="letter.png"):
    parts = [{"options": {"language": "en", "file_name": file_name}}]
    parts += [
        {"chunk": data[start : start + CHUNK_BYTES]} for start in range(0, len(data), CHUNK_BYTES)
    ]
    return client.client_stream(OCR, "SubmitJob", parts).job


def test_page_is_submitted_watched_and_read(ocr):
    job = submit(ocr, pages.png())
    assert len(job.job_id) == 32

    states = [message.job.state for message in ocr.server_stream(OCR, "WatchJob", job_id=job.job_id)]
    assert states[-1] == STATE_DONE

    parts = list(ocr.server_stream(OCR, "GetDocument", job_id=job.job_id))
    assert parts[0].job.page_count == 1
    text = parts[1].page.text
    for line in pages.LETTER:
        assert line in text


def test_unknown_job_is_not_found_with_error_info(ocr):
    with pytest.raises(grpc.RpcError) as failure:
        ocr.unary(OCR, "GetJob", job_id="0" * 32)
    assert failure.value.code() == grpc.StatusCode.NOT_FOUND
    details = dict(failure.value.trailing_metadata())
    assert b"JOB_NOT_FOUND" in details["grpc-status-details-bin"]


def test_wrong_token_is_unauthenticated(mesh):
    with GrpcClient(mesh.address["ocr"], "no-such-token") as client:
        with pytest.raises(grpc.RpcError) as failure:
            submit(client, pages.png())
    assert failure.value.code() == grpc.StatusCode.UNAUTHENTICATED
