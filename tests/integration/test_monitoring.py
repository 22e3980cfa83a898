"""Metrics, alert rules and the dashboard, as Prometheus' own tools and another reader of OpenMetrics see them."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness import pages
from harness.mesh import SERVICES

pytestmark = pytest.mark.once

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus/ocrmesh-rules.yaml"
RULES_TEST = DEPLOY / "prometheus/ocrmesh-rules-test.yaml"
DASHBOARD = DEPLOY / "grafana/ocrmesh.json"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def used(mesh):
    """Every service has something to tell; the page belongs to a trace."""
    from harness.api import create_account

    account = create_account(mesh.url)
    account.session.headers["traceparent"] = f"00-{TRACE}-00f067aa0ba902b7-01"
    job = account.read(pages.png(["Counted, measured and found complete"]))
    assert account.download(job["uuid"], "docx").status_code == 200
    assert account.ask(job["uuid"], "What was found complete?").status_code == 200
    return mesh


@pytest.fixture
def promtool(tools_bin):
    def run(*arguments, **options):
        return subprocess.run([tools_bin / "promtool", *arguments], capture_output=True, text=True, check=False, **options)

    return run


@pytest.mark.parametrize("name", SERVICES)
def test_promtool_finds_nothing_in_metrics(name, used, promtool):
    answer = requests.get(f"http://{used.admin[name]}/metrics", timeout=60)
    done = promtool("check", "metrics", input=answer.text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stdout + done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_who_asks_for_open_metrics_gets_it(name, used):
    answer = requests.get(
        f"http://{used.admin[name]}/metrics", headers={"Accept": "application/openmetrics-text"}, timeout=60
    )
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = list(text_string_to_metric_families(answer.text))  # as strict as the specification
    assert families
    assert all(family.documentation for family in families)


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("bridge", "ocrmesh_bridge_request_duration_seconds"),
        ("ocr", "ocrmesh_rpc_call_duration_seconds"),
        ("ocr", "ocrmesh_ocr_page_duration_seconds"),
    ],
)
def test_durations_have_traces_as_exemplars(name, metric, used):
    url = f"http://{used.admin[name]}/metrics"
    answer = requests.get(url, headers={"Accept": "application/openmetrics-text"}, timeout=60)
    (family,) = (f for f in text_string_to_metric_families(answer.text) if f.name == metric)
    exemplars = [sample.exemplar for sample in family.samples if sample.exemplar]
    assert TRACE in {exemplar.labels["trace_id"] for exemplar in exemplars}
    assert TRACE not in requests.get(url, timeout=60).text


def test_the_rules_are_sound_and_fire_when_they_should(promtool):
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("test", "rules", RULES_TEST)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested():
    alerts = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert alerts
    tested = RULES_TEST.read_text()
    assert not {alert for alert in alerts if not re.search(rf"\b{alert}\b", tested)}


def dashboard_panels():
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield panel
        yield from panel.get("panels", [])


def test_the_dashboard_asks_what_prometheus_understands(promtool, tmp_path):
    expressions = [target["expr"] for panel in dashboard_panels() for target in panel.get("targets", [])]
    assert expressions
    rules = [
        {"record": f"panel:expression_{i}", "expr": e.replace("$__rate_interval", "5m").replace("$instance", ".*")}
        for i, e in enumerate(expressions)
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_panels_of_the_dashboard_do_not_overlap():
    taken = {}
    ids = [panel["id"] for panel in dashboard_panels()]
    assert len(ids) == len(set(ids))
    for panel in dashboard_panels():
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]
