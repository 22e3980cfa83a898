"""docs/operations.md, "Backup": a dump taken while everything runs is the whole state."""

import subprocess

import pytest

from harness import pages
from harness.api import Api, create_account
from harness.mesh import Mesh
from harness.postgres import BIN


@pytest.fixture
def other_mesh(build, logs):
    """A mesh of its own; its database is there, its services are not started."""
    folder = logs / "restored"
    folder.mkdir(exist_ok=True)
    mesh = Mesh(build, folder)
    try:
        mesh.cluster.start()
        mesh.cluster.prepare()
        yield mesh
        faults = mesh.stop()
    finally:
        mesh.stop()
        mesh.remove()
    assert not faults, "\n\n".join(faults)


def run(program, *arguments):
    done = subprocess.run([BIN / program, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_restored_backup_has_the_accounts_and_the_jobs(mesh, other_mesh, tmp_path):
    account = create_account(mesh.url)
    job = account.read(pages.png(["kept in the backup"]))
    assert job["status"] == "done"

    dump = tmp_path / "ocrmesh.dump"
    run(
        *("pg_dump", "--host", mesh.cluster.socket, "--username", "postgres"),
        *("--format", "custom", "--file", dump, "ocrmesh"),
    )
    run(
        *("pg_restore", "--host", other_mesh.cluster.socket, "--username", "postgres"),
        *("--clean", "--if-exists", "--dbname", "ocrmesh", dump),
    )
    for service in other_mesh.services.values():
        service.start()
    other_mesh.wait_ready()

    restored = Api(other_mesh.url, account.token)
    assert restored.job(job["uuid"]).json()["text"] == job["text"]
    assert restored.read(pages.png(["read after the backup"]))["status"] == "done"
