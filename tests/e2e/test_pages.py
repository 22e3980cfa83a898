"""Each web page's main way, in a browser: by mouse, by keyboard, and for who does not see it."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from harness import pages, wait
from harness.api import PASSWORD
from harness.browser import Visitor, chromium, expect
from harness.mail_server import MAIL_SECONDS, code_in

pytestmark = [pytest.mark.once_plain, pytest.mark.slow]

SURE_LINE = pages.LETTER[0]
POINTED = re.compile("is-pointed")
CHOSEN = re.compile("is-chosen")
TOKEN = re.compile("^om_")


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser, mesh):
    """Makes visitors; at the end none of their pages may have complained, or asked another host for anything."""
    visitors = []

    def visit(**options):
        visitors.append(Visitor(browser, mesh.url, **options))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.close()


def png(name="letter.png"):
    return {"name": name, "mimeType": "image/png", "buffer": pages.png()}


def open_letter(page):
    """Uploads a letter; returns when its text is there."""
    page.goto("/")
    page.set_input_files("#files", [png()])
    page.wait_for_selector(".text-block")


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def code_line(mesh, email):
    lines = mesh.services["billing"].log.read_text().splitlines()
    return next((line for line in lines if email in line and "or_" in line), None)


def sign_up(page, email):
    page.goto("/account/")
    page.get_by_role("group", name="Sign in or sign up").get_by_text("Sign up").click()
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("form .primary").click()
    page.wait_for_selector(".secret code")


# --- the playground ---


def test_an_uploaded_page_stands_beside_its_text(visit):
    page = visit().page
    open_letter(page)
    expect(page.locator("#document-title")).to_have_text("letter.png")
    expect(page.locator(".text-body")).to_contain_text(SURE_LINE)
    page.wait_for_function("document.querySelector('.sheet img')?.naturalWidth > 500")
    expect(page.locator(".box")).to_have_count(page.locator(".text-block").count())


def test_boxes_and_text_lead_to_each_other(visit):
    page = visit().page
    open_letter(page)
    page.locator(".text-block").first.hover()
    expect(page.locator(".box").first).to_have_class(POINTED)
    page.locator(".box").last.hover()
    expect(page.locator(".text-block").last).to_have_class(POINTED)
    page.locator(".box").last.click()
    expect(page.locator(".text-block").last).to_have_class(CHOSEN)
    page.locator(".text-block").first.click()
    expect(page.locator(".box").first).to_have_class(CHOSEN)


def test_a_keyboard_is_enough(visit):
    page = visit().page
    open_letter(page)
    boxes = page.locator(".box")
    boxes.first.focus()
    for _ in range(boxes.count() - 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".text-block").last).to_have_class(CHOSEN)
    page.get_by_role("tab", name="Text").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Markdown")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".markdown-body")).to_contain_text(SURE_LINE)


def test_a_document_is_downloaded_and_deleted(visit):
    page = visit().page
    open_letter(page)
    page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=".txt").click()
    assert SURE_LINE in download.value.path().read_text()
    assert download.value.suggested_filename == "letter.txt"
    page.get_by_role("button", name="Delete letter.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_selector("#intake", state="visible")
    expect(page.locator(".rail-item")).to_have_count(0)


def test_several_files_are_read_and_remembered(visit):
    page = visit().page
    page.goto("/")
    report = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": pages.scanned_pdf(7)}
    page.set_input_files("#files", [png("first.png"), report])
    page.locator(".rail-item.is-done").nth(1).wait_for()
    expect(page.locator("#document-title")).to_have_text("first.png")
    page.get_by_role("link", name="report.pdf").click()
    page.wait_for_selector(".page-place >> text=1 of 7")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".page-place")).to_have_text("2 of 7")
    page.reload()
    page.wait_for_selector(".page-place >> text=1 of 7")
    expect(page.locator(".rail-item")).to_have_count(2)


def test_a_file_that_is_none_is_told_so(visit):
    visitor = visit()
    page = visitor.page
    page.goto("/")
    # The browser itself complains of it, and when it does so is its own affair.
    with page.expect_console_message(lambda message: "status of 400" in message.text) as complaint:
        page.set_input_files("#files", [{"name": "page.png", "mimeType": "image/png", "buffer": b"no picture"}])
        page.wait_for_selector(".notice.bad >> text=neither a picture nor a PDF")
    visitor.complaints.remove(complaint.value.text)


HOSTILE = """# <img src=x onerror=alert(1)>

