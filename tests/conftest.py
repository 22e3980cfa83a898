"""Fixtures of the integration and e2e tests.

The build under test is OCRMESH_BUILD (default: the plain one). One mesh serves a whole run; each
test makes the accounts it needs.
"""

import os
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tests"))

from harness.api import Api, create_account  # noqa: E402
from harness.mesh import Mesh  # noqa: E402

HOME = Path(os.environ.get("OCRMESH_HOME", SOURCE / ".ocrmesh"))


BUILD = Path(os.environ.get("OCRMESH_BUILD", HOME / "build/plain"))


def has_sanitizers():
    return b"__asan_init" in (BUILD / "bridge/ocrmesh-bridge").read_bytes()


def pytest_collection_modifyitems(config, items):
    """Files with slow tests go first, so that none of them is what all others wait for in the end.

    Where both builds are tested, what one of them is enough for is left out of the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    if os.environ.get("OCRMESH_TEST_BOTH_BUILDS"):
        elsewhere = "once_plain" if has_sanitizers() else "once"
        left_out = [item for item in items if item.get_closest_marker(elsewhere)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(elsewhere)]


@pytest.fixture(scope="session")
def build():
    """Folder of the build under test."""
    assert (BUILD / "build.ninja").exists(), f"{BUILD} is no build: run ./ocrmesh build"
    return BUILD


@pytest.fixture(scope="session")
def is_sanitized(build):
    """True when the programs under test carry the sanitizers, and need several times the memory."""
    return has_sanitizers()


@pytest.fixture(scope="session")
def tools_bin():
    """Folder of grpcurl, h2spec, interop-client and interop-server."""
    return Path(os.environ.get("OCRMESH_TOOLS_BIN", HOME / "tools/bin"))


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    """Folder of the processes' logs."""
    folder = os.environ.get("OCRMESH_TEST_LOGS")
    if folder is None:
        return tmp_path_factory.mktemp("logs")
    # Each worker of pytest-xdist has a mesh of its own.
    folder = Path(folder) / os.environ.get("PYTEST_XDIST_WORKER", "")
    folder.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        log.unlink()
    return folder


@pytest.fixture(scope="session")
def mesh(build, logs):
    """PostgreSQL and the five processes, ready. At the end each must stop cleanly."""
    with Mesh(build, logs).running() as mesh:
        yield mesh


@pytest.fixture
def anonymous(mesh):
    """A caller without a token."""
    return Api(mesh.url)


@pytest.fixture
def account(mesh):
    """A caller with a token of a new account."""
    return create_account(mesh.url)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the last lines of every process's log."""
    outcome = yield
    report = outcome.get_result()
    mesh = item.funcargs.get("mesh") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and mesh is not None:
        for name, process in mesh.services.items():
            report.sections.append((f"log of {name}", process.log_tail(15)))
