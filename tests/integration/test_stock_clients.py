"""What stock clients in Go, Java and Python may expect of the RPC runtime, and what is on the wire: against the interop server.

Deadlines, cancellation, compression, large messages, metadata, half-close, trailers-only. gRPC's own cases are in
tests/conformance/interop.
"""

import os
import signal
import subprocess

import grpc
import pytest

from harness import stock_clients
from harness.grpc_client import GrpcClient
from harness.mesh import SANITIZER_ENVIRONMENT

SERVICE = "grpc.testing.TestService"
CASES = ["deadline", "cancel", "compressed", "large", "too_large", "metadata", "half_close", "trailers_only"]
SECONDS = 120
LIMIT = 1 << 20
SLACK = 2048
SIZE = 100_000

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def port(build):
    program = build / "tests/conformance/interop/interop-server"
    environment = {**os.environ, **SANITIZER_ENVIRONMENT}
    with subprocess.Popen([program], stdout=subprocess.PIPE, env=environment, text=True) as server:
        yield server.stdout.readline().removeprefix("port ").strip()
        server.send_signal(signal.SIGTERM)
        assert server.wait(SECONDS) == 0  # nothing leaked


def run_cases(command):
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.stdout.split("\n")[:-1] == [f"ok {name}" for name in CASES], done.stdout + done.stderr
    assert done.returncode == 0


def test_go_client(port, tools_bin):
    run_cases([tools_bin / "stock-client-go", port])


def test_java_client(port, tmp_path):
    run_cases([*stock_clients.java_stock_client(tmp_path), port])


# --- Python ---


@pytest.fixture(params=[grpc.Compression.NoCompression, grpc.Compression.Gzip], ids=["plain", "gzip"])
def client(request, port):
    options = [("grpc.default_compression_algorithm", request.param), ("grpc.max_send_message_length", -1)]
    with GrpcClient(f"127.0.0.1:{port}", options=options) as made:
        yield made


def payload(size):
    return {"body": bytes(size)}


def test_python_deadline(client):
    late = [{"size": 1, "interval_us": SECONDS * 500_000}]
    with pytest.raises(grpc.RpcError) as failure:
        list(client.server_stream(SERVICE, "StreamingOutputCall", seconds=0.3, response_parameters=late))
    assert failure.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_python_cancellation(client):
    wanted = [{"size": 1}, {"size": 1, "interval_us": SECONDS * 500_000}]
    stream = client.server_stream(SERVICE, "StreamingOutputCall", response_parameters=wanted)
    assert len(next(stream).payload.body) == 1
    stream.cancel()
    with pytest.raises(grpc.RpcError) as failure:
        next(stream)
    assert failure.value.code() == grpc.StatusCode.CANCELLED


@pytest.mark.parametrize("size", [SIZE, LIMIT - SLACK])
def test_python_messages(client, size):
    wanted = {"payload": payload(size), "response_size": size, "response_compressed": {"value": True}}
    assert client.unary(SERVICE, "UnaryCall", **wanted).payload.body == bytes(size)


def test_python_too_large_a_message(client):
    with pytest.raises(grpc.RpcError) as failure:
        client.unary(SERVICE, "UnaryCall", payload=payload(LIMIT + 1))
    assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    client.unary(SERVICE, "EmptyCall")


def test_python_metadata_of_text_and_bytes(client):
    sent = [("x-grpc-test-echo-initial", "plain ASCII, with spaces")]
    sent += [("x-grpc-test-echo-trailing-bin", bytes([0, 255, 10, 13, 128, 97]))]
    client.metadata = sent
    stream = client.server_stream(SERVICE, "StreamingOutputCall", response_parameters=[{"size": 1}])
    assert len(list(stream)) == 1
    assert sent[0] in list(stream.initial_metadata())
    assert sent[1] in list(stream.trailing_metadata())


def test_python_half_close(client):
    sizes = [10, 1000, SIZE]
    sent = [{"payload": payload(size)} for size in sizes]
    assert client.client_stream(SERVICE, "StreamingInputCall", sent).aggregated_payload_size == sum(sizes)


def test_python_failure_with_a_message(client):
    message = "nicht erlaubt: ü, 100 %\t\n"
    with pytest.raises(grpc.RpcError) as failure:
        client.unary(SERVICE, "UnaryCall", response_status={"code": 7, "message": message})
    assert failure.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert failure.value.details() == message


# --- on the wire ---


def headers_of(port, tmp_path, message):
    """The header blocks of the answer: a list of dicts."""
    body = tmp_path / "message"
    body.write_bytes(b"\0" + len(message).to_bytes(4, "big") + message)
    command = ["curl", "--silent", "--show-error", "--http2-prior-knowledge", "--max-time", str(SECONDS)]
    command += ["--header", "te: trailers", "--header", "content-type: application/grpc"]
    command += ["--data-binary", f"@{body}", "--output", tmp_path / "answer", "--dump-header", "-"]
    url = f"http://127.0.0.1:{port}/{SERVICE}/UnaryCall"
    done = subprocess.run([*command, url], check=True, capture_output=True, text=True)
    blocks = done.stdout.replace("\r", "").strip().split("\n\n")
    return [dict(line.split(": ", 1) for line in block.split("\n") if ": " in line) for block in blocks]


def test_failure_is_one_header_block(port, tmp_path):
    permission_denied = bytes([7 << 3 | 2, 2, 1 << 3, 7])  # SimpleRequest.response_status.code
    (only,) = headers_of(port, tmp_path, permission_denied)
    assert only["content-type"] == "application/grpc"
    assert only["grpc-status"] == "7"


def test_answer_has_its_status_in_trailers(port, tmp_path):
    first, last = headers_of(port, tmp_path, b"")
    assert "grpc-status" not in first
    assert last["grpc-status"] == "0"
