#!/usr/bin/env python3
"""Names the failed tests of a record, one a line, each with its time and the first line of its error.

    test-failures.py pytest NAME RECORD   JUnit's XML, as pytest writes it
    test-failures.py meson NAME RECORD    meson-logs/testlog.json

NAME says which run it was. `./ocrmesh test` ends with these lines, so that the end of its output tells
what failed.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

COLUMNS = 300
ERROR_LINES = 2  # of an error: what was expected often stands in its second one
CMOCKA = re.compile(r"\[ +(ERROR|LINE|FAILED) +\] (?:--- )?(.*)")
SUM = re.compile(r"\d+ test")  # "1 test(s), listed below:"
TELLING = re.compile(r"ERROR: \w+Sanitizer|runtime error:|[Aa]ssert|error:|Traceback")


def told(name, seconds, lines):
    error = " | ".join(line.strip() for line in lines if line.strip())
    return f"{name} ({seconds:.1f} s): {error}"[:COLUMNS]


def of_pytest(name, record):
    for case in ElementTree.parse(record).iter("testcase"):
        for outcome in [*case.iter("failure"), *case.iter("error")]:
            file = case.get("classname", "").replace(".", "/")
            test = f"{file}.py::{case.get('name')}" if file else case.get("name")
            lines = (outcome.get("message") or outcome.text or "").splitlines()
            phase = "" if outcome.tag == "failure" else "at set-up or at the end: "
            yield told(f"{name} {test}", float(case.get("time") or 0), [phase + "".join(lines[:1]), *lines[1:ERROR_LINES]])


def of_program(run):
    """The tests of a program that cmocka says have failed, as (test, lines of the error)."""
    seen, lines = set(), []
    for line in ((run.get("stderr") or "") + "\n" + (run.get("stdout") or "")).splitlines():
        found = CMOCKA.match(line.strip())
        if not found:
            continue
        what, text = found.groups()
        if what != "FAILED":
            lines.append(text)
        elif text not in seen and (not SUM.match(text) or text.startswith("1 test: ")):
            seen.add(text)
            yield text, lines[-ERROR_LINES:]
            lines = []


def of_meson(name, record):
    for run in map(json.loads, Path(record).read_text().splitlines()):
        if run["result"] in ("OK", "SKIP", "EXPECTEDFAIL"):
            continue
        program = f"{name} {run['name'].removeprefix('ocrmesh:').strip()}"
        seconds = run.get("duration") or 0
        failed = list(of_program(run))
        for test, lines in failed:
            yield told(f"{program}: {test}", seconds, lines)
        if not failed:
            output = [line for line in ((run.get("stderr") or "") + (run.get("stdout") or "")).splitlines() if line.strip()]
            telling = [line for line in output if TELLING.search(line)] or output[-1:]
            yield told(program, seconds, [f"{run['result']}, status {run.get('returncode')}", *telling[:1]])


def main():
    kind, name, record = sys.argv[1:]
    for line in {"pytest": of_pytest, "meson": of_meson}[kind](name, record):
        print(line)


main()
