"""The published client samples, unchanged but for the host (API: Clients that must work unchanged)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness import pages

pytestmark = pytest.mark.once

SAMPLES = Path(__file__).parent / "samples"
SECONDS = 300

COMMANDS = {
    "python_requests": [sys.executable, SAMPLES / "python_requests.py"],
    "node_fetch": ["node", SAMPLES / "node_fetch.mjs"],
    "curl": [SAMPLES / "curl.sh"],
}


def run_sample(name, account, file, format_name, target):
    arguments = [account.url, account.token, str(file), format_name, str(target)]
    done = subprocess.run(
        [*COMMANDS[name], *arguments], check=False, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_sample_prints_the_text_of_a_page(name, account, tmp_path):
    file = tmp_path / "letter.png"
    file.write_bytes(pages.png())
    printed = run_sample(name, account, file, "txt", tmp_path / "letter.txt")
    for line in pages.LETTER:
        assert line in printed
        assert line in (tmp_path / "letter.txt").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_sample_polls_a_longer_document(name, account, tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(pages.scanned_pdf(7))
    printed = run_sample(name, account, file, "json", tmp_path / "report.json")
    assert "page number 7" in printed
    document = json.loads((tmp_path / "report.json").read_text())
    assert len(document["pages"]) == 7
