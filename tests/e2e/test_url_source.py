"""Files that are fetched from a URL, where the operator wants it."""

import pytest

from harness import pages
from harness.api import create_account
from harness.mesh import Mesh
from harness.web_server import WebServer

pytestmark = pytest.mark.once

SECONDS = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("files"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def fetching(build, tmp_path_factory, server):
    """A mesh that fetches."""
    settings = {
        "OCR_URL_SOURCES": "true",
        "OCR_URL_ALLOW": "127.0.0.1",
        "OCR_URL_CA_FILE": str(server.ca),
    }
    with Mesh(build, tmp_path_factory.mktemp("logs"), settings).running() as mesh:
        yield mesh


@pytest.fixture
def caller(fetching):
    return create_account(fetching.url)


def submit(account, *file, headers=None, **fields):
    """A form whose parts are fields, and perhaps a file."""
    parts = {name: (None, value) for name, value in fields.items()}
    if file:
        parts["file"] = ("page.png", *file)
    return account.session.post(f"{account.url}/api/v1/ocr/", files=parts, headers=headers, timeout=SECONDS)


def refused(answer, code):
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["code"] == code and body["field"] == "url", body
    return body["error"]


def test_a_file_is_fetched(caller, server):
    server.files["/folder/invoice.png?v=2"] = pages.png(["Fetched 42"])
    answer = submit(caller, url=f"{server.url}/folder/invoice.png?v=2", language="en")
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["status"] == "done" and "Fetched 42" in job["text"]
    named = caller.download(job["uuid"], "txt").headers["content-disposition"]
    assert 'filename="invoice.txt"' in named


def test_what_cannot_be_fetched_is_refused_and_costs_nothing(caller, server):
    server.files["/moved"] = (302, {"Location": f"{server.url}/other.png"})
    server.files["/text"] = b"no image at all"
    server.files["/empty"] = b""
    assert "404" in refused(submit(caller, url=f"{server.url}/none"), "url_failed")
    assert "redirects" in refused(submit(caller, url=f"{server.url}/moved"), "url_failed")
    refused(submit(caller, url="https://127.0.0.1:1/"), "url_failed")
    refused(submit(caller, url="https://127.0.0.2/"), "url_not_allowed")
    refused(submit(caller, url="file:///etc/passwd"), "url_not_allowed")
    refused(submit(caller, pages.png(), url=f"{server.url}/text"), "invalid_field")
    assert submit(caller, url=f"{server.url}/text").json()["code"] == "unsupported_type"
    assert submit(caller, url=f"{server.url}/empty").json()["code"] == "no_file"
    assert submit(caller).status_code == 400
    assert caller.state()["used"] == 0


def test_a_file_that_is_too_large_is_not_read_to_its_end(fetching, caller, server):
    server.files["/large"] = bytes(5_000_000)
    with fetching.plan("free", bytes_per_file=1_000_000):
        answer = submit(caller, url=f"{server.url}/large")
    assert answer.status_code == 400 and answer.json()["code"] == "too_large", answer.text


def test_a_page_that_says_why_there_is_no_file_is_not_read_as_one(fetching, caller, server):
    server.files["/missing"] = (404, {}, bytes(2_000_000))
    with fetching.plan("free", bytes_per_file=1_000_000):
        assert "404" in refused(submit(caller, url=f"{server.url}/missing"), "url_failed")


def test_a_repeated_submission_is_one_job(caller, server):
    server.files["/page.png"] = pages.png()
    headers = {"Idempotency-Key": "one"}
    first = submit(caller, url=f"{server.url}/page.png", headers=headers)
    again = submit(caller, url=f"{server.url}/page.png", headers=headers)
    assert first.status_code == again.status_code == 200, again.text
    assert again.json()["uuid"] == first.json()["uuid"]
    assert again.headers["idempotent-replayed"] == "true"


def test_nothing_is_fetched_by_default(account):
    assert "fetches no files" in refused(submit(account, url="https://example.com/a.png"), "invalid_field")
