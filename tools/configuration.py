#!/usr/bin/env python3
"""Keeps the table of environment variables in docs/configuration.md equal to what the programs' --help says, and with it
the names that the chart's values.schema.json takes as settings and as secrets of a service.

    tools/configuration.py check BUILD    compares; ends with status 1 and the difference
    tools/configuration.py write BUILD    brings both up to date

BUILD is a build folder with the programs in it. A variable that several programs read must have one description; where
their defaults differ, each is named.
"""

import difflib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

PROGRAMS = {
    "bridge": "bridge/ocrmesh-bridge",
    "ocr": "services/ocr/ocrmesh-ocr",
    "billing": "services/billing/ocrmesh-billing",
    "export": "services/export/ocrmesh-export",
    "chat": "services/chat/ocrmesh-chat",
}
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
SCHEMA = DOCUMENT.parent.parent / "deploy" / "helm" / "ocrmesh" / "values.schema.json"
# What the chart sets itself, out of its other values.
OF_CHART = re.compile(
    r".*_LISTEN|.*_TARGET|DATABASE_URL|LOG_LEVEL|BRIDGE_TLS_.*|BRIDGE_HSTS|MESH_TLS_(?!RELOAD).*|MESH_SPIFFE_PREFIX|MESH_CONSUMERS|MESH_PLAINTEXT|BRIDGE_BODY_MAX|BRIDGE_TRUSTED_PROXIES"
    r"|OCR_S3_(URL|BUCKET|REGION|ADDRESSING|PREFIX|ACCESS_KEY|SECRET_KEY|SESSION_TOKEN|CREDENTIALS_FILE|CA_FILE)|OCR_WORKERS|OCR_WORK_DIR|OCR_WORKER_PATH|BILLING_PUBLIC_URL"
)
SECRET = re.compile(r".*_(API_KEY|PASSWORD|SECRETS|STRIPE_KEY|OTLP_HEADERS)")
BEGIN = "<!-- begin of the table: tools/configuration.py write -->"
END = "<!-- end of the table -->"
HELP_TIMEOUT_SECONDS = 10
ENTRY = re.compile(
    r"^  (?P<name>[A-Z][A-Z0-9_]*)\n      (?P<description>.*?)"
    r" \((?:default: (?P<default>.*)|(?P<required>required)|unset by default)\)$",
    re.MULTILINE,
)


def read_help(program):
    """Yields (name, description, default) of each entry."""
    text = subprocess.run(
        [program, "--help"], capture_output=True, text=True, check=True, timeout=HELP_TIMEOUT_SECONDS
    ).stdout
    entries = list(ENTRY.finditer(text))
    if len(entries) != len(re.findall(r"^  [A-Z]", text, re.MULTILINE)):
        sys.exit(f"{program} --help is not in the form that lib/config prints")
    for entry in entries:
        default = "required" if entry["required"] else f"`{entry['default']}`" if entry["default"] else ""
        yield entry["name"], entry["description"], default


def collect(build):
    """{name: (description, {program: default})}, in the order of the programs and their tables."""
    variables = {}
    for program, path in PROGRAMS.items():
        for name, description, default in read_help(build / path):
            known, defaults = variables.setdefault(name, (description, {}))
            if known != description:
                sys.exit(f"{name} is described in two ways:\n  {known}\n  {description} ({program})")
            defaults[program] = default
    return variables


def show_defaults(defaults):
    if len(set(defaults.values())) == 1:
        return next(iter(defaults.values()))
    return ", ".join(f"{default or 'unset'} ({program})" for program, default in defaults.items())


def make_table(variables):
    rows = [
        f"| `{name}` | {'all' if len(defaults) == len(PROGRAMS) else ', '.join(defaults)} "
        f"| {show_defaults(defaults)} | {description.replace('|', chr(92) + '|')} |"
        for name, (description, defaults) in variables.items()
    ]
    return "\n".join(["| variable | read by | default | meaning |", "| --- | --- | --- | --- |", *rows])


def make_document(variables):
    before, rest = DOCUMENT.read_text().split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{make_table(variables)}\n{END}{after}"


def make_schema(variables):
    schema = json.loads(SCHEMA.read_text())
    for program in ("common", *PROGRAMS):  # common: what all programs read
        names = [
            name
            for name, (_, defaults) in variables.items()
            if (program in defaults or len(defaults) == len(PROGRAMS)) and not OF_CHART.fullmatch(name)
        ]
        for part, is_secret in (("Settings", False), ("Secrets", True)):
            what = {"$ref": "#/$defs/secretReference"} if is_secret else {"type": "string"}
            schema["$defs"][program + part]["properties"] = {
                name: what for name in names if bool(SECRET.fullmatch(name)) == is_secret
            }
    return json.dumps(schema, indent=2) + "\n"


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("check", "write"):
        sys.exit(__doc__)
    variables = collect(Path(sys.argv[2]))
    is_behind = False
    for path, wanted in ((DOCUMENT, make_document(variables)), (SCHEMA, make_schema(variables))):
        found = path.read_text()
        if sys.argv[1] == "write":
            part = path.with_suffix(".part")
            part.write_text(wanted)
            os.replace(part, path)
        elif wanted != found:
            is_behind = True
            sys.stdout.writelines(
                difflib.unified_diff(found.splitlines(True), wanted.splitlines(True), path.name, "--help")
            )
    if is_behind:
        sys.exit("these files are behind the programs: run tools/configuration.py write BUILD")


main()
