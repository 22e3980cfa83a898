"""Uploads pass through the bridge; they are never held there (design: The life of a job, 1)."""

import os
import re

import pytest
import requests

from harness import pages

UPLOAD_BYTES = 200 * 1024 * 1024
GROWTH_MAX = 8 * 1024 * 1024
CHUNK_BYTES = 256 * 1024


def form(path, boundary):
    """The multipart body as a generator; nothing large is held on this side either."""
    yield (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="large.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    yield f"\r\n--{boundary}--\r\n".encode()


@pytest.fixture(scope="module")
def large_pdf(tmp_path_factory):
    """A one-page PDF with 200 MB of unreferenced stream before its cross-reference table."""
    path = tmp_path_factory.mktemp("large") / "large.pdf"
    plain = pages.scanned_pdf(1)
    padding = UPLOAD_BYTES - len(plain)
    # The padding is an object of its own after the header line: offsets behind it grow by its size.
    header, rest = plain.split(b"\n", 1)
    frame = b"9999 0 obj\n<</Length %d>>\nstream\n"
    ending = b"\nendstream\nendobj\n"
    object_head = frame % padding
    shift = len(object_head) + padding + len(ending)
    table = rest.rindex(b"xref\n0 ")
    body, tail = rest[:table], rest[table:]
    tail = re.sub(
        rb"(\d{10}) (\d{5}) n", lambda m: b"%010d %s n" % (int(m[1]) + shift, m[2]), tail
    )
    tail = re.sub(
        rb"startxref\n(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) + shift), tail
    )
    with open(path, "wb") as file:
        file.write(header + b"\n" + object_head)
        block = os.urandom(1024 * 1024)
        left = padding
        while left > 0:
            left -= file.write(block[: min(left, len(block))])
        file.write(ending + body + tail)
    return path


def post(mesh, account, path):
    return requests.post(
        f"{mesh.url}/api/v1/ocr/",
        data=form(path, "cut-here"),
        headers={
            "Authorization": f"Bearer {account.token}",
            "Content-Type": "multipart/form-data; boundary=cut-here",
        },
        timeout=300,
    )


@pytest.mark.slow
def test_200_mb_upload_grows_the_bridge_by_less_than_8_mib(
    mesh, account, large_pdf, is_sanitized
):
    if is_sanitized:
        pytest.skip("sanitizers keep freed memory back, so that sizes mean nothing")
    assert account.read(pages.png())["status"] == "done"  # what is allocated once is there
    bridge = mesh.services["bridge"]
    bridge.forget_memory_peak()
    before = bridge.memory_bytes()
    with mesh.plan("free", bytes_per_file=2 * UPLOAD_BYTES):
        answer = post(mesh, account, large_pdf)
        assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "done"
    for line in pages.LETTER:
        assert line in answer.json()["text"]
    assert bridge.memory_bytes("VmHWM") - before < GROWTH_MAX


def test_200_mb_upload_is_refused_at_the_limit_of_the_plan(mesh, account, large_pdf):
    with mesh.plan("free", bytes_per_file=50 * 1024 * 1024):
        answer = post(mesh, account, large_pdf)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "too_large"
    assert account.read(pages.png())["status"] == "done"
