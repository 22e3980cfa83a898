"""`./ocrmesh` for a mesh of the tests."""

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 600


def ocrmesh(home, mesh, *arguments, expect=0, **settings):
    """As an operator of that mesh calls it."""
    done = subprocess.run(
        [SOURCE / "ocrmesh", *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=COMMAND_SECONDS,
        env={
            **os.environ,
            **{name: value for name, value in mesh.environment.items() if "_LISTEN" in name},
            **settings,
            "OCRMESH_HOME": str(home),
            "OCRMESH_POSTGRES": str(mesh.cluster.folder),
        },
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr
