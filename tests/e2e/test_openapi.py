"""The description of the API holds of the running server: schemathesis, with all its checks."""

import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import requests

from harness import pages

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# By hand, requests made by chance: SCHEMATHESIS_SECONDS=600. Else those that the description alone gives,
# which are the same each time.
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "0"))
PHASES = [f"--max-time={SECONDS}"] if SECONDS > 0 else ["--phases=examples,coverage", "--seed=1"]
SECONDS_MORE = 900  # to start, and for what is under way at the end; a guard


@pytest.fixture
def description(mesh):
    answer = requests.get(f"{mesh.url}/api/v1/openapi.json", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    again = requests.get(
        f"{mesh.url}/api/v1/openapi.json", headers={"If-None-Match": answer.headers["etag"]}, timeout=60
    )
    assert again.status_code == 304 and not again.content
    return answer.json()


@pytest.mark.slow
def test_all_checks_of_schemathesis_pass(mesh, account, description, tmp_path):
    uuid = account.read(pages.png(["Total 42"]))["uuid"]
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={CONFIGURATION}",
            "run",
            f"{mesh.url}/api/v1/openapi.json",
            "--checks=all",
            *PHASES,
            "--generation-database=none",
            f"--header=Authorization: Bearer {account.token}",
        ],
        cwd=tmp_path,
        env={**os.environ, "JOB_UUID": uuid},
        capture_output=True,
        text=True,
        timeout=SECONDS + SECONDS_MORE,
    )
    assert run.returncode == 0, run.stdout[-20000:] + run.stderr
    assert "No issues found" in run.stdout, run.stdout[-20000:]


def test_answers_are_as_described(account, anonymous, description):
    """What generated requests seldom get: a whole job, and a refusal for money."""

    def check(value, name):
        schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        jsonschema.Draft202012Validator(schema).validate(value)

    check(account.read(pages.png(["INVOICE", "Total 42"]), tool="receipt-scanner"), "Job")
    check(account.job("0" * 32).json(), "Error")


def test_llms_text_is_served(mesh):
    answer = requests.get(f"{mesh.url}/llms.txt", timeout=60)
    assert answer.status_code == 200 and answer.text.startswith("# ocrmesh\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
