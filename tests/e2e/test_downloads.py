"""Downloads as HTTP clients make them (API: GET /api/v1/ocr/<uuid>/download/, B25)."""

import csv
import io
import subprocess

import pytest

from harness import pages, referees

pytestmark = pytest.mark.once

NAME = "Rechnung März 2026.png"


@pytest.fixture(scope="module")
def job(mesh):
    from harness.api import create_account

    account = create_account(mesh.url)
    answer = account.submit(pages.png(), NAME)
    assert answer.status_code == 200, answer.text
    return account, answer.json()["uuid"]


def url_of(job):
    account, uuid = job
    return f"{account.url}/api/v1/ocr/{uuid}/download/"


def get(job, headers=None, method="GET", **params):
    account, _ = job
    return account.session.request(method, url_of(job), params=params, headers=headers, timeout=60)


def test_the_file_has_the_uploads_name(job):
    disposition = get(job, format="md").headers["Content-Disposition"]
    assert disposition == (
        "attachment; filename=\"Rechnung M_rz 2026.md\"; filename*=UTF-8''Rechnung%20M%C3%A4rz%202026.md"
    )


def test_curl_saves_under_the_name(job, tmp_path):
    account, _ = job
    subprocess.run(
        ["curl", "-sS", "--fail", "-L", "-O", "-J", "-H", f"Authorization: Bearer {account.token}",
         f"{url_of(job)}?format=txt"],
        cwd=tmp_path, check=True, timeout=60,
    )  # fmt: skip
    [saved] = tmp_path.iterdir()
    assert saved.suffix == ".txt"
    assert saved.read_bytes() == get(job, format="txt").content


def test_curl_continues_where_it_broke_off(job, tmp_path):
    account, _ = job
    whole = get(job, format="json").content
    part = tmp_path / "part.json"
    part.write_bytes(whole[:1000])
    subprocess.run(
        ["curl", "-sS", "--fail", "-C", "-", "-o", part, "-H", f"Authorization: Bearer {account.token}",
         f"{url_of(job)}?format=json"],
        check=True, timeout=60,
    )  # fmt: skip
    assert part.read_bytes() == whole


@pytest.mark.parametrize("format_name", ["txt", "md", "json", "csv", "hocr", "alto", "html"])
def test_every_format_is_the_same_each_time_and_in_parts(job, format_name):
    whole = get(job, format=format_name)
    assert whole.status_code == 200, whole.text
    size = len(whole.content)
    head = get(job, method="HEAD", format=format_name)
    assert head.headers["Content-Length"] == str(size)
    for name in ("Content-Type", "Content-Disposition", "ETag", "Accept-Ranges"):
        assert head.headers[name] == whole.headers[name]
    middle = size // 2
    first = get(job, {"Range": f"bytes=0-{middle}"}, format=format_name)
    rest = get(job, {"Range": f"bytes={middle + 1}-", "If-Range": whole.headers["ETag"]}, format=format_name)
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == whole.content
    unchanged = get(job, {"If-None-Match": whole.headers["ETag"]}, format=format_name)
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_options_have_entity_tags_of_their_own(job):
    plain, marked = get(job, format="csv"), get(job, format="csv", bom="true")
    assert plain.headers["ETag"] != marked.headers["ETag"]
    assert marked.content == b"\xef\xbb\xbf" + plain.content


def test_an_option_of_another_format_is_refused(job):
    answer = get(job, format="txt", table="1")
    assert answer.status_code == 400
    assert answer.json()["field"] == "table"
    assert "csv" in answer.json()["error"]


def test_a_document_without_tables_is_csv_of_its_lines(job):
    answer = get(job, format="csv")
    [rows] = referees.csv_rows(answer.content)
    assert rows[0] == ["page", "x0", "y0", "x1", "y1", "confidence", "text"]
    assert [row[-1] for row in rows[1:]] == list(pages.LETTER)
    refused = get(job, format="csv", table="1")
    assert refused.status_code == 400
    assert "no tables" in refused.json()["error"]


def test_json_of_a_real_page_keeps_to_the_schema_that_is_served(job):
    account, _ = job
    served = account.session.get(f"{account.url}/api/v1/schemas/job.json", timeout=60)
    assert served.headers["Content-Type"] == "application/schema+json"
    assert served.json() == referees.job_schema()
    document = referees.json_document(get(job, format="json").content)
    assert document["pages"][0]["blocks"][0]["lines"][0]["words"][0]["bbox"]


def test_alto_and_hocr_of_a_real_page_are_valid(job, tmp_path):
    root = referees.alto(get(job, format="alto").content)
    words = [word.get("CONTENT") for word in root.iter(f"{referees.ALTO}String")]
    assert words == " ".join(pages.LETTER).split()
    referees.hocr(get(job, format="hocr").content, tmp_path)


def test_fields_read_back_by_python_csv(job):
    text = get(job, format="csv").text
    assert csv.DictReader(io.StringIO(text, newline="")).fieldnames[-1] == "text"
