"""Debian's Chromium, driven by Playwright, and what must hold of every page that it shows."""

from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
# As root, and in containers without user namespaces, Chromium's own sandbox does not start.
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-dev-shm-usage"]
WAIT_MS = 120_000
LAUNCH_MS = 300_000
expect.set_options(timeout=WAIT_MS)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"  # takes most of the time


@contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=LAUNCH_MS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's browser: what the pages complain of is kept, for them to be asked at the end."""

    def __init__(self, browser, url, **options):
        options = {"locale": "en-US", "viewport": {"width": 1280, "height": 860}, **options}
        self.context = browser.new_context(base_url=url, reduced_motion="reduce", **options)
        self.context.set_default_timeout(WAIT_MS)
        self.complaints = []
        self.foreign = []
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._look_at(request.url, url))

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _look_at(self, address, url):
        if not address.startswith((url, "blob:", "data:")):
            self.foreign.append(address)

    def violations(self, colours=None):
        """What axe-core finds in the page as it is: [(rule, elements), ...].

        `colours`: True looks at contrast alone, False at everything else."""
        options = {"runOnly": AXE_RULES, "rules": {CONTRAST: {"enabled": colours is None}}, "resultTypes": ["violations"]}
        if colours:
            options = {"runOnly": [CONTRAST]}
        self.page.evaluate(AXE + ";0")
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]]

    def close(self):
        self.context.close()
        assert self.complaints == []
        assert self.foreign == []
