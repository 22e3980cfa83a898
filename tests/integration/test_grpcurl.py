"""grpcurl lists, describes and calls every service with no .proto at hand."""

import json
import subprocess

import pytest

SERVICES = {
    "ocr": "ocrmesh.ocr.v1.OcrService",
    "billing": "ocrmesh.billing.v1.BillingService",
    "export": "ocrmesh.export.v1.ExportService",
    "chat": "ocrmesh.chat.v1.ChatService",
}
SECONDS = 180


@pytest.fixture
def grpcurl(tools_bin):
    def run(*arguments, expect=0):
        command = [tools_bin / "grpcurl", "-plaintext", "-max-time", str(SECONDS), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize("name", SERVICES)
def test_list_names_the_service_health_and_reflection(name, mesh, grpcurl):
    listed = grpcurl(mesh.address[name], "list").split()
    assert SERVICES[name] in listed
    assert "grpc.health.v1.Health" in listed
    assert "grpc.reflection.v1.ServerReflection" in listed
    assert "grpc.reflection.v1alpha.ServerReflection" in listed


@pytest.mark.parametrize("name", SERVICES)
def test_describe_shows_every_method_and_message(name, mesh, grpcurl):
    described = grpcurl(mesh.address[name], "describe", SERVICES[name])
    assert "rpc " in described
    for line in described.splitlines():
        if line.strip().startswith("rpc "):
            request = line.split("(")[1].split(")")[0].removeprefix(" stream").strip(" .")
            assert "message" in grpcurl(mesh.address[name], "describe", request)


@pytest.mark.parametrize("name", SERVICES)
def test_health_check_says_serving(name, mesh, grpcurl):
    address = mesh.address[name]
    assert json.loads(grpcurl(address, "grpc.health.v1.Health/Check")) == {"status": "SERVING"}
    request = json.dumps({"service": SERVICES[name]})
    answer = grpcurl("-d", request, address, "grpc.health.v1.Health/Check")
    assert json.loads(answer) == {"status": "SERVING"}


def test_health_of_an_unknown_service_is_not_found(mesh, grpcurl):
    request = json.dumps({"service": "no.such.Service"})
    answer = grpcurl(
        "-d", request, mesh.address["ocr"], "grpc.health.v1.Health/Check", expect=64 + 5
    )
    assert "NotFound" in answer


def call(grpcurl, address, method, **fields):
    return json.loads(grpcurl("-d", json.dumps(fields), address, method))


def test_calls_answer_in_json(mesh, grpcurl):
    languages = call(grpcurl, mesh.address["ocr"], "ocrmesh.ocr.v1.OcrService/ListLanguages")
    assert "de" in [language["code"] for language in languages["languages"]]

    formats = call(grpcurl, mesh.address["export"], "ocrmesh.export.v1.ExportService/ListFormats")
    assert {"txt", "md", "json"} <= {known["name"] for known in formats["formats"]}

    caller = call(
        grpcurl,
        mesh.address["billing"],
        "ocrmesh.billing.v1.BillingService/Authenticate",
        client_address="192.0.2.7",
    )
    assert caller["principal"]["plan"]["name"] == "anonymous"


def test_refusal_tells_its_reason(mesh, grpcurl):
    answer = grpcurl(
        mesh.address["chat"], "ocrmesh.chat.v1.ChatService/GetConversation", expect=64 + 16
    )
    assert "Unauthenticated" in answer
    assert "MISSING_TOKEN" in answer
