"""The vlm tier through the public API: what it reads, what it costs, what it takes."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from harness import office, pages, referees, wait

SAMPLE = Path(__file__).parents[1] / "data/sample.png"
ARTICLE = Path(__file__).parents[1] / "data/article.png"
CREDITS_PER_PAGE = 5
WORKER_MAX_BYTES = 900 << 20


@pytest.fixture(autouse=True)
def vlm(account):
    answer = account.session.get(f"{account.url}/api/v1/languages/", timeout=60)
    if any("vlm" not in language["tiers"] for language in answer.json()["languages"]):
        pytest.skip("this build has no engine for the vlm tier")


def test_page_is_read_by_the_networks_and_costs_five_credits(account):
    before = account.state()["used"]
    job = account.read(SAMPLE.read_bytes(), tier="vlm")
    assert job["tier"] == "vlm"
    assert job["engine"]["name"] == "neural"
    cpu = account.read(SAMPLE.read_bytes())
    assert job["text"].split()[:5] == cpu["text"].split()[:5]
    assert job["usage"] == {"pages": 1, "credits": CREDITS_PER_PAGE}
    assert account.state()["used"] == before + CREDITS_PER_PAGE + 1


def test_columns_are_read_one_after_the_other(account):
    ends = ["the wall", "a gate of iron", "old men", "their cargo", "rain", "salt and fish"]
    left = [f"The left one speaks of {end}" for end in ends]
    right = [f"What stands right tells of {end}" for end in ends[::-1]]
    image = Image.new("L", (2000, 500), 255)
    image.paste(pages.page(left, width=950, height=500), (0, 0))
    image.paste(pages.page(right, width=950, height=470), (1000, 30))  # no rows of a table
    job = account.read(pages.encode([image], "PNG"), tier="vlm")
    lines = [line for line in job["text"].splitlines() if line]
    assert lines == left + right


def test_words_of_a_script_that_the_networks_do_not_know_are_read_too(account):
    lines = ["Все люди рождаются свободными и равными", "в своем достоинстве и правах."]
    job = account.read(pages.png(lines), tier="vlm")
    for line in lines:
        assert line in job["text"]


def test_lines_among_others_that_nobody_can_read_are_kept(account):
    read = ["The first of these lines is in English,", "and so is the last one of them."]
    signs = "\u2622\u265e\u2602\u2708\u2620\u266b\u2603\u2693" * 3
    job = account.read(pages.png([read[0], signs, signs[::-1], read[1]]), tier="vlm")
    for line in read:
        assert line in job["text"]


def test_few_words_on_a_large_empty_page_are_read(account):
    image = Image.new("L", (1654, 2339), 255)
    image.paste(pages.page(["v. 0.17"], width=500, height=200, points=6), (100, 80))
    assert "0.17" in account.read(pages.encode([image], "PNG"), tier="vlm")["text"]


def test_workers_keep_within_their_memory(mesh, account, is_sanitized):
    if is_sanitized:
        pytest.skip("sanitizers take memory of their own")
    for size in [(1100, 500), (1700, 2200), (2480, 3508)]:
        account.read(pages.encode([pages.page(width=size[0], height=size[1])], "PNG"), tier="vlm")
    ocr = mesh.services["ocr"]
    peak = max(wait.until(lambda: ocr.children_memory_bytes("VmHWM"), 240, "a worker is there"))
    assert peak < WORKER_MAX_BYTES


def test_a_picture_on_a_page_is_one_in_word_and_html_too(account):
    job = account.read(ARTICLE.read_bytes(), tier="vlm")
    [figure] = [b for page in job["pages"] for b in page["blocks"] if b["kind"] == "figure"]
    box = figure["bbox"]
    assert max(abs(a - b) for a, b in zip(box, (645, 348, 1130, 711), strict=True)) < 40
    html = referees.html(account.download(job["uuid"], "html").content)
    [shown] = html.iter("img")
    data = base64.b64decode(shown.get("src").partition(";base64,")[2])
    with Image.open(ARTICLE) as page, Image.open(io.BytesIO(data)) as picture:
        difference = ImageChops.difference(picture.convert("L"), page.crop(box))
    assert ImageStat.Stat(difference).mean[0] < 8
    [caption] = html.iter("figcaption")
    assert caption.text == "Figure 1: The coast as a chart of echoes"
    docx = office.parts(account.download(job["uuid"], "docx").content)
    assert [docx[name] for name in docx if name.startswith("word/media/")] == [data]
