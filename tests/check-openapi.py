#!/usr/bin/env python3
"""The API's description says what is there.

    check-openapi.py SOURCE

bridge/openapi.json, which the bridge serves, against:
1. the routes of bridge/routes.c, the web pages aside: each is described, nothing else is, and who may call agrees;
2. docs/errors.md: each code that a caller may meet stands at its HTTP status;
3. the parts of the form that bridge/submit_form.c takes;
4. the google.api.http annotations of the .proto files: each names a path that is there;
5. itself: every reference leads somewhere, every component is used, every operation has an id of its own.
"""

import json
import re
import sys
from pathlib import Path

SOURCE = Path(sys.argv[1])
METHODS = {"get", "post", "put", "patch", "delete"}


def slashed(path):
    return path if path.endswith("/") else f"{path}/"


def routes():
    """{(method, path): kind of caller} of the bridge."""
    text = (SOURCE / "bridge/routes.c").read_text()
    rows = re.findall(r'\{"([A-Z]+)", "([^"]+)", (?!site_)\w+, (\w+)\}', text)
    return {(method.lower(), slashed(re.sub(r"<(\w+)>", r"{\1}", path))): kind for method, path, kind in rows}


def operations(description):
    return {
        (method, slashed(path)): operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def check_routes(description):
    known, told = routes(), operations(description)
    for method, path in sorted(known.keys() - told.keys()):
        yield f"{method} {path} of bridge/routes.c is not described"
    for method, path in sorted(told.keys() - known.keys()):
        yield f"{method} {path} is described, and bridge/routes.c has it not"
    for (method, path), kind in known.items():
        if (method, path) not in told:
            continue
        security = told[method, path].get("security")
        # Signing out is by address, for it must work with a cookie that is not good any more.
        if kind in ("CALLER_NOBODY", "CALLER_OF_ADDRESS") and security != [] and (method, path) != (
            "delete",
            "/api/v1/account/session/",
        ):
            yield f"{method} {path} asks for no token, and its description does"
        if kind == "CALLER_OF_ACCOUNT" and (not security or {} in security):
            yield f"{method} {path} needs a token, and its description does not say so"
        if kind == "CALLER_OF_TOKEN" and not security:
            yield f"{method} {path} takes a token, and its description does not say so"


def caller_codes():
    """{(status, code)} of docs/errors.md."""
    text = (SOURCE / "docs/errors.md").read_text()
    by_reason = text.split("## By reason: what a caller may meet")[1].split("\n## ")[0]
    by_code = text.split("## By gRPC code")[1].split("\n## ")[0]
    for name, _, status, rest in re.findall(r"^\| `(\w+)` \| (.*?) \| (\d{3}) \|(.*)$", by_reason, re.MULTILINE):
        other = re.search(r"`code` is `(\w+)`", rest)
        yield status, other[1] if other else name.lower()
    for name, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", by_code, re.MULTILINE):
        yield status, name.lower()


def described_codes(description):
    for response in description["components"]["responses"].values():
        for status, codes in response.get("x-codes", {}).items():
            yield from ((status, code) for code in codes)


def check_codes(description):
    known, told = set(caller_codes()), set(described_codes(description))
    for status, code in sorted(known - told):
        yield f"{status} {code} of docs/errors.md is not described"
    for status, code in sorted(told - known):
        yield f"{status} {code} is described, and docs/errors.md has it not"


def check_form(description):
    text = (SOURCE / "bridge/submit_form.c").read_text()
    table = text.split("static const struct field fields[] = {")[1].split("};")[0]
    known = {"file", *re.findall(r'\{"(\w+)"', table)}
    form = operations(description)["post", "/api/v1/ocr/"]["requestBody"]["content"]["multipart/form-data"]
    for name in sorted(known ^ form["schema"]["properties"].keys()):
        yield f"the part {name} of a submission is in one of bridge/submit_form.c and bridge/openapi.json"


def check_annotations(description):
    """Names of parameters may differ."""
    told = {(method, re.sub(r"{\w+}", "{}", path)) for method, path in operations(description)}
    for proto in sorted((SOURCE / "protos").rglob("*.proto")):
        for method, path in re.findall(r'^\s+(?:option \(google.api.http\) = {)?(\w+): "(/[^"]*)"', proto.read_text(), re.MULTILINE):
            if (method, slashed(re.sub(r"{\w+}", "{}", path))) not in told:
                yield f"{method} {path} of {proto.name} is no path of the public API"


def nodes(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


def check_itself(description):
    used = {node["$ref"] for node in nodes(description) if isinstance(node, dict) and "$ref" in node}
    there = {
        f"#/components/{kind}/{name}" for kind, members in description["components"].items() for name in members
    }
    for reference in sorted(used - there):
        yield f"{reference} leads nowhere"
    for name in sorted(there - used):
        if not name.startswith("#/components/securitySchemes/"):
            yield f"{name} is not used"
    ids = [operation["operationId"] for operation in operations(description).values()]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"the operation id {name} is there twice"


def main():
    description = json.loads((SOURCE / "bridge/openapi.json").read_text())
    findings = [
        *check_routes(description),
        *check_codes(description),
        *check_form(description),
        *check_annotations(description),
        *check_itself(description),
    ]
    for finding in findings:
        print(finding)
    print(f"{len(operations(description))} operations, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
