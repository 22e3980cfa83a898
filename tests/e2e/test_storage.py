"""docs/storage.md: a whole mesh whose uploads and pictures of pages are in a real server of S3."""

import os
import shutil
import subprocess

import pytest

from harness import pages, seaweed, wait
from harness.api import PASSWORD, create_account
from harness.command import ocrmesh
from harness.mesh import Mesh
from harness.process import Process

BUCKET = "files"
GONE_SECONDS = 240
PART_BYTES = 5 << 20

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with seaweed.running(tmp_path_factory.mktemp("s3")) as server:
        server.make_bucket(BUCKET)
        yield server


@pytest.fixture(scope="module")
def link(server):
    link = seaweed.Link(server.port)
    yield link
    link.cut()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Puts keys into the file that ocr has them from."""
    file = tmp_path_factory.mktemp("keys") / "credentials"

    def put(access_key=seaweed.ACCESS_KEY, secret_key=seaweed.SECRET_KEY):
        part = file.with_suffix(".part")
        part.write_text(f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n")
        part.rename(file)

    put.file = file
    put()
    return put


@pytest.fixture(scope="module")
def mesh(build, logs, server, link, keys):
    folder = logs / "s3"
    folder.mkdir(exist_ok=True)
    settings = {
        **server.settings(BUCKET),
        "OCR_S3_URL": f"http://127.0.0.1:{link.port}",
        "OCR_S3_ACCESS_KEY": "",
        "OCR_S3_SECRET_KEY": "",
        "OCR_S3_CREDENTIALS_FILE": str(keys.file),
        "OCR_S3_PART_SIZE": str(PART_BYTES),
        "OCR_S3_RETRIES": "1",
        "OCR_S3_CONNECT_TIMEOUT": "30s",
    }
    with Mesh(build, folder, settings).running() as mesh:
        yield mesh


def large_png(size):
    """A page whose file is that large: by a chunk that no reader knows (PNG §4.7), of what cannot be compressed."""
    image = pages.png(["kept in an object store"])
    return image[:-12] + pages.png_chunk(b"laRg", os.urandom(size)) + image[-12:]


def image(account, job):
    return account.session.get(f"{account.url}/api/v1/ocr/{job['uuid']}/pages/1/image/", timeout=60)


def kept_of(server, job):
    return [key for key in server.keys(BUCKET) if job["uuid"] in key]


def test_a_job_lives_in_the_bucket_until_it_is_deleted(mesh, server, account):
    (space,) = mesh.cluster.sql("SELECT id FROM ocr.blob_space")[0]
    job = account.read(large_png(2 * PART_BYTES))  # uploaded in parts
    assert job["status"] == "done" and "object store" in job["text"]
    assert account.download(job["uuid"], "docx").content[:2] == b"PK"
    assert image(account, job).content[:3] == b"\xff\xd8\xff"
    wait.until(lambda: len(kept_of(server, job)) == 1, GONE_SECONDS, "the upload is deleted once it was read")
    (key,) = kept_of(server, job)
    assert key.startswith(f"ocrmesh/{space}/rendition/{job['uuid']}/")
    assert mesh.cluster.sql("SELECT count(*) FROM ocr.blob") == [["0"]]
    sent = mesh.metrics("ocr")['ocrmesh_s3_bytes_total{direction="sent"}']
    assert sent > 2 * PART_BYTES

    assert account.delete(job["uuid"]).status_code == 204
    assert kept_of(server, job) == []
    assert mesh.metrics("ocr")['ocrmesh_s3_requests_total{end="refused"}'] == 0


def test_what_postgresql_has_from_before_is_read_from_there(mesh, server, account):
    job = account.read(pages.png())
    (key,) = kept_of(server, job)
    url = f"{server.url}/{BUCKET}/{key}"
    data = image(account, job).content
    copy = server.folder / "picture"
    server.curl("--output", str(copy), url)
    bytea = copy.read_bytes().hex()
    blob = key.split("/", 2)[2]
    mesh.cluster.sql(f"INSERT INTO ocr.blob (key, size_bytes) VALUES ('{blob}', {len(bytea) // 2})")
    mesh.cluster.sql(f"INSERT INTO ocr.blob_chunk VALUES ('{blob}', 0, '\\x{bytea}')")
    server.curl("--request", "DELETE", url)
    assert image(account, job).content == data
    assert account.delete(job["uuid"]).status_code == 204
    assert mesh.cluster.sql("SELECT count(*) FROM ocr.blob") == [["0"]]


def test_all_of_an_account_goes(mesh, server):
    account = create_account(mesh.url)
    job = account.read(pages.png())
    assert len(kept_of(server, job)) == 1
    answer = account.session.delete(f"{account.url}/api/v1/account/", json={"password": PASSWORD}, timeout=60)
    assert answer.status_code == 204
    wait.until(lambda: kept_of(server, job) == [], GONE_SECONDS, "its pictures are deleted")


def test_a_backup_has_what_is_in_the_bucket(mesh, server, account, build, logs, tmp_path):
    """It is restored into the database, from which a mesh with S3 and one without read it."""
    job = account.read(pages.png(["in the bucket", "and in the backup"]))
    picture = image(account, job).content
    home = tmp_path / "home"
    (home / "build").mkdir(parents=True)
    (home / "build/plain").symlink_to(build)
    file = tmp_path / "ocrmesh.backup"
    settings = {name: value for name, value in mesh.environment.items() if name.startswith("OCR_S3_")}
    ocrmesh(home, mesh, "backup", file, **settings)

    folder = logs / "s3-restored"
    folder.mkdir(exist_ok=True)
    restored = Mesh(build, folder, settings)
    shutil.rmtree(restored.cluster.folder / "data")
    other_home = tmp_path / "other"
    try:
        ocrmesh(other_home, restored, "restore", file)
        restored.cluster.start()
        assert f"OCR_S3_BUCKET={BUCKET}" in (other_home / "restored/settings.sh").read_text()
        spaces = [where.cluster.sql("SELECT id FROM ocr.blob_space") for where in (mesh, restored)]
        assert spaces[0] != spaces[1], "they would sweep each other's blobs"
        (key,) = kept_of(server, job)
        blob = key.split("/", 2)[2]
        rows = restored.cluster.sql(
            "SELECT size_bytes, encode(string_agg(data, '' ORDER BY position), 'hex')"
            f" FROM ocr.blob JOIN ocr.blob_chunk ON blob_key = key WHERE key = '{blob}' GROUP BY size_bytes"
        )
        data = bytes.fromhex(rows[0][1])
        assert len(data) == int(rows[0][0]) and picture in data
    finally:
        restored.remove()


def test_the_blobs_of_a_backup_are_a_tar_that_others_read(mesh, server, account, build, tmp_path):
    account.read(pages.png())
    (space,) = mesh.cluster.sql("SELECT id FROM ocr.blob_space")[0]
    folder = f"ocrmesh/{space}/"
    file, blobs, out = tmp_path / "file", tmp_path / "blobs.tar", tmp_path / "out"
    file.write_bytes(os.urandom(100_000))
    # Longer than the name alone of a member: POSIX.1-1988 has it in two parts.
    other = f"{server.url}/{BUCKET}/{folder}rendition/{60 * 'a'}/{60 * 'b'}"
    server.curl("--upload-file", str(file), other)
    keys = {key.removeprefix(folder) for key in server.keys(BUCKET) if key.startswith(folder)}
    with open(blobs, "wb") as tar:
        subprocess.run(
            [build / "services/ocr/ocrmesh-ocr-blobs"], check=True, stdout=tar, env=mesh.services["ocr"].environment, timeout=GONE_SECONDS
        )
    out.mkdir()
    subprocess.run(["tar", "--extract", "--file", blobs, "--directory", out], check=True, timeout=GONE_SECONDS)
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert set(found) == keys
    copy = tmp_path / "copy"
    for key, data in found.items():
        server.curl("--output", str(copy), f"{server.url}/{BUCKET}/{folder}{key}")
        assert copy.read_bytes() == data, key
    server.curl("--request", "DELETE", other)


def test_a_server_that_is_away_loses_nothing(mesh, link, account):
    job = account.read(pages.png())
    before = account.state()
    link.cut()
    try:
        refused = account.submit(pages.png())
        assert refused.status_code == 503 and refused.json()["code"] == "blobs_unavailable"
        assert int(refused.headers["Retry-After"]) > 0
        assert "it cannot be reached" in mesh.services["ocr"].log_tail(200)
        assert image(account, job).status_code == 503
        # What needs no blob goes on.
        assert account.job(job["uuid"]).json()["text"] == job["text"]
        assert account.download(job["uuid"], "txt").status_code == 200
    finally:
        link.mend()
    assert image(account, job).status_code == 200
    assert account.state() == before  # nothing was charged for what was refused
    assert account.read(pages.png())["status"] == "done"


def test_keys_are_replaced_without_a_restart(mesh, account, keys):
    job = account.read(pages.png())
    keys(seaweed.OTHER_ACCESS_KEY, "not-its-secret")
    wait.until(lambda: image(account, job).status_code == 503, GONE_SECONDS, "the file is read again")
    assert "SignatureDoesNotMatch" in mesh.services["ocr"].log_tail(50)

    keys(seaweed.OTHER_ACCESS_KEY, seaweed.OTHER_SECRET_KEY)
    assert image(account, job).status_code == 200  # refused by the keys of before, and signed anew at once
    assert account.read(pages.png())["status"] == "done"
    keys()
    assert account.read(pages.png())["status"] == "done"


def test_wrong_settings_are_refused_at_the_start(mesh, server):
    service = mesh.services["ocr"]
    for settings, told in (
        ({"OCR_S3_SECRET_KEY": "not-it"}, "OCR_S3_SECRET_KEY is wrong"),
        ({"OCR_S3_BUCKET": "nowhere"}, "OCR_S3_BUCKET is not there"),
        ({"OCR_S3_BUCKET": ""}, "OCR_S3_BUCKET must be"),
        ({"OCR_S3_CREDENTIALS_FILE": "/nowhere"}, "OCR_S3_ACCESS_KEY, OCR_S3_SECRET_KEY and OCR_S3_SESSION_TOKEN must not be"),
        ({"OCR_S3_URL": "s3.example.com"}, "OCR_S3_URL must be"),
    ):
        environment = {**service.environment, **server.settings(BUCKET), "OCR_S3_CREDENTIALS_FILE": "", **settings}
        other = Process("ocr-refused", service.command, environment, server.folder / "refused.log")
        other.start()
        assert other.child.wait(GONE_SECONDS) == 1
        assert told in other.log_tail(1)
        assert "not-it" not in other.log_tail(100)
