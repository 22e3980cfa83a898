"""`--migrate`: brings a schema up to date without serving, as the chart's Job does before an upgrade."""

import os
import subprocess

import pytest
from harness.mesh import SANITIZER_ENVIRONMENT, free_ports
from harness.postgres import Cluster

TIMEOUT_SECONDS = 240


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("migrate"))
    try:
        cluster.start()
        cluster.prepare()
        yield cluster
    finally:
        cluster.remove()


def run(build, name, url=None):
    settings = {f"{name.upper()}_LISTEN": f"127.0.0.1:{free_ports(1)[0]}"}
    if url is not None:
        settings["DATABASE_URL"] = url
    return subprocess.run(
        [build / f"services/{name}/ocrmesh-{name}", "--migrate"],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env={**os.environ, **SANITIZER_ENVIRONMENT, **settings},
    )


@pytest.mark.parametrize("name", ["billing", "ocr", "chat"])
def test_a_schema_is_brought_up_to_date_and_nothing_is_served(build, cluster, name):
    done = run(build, name, cluster.url(name))
    assert done.returncode == 0, done.stderr
    applied = cluster.sql(f"SELECT name FROM {name}.schema_migration ORDER BY name")
    assert applied and len(applied) == done.stderr.count("migration applied")
    assert "serving" not in done.stderr

    again = run(build, name, cluster.url(name))
    assert again.returncode == 0 and "migration applied" not in again.stderr


def test_a_schema_of_a_later_version_is_refused(build, cluster):
    assert run(build, "chat", cluster.url("chat")).returncode == 0
    cluster.sql("INSERT INTO chat.schema_migration (name, checksum) VALUES ('9999_later', '')")
    try:
        done = run(build, "chat", cluster.url("chat"))
    finally:
        cluster.sql("DELETE FROM chat.schema_migration WHERE name = '9999_later'")
    assert done.returncode == 1 and "9999_later" in done.stderr


def test_a_program_without_a_database_knows_no_such_option(build):
    assert run(build, "export").returncode == 2
