"""Blobs in a real server of S3 (SeaweedFS): all that lib/blob/tests/test-blob_s3.c holds a store to."""

import os
import subprocess

import pytest

from harness import seaweed
from harness.mesh import SANITIZER_ENVIRONMENT

PROGRAM_SECONDS = 600


@pytest.mark.once
def test_the_store_is_held_to_what_it_promises(build, tmp_path):
    with seaweed.running(tmp_path) as server:
        server.make_bucket("files")
        done = subprocess.run(
            [build / "lib/blob/test-blob-s3"],
            check=False,
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS,
            env={
                **os.environ,
                **SANITIZER_ENVIRONMENT,
                **server.settings("files"),
                "OCR_S3_CA_FILE": str(server.ca),
                "S3_HTTPS_URL": f"https://127.0.0.1:{server.https_port}",
            },
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert server.keys("files") == [], "it has left something behind"