[a](javascript:alert(1)) [b](https://example.com/) \\*plain\\* **strong**

<script>alert(1)</script>

- one
  - two

| a\\|b | <b>c</b> |
| --- | --- |
| 1 | 2 |

<table>
<tr><th colspan="2">both<img src=x></th></tr>
<tr><td>&lt;x&gt;</td><td>y</td></tr>
</table>
"""


def test_markdown_is_shown_and_never_run(visit):
    page = visit().page
    page.goto("/")
    made = page.evaluate(
        """async (text) => {
            const version = document.querySelector("link[rel=icon]").href.replace("icons/mark.svg", "");
            const { parseMarkdown } = await import(version + "playground/markdown.js");
            const { markdownNodes } = await import(version + "playground/markdown_dom.js");
            const body = document.createElement("div");
            body.append(...markdownNodes(parseMarkdown(text)));
            return { names: [...body.querySelectorAll("*")].map((each) => each.localName), text: body.textContent,
                     links: [...body.querySelectorAll("a")].map((each) => each.href),
                     cells: [...body.querySelectorAll("td, th")].map((each) => [each.textContent, each.colSpan]) };
        }""",
        HOSTILE,
    )
    assert not {"script", "img", "b"} & set(made["names"])
    assert made["links"] == ["https://example.com/"]
    assert made["names"].count("ul") == 2
    assert made["cells"] == [
        ["a|b", 1], ["<b>c</b>", 1], ["1", 1], ["2", 1], ["both<img src=x>", 2], ["<x>", 1], ["y", 1],
    ]
    assert "<script>alert(1)</script>" in made["text"]
    assert "*plain*" in made["text"]


# --- account, pricing, documentation ---


def test_an_account_asks_about_its_document_and_ends(visit):
    visitor = visit()
    page = visitor.page
    sign_up(page, "visitor@example.com")
    expect(page.locator(".secret code")).to_have_text(TOKEN)

    page.goto("/")
    page.click("#sample")
    page.get_by_role("tab", name="Ask").click()
    page.get_by_label("Ask about this document").fill("What is the total?")
    page.keyboard.press("Enter")
    page.locator(".citation").first.click()
    expect(page.locator(".bubble.is-assistant")).to_contain_text("266.20")
    expect(page.locator(".spot").first).to_be_visible()
    expect(page.locator(".box.is-chosen")).to_have_count(1)

    page.goto("/account/?purchase=paid")
    page.wait_for_selector(".notice >> text=Thank you")
    page.wait_for_selector(".chart .bar-cpu[height]:not([height='0'])")
    page.wait_for_selector("text=Purchases are off")
    expect(page.locator(".secret")).to_have_count(0)
    page.get_by_label("What the token is for").fill("scanner")
    page.get_by_text("Make a token").click()
    expect(page.locator(".secret code")).to_have_text(TOKEN)
    expect(page.get_by_role("rowheader", name="scanner")).to_have_count(1)

    page.get_by_text("Sign out", exact=True).click()
    page.wait_for_selector(".entrance")
    page.fill("input[name=email]", "visitor@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.locator("form .primary").click()
    page.get_by_text("Delete the account").click()
    page.locator(".fold.danger input[type=password]").fill(PASSWORD)
    page.get_by_text("Delete for good").click()
    page.wait_for_selector(".entrance")


def test_who_is_suspended_takes_the_data_and_deletes_it(visit, mesh):
    visitor = visit()
    page = visitor.page
    sign_up(page, "suspended@example.com")
    mesh.operate("suspend", "suspended@example.com")
    with page.expect_event("console") as complaint:
        page.goto("/account/")
        page.get_by_text("This account is suspended.").wait_for()
    assert "403" in complaint.value.text
    visitor.complaints.remove(complaint.value.text)
    expect(page.locator(".chart")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_text("All data of the account").click()
    assert "suspended@example.com" in Path(download.value.path()).read_text()
    page.get_by_text("Delete the account").click()
    page.locator(".fold.danger input[type=password]").fill(PASSWORD)
    page.get_by_text("Delete for good").click()
    page.wait_for_selector(".entrance")


def test_pricing_says_what_the_plans_say(visit, anonymous):
    plans = anonymous.session.get(f"{anonymous.url}/api/v1/plans/", timeout=60).json()["plans"]
    page = visit().page
    page.goto("/pricing/")
    expect(page.locator(".plan")).to_have_count(len(plans))
    for card, plan in zip(page.locator(".plan").all(), plans, strict=True):
        assert f"{plan['questions_per_day']:,} question" in card.inner_text() or plan["questions_per_day"] == 0
    expect(page.get_by_text("Purchases are off")).to_be_visible()


def test_credits_are_bought_where_they_are_sold(visit):
    """The server of the tests sells nothing: what one that does would answer is played."""
    packs = [{"pack": "small", "title": "Small", "credits": 500, "price_minor": 500, "currency": "usd"}]
    page = visit().page
    page.route("**/api/v1/packs/", lambda route: route.fulfill(json={"offered": True, "packs": packs}))
    page.route(
        "**/api/v1/account/purchases/",
        lambda route: route.fulfill(status=201, json={"checkout_url": "/account/?purchase=cancelled"}),
    )
    page.goto("/pricing/")
    page.get_by_role("row", name="Small 500 $5.00").wait_for()
    sign_up(page, "buyer@example.com")
    page.get_by_role("button", name="Buy").click()
    page.wait_for_selector(".notice >> text=Nothing was charged")
    expect(page).to_have_url(re.compile("/account/$"))


def test_pages_pictures_and_time_are_chosen(visit, anonymous):
    visitor = visit()
    page = visitor.page
    page.goto("/")
    page.wait_for_selector("#price-cpu:not(:empty)")
    page.click("#more-options summary")
    expect(page.locator("#webhook-field")).to_be_hidden()  # for accounts alone
    page.fill("input[name=pages]", "two")
    page.set_input_files("#files", [{"name": "r.pdf", "mimeType": "application/pdf", "buffer": pages.scanned_pdf(3)}])
    expect(page.locator(".rail-item")).to_have_count(0)  # nothing goes up, and the field says why
    page.fill("input[name=pages]", "2,-1")
    page.get_by_label("Keep the result for").select_option("1 hour")
    page.get_by_label("Keep pictures of the pages").uncheck()
    with page.expect_console_message(lambda message: "status of 404" in message.text) as complaint:
        page.set_input_files("#files", [{"name": "r.pdf", "mimeType": "application/pdf", "buffer": pages.scanned_pdf(3)}])
        page.wait_for_selector(".sheet.has-no-picture")
    visitor.complaints.remove(complaint.value.text)
    uuid = page.evaluate("location.hash").strip("#").split("/")[0]
    job = anonymous.session.get(f"{anonymous.url}/api/v1/ocr/{uuid}/", timeout=60).json()
    assert job["page_count"] == 2
    assert "page number 2" in job["text"] and "page number 3" in job["text"] and "page number 1" not in job["text"]
    assert 0 < (moment(job["expires_at"]) - moment(job["finished_at"])).total_seconds() <= 3600
    page.goto("/")
    page.wait_for_selector("#price-cpu:not(:empty)")
    expect(page.get_by_label("Keep the result for")).to_have_value("3600")  # remembered, and in sight
    expect(page.get_by_label("Keep the result for")).to_be_visible()
    expect(page.locator("input[name=pages]")).to_have_value("")


def test_an_account_says_where_notices_go(visit):
    visitor = visit()
    page = visitor.page
    sign_up(page, "notices@example.com")
    page.goto("/")
    page.wait_for_selector("#price-cpu:not(:empty)")
    page.click("#more-options summary")
    page.fill("input[name=webhook_url]", "https://127.0.0.1/hook")
    with page.expect_console_message(lambda message: "status of 400" in message.text) as complaint:
        page.set_input_files("#files", [png()])
        page.wait_for_selector(".notice.bad >> text=https addresses that everybody can reach")
    visitor.complaints.remove(complaint.value.text)


def test_a_forgotten_password_is_set_anew(visit, mesh, account):
    page = visit().page
    page.goto("/account/")
    page.get_by_role("button", name="Forgotten your password?").click()
    page.fill("input[name=email]", account.email)
    page.get_by_role("button", name="Send the code").click()
    page.wait_for_selector("text=a code is on its way")
    # Without a mail server, the code stands in the log.
    code = code_in(wait.until(lambda: code_line(mesh, account.email), MAIL_SECONDS, "mail"))
    page.fill("input[name=code]", code)
    page.fill("input[name=new_password]", "a new and better one")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_selector(".notice.good >> text=Your password is changed")
    page.fill("input[name=email]", account.email)
    page.fill("input[name=password]", "a new and better one")
    page.locator("form .primary").click()
    page.wait_for_selector(".chart")


def test_a_page_without_text_says_so(visit):
    page = visit().page
    page.goto("/")
    page.set_input_files("#files", [{"name": "empty.png", "mimeType": "image/png", "buffer": pages.png([])}])
    page.wait_for_selector(".text-page >> text=No text was found on this page.")


def test_samples_are_for_this_server_and_keep_to_one_language(visit, mesh):
    page = visit().page
    page.goto("/docs/")
    page.get_by_role("tab", name="Python").first.click()
    expect(page.locator(".sample[data-language=python]:visible")).to_have_count(5)
    expect(page.locator("#read .sample:visible")).to_contain_text(mesh.url)
    page.reload()
    expect(page.locator(".sample[data-language=python]:visible")).to_have_count(5)
    expect(page.locator(".sample[data-language=curl]:visible")).to_have_count(0)


# --- for everybody ---

# How the page is shown, and what axe-core looks at: colours differ in the dark, and nothing else does.
LOOKS = {
    "light": ({"color_scheme": "light"}, None),
    "dark": ({"color_scheme": "dark"}, True),
    "rtl": ({"locale": "he-IL"}, False),
    "phone": ({"viewport": {"width": 360, "height": 740}}, False),
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(visit, mesh, look):
    options, colours = LOOKS[look]
    visitor = visit(**options)
    page = visitor.page
    found = {}

    def look_at(name, path, selector):
        page.goto(path)
        page.wait_for_selector(selector)
        found[name] = visitor.violations(colours)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"

    look_at("home", "/", "#price-cpu:not(:empty)")
    page.click("#more-options summary")
    found["options"] = visitor.violations(colours)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the options are too wide"
    look_at("entrance", "/account/", ".entrance")
    look_at("pricing", "/pricing/", ".plan")
    look_at("docs", "/docs/", ".samples-bar")
    page.goto("/")
    page.click("#sample")
    page.wait_for_selector(".text-block")
    found["text"] = visitor.violations(colours)
    for tab in page.get_by_role("tab").all()[1:] if look in ("light", "dark") else []:
        tab.click()
        found[tab.inner_text()] = visitor.violations(colours)
    email = f"axe-{look}@example.com"
    page.evaluate(
        """async (account) => {
            const send = (path) => fetch(path, { method: "POST", body: JSON.stringify(account),
                                                 headers: { "Content-Type": "application/json" } });
            await send("/api/v1/account/");
            await send("/api/v1/account/session/");
        }""",
        {"email": email, "password": PASSWORD},
    )
    look_at("account", "/account/", ".chart")
    assert {name: each for name, each in found.items() if each} == {}, json.dumps(found, indent=1)
