"""docs/operations.md, "Backup": `./ocrmesh backup` and `restore`, each one command for everything."""

import json
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import pages
from harness.api import Api
from harness.command import ocrmesh
from harness.mesh import Mesh

pytestmark = pytest.mark.once_plain

SOURCE = Path(__file__).resolve().parents[2]


@pytest.fixture
def other_mesh(build, logs):
    """A mesh of its own, of which nothing is there."""
    folder = logs / "restored"
    folder.mkdir(exist_ok=True)
    mesh = Mesh(build, folder)
    shutil.rmtree(mesh.cluster.folder / "data")
    try:
        yield mesh
        faults = mesh.stop()
    finally:
        mesh.stop()
        mesh.remove()
    assert not faults, "\n\n".join(faults)


@pytest.fixture
def backup(mesh, account, tmp_path):
    """A backup of the running mesh: (file, a job that is in it)."""
    job = account.read(pages.png(["kept in the backup", "and found after it"]))
    assert job["status"] == "done"
    assert account.ask(job["uuid"], "What is kept?").status_code == 200
    key = tmp_path / "site.key"
    key.write_text("a private key")
    authority = tmp_path / "home/certs/ca.key"  # as ./ocrmesh keeps what it makes
    authority.parent.mkdir(parents=True)
    authority.write_text("the key of an authority")
    file = tmp_path / "ocrmesh.backup"
    ocrmesh(tmp_path / "home", mesh, "backup", file, BRIDGE_TLS_KEY=str(key), OCR_LEASE="16s")
    return file, job


def test_a_restored_backup_has_accounts_jobs_results_and_settings(account, backup, other_mesh, tmp_path):
    file, job = backup
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # it holds secrets
    state = account.state()
    home = tmp_path / "other"
    said = ocrmesh(home, other_mesh, "restore", file)
    assert "accounts" in said and not other_mesh.cluster.is_ready()  # it leaves nothing running

    settings = (home / "restored/settings.sh").read_text()
    assert "OCR_LEASE=16s" in settings
    key = settings.rsplit("BRIDGE_TLS_KEY=", 1)[1].split()[0]
    assert Path(key).read_text() == "a private key" and Path(key).is_relative_to(home)
    authority = home / "certs/ca.key"
    assert authority.read_text() == "the key of an authority" and stat.S_IMODE(authority.stat().st_mode) == 0o600

    other_mesh.cluster.start()
    for service in other_mesh.services.values():
        service.start()
    other_mesh.wait_ready()
    restored = Api(other_mesh.url, account.token)
    assert restored.job(job["uuid"]).json()["text"] == job["text"]
    assert restored.state() == state
    assert len(restored.history(job["uuid"]).json()["messages"]) == 2
    image = f"/api/v1/ocr/{job['uuid']}/pages/1/image/"
    pictures = [api.session.get(api.url + image, timeout=60) for api in (account, restored)]
    assert pictures[0].status_code == 200 and pictures[0].content == pictures[1].content
    assert restored.read(pages.png(["read after the backup"]))["status"] == "done"
    other_mesh.operate("audit")


def test_a_place_with_data_is_not_restored_to(mesh, backup, tmp_path):
    file, _ = backup
    said = ocrmesh(tmp_path / "home", mesh, "restore", file, expect=1)
    assert "restore to an empty place" in said and mesh.cluster.is_ready()


def damage_the_dump(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [damage_the_dump, lambda data: data[: len(data) * 2 // 3], lambda data: b"no tar"])
def test_a_damaged_file_is_refused_before_anything_is_made(damage, other_mesh, tmp_path):
    file = tmp_path / "ocrmesh.backup"
    folder = tmp_path / "what"
    folder.mkdir()
    (folder / "settings.sh").write_text("OCR_LEASE=16s\n")
    write = [SOURCE / "tools/backup.py", "write", file, folder, "--", "seq", "100000"]
    subprocess.run(write, check=True)
    file.write_bytes(damage(file.read_bytes()))
    said = ocrmesh(tmp_path / "home", other_mesh, "restore", file, expect=1)
    assert str(file) in said and "nothing has been changed" in said
    assert not (other_mesh.cluster.folder / "data").exists()


def test_the_file_is_a_tar_with_a_manifest(backup):
    with tarfile.open(backup[0]) as archive:
        names = archive.getnames()
        manifest = json.load(archive.extractfile("ocrmesh-backup/manifest.json"))
    assert names[-2:] == ["ocrmesh-backup/database.dump", "ocrmesh-backup/manifest.json"]
    assert [f"ocrmesh-backup/{name}" for name in manifest["sha256"]] == names[:-1]


def test_a_dump_that_fails_leaves_no_file(tmp_path):
    file = tmp_path / "ocrmesh.backup"
    write = [SOURCE / "tools/backup.py", "write", file, tmp_path / "none", "--", "sh", "-c", "echo half; exit 3"]
    done = subprocess.run(write, check=False, capture_output=True, text=True)
    assert done.returncode == 1 and "status 3" in done.stderr
    assert list(tmp_path.iterdir()) == []
