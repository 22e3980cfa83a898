"""Three replicas of everything, each on a host of its own: a rolling restart fails no request, and hosts, links, disks and
PostgreSQL that fail lose nothing. In long: `./ocrmesh bench chaos`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import network

SOURCE = Path(__file__).resolve().parents[2]
EVENTS = ["kill", "cut", "postgres crash", "full disk", "pause"]
GUARD_SECONDS = 900


@pytest.mark.slow
@pytest.mark.once
def test_replicas_may_be_restarted_in_turn_and_may_fail(build, logs, tmp_path):
    if network.missing():
        pytest.skip(network.missing())
    told = tmp_path / "told.json"
    command = [sys.executable, SOURCE / "tools/bench-chaos.py", "--rolling", "--events", ",".join(EVENTS)]
    command += ["--replicas", "3", "--users", "3", "--minutes", "1", "--longest", "3"]
    command += ["--logs", logs / "replicas", "--json", told]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=GUARD_SECONDS,
        env={**os.environ, "OCRMESH_BUILD": str(build), "PYTHONPATH": str(SOURCE / "tests")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(told.read_text())
    assert sorted(told["faults"]) == sorted(EVENTS)
    assert told["documents"]["done"] > 0
