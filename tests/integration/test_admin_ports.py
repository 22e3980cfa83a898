"""The admin port of each process: health, readiness, and metrics that Prometheus can read."""

import re

import pytest
import requests

from harness import wait
from harness.mesh import READY_SECONDS, SERVICES, Mesh

# Prometheus text format 0.0.4: HELP, TYPE, then the samples of that metric, and of no other.
SAMPLE = re.compile(r'(\w+)(\{\w+="[^"\\\n]*"(,\w+="[^"\\\n]*")*\})? (-?[0-9.]+(e[+-]?\d+)?|NaN|[+-]Inf)')
HISTOGRAM_SUFFIX = re.compile("_(bucket|sum|count)$")


def get(mesh, name, path):
    return requests.get(f"http://{mesh.admin[name]}{path}", timeout=60)


@pytest.mark.parametrize("name", SERVICES)
def test_a_process_that_can_work_says_so(name, mesh):
    assert (get(mesh, name, "/healthz").status_code, get(mesh, name, "/healthz").text) == (200, "ok\n")
    assert (get(mesh, name, "/readyz").status_code, get(mesh, name, "/readyz").text) == (200, "ready\n")


@pytest.mark.once
def test_a_process_is_ready_once_it_has_reached_whom_it_needs(build, tmp_path):
    """Before, its first submissions were refused: it had tried while billing was not there yet, and paused."""
    mesh = Mesh(build, tmp_path)
    try:
        mesh.cluster.start()
        mesh.cluster.prepare()
        mesh.services["ocr"].start()
        refused = "the billing service has not been reached yet"
        wait.until(lambda: refused in get(mesh, "ocr", "/readyz").text, READY_SECONDS, "ocr says what it lacks")
        assert get(mesh, "ocr", "/readyz").status_code == 503
        mesh.services["billing"].start()
        wait.until(lambda: get(mesh, "ocr", "/readyz").status_code == 200, READY_SECONDS, "ocr is ready")
    finally:
        mesh.stop()
        mesh.remove()


@pytest.mark.parametrize("name", SERVICES)
def test_metrics_are_named_described_and_typed(name, mesh, account):
    account.session.get(f"{mesh.url}/api/v1/account/", timeout=60)
    answer = get(mesh, name, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    described = typed = None
    seen = set()
    for line in answer.text.splitlines():
        if line.startswith("# HELP "):
            described = line.split()[2]
            assert described not in seen, f"{described} stands in two places"
            seen.add(described)
        elif line.startswith("# TYPE "):
            typed, kind = line.split()[2:]
            assert typed == described
            assert kind in ("counter", "gauge", "histogram")
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            metric = HISTOGRAM_SUFFIX.sub("", sample[1]) if kind == "histogram" else sample[1]
            assert metric == typed, line
    assert all(metric.startswith("ocrmesh_") for metric in seen)
    assert seen, "no metric at all"


def test_other_paths_and_methods_are_refused(mesh):
    assert get(mesh, "chat", "/").status_code == 404
    assert requests.post(f"http://{mesh.admin['chat']}/metrics", timeout=60).status_code == 405
