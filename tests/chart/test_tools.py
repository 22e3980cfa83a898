"""What other programs say of the chart: Helm 3 and 4, kubeconform with the schemas of Kubernetes, kube-score."""

import json
import subprocess

import pytest
import yaml
from harness import chart

# kube-score's advice that the chart does not follow, and why.
IGNORED = [
    "container-image-pull-policy",  # tags and digests do not move, so that what is there need not be asked for
    "deployment-has-host-podantiaffinity",  # topologySpreadConstraints do it
    "deployment-replicas",  # of a deployment that KEDA scales
    "statefulset-has-host-podantiaffinity",  # the trial's database is one pod
]


def test_every_way_to_install_is_linted(helm, case):
    done = helm.run("lint", "--strict", "-f", chart.values_file(case), chart.CHART)
    assert done.returncode == 0, done.stdout


def test_both_helms_render_the_same(tools_bin, case):
    three, four = (chart.Helm(tools_bin / name).resources(case) for name in ("helm3", "helm4"))

    def key(resource):
        return resource["kind"], resource["metadata"]["name"]

    assert sorted(three, key=key) == sorted(four, key=key)


@pytest.fixture(scope="session", params=["1.30.0", "1.37.0"])
def schemas(request, tools_bin, helm4, tmp_path_factory):
    """A folder of schemas: of the oldest and of the newest Kubernetes that the chart knows, and of others' resources."""
    folder = tmp_path_factory.mktemp("schemas")
    chart.write_custom_schemas(tools_bin / "schemas", folder)
    custom = {path.stem for path in folder.glob("*.json")}
    wanted = {chart.schema_name(it) for case in chart.CASES for it in helm4.resources(case)}
    chart.write_kubernetes_schemas(tools_bin / "schemas" / request.param, folder, wanted - custom)
    return folder


def conform(tools_bin, schemas, text):
    location = str(schemas / "{{.ResourceKind}}{{.KindSuffix}}.json")
    return subprocess.run(
        [tools_bin / "kubeconform", "-strict", "-summary", "-output", "json", "-schema-location", location],
        input=text,
        check=False,
        capture_output=True,
        text=True,
        timeout=chart.TIMEOUT_SECONDS,
    )


def test_what_is_rendered_conforms_to_kubernetes(tools_bin, schemas, helm4, case):
    done = conform(tools_bin, schemas, helm4.text(case))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert summary["valid"] == len(helm4.resources(case)) and summary["skipped"] == 0


def set_to(resource, path, value):
    for key in path[:-1]:
        resource = resource[key]
    resource[path[-1]] = value


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Deployment", ["spec", "template", "spec", "containers", 0, "readonlyRootFilesystem"]),
        ("NetworkPolicy", ["spec", "ingress", 0, "form"]),
        ("ScaledObject", ["spec", "minReplicas"]),
        ("ServiceMonitor", ["spec", "endpoints", 0, "scrapeTimeouts"]),
        ("HTTPRoute", ["spec", "rules", 0, "timeouts", "backend"]),
    ],
)
def test_the_schemas_refuse_a_misspelt_key(tools_bin, schemas, helm4, kind, path):
    resource = json.loads(json.dumps(chart.of_kind(helm4.resources("ha"), kind)[0]))
    set_to(resource, path, 1)
    done = conform(tools_bin, schemas, yaml.safe_dump(resource))
    assert done.returncode == 1 and "not allowed" in done.stdout, done.stdout


def test_kube_score_finds_nothing(tools_bin, helm4, case):
    arguments = [part for name in IGNORED for part in ("--ignore-test", name)]
    if case == "minimal":  # which gives up what these ask for
        arguments += ["--ignore-test", "pod-networkpolicy"]
    done = subprocess.run(
        [tools_bin / "kube-score", "score", "--output-format", "ci", "--exit-one-on-warning", *arguments, "-"],
        input=helm4.text(case),
        check=False,
        capture_output=True,
        text=True,
        timeout=chart.TIMEOUT_SECONDS,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith(("[CRITICAL", "[WARNING"))]
    assert done.returncode == 0 and not found, "\n".join(found) or done.stderr
