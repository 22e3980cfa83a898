"""The vlm tier with a vision endpoint that plays answers: good ones, and all the ways of failing."""

import base64
import contextlib
import gzip
import io
import itertools
from pathlib import Path

import pytest
from PIL import Image

from harness import pages, wait
from harness import vision_server as played
from harness.api import create_account
from harness.mesh import Mesh

pytestmark = [pytest.mark.once, pytest.mark.slow]

CREDITS_PER_PAGE = 5
GOOD = """# The harbour office opens at eight.

Ships from the north arrive on **Tuesday**
and leave again before the [weekend](javascript:alert(1))."""
WARNING = "this page was read without the vision model, which was asked, but "
CALLS_AT_ONCE = 2

SETTINGS = {
    "OCR_VLM_MODEL": played.MODEL,
    "OCR_VLM_API_KEY": played.API_KEY,
    "OCR_VLM_CALLS": str(CALLS_AT_ONCE),
    "OCR_VLM_RETRIES": "2",
    "OCR_VLM_FIRST_BYTE_TIMEOUT": "2s",
    "OCR_VLM_STALL_TIMEOUT": "2s",
    "OCR_VLM_BREAKER_FAILURES": "3",
    "OCR_VLM_BREAKER_PAUSE": "300ms",
    "OCR_TRANSLATE_RETRIES": "0",
    "OCR_TRANSLATE_BREAKER_FAILURES": "2",
    "OCR_TRANSLATE_BREAKER_PAUSE": "300ms",
    "OCR_WORKERS": "4",
    "LOG_LEVEL": "debug",
}


@pytest.fixture(scope="module")
def server():
    server = played.VisionServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def mesh(build, tmp_path_factory, server):
    with Mesh(build, tmp_path_factory.mktemp("logs"), SETTINGS | {"OCR_VLM_URL": server.url}).running() as mesh:
        yield mesh


@pytest.fixture
def account(mesh):
    return create_account(mesh.url)


def is_translated(account):
    job = account.read(pages.png(), tool="translate", language="en", translate_to="de", tier="cpu")
    return any("translation" in block for page in job["pages"] for block in page["blocks"])


@pytest.fixture
def closed_breaker(mesh, server):
    """What failed before is over: the model is asked again, for readings and for translations."""
    account = create_account(mesh.url)
    if mesh.metrics("ocr")['ocrmesh_endpoint_breaker_open{endpoint="chat"}'] != 0:
        server.play(played.translated)
        wait.until(lambda: is_translated(account), 60, "the model translates")
    server.play(played.stream(GOOD))
    wait.until(
        lambda: account.read(pages.png(), tier="vlm")["engine"]["name"] == "vision", 60, "the model is asked"
    )


def assert_read_without(account, why):
    """The page comes from the engine here, with the warning, and is charged once."""
    before = account.state()["used"]
    job = account.read(pages.png(), tier="vlm")
    assert job["status"] == "done"
    assert job["engine"]["name"] != "vision"
    assert [line for line in job["text"].splitlines() if line] == pages.LETTER
    assert job["warnings"], job
    assert WARNING in job["warnings"][0]
    assert why in job["warnings"][0]
    assert job["usage"] == {"pages": 1, "credits": CREDITS_PER_PAGE}
    assert account.state()["used"] == before + CREDITS_PER_PAGE


@pytest.mark.parametrize("play", [played.stream, played.whole])
def test_the_models_reading_gets_the_boxes_of_the_page(closed_breaker, server, account, play):
    server.play(play(GOOD))
    before = account.state()["used"]
    job = account.read(pages.png(), tier="vlm")
    assert job["engine"] == {"name": "vision", "version": played.MODEL} | {
        "models": job["engine"]["models"]
    }
    assert job["text"].split() == " ".join(pages.LETTER).split()
    assert job["markdown"].startswith("# The harbour office opens at eight.\n\nShips from")
    assert "javascript" not in job["markdown"]
    heading, paragraph = job["pages"][0]["blocks"]
    assert heading["kind"] == "heading"
    x0, y0, x1, y1 = heading["bbox"]
    # Where pages.page() has drawn it.
    assert pages.MARGIN - 10 < x0 < pages.MARGIN + 10
    assert pages.MARGIN - 10 < y0 < y1 < pages.MARGIN + 60
    assert paragraph["bbox"][1] >= y1
    assert heading["confidence"] > 0.9
    assert job["usage"] == {"pages": 1, "credits": CREDITS_PER_PAGE}
    assert account.state()["used"] == before + CREDITS_PER_PAGE


