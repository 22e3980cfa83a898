#!/usr/bin/env python3
"""The documents speak of what is there.

    check-docs.py SOURCE

1. docs/errors.md has every reason that the code gives, none that it does not, and the HTTP status that bridge/http/error.c
   makes of each.
2. Files that documents name or link to exist.
3. docs/operations.md has every metric, and none that there is not; alerts and dashboards (deploy/) name none that there is not.
4. docs/dependencies.md has every package that the benches and the tests install.
"""

import re
import sys
from pathlib import Path

SOURCE = Path(sys.argv[1])
PARTS = ("lib", "services", "bridge")
DOCUMENTS = [
    *SOURCE.glob("*.md"),
    *SOURCE.glob("docs/*.md"),
    *(path for part in (*PARTS, "tests") for path in (SOURCE / part).rglob("README.md")),
]


def sources():
    for part in PARTS:
        for path in sorted((SOURCE / part).rglob("*.c")):
            if "tests" not in path.parts:
                yield path, path.read_text()


def given_reasons():
    """{reason: file} of every literal that is passed to FAIL or FAIL_FIELD."""
    found = {}
    for path, text in sources():
        if "FAIL_MEMORY(" in text:
            found.setdefault("OUT_OF_MEMORY", path.relative_to(SOURCE))
        for call in re.finditer(r'\bFAIL(?:_FIELD)?\(\s*[^;]*?"([A-Z][A-Z0-9_]{3,})"\s*,', text):
            found.setdefault(call[1], path.relative_to(SOURCE))
    return found


def http_numbers():
    """{"NOT_FOUND": 404, ...} from http_parser's header, whose names error.c uses."""
    header = Path("/usr/include/http_parser.h").read_text()
    return {name: int(number) for number, name in re.findall(r"XX\((\d+), *(\w+),", header)}


def bridge_tables():
    numbers = http_numbers()
    text = (SOURCE / "bridge/http/error.c").read_text()
    by_code = {
        code: 499 if "CLIENT_CLOSED" in status else numbers[status.removeprefix("HTTP_STATUS_")]
        for code, status in re.findall(r"\[STATUS_(\w+)\] = \{(?:\(enum http_status\))?(\w+)", text)
    }
    by_reason = {
        reason: numbers[status] for reason, status in re.findall(r'\{"(\w+)", HTTP_STATUS_(\w+),', text)
    }
    return by_code, by_reason


def check_errors():
    document = (SOURCE / "docs/errors.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|(?: (\d{3}) \|)?", document, re.MULTILINE)
    code_rows = {name: int(codes) for name, codes, _ in rows if codes.isdigit()}
    reason_rows = {
        name: (re.findall(r"`(\w+)`", codes), number) for name, codes, number in rows if not codes.isdigit()
    }
    by_code, by_reason = bridge_tables()
    for reason, path in given_reasons().items():
        if reason not in reason_rows:
            yield f"docs/errors.md lacks {reason}, which {path} gives"
    everything = "".join(text for _, text in sources()) + (SOURCE / "lib/base/status.h").read_text()
    for reason, (codes, number) in reason_rows.items():
        if f'"{reason}"' not in everything:
            yield f"docs/errors.md has {reason}, which nothing gives"
        wanted = by_reason.get(reason, by_code[codes[0]])
        if number and int(number) != wanted:
            yield f"docs/errors.md says {number} for {reason}, bridge/http/error.c {wanted}"
        if not number and reason in by_reason:
            yield f"docs/errors.md says nothing of the HTTP status of {reason}, bridge/http/error.c {wanted}"
    for reason in by_reason:
        if reason not in reason_rows:
            yield f"bridge/http/error.c has {reason}, docs/errors.md does not"
    for code, number in by_code.items():
        if code != "OK" and code_rows.get(code) != number:
            yield f"docs/errors.md says {code_rows.get(code)} for {code}, bridge/http/error.c {number}"


def check_file_names():
    """`submit.c` or `bridge/submit.c`; `decode_*.c` is a pattern."""
    files = [
        path.relative_to(SOURCE)
        for part in (*PARTS, "protos", "tests", "tools", "docs")
        for path in (SOURCE / part).rglob("*")
        if path.is_file()
    ]
    for document in DOCUMENTS:
        for name in re.findall(r"`([\w./*-]+\.(?:[ch]|proto|sh|py|sql|md))`", document.read_text()):
            if name.startswith(("google/", "NNNN_")):  # of a package; a form to fill in
                continue
            if not any(path.match(name) for path in files) and not (SOURCE / name).exists():
                yield f"{document.relative_to(SOURCE)} names {name}, which is not there"


def check_metrics():
    document = (SOURCE / "docs/operations.md").read_text()
    told = set(re.findall(r"ocrmesh_[a-z]+_\w+", document))
    known = set()
    for path, text in sources():
        for name in sorted(set(re.findall(r'"(ocrmesh_[a-z]+_\w+)', text))):
            metric = re.sub("_(bucket|sum|count)$", "", name)
            known.add(metric)
            if metric not in told:
                yield f"docs/operations.md lacks {metric} of {path.relative_to(SOURCE)}"
    for metric in sorted(told - known):
        yield f"docs/operations.md has {metric}, which no process has"
    for path in sorted((SOURCE / "deploy").rglob("*")):
        if path.suffix not in (".json", ".yaml"):
            continue
        for name in sorted(set(re.findall(r"\bocrmesh_[a-z]+_\w+", path.read_text()))):
            if re.sub("_(bucket|sum|count)$", "", name) not in known:
                yield f"{path.relative_to(SOURCE)} has {name}, which no process has"


def check_packages():
    document = (SOURCE / "docs/dependencies.md").read_text()
    for name in ("packages-bench.txt", "packages-fuzz.txt", "packages-test.txt"):
        for line in (SOURCE / "tools" / name).read_text().splitlines():
            package = line.partition("#")[0].strip()
            if package and not re.search(rf"(?<![\w-]){re.escape(package)}(?![\w-])", document):
                yield f"docs/dependencies.md lacks {package} of tools/{name}"


def check_links():
    """[text](../docs/page.md#part), relative to the document."""
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
            if "://" not in target and not (document.parent / target).exists():
                yield f"{document.relative_to(SOURCE)} links to {target}, which is not there"


def main():
    findings = [*check_errors(), *check_file_names(), *check_links(), *check_metrics(), *check_packages()]
    for finding in findings:
        print(finding)
    print(f"{len(DOCUMENTS)} documents, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
