"""Every published input format, and the exports that exist (API: Formats in, Formats out)."""

import json

import pytest

from harness import pages

pytestmark = pytest.mark.once

IMAGE_FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PDF"]


def assert_is_letter(job):
    assert job["status"] == "done", job
    for line in pages.LETTER:
        assert line in job["text"]


@pytest.mark.parametrize("format_name", IMAGE_FORMATS)
def test_one_page_of_each_format_is_read_at_once(format_name, account):
    answer = account.submit(pages.encode([pages.page()], format_name), "upload.bin")
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert_is_letter(job)
    assert job["page_count"] == 1
    assert 0.7 < job["mean_confidence"] <= 1


@pytest.mark.parametrize("format_name", ["TIFF", "PDF"])
def test_pages_of_a_longer_file_come_in_order(format_name, account):
    images = [pages.page([f"This is page number {n}", *pages.LETTER]) for n in (1, 2, 3)]
    job = account.read(pages.encode(images, format_name), "upload.bin")
    assert [page["index"] for page in job["pages"]] == [0, 1, 2]
    for number, page in enumerate(job["pages"], start=1):
        assert f"page number {number}" in page["text"]


def test_job_has_the_published_shape(account):
    job = account.read(pages.png())
    for name in ["uuid", "status", "tier", "language", "page_count", "mean_confidence", "text"]:
        assert name in job
    assert job["tier"] == "cpu"
    assert job["language"] == "auto"
    assert isinstance(job["markdown"], str)
    page = job["pages"][0]
    assert page["index"] == 0
    assert page["text"]
    for block in page["blocks"]:
        x0, y0, x1, y1 = block["bbox"]
        assert 0 <= x0 < x1 <= page["width"]
        assert 0 <= y0 < y1 <= page["height"]
        assert 0 <= block["confidence"] <= 1
        assert block["text"]


def test_downloads_hold_the_text(account):
    uuid = account.read(pages.png())["uuid"]
    for format_name in ["txt", "md"]:
        answer = account.download(uuid, format_name)
        assert answer.status_code == 200, answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
        for line in pages.LETTER:
            assert line in answer.text
    document = json.loads(account.download(uuid, "json").content)
    assert len(document["pages"]) == 1


def test_unknown_download_format_is_refused_with_the_known_ones(account):
    uuid = account.read(pages.png())["uuid"]
    answer = account.download(uuid, "exe")
    assert answer.status_code == 400
    assert "txt" in answer.json()["error"]


def test_download_before_the_end_is_409(account):
    answer = account.submit(pages.slow_pdf(6), "long.pdf")
    assert answer.status_code == 202, answer.text
    download = account.download(answer.json()["uuid"], "txt")
    assert download.status_code == 409
    assert account.finished(answer)["status"] == "done"


def test_unknown_job_is_404(account):
    assert account.job("0" * 32).status_code == 404
    assert account.download("0" * 32, "txt").status_code == 404


def test_slash_at_the_end_makes_no_difference(account):
    uuid = account.read(pages.png())["uuid"]
    url = f"{account.url}/api/v1/ocr/{uuid}"
    without = account.session.get(url, timeout=60, allow_redirects=False)
    assert without.status_code == 200
    assert without.json()["text"] == account.job(uuid).json()["text"]


@pytest.mark.parametrize("language", ["auto", "de+en"])
def test_engine_is_told_with_its_models(account, language):
    engine = account.read(pages.png(), language=language)["engine"]
    assert engine["name"] == "tesseract"
    assert engine["version"]
    assert engine["models"] == {"auto": ["eng"], "de+en": ["deu", "eng"]}[language]
