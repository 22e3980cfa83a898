"""The chart of deploy/helm: rendered by Helm 3 and 4, and the schemas that its resources are held against."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parents[2] / "deploy/helm/ocrmesh"
CASES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
RELEASE, NAMESPACE = "trial", "documents"
SERVICES = ["bridge", "ocr", "billing", "chat", "export"]
TIMEOUT_SECONDS = 60


def values_file(case):
    return CHART / "ci" / f"{case}-values.yaml"


class Helm:
    """`helm3` or `helm4`."""

    def __init__(self, program):
        self.program = program

    def run(self, *arguments):
        return subprocess.run(
            [self.program, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )

    def template(self, case, *arguments):
        return self.run("template", RELEASE, CHART, "-n", NAMESPACE, "-f", values_file(case), *arguments)

    @cache
    def text(self, case):
        done = self.template(case)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @cache
    def resources(self, case):
        loaded = yaml.load_all(self.text(case), Loader=yaml.CSafeLoader)
        return [resource for resource in loaded if resource is not None]


def of_kind(resources, *kinds):
    return [resource for resource in resources if resource["kind"] in kinds]


def component(resource):
    return resource["metadata"]["labels"]["app.kubernetes.io/component"]


def pod_spec(resource):
    return resource["spec"] if resource["kind"] == "Pod" else resource["spec"]["template"]["spec"]


def pods(resources):
    """All that makes pods: (resource, pod's spec)."""
    return [(it, pod_spec(it)) for it in of_kind(resources, "Deployment", "StatefulSet", "Job", "Pod")]


def containers(resources):
    """(resource, container) of each container, those before the start, too."""
    return [
        (resource, container)
        for resource, spec in pods(resources)
        for container in [*spec.get("initContainers", []), *spec["containers"]]
    ]


# --- schemas, in the form that kubeconform reads ---


def _flatten(schema, definitions, found):
    """The schema with references into itself; collects what is referred to."""
    if isinstance(schema, list):
        return [_flatten(item, definitions, found) for item in schema]
    if not isinstance(schema, dict):
        return schema
    flat = {}
    for key, value in schema.items():
        if key == "$ref":
            name = value.rsplit("/", 1)[-1]
            flat[key] = f"#/$defs/{name}"
            if name not in found:
                found[name] = None  # before it is looked into, for it may refer to itself
                found[name] = _flatten(definitions[name], definitions, found)
        elif key not in ("$id", "$schema"):
            flat[key] = _flatten(value, definitions, found)
    return flat


def write_kubernetes_schemas(source, target, kinds):
    """Files KIND-GROUP-VERSION.json: the package's refer to one of all definitions by a path that only it knows."""
    document = json.loads((source / "_definitions.json").read_text())
    definitions = document.get("$defs") or document["definitions"]
    for name in kinds:
        found = {}
        flat = _flatten(json.loads((source / f"{name}.json").read_text()), definitions, found)
        (target / f"{name}.json").write_text(json.dumps({**flat, "$defs": found}))


def _strict(schema):
    """As the API server prunes: what a schema does not name is refused here."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if isinstance(strict.get("properties"), dict) and not strict.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict


def write_custom_schemas(folder, target):
    """The same for the custom resources' definitions in the folder."""
    for path in folder.glob("*.yaml"):
        definition = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
        group, kind = definition["spec"]["group"], definition["spec"]["names"]["kind"]
        for version in definition["spec"]["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            name = f"{kind.lower()}-{group.split('.')[0]}-{version['name']}.json"
            (target / name).write_text(json.dumps(schema))


def schema_name(resource):
    group, _, version = resource["apiVersion"].rpartition("/")
    return "-".join(filter(None, [resource["kind"].lower(), group.split(".")[0], version]))


# --- what the code says ---


def documented_settings():
    """{variable: (programs, default)} of the table in docs/configuration.md, which a test holds against --help."""
    text = (CHART.parents[2] / "docs/configuration.md").read_text()
    table = text.split("<!-- begin of the table")[1].split("<!-- end of the table")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|", table, re.MULTILINE)
    return {
        name: (SERVICES if programs == "all" else programs.split(", "), default.strip().strip("`"))
        for name, programs, default in rows
    }
