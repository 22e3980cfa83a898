"""Bad uploads: each a 4xx that says what to do, in bounded memory, and the next request works."""

import socket
from contextlib import contextmanager

import pytest
import requests

from harness import pages, wait

WORKER_SECONDS = 240
MEMORY_GROWTH_MAX = 64 * 1024 * 1024  # of each process that touches it, over one bad request


def truncated(data):
    return data[: len(data) * 6 // 10]


def image(format_name):
    return pages.encode([pages.page()], format_name)


BAD_FILES = {
    "empty": (lambda: b"", "empty.png"),
    "text_named_png": (lambda: b"This is no picture.\n" * 50, "letter.png"),
    "truncated_png": (lambda: truncated(image("PNG")), "page.png"),
    "png_header_alone": (lambda: image("PNG")[:60], "page.png"),
    "truncated_jpeg": (lambda: truncated(image("JPEG")), "page.jpg"),
    "jpeg_header_alone": (lambda: image("JPEG")[:400], "page.jpg"),
    "truncated_tiff": (lambda: truncated(image("TIFF")), "page.tiff"),
    "truncated_pdf": (lambda: truncated(pages.scanned_pdf(1)), "page.pdf"),
    "pdf_header_alone": (lambda: pages.scanned_pdf(1)[:300], "page.pdf"),
    "encrypted_pdf": (pages.encrypted_pdf, "locked.pdf"),
    "pdf_without_pages": (pages.pdf_without_pages, "none.pdf"),
    "png_of_60000_pixels": (pages.huge_png, "huge.png"),
}
CODES = {
    "encrypted_pdf": {"encrypted"},
    "text_named_png": {"unsupported_type"},
    "truncated_png": {"corrupt"},
    "png_header_alone": {"corrupt"},
    "truncated_jpeg": {"corrupt"},
    "jpeg_header_alone": {"corrupt"},
    "truncated_tiff": {"corrupt"},
    "truncated_pdf": {"corrupt"},
    "pdf_header_alone": {"corrupt"},
    "png_of_60000_pixels": {"too_large"},
}


def memory_peaks(mesh):
    """Largest resident sizes so far: of the bridge, of ocr, and the largest of ocr's workers."""
    bridge, ocr = mesh.services["bridge"], mesh.services["ocr"]
    return {
        "bridge": bridge.memory_bytes("VmHWM"),
        "ocr": ocr.memory_bytes("VmHWM"),
        # They are replaced now and then.
        "worker": max(wait.until(lambda: ocr.children_memory_bytes("VmHWM"), WORKER_SECONDS, "a worker is there")),
    }


@contextmanager
def bounded_memory(mesh, is_sanitized):
    """The processes that touch an upload keep their size; not measured under sanitizers, which
    keep freed memory back."""
    before = memory_peaks(mesh)
    yield
    if is_sanitized:
        return
    for name, size in memory_peaks(mesh).items():
        assert size - before.get(name, 0) < MEMORY_GROWTH_MAX, name


def assert_next_request_works(account):
    assert account.read(pages.png())["status"] == "done"


def assert_refused(answer, codes=None):
    assert 400 <= answer.status_code < 500, answer.text
    body = answer.json()
    assert len(body["error"]) > 10, body
    assert body["code"]
    if codes:
        assert body["code"] in codes, body


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_is_refused_and_costs_nothing(case, mesh, account, is_sanitized):
    make, name = BAD_FILES[case]
    data = make()
    with bounded_memory(mesh, is_sanitized):
        answer = account.submit(data, name)
    assert_refused(answer, CODES.get(case))
    assert answer.status_code == 400
    assert account.state()["used"] == 0
    assert_next_request_works(account)


def test_empty_body_is_refused(mesh, account):
    answer = account.session.post(f"{mesh.url}/api/v1/ocr/", timeout=60)
    assert_refused(answer)
    assert_next_request_works(account)


def test_form_without_a_file_is_refused(mesh, account):
    answer = account.session.post(
        f"{mesh.url}/api/v1/ocr/", files={"tier": (None, "cpu")}, timeout=60
    )
    assert_refused(answer)
    assert answer.status_code == 400
    assert "file" in answer.json()["error"]
    assert_next_request_works(account)


def test_two_files_are_refused(mesh, account):
    files = [("file", ("a.png", pages.png())), ("file", ("b.png", pages.png()))]
    answer = account.session.post(f"{mesh.url}/api/v1/ocr/", files=files, timeout=60)
    assert_refused(answer)
    assert answer.status_code == 400
    assert_next_request_works(account)


def test_form_without_its_closing_boundary_is_refused(mesh, account):
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + pages.png()
    )
    answer = account.session.post(
        f"{mesh.url}/api/v1/ocr/",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=cut"},
        timeout=60,
    )
    assert_refused(answer)
    assert answer.status_code == 400
    assert_next_request_works(account)


FIELDS = ["tier", "language", "tool", "translate_to", "pages", "validate_only", "delete_after",
          "webhook_url"]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_wrong_value_is_refused_with_the_name_of_its_field(field, account):
    answer = account.submit(pages.png(), **{field: "klingon"})
    assert_refused(answer)
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert_next_request_works(account)


def test_key_of_another_file_is_refused_by_its_name(account):
    account.session.headers["Idempotency-Key"] = "one"
    assert account.submit(pages.png(["One"])).status_code == 200
    answer = account.submit(pages.png(["Another"]))
    assert_refused(answer, {"idempotency_key_reused"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "Idempotency-Key"


def test_body_over_the_limit_is_refused_with_the_limit(mesh, account, is_sanitized):
    with mesh.plan("free", bytes_per_file=1024 * 1024), bounded_memory(mesh, is_sanitized):
        answer = account.submit(b"\x89PNG\r\n\x1a\n" + bytes(3 * 1024 * 1024), "big.png")
    assert_refused(answer, {"too_large"})
    assert answer.status_code == 400
    assert any(character.isdigit() for character in answer.json()["error"])
    assert_next_request_works(account)


def test_upload_that_is_torn_leaves_no_job(mesh, account):
    host, port = mesh.address["bridge"].split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(
            b"POST /api/v1/ocr/ HTTP/1.1\r\nHost: here\r\n"
            b"Authorization: Bearer " + account.token.encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: 100000\r\n\r\n"
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
            b"\x89PNG\r\n\x1a\n"
        )
    assert_next_request_works(account)
    jobs = mesh.cluster.sql(
        "SELECT count(*) FROM ocr.job j JOIN billing.account a ON a.id::text = j.account_id::text"
        f" WHERE a.email = '{account.email}'"
    )
    assert jobs == [["1"]]  # of the next request


def test_wrong_method_is_405_and_unknown_path_404(mesh):
    answer = requests.put(f"{mesh.url}/api/v1/ocr/", timeout=60)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    answer = requests.get(f"{mesh.url}/api/v1/nothing/", timeout=60)
    assert answer.status_code == 404
    assert answer.json()["code"]
