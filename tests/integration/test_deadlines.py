"""How far a deadline reaches, and a client that hangs up: through three processes to the statement, and to the job."""

import socket
import threading

import grpc
import pytest

from harness import pages, wait
from harness.grpc_client import GrpcClient
from harness.mesh import UNKNOWN_JOB

CHAT = "ocrmesh.chat.v1.ChatService"
SUBMIT_OK = 'ocrmesh_rpc_calls_total{method="ocrmesh.ocr.v1.OcrService/SubmitJob",code="OK"}'
SECONDS = 180  # a guard
# Less than the 15 s after which whoever calls billing would give up by itself.
DEADLINE_SECONDS, NOTICE_SECONDS = 3, 10

pytestmark = pytest.mark.once


def waiting(mesh):
    """Statements of billing that wait for a lock."""
    return mesh.cluster.sql(
        "SELECT query FROM pg_stat_activity WHERE usename = 'billing' AND wait_event_type = 'Lock'"
    )


def held_up(mesh):
    """Billing waits as soon as it asks for a token: chat asks it who calls, on behalf of whoever asks chat."""
    return mesh.cluster.locked("billing.token", "ACCESS EXCLUSIVE")


def send(mesh, account, request, body=b"", fields=""):
    """A request over a connection of its own, which is returned."""
    host, _, port = mesh.address["bridge"].rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=SECONDS)
    fields += f"Host: {host}\r\nAuthorization: Bearer {account.token}\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{request} HTTP/1.1\r\n{fields}\r\n".encode() + body)
    return connection


def read_to_end(connection):
    text = b""
    while piece := connection.recv(65536):
        text += piece
    return text


def test_a_deadline_ends_the_statement_of_the_service_behind_the_service(mesh, account):
    codes = []

    def ask():
        try:
            client.unary(CHAT, "GetConversation", seconds=DEADLINE_SECONDS, job_id=UNKNOWN_JOB)
        except grpc.RpcError as error:
            codes.append(error.code())

    with GrpcClient(mesh.address["chat"], account.token) as client, held_up(mesh):
        client.message(f"{CHAT.rpartition('.')[0]}.GetConversationRequest")  # it is connected, and knows the type
        call = threading.Thread(target=ask)
        call.start()
        wait.until(lambda: waiting(mesh), SECONDS, "a statement waits")
        call.join()
        wait.until(lambda: not waiting(mesh), NOTICE_SECONDS, "the statement has ended")
    assert codes == [grpc.StatusCode.DEADLINE_EXCEEDED]


def test_a_client_that_hangs_up_ends_the_statement(mesh, account):
    with held_up(mesh):
        connection = send(mesh, account, f"GET /api/v1/chat/{UNKNOWN_JOB}/history/")
        wait.until(lambda: waiting(mesh), SECONDS, "a statement waits")
        connection.close()
        wait.until(lambda: not waiting(mesh), NOTICE_SECONDS, "the statement has ended")


def test_a_client_that_only_sends_no_more_gets_its_answer(mesh, account):
    with held_up(mesh):
        connection = send(mesh, account, f"GET /api/v1/chat/{UNKNOWN_JOB}/history/")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")  # asked whether it is there
        assert waiting(mesh)
    with connection:
        assert b"HTTP/1.1 404 " in read_to_end(connection)


def test_a_job_whose_submitter_hangs_up_before_it_knows_of_it_is_cancelled(mesh, account):
    form = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="long.pdf"\r\n\r\n'
        + pages.slow_pdf(10)
        + b"\r\n--cut--\r\n"
    )

    def jobs():
        return account.session.get(f"{mesh.url}/api/v1/ocr/", timeout=SECONDS).json()["jobs"]

    def submissions():
        return mesh.metrics("ocr").get(SUBMIT_OK, 0)

    before = submissions()
    connection = send(
        mesh,
        account,
        "POST /api/v1/ocr/?wait=60",
        form,
        "Content-Type: multipart/form-data; boundary=cut\r\n",
    )
    wait.until(lambda: submissions() > before, SECONDS, "the bridge is told of the job")
    connection.close()
    job = jobs()[0]
    assert job["status"] in ("pending", "processing"), job

    def state():
        return mesh.cluster.sql(f"SELECT state FROM ocr.job WHERE id = '{job['uuid']}'")[0][0]

    wait.until(lambda: state() == "cancelled", SECONDS, "the job is cancelled")
    assert account.job(job["uuid"]).json()["pages_done"] < 10