def test_formulas_and_tables_arrive_as_such(closed_breaker, server, account):
    lines = [*pages.LETTER, "E = mc2", "Ship Cargo", "Anna 12", "Berta 7"]
    table = "<table><tr><th>Ship</th><th>Cargo</th></tr><tr><td>Anna</td><td>12</td></tr>"
    table += "<tr><td>Berta</td><td>7<script>alert(1)</script></td></tr></table>"
    server.play(played.stream(f"{GOOD}\n\n$$E = mc^2$$\n\n{table}\n"))
    job = account.read(pages.png(lines), tier="vlm")
    formula, cells = job["pages"][0]["blocks"][2:]
    assert formula["kind"] == "formula"
    assert formula["latex"] == "E = mc^2"
    assert cells["kind"] == "table"
    assert cells["text"] == "Ship\tCargo\nAnna\t12\nBerta\t7"
    assert "\n\n$$\nE = mc^2\n$$\n\n| Ship | Cargo |\n| --- | --- |\n| Anna | 12 |" in job["markdown"]
    assert "alert" not in job["markdown"]


def test_the_model_sees_the_page_and_the_key(closed_breaker, server, account):
    server.play(played.stream(GOOD))
    account.read(pages.encode([pages.page(width=3000, height=500)], "PNG"), tier="vlm")
    (path, headers, question), *rest = server.requests
    assert not rest
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {played.API_KEY}"
    assert question["model"] == played.MODEL
    assert question["stream"] is True
    picture, prompt = question["messages"][0]["content"]
    assert "Markdown" in prompt["text"]
    head, data = picture["image_url"]["url"].split(",")
    assert head == "data:image/jpeg;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.format == "JPEG"
    assert image.width == 2048


def test_cpu_pages_stay_here(closed_breaker, server, account):
    server.play(played.stream(GOOD))
    assert account.read(pages.png())["engine"]["name"] == "tesseract"
    assert not server.requests


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_final(closed_breaker, server, account, status):
    server.play(played.error(status), played.stream(GOOD))
    assert_read_without(account, f"HTTP status {status}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_passes_is_tried_again(closed_breaker, server, account, status):
    server.play(played.error(status), played.stream(GOOD))
    assert account.read(pages.png(), tier="vlm")["engine"]["name"] == "vision"
    assert len(server.requests) == 2


def test_attempts_come_to_an_end(closed_breaker, server, account):
    server.play(played.error(429))
    assert_read_without(account, "HTTP status 429")
    assert len(server.requests) == 3


def test_a_server_that_asks_for_more_patience_than_there_is_is_not_waited_for(closed_breaker, server, account):
    server.play(played.error(429, Retry_After="3600"), played.stream(GOOD))
    assert_read_without(account, "HTTP status 429")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (played.silent(), "it did not answer in time"),
        (played.stalled_stream(GOOD), "its answer did not end in time"),
        (played.cut_stream(GOOD), "its answer was cut short"),
        (played.stream(GOOD, finish_reason="length"), "its answer was cut short"),
        (played.body("application/json", b"<html>no JSON</html>"), "its answer is malformed"),
        (played.body("text/event-stream", b"data: {]\n\n"), "its answer is malformed"),
        (played.body("text/event-stream", b'data: {"error": {"message": "out of memory"}}\n\n'), "error"),
        (
            played.headed(
                {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000)
            ),
            "its answer is malformed",
        ),
        (played.headed({f"X-{n}": "y" * 100 for n in range(1000)}), "its answer is too long"),
        (played.body("text/event-stream", b"data: " + b"[" * 300_000), "its answer is too long"),
        (played.body("text/event-stream", b"data: " + b"[" * 200_000 + b"\n\n"), "its answer is malformed"),
        (played.body("application/json", b'{"choices": [{"message": {"content": "a\\u0000b"}}]}'), "malformed"),
        (played.body("text/html", b"<p>Log in first</p>"), "its answer is malformed"),
        (played.error(302, Location="http://127.0.0.1:1/elsewhere"), "HTTP status 302"),
        (played.stream("The harbour office opens at eight.\n\n" * 400), "it repeated itself without end"),
        (played.stream("".join(f"{n} and " for n in range(250000))), "its answer is too long"),
        (played.stream(""), "it left out most of the page's text"),
        (
            played.stream("# Annual report\n\nRevenue rose by eleven percent, driven by strong sales in Asia."),
            "it left out most of the page's text",
        ),
        (
            played.stream(
                "The harbour office opens at eight. Ships from the north arrive on Tuesday and leave again"
                " before the weekend. " + " ".join(f"Paragraph{n} speaks of quite different matters" for n in range(30))
            ),
            "what it read is not what the page shows",
        ),
    ],
    ids=itertools.count(),
)
def test_an_answer_that_is_of_no_use_is_not_used(closed_breaker, server, account, answer, why):
    server.play(answer)
    assert_read_without(account, why)
    assert len(server.requests) == 1


def test_nobody_there_is_no_failure_of_the_page(closed_breaker, mesh, server, account):
    """Three failures in a row open the breaker; once the model is back, it closes."""
    server.play(played.error(500))
    opened = mesh.metrics("ocr")['ocrmesh_endpoint_breaker_openings_total{endpoint="vision"}']
    assert_read_without(account, "HTTP status 500")  # three attempts
    assert mesh.metrics("ocr")['ocrmesh_endpoint_breaker_openings_total{endpoint="vision"}'] == opened + 1
    assert mesh.metrics("ocr")['ocrmesh_endpoint_breaker_open{endpoint="vision"}'] == 1
    server.play(played.stream(GOOD))
    wait.until(
        lambda: account.read(pages.png(), tier="vlm")["engine"]["name"] == "vision", 60, "the breaker closes"
    )
    assert mesh.metrics("ocr")['ocrmesh_endpoint_breaker_open{endpoint="vision"}'] == 0


