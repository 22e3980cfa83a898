"""Calls through a real Envoy and a real nginx: gRPC's interoperability cases; through Envoy gRPC-Web, and JSON by the
annotations."""

import os
import re
import struct
import subprocess

import pytest
import requests

from harness import envoy, nginx, pages, wait
from harness.grpc_client import GrpcClient
from harness.process import Process

OCR = "ocrmesh.ocr.v1.OcrService"
START_SECONDS = 180
CASE_SECONDS = 180


@pytest.fixture(scope="module")
def interop(build):
    return build / "tests/conformance/interop"


@pytest.fixture(scope="module")
def cases(interop):
    """The names of the cases, from our client without arguments."""
    done = subprocess.run([interop / "interop-client"], check=True, capture_output=True, text=True)
    return done.stdout.split()


@pytest.fixture(params=["envoy", "nginx"])
def proxy(request, tools_bin, tmp_path):
    """Makes a proxy before an address; a context with its own."""
    if request.param == "envoy":
        return lambda address: envoy.running(tmp_path, [address])
    return lambda address: nginx.running(tools_bin / "nginx", tmp_path, [address])


def start(name, command, folder, port_pattern, **settings):
    """(process, port)."""
    process = Process(name, command, {**os.environ, **settings}, folder / f"{name}.log")
    process.start()

    def port():
        found = re.search(port_pattern, process.log.read_text(), re.MULTILINE)
        return found and int(found[1])

    return process, wait.until(port, START_SECONDS, f"{name} serves")


def run_cases(cases, command):
    assert len(cases) >= 9
    failures = []
    for case in cases:
        done = subprocess.run(
            command(case), check=False, capture_output=True, text=True, timeout=CASE_SECONDS
        )
        if done.returncode != 0:
            failures.append(f"{case}: {done.stdout}{done.stderr}")
    assert not failures, "\n".join(failures)


@pytest.mark.once
def test_the_official_client_passes_through_to_our_server(proxy, interop, cases, tools_bin, tmp_path):
    server, port = start("server", [interop / "interop-server"], tmp_path, r"^port (\d+)$")
    try:
        with proxy(f"127.0.0.1:{port}") as address:
            host, _, proxy = address.rpartition(":")
            program = [tools_bin / "interop-client", "-server_host", host, "-server_port", proxy]
            run_cases(cases, lambda case: [*program, "-test_case", case])
    finally:
        assert server.stop(START_SECONDS) == 0, server.log_tail()


@pytest.mark.once
def test_our_client_passes_through_to_the_official_server(proxy, interop, cases, tools_bin, tmp_path):
    server, port = start(
        "server",
        [tools_bin / "interop-server", "-port", "0"],
        tmp_path,
        r"interop server listening on .*:(\d+)$",
        GRPC_GO_LOG_SEVERITY_LEVEL="info",
    )
    try:
        with proxy(f"127.0.0.1:{port}") as address:
            run_cases(cases, lambda case: [interop / "interop-client", address.rpartition(":")[2], case])
    finally:
        server.kill()


@pytest.fixture(scope="module")
def gateway(mesh, build, tmp_path_factory):
    """Envoy before ocr, with gRPC-Web and JSON."""
    filters = [
        envoy.grpc_web(),
        envoy.json_transcoder(build / "protos/ocrmesh.binpb", OCR),
    ]
    with envoy.running(tmp_path_factory.mktemp("envoy"), [mesh.address["ocr"]], filters) as address:
        yield address


def test_grpc_goes_through_as_it_is(gateway, mesh):
    with GrpcClient(gateway) as proxied, GrpcClient(mesh.address["ocr"]) as direct:
        answers = [client.unary(OCR, "ListLanguages") for client in (proxied, direct)]
    assert answers[0].languages
    assert answers[0].SerializeToString() == answers[1].SerializeToString()


def test_json_by_the_annotations_is_what_grpc_says(gateway, mesh):
    answer = requests.get(f"http://{gateway}/api/v1/languages", timeout=60)
    assert answer.status_code == 200, answer.text
    with GrpcClient(mesh.address["ocr"]) as client:
        languages = client.unary(OCR, "ListLanguages").languages
    assert [one["code"] for one in answer.json()["languages"]] == [one.code for one in languages]


def test_a_job_and_the_list_stand_at_their_public_paths(gateway, account):
    job = account.read(pages.png(["By annotation"]))
    token = {"authorization": f"Bearer {account.token}"}
    one = requests.get(f"http://{gateway}/api/v1/ocr/{job['uuid']}/", headers=token, timeout=60)
    assert one.status_code == 200, one.text
    assert one.json()["job"]["job_id"] == job["uuid"]
    assert one.json()["job"]["page_count"] == job["page_count"]
    every = requests.get(f"http://{gateway}/api/v1/ocr/?page_size=5", headers=token, timeout=60)
    assert every.status_code == 200, every.text
    assert [each["job_id"] for each in every.json()["jobs"]] == [job["uuid"]]


def test_an_error_becomes_its_http_status(gateway):
    answer = requests.get(f"http://{gateway}/api/v1/ocr/{'0' * 32}/", timeout=60)
    assert answer.status_code == 404, answer.text


def test_grpc_web_gets_its_message_and_its_trailers(gateway, mesh):
    empty = struct.pack(">BI", 0, 0)
    answer = requests.post(
        f"http://{gateway}/{OCR}/ListLanguages",
        data=empty,
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    kind, length = struct.unpack_from(">BI", answer.content)
    assert kind == 0
    with GrpcClient(mesh.address["ocr"]) as client:
        expected = client.unary(OCR, "ListLanguages")
        message = type(expected)()
    message.ParseFromString(answer.content[5 : 5 + length])
    assert message == expected
    trailers_kind, _ = struct.unpack_from(">BI", answer.content, 5 + length)
    assert trailers_kind == 0x80
    assert b"grpc-status:0" in answer.content[5 + length :]
