"""The web pages as files: caching, compression, languages, and what a browser is told that they may do."""

import re

import pytest
import requests

from harness import pages

pytestmark = pytest.mark.once

PAGES = ["/", "/account/", "/docs/", "/pricing/"]
LANGUAGES = ["en", "fr", "he", "ko", "ml", "th"]


@pytest.fixture
def get(mesh):
    def get(path, coding="identity", **headers):
        headers = {"Accept-Encoding": coding, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return requests.get(mesh.url + path, headers=headers, timeout=60)

    return get


def asset(get, name):
    """The path of what pages load, with its version."""
    return re.search(rf'"(/assets/\w+/{re.escape(name)})"', get("/").text)[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_do_little_in_a_browser(get, path):
    answer = get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["trusted-types"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_a_page_is_answered_without_its_last_slash(get):
    assert get("/pricing").content == get("/pricing/").content


def test_a_page_that_is_known_is_not_sent_again(get):
    answer = get("/")
    tag = answer.headers["etag"]
    assert not tag.startswith("W/")
    again = get("/", If_None_Match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert get("/", If_None_Match='"other"').status_code == 200
    assert get("/", coding="gzip", If_None_Match=tag).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_files_come_compressed_to_who_takes_it(mesh, get, coding):
    path = asset(get, "css/base.css")
    plain = get(path)
    assert "content-encoding" not in plain.headers
    answer = requests.get(mesh.url + path, headers={"Accept-Encoding": coding}, timeout=60, stream=True)
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) < len(plain.content) / 2
    assert answer.headers["etag"] != plain.headers["etag"]
    if coding == "gzip":
        assert answer.content == plain.content


def test_what_a_page_loads_is_kept_for_good_and_a_page_is_not(get):
    assert get("/").headers["cache-control"] == "private, no-cache"
    path = asset(get, "css/base.css")
    assert get(path).headers["cache-control"] == "public, max-age=31536000, immutable"
    # Another version's page, while both are served: what there is, but not for good.
    assert get(re.sub(r"/assets/\w+/", "/assets/0123456789ab/", path)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/0/css/none.css", "/assets/0/pages/index.html", "/index.html", "/assets/0/css/..%2fbase.css"])
def test_there_is_nothing_else(get, path):
    answer = get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_comes_in_the_language_of_who_asks(get, language):
    answer = get("/", Accept_Language=f"xx, {language};q=0.9, en;q=0.1")
    assert f'<html lang="{language}" dir="{"rtl" if language == "he" else "ltr"}">' in answer.text
    assert answer.headers["content-language"] == language
    assert "accept-language" in answer.headers["vary"]


def test_a_choice_of_language_counts_more_than_the_browsers(get):
    cookie = "a=b; ocrmesh_language=ko"
    assert get("/", Accept_Language="fr").headers["content-language"] == "fr"
    assert get("/", Accept_Language="fr", Cookie=cookie).headers["content-language"] == "ko"
    assert get("/?lang=th", Accept_Language="fr", Cookie=cookie).headers["content-language"] == "th"
    assert get("/?lang=../x", Cookie="ocrmesh_language=%00").headers["content-language"] == "en"


def test_a_page_image_is_served_to_whom_the_job_is(account, anonymous, mesh):
    job = account.read(pages.png())
    path = f"{mesh.url}/api/v1/ocr/{job['uuid']}/pages/1/image/"
    answer = account.session.get(path, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"
    assert len(answer.content) == int(answer.headers["content-length"])
    assert account.session.head(path, timeout=60).headers["content-length"] == answer.headers["content-length"]
    assert anonymous.session.get(path, timeout=60).json()["code"] == "job_not_found"
    assert account.session.get(path.replace("/1/", "/2/"), timeout=60).json()["code"] == "page_image_not_found"
    for page in ("0", "-1", "one", "99999999999"):
        assert account.session.get(path.replace("/1/", f"/{page}/"), timeout=60).status_code == 400


def test_a_job_tells_the_name_of_its_file(account):
    job = account.read(pages.png(), name="Quittung März.png")
    assert job["file_name"] == "Quittung März.png"
    listed = account.session.get(f"{account.url}/api/v1/ocr/", timeout=60).json()["jobs"]
    assert [one["file_name"] for one in listed] == ["Quittung März.png"]
