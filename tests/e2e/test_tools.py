"""What can be asked for, and what tools add to a job, through the public API."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from harness import pages

pytestmark = pytest.mark.once

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
POINTS = 11
LINE_PX = 48

# Text at its place: x in pixels of a page of 1,650 pixels, a line each.
INVOICE = [
    [(120, "Acme Corporation"), (1150, "INVOICE")],
    [(120, "12 Harbour Street"), (1000, "Invoice No.: INV-20417")],
    [(120, "Springfield"), (1000, "Invoice Date: 31 March 2026")],
    [],
    [(120, "Bill To:")],
    [(120, "Globex Limited")],
    [],
    [(120, "Description"), (850, "Quantity"), (1100, "Unit Price"), (1380, "Amount")],
    [(120, "Anvil, large"), (900, "2"), (1130, "100.00"), (1380, "200.00")],
    [(120, "Rope, per metre"), (890, "10"), (1150, "1.25"), (1395, "12.50")],
    [],
    [(1100, "Subtotal"), (1380, "212.50")],
    [(1100, "VAT 20 %"), (1395, "42.50")],
    [(1100, "Total"), (1340, "£255.00")],
]


@pytest.fixture(scope="module")
def invoice():
    image = Image.new("L", (1650, 900), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, round(POINTS * pages.DPI / 72))
    for number, line in enumerate(INVOICE):
        for x, text in line:
            draw.text((x, 80 + number * LINE_PX), text, font=font, fill=0)
    return pages.encode([image], "PNG")


def listed(account, what):
    answer = account.session.get(f"{account.url}/api/v1/{what}/", timeout=60)
    assert answer.status_code == 200
    return answer.json()[what]


def test_over_a_hundred_languages_are_read_on_cpu(account):
    languages = listed(account, "languages")
    on_cpu = [language for language in languages if "cpu" in language["tiers"]]
    spoken = [language for language in on_cpu if not language["code"].startswith("und-")]
    assert len(spoken) > 100
    assert all(language["name"] for language in languages)
    codes = {language["code"] for language in languages}
    assert {"en", "zh-Hans", "zh-Hant", "ja", "ar", "he", "ru", "el", "hi", "th", "ko"} <= codes


@pytest.mark.parametrize(
    "code", ["de", "deu", "de-AT", "pt-BR", "zh-TW", "sr-Latn", "ch", "chi_sim", "frk", "en+de"]
)
def test_a_language_has_many_codes(account, code):
    answer = account.submit(pages.png(), language=code, validate_only="true")
    assert answer.status_code == 200, answer.text


def test_an_unknown_language_is_refused_with_the_nearest(account):
    answer = account.submit(pages.png(), language="germna")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_language"
    assert "de (German)" in answer.json()["error"]


def test_tools_are_listed_with_tier_and_formats(account):
    tools = {tool["slug"]: tool for tool in listed(account, "tools")}
    assert {
        "extract-tables", "handwriting-to-text", "image-to-text", "pdf-to-text", "pdf-to-word",
        "pdf-to-excel", "image-to-markdown", "receipt-scanner", "invoice-to-json", "math-to-latex",
    } <= set(tools)  # fmt: skip
    for tool in tools.values():
        assert tool["description"] and tool["default_tier"] in ("cpu", "vlm") and tool["formats"]
    assert tools["pdf-to-word"]["formats"][0] == "docx"
    assert tools["translate"]["needs_translate_to"]
    assert tools["invoice-to-json"]["adds"] == ["key_values", "line_items"]


def test_an_unknown_tool_is_refused_with_those_there_are(account):
    answer = account.submit(pages.png(), tool="time-machine")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_tool"
    assert "invoice-to-json" in answer.json()["error"]


def test_a_tool_sets_the_tier_unless_it_is_said(account):
    tools = {tool["slug"]: tool for tool in listed(account, "tools")}
    data = pages.png()
    job = account.read(data, tool="handwriting-to-text")
    assert job["tier"] == tools["handwriting-to-text"]["default_tier"]
    assert job["suggested_format"] == "txt"
    assert account.read(data, tool="handwriting-to-text", tier="cpu")["tier"] == "cpu"


@pytest.mark.parametrize("tier", ["cpu", "vlm"])
def test_an_invoice_becomes_values_and_items(account, invoice, tier):
    job = account.read(invoice, tool="invoice-to-json", tier=tier)
    values = {entry["name"]: entry for entry in job["key_values"]}
    expected = {
        "invoice_number": "INV-20417",
        "invoice_date": "2026-03-31",
        "buyer": "Globex Limited",
        "seller": "Acme Corporation",
        "subtotal": "212.50",
        "tax": "42.50",
        "total": "255.00",
        "currency": "GBP",
    }
    assert {name: values[name]["value"] for name in expected} == expected
    items = [
        [item[name]["value"] for name in ("description", "quantity", "unit_price", "amount")]
        for item in job["line_items"]
    ]
    assert items == [
        ["Anvil, large", "2", "100.00", "200.00"],
        ["Rope, per metre", "10", "1.25", "12.50"],
    ]
    assert all(item["is_checked"] for item in job["line_items"])
    assert {check["name"]: check["holds"] for check in job["checks"]} == {
        "line_items": True,
        "total": True,
    }
    x0, y0, x1, y1 = values["total"]["bbox"]
    assert 1300 < x0 < x1 < 1600 and 650 < y0 < y1 < 800
    assert values["total"]["page"] == 1 and 0.3 < values["total"]["confidence"] <= 1


def test_exported_json_has_the_same_values(account, invoice):
    job = account.read(invoice, tool="invoice-to-json", tier="cpu")
    exported = account.download(job["uuid"], "json").json()
    assert exported["key_values"] == job["key_values"]
    assert [item["amount"] for item in exported["line_items"]] == [
        item["amount"] for item in job["line_items"]
    ]
    assert account.job(job["uuid"]).json()["key_values"] == job["key_values"]


def test_without_the_tool_nothing_is_derived(account, invoice):
    job = account.read(invoice, tier="cpu")
    assert "key_values" not in job and "line_items" not in job


def test_a_page_without_latex_says_so(account):
    job = account.read(pages.png(), tool="math-to-latex", tier="cpu")
    assert job["status"] == "done" and job["text"]
    assert job["warnings"] == [
        "Page 1: formulas are not written as LaTeX, for no vision model has read this page; "
        "places that were found to be formulas: 0"
    ]


def test_a_page_without_a_table_says_so(account):
    job = account.read(pages.png(), tool="extract-tables", tier="cpu")
    assert job["warnings"] == ["Page 1: no table was found on this page; its text is there"]


def test_translate_needs_a_target(account):
    answer = account.submit(pages.png(), tool="translate")
    assert answer.status_code == 400
    assert "translate_to" in answer.json()["error"]


def test_a_target_without_the_tool_is_refused(account):
    answer = account.submit(pages.png(), translate_to="es")
    assert answer.status_code == 400


def translates(account, source, target):
    """Whether this machine has the pair."""
    answer = account.submit(
        pages.png(), tool="translate", language=source, translate_to=target, validate_only="true"
    )
    return answer.status_code == 200


def test_a_pair_that_nobody_translates_is_refused_before_anything_is_charged(account):
    before = account.state()["used"]
    answer = account.submit(pages.png(), tool="translate", language="ja", translate_to="dz")
    assert answer.status_code == 400
    assert answer.json()["code"] == "unsupported_pair"
    after = account.state()["used"]
    assert after == before


def test_a_page_is_translated_beside_the_original(account):
    if not translates(account, "en", "es"):
        pytest.skip("Apertium's English-Spanish pair is not installed")
    lines = ["The house is red.", "The dog is big."]
    job = account.read(
        pages.png(lines), tool="translate", translate_to="es", language="en", tier="cpu"
    )
    assert job["warnings"] == []
    assert "The house is red." in job["text"]
    assert "La casa es roja." in job["translated_text"]
    assert "La casa es roja." in job["translated_markdown"]
    assert any("roja" in block["translation"] for block in job["pages"][0]["blocks"])
    exported = account.download(job["uuid"], "json").json()
    assert "La casa es roja." in exported["pages"][0]["translated_text"]


def test_a_page_in_another_language_comes_with_a_warning(account):
    if not translates(account, "en", "es"):
        pytest.skip("Apertium's English-Spanish pair is not installed")
    lines = ["Все люди рождаются свободными и равными", "в своем достоинстве и правах."]
    job = account.read(pages.png(lines), tool="translate", translate_to="es", tier="cpu")
    assert job["status"] == "done" and "Все люди" in job["text"]
    assert "was not translated" in job["warnings"][0]
    assert job["translated_text"] == job["text"]
    assert job["usage"] == {"pages": 1, "credits": 1}
