"""docs/examples, which docs/grpc.md tells of: each language takes a page from its file to an answer about it."""

import os
import subprocess
import zipfile

import pytest

from harness import pages, stock_clients

EXAMPLES = stock_clients.SOURCE / "docs/examples"
SECONDS = 300
LETTER_QUESTION = pages.LETTER[1]  # its own words, so that the answer is where they are

pytestmark = pytest.mark.once


@pytest.fixture
def commands(tools_bin, tmp_path):
    """{language: what gives the command}"""
    return {
        "grpcurl": lambda: [EXAMPLES / "grpcurl/document.sh"],
        "go": lambda: [tools_bin / "document-go"],
        "python": lambda: stock_clients.python_command(
            stock_clients.python_stubs(tmp_path), EXAMPLES / "python/document.py"
        ),
        "java": lambda: stock_clients.java_document(tmp_path),
    }


def run(command, mesh, tools_bin, token, file):
    addresses = [mesh.address[name] for name in ("ocr", "export", "chat")]
    environment = {**os.environ, "PATH": f"{tools_bin}:{os.environ['PATH']}"}
    return subprocess.run(
        [*command, *addresses, token, file, LETTER_QUESTION],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
    )


@pytest.mark.parametrize("language", ["grpcurl", "go", "python", "java"])
def test_example_takes_a_page_to_an_answer(language, commands, mesh, tools_bin, account, tmp_path):
    file = tmp_path / "letter.png"
    file.write_bytes(pages.png())
    command = commands[language]()
    done = run(command, mesh, tools_bin, account.token, file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "job: JOB_STATE_DONE" in done.stdout
    for line in pages.LETTER:
        assert line in done.stdout
    assert "(page 1)" in done.stdout
    with zipfile.ZipFile(f"{file}.docx") as made:
        assert "word/document.xml" in made.namelist()

    refused = run(command, mesh, tools_bin, "no-such-token", file)
    assert refused.returncode != 0
    assert ("Unauthenticated" if language == "grpcurl" else "INVALID_TOKEN") in refused.stderr
