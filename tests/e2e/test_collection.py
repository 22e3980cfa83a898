"""The Python tests of all suites can be run by one call of pytest."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 120


@pytest.mark.once_plain
def test_all_suites_are_collected_together():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", TESTS / "pytest.ini", "--rootdir", TESTS, "--collect-only", "--quiet"],
        check=False,
        capture_output=True,
        text=True,
        cwd=TESTS.parent,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    for suite in ("accuracy/", "chart/", "e2e/", "integration/"):
        assert f"\n{suite}" in f"\n{done.stdout}"