def test_calls_at_once_are_limited_and_every_page_is_read(closed_breaker, server, account):
    server.play(played.stream("Only this line, which is not on the page at all, nor was it ever."))
    server.busy_most = 0
    job = account.read(pages.scanned_pdf(8), "pages.pdf", tier="vlm")
    assert job["usage"] == {"pages": 8, "credits": 8 * CREDITS_PER_PAGE}
    assert len(server.requests) == 8
    assert 1 <= server.busy_most <= CALLS_AT_ONCE


def test_a_model_that_dies_within_a_job_loses_no_page(closed_breaker, server, account):
    server.play(played.stream(GOOD), played.error(500))
    job = account.read(pages.scanned_pdf(6), "pages.pdf", tier="vlm")
    assert job["status"] == "done"
    assert job["usage"] == {"pages": 6, "credits": 6 * CREDITS_PER_PAGE}
    assert all(page["text"] for page in job["pages"])
    assert sum(WARNING in warning for warning in job["warnings"]) >= 5


def test_a_translator_that_dies_within_a_job_loses_no_page(closed_breaker, mesh, server, account):
    """Without a server of its own, translation is OCR_VLM_URL's. Nobody else here translates from English to German."""
    server.play(played.translated, played.translated, played.error(500))
    job = account.read(
        pages.scanned_pdf(6), "pages.pdf", tool="translate", language="en", translate_to="de", tier="cpu"
    )
    assert job["status"] == "done"
    assert job["usage"]["pages"] == 6
    assert [page["index"] for page in job["pages"]] == list(range(6))
    done = [page for page in job["pages"] if any("translation" in block for block in page["blocks"])]
    assert len(done) == 2
    left = [warning for warning in job["warnings"] if "this page was not translated: the language model" in warning]
    assert len(left) == 4
    # The pages that were translated are, the others stand as they are.
    for page in job["pages"]:
        assert (page["text"].upper() if page in done else page["text"]).split()[0] in job["translated_text"]
    counted = mesh.metrics("ocr")
    assert counted['ocrmesh_ocr_translate_pages_total{by="chat"}'] == 2
    assert counted['ocrmesh_ocr_translate_pages_total{by="none"}'] == 4
    assert counted['ocrmesh_endpoint_breaker_openings_total{endpoint="chat"}'] >= 1


@pytest.mark.parametrize(
    ("endpoint", "fields"),
    [
        ("vision", {"tier": "vlm"}),
        ("chat", {"tool": "translate", "language": "en", "translate_to": "de", "tier": "cpu"}),
    ],
)
def test_a_cancelled_job_ends_the_call(closed_breaker, server, account, mesh, endpoint, fields):
    server.play(played.silent())
    before = account.state()["used"]
    answer = account.submit(pages.scanned_pdf(6), "pages.pdf", **fields)
    uuid = answer.json()["uuid"]
    wait.until(lambda: server.requests, 60, "the model is asked")
    assert account.session.delete(f"{account.url}/api/v1/ocr/{uuid}/", timeout=60).status_code == 204
    calls_now = f'ocrmesh_endpoint_calls_now{{endpoint="{endpoint}"}}'
    wait.until(lambda: mesh.metrics("ocr")[calls_now] == 0, 30, "no call is under way")
    wait.until(lambda: mesh.reserved_credits(account.email) == 0, 60, "nothing is reserved")
    assert account.state()["used"] <= before + CREDITS_PER_PAGE * 6


def environments_of(pids):
    environments = []
    for pid in pids:
        with contextlib.suppress(OSError):  # a worker that was being replaced
            environments.append(Path(f"/proc/{pid}/environ").read_bytes())
    return [environment for environment in environments if environment]


def test_every_outcome_is_counted_and_the_key_is_told_to_nobody_else(mesh):
    counted = mesh.metrics("ocr")
    for end in ("ok", "refused", "timeout", "broken", "too_long", "loops"):
        assert counted[f'ocrmesh_endpoint_calls_total{{endpoint="vision",end="{end}"}}'] > 0, end
    assert counted['ocrmesh_endpoint_retries_total{endpoint="vision"}'] > 0
    assert counted['ocrmesh_endpoint_call_seconds_count{endpoint="vision"}'] == sum(
        value for name, value in counted.items() if name.startswith('ocrmesh_endpoint_calls_total{endpoint="vision"')
    )
    assert counted['ocrmesh_ocr_vision_pages_total{reading="model"}'] > 0
    assert counted['ocrmesh_ocr_vision_pages_total{reading="embedded"}'] > 0
    for process in mesh.services.values():
        assert played.API_KEY not in process.log.read_text(errors="replace")
    environments = wait.until(
        lambda: environments_of(mesh.services["ocr"].children()), 60, "a worker is there"
    )
    assert not any(played.API_KEY.encode() in environment for environment in environments)
