"""The whole mesh under mutual TLS, with certificates of `./ocrmesh certs`, and who is kept out of it."""

import json
import os
import stat
import subprocess
import threading

import grpc
import pytest
import requests

from harness import bridge, control_plane, envoy, pages, wait
from harness.api import Api, create_account
from harness.certificates import make_mesh_certificates, sign_for_mesh
from harness.chat import refusal
from harness.grpc_client import GrpcClient
from harness.mesh import SERVICES, Mesh, free_ports
from harness.process import Process

pytestmark = pytest.mark.slow

OCR = "ocrmesh.ocr.v1.OcrService"
ACCOUNTS = "ocrmesh.billing.v1.AccountService"
ADMIN = "ocrmesh.billing.v1.BillingAdminService"
PREFIX = "spiffe://ocrmesh.local/"
CONSUMER = "spiffe://elsewhere.test/archive"
READ_AGAIN_SECONDS = 180
REFUSED_SECONDS = 180
START_SECONDS = 180


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("mesh-tls")


@pytest.fixture(scope="module")
def secured(build, logs, home):
    """A mesh of its own, whose processes know each other by their certificates."""
    folder = logs / "mesh-tls"
    folder.mkdir(exist_ok=True)
    for log in folder.glob("*.log"):
        log.unlink()
    settings = {"MESH_CONSUMERS": CONSUMER, "MESH_TLS_RELOAD": "100ms"}
    with Mesh(build, folder, settings, make_mesh_certificates(home)).running() as mesh:
        yield mesh


def credentials(ca, certificate=None, key=None):
    return grpc.ssl_channel_credentials(
        root_certificates=ca.read_bytes(),
        private_key=key and key.read_bytes(),
        certificate_chain=certificate and certificate.read_bytes(),
    )


def as_program(mesh, address, name):
    folder = mesh.certificates
    return GrpcClient(
        address,
        credentials=credentials(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key"),
    )


def path_code(client, path):
    """The status of a call of any method, with an empty request."""
    call = client.channel.unary_unary(path, bytes, bytes)
    try:
        call(b"", timeout=REFUSED_SECONDS)
    except grpc.RpcError as error:
        return error.code().name
    return "OK"


def log_lines(process):
    for line in process.log.read_text(errors="replace").splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def test_a_page_goes_all_the_way(secured):
    account = create_account(secured.url)
    job = account.read(pages.png())
    assert job["status"] == "done", job
    for line in pages.LETTER:
        assert line in job["text"]
    # export and chat read it from ocr themselves
    download = account.download(job["uuid"], "md")
    assert download.status_code == 200, download.text
    answer = account.ask(job["uuid"], "What does the letter say?")
    assert answer.status_code == 200, answer.text
    # the operator's certificate
    secured.grant(account.email, 5)
    assert account.state()["credits"] == 5


def test_private_keys_are_the_owners_alone(secured):
    for name in [*SERVICES, "operator", "ca"]:
        mode = (secured.certificates / f"{name}.key").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, name


def test_a_stock_client_needs_a_certificate_of_the_authority(secured, tmp_path):
    address = secured.address["ocr"]
    ca = secured.certificates / "ca.pem"
    with as_program(secured, address, "bridge") as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "OK"
    with GrpcClient(address, credentials=credentials(ca)) as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "UNAVAILABLE"
    with GrpcClient(address) as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "UNAVAILABLE"
    other = make_mesh_certificates(tmp_path)
    signed_elsewhere = credentials(ca, other / "bridge.pem", other / "bridge.key")
    with GrpcClient(address, credentials=signed_elsewhere) as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "UNAVAILABLE"


def test_programs_may_call_what_they_need_and_no_more(secured, tmp_path):
    billing, ocr = secured.address["billing"], secured.address["ocr"]
    with as_program(secured, billing, "operator") as client:
        assert client.unary(ADMIN, "ListAccounts").accounts
    with as_program(secured, billing, "bridge") as client:
        code, details = refusal(client.unary, ADMIN, "ListAccounts")
        assert code == "PERMISSION_DENIED"
        assert b"CALLER_NOT_ALLOWED" in details
    with as_program(secured, ocr, "chat") as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "PERMISSION_DENIED"
        assert path_code(client, "/grpc.health.v1.Health/Check") == "OK"

    ca = secured.certificates / "ca.pem"
    consumer = sign_for_mesh(secured.certificates, tmp_path, "consumer", CONSUMER)
    with GrpcClient(ocr, credentials=credentials(ca, *consumer)) as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "OK"
        assert path_code(client, f"/{OCR}/FindMissingJobs") == "PERMISSION_DENIED"
    stranger = sign_for_mesh(secured.certificates, tmp_path, "stranger", f"{PREFIX}nobody")
    with GrpcClient(ocr, credentials=credentials(ca, *stranger)) as client:
        assert path_code(client, f"/{OCR}/ListLanguages") == "PERMISSION_DENIED"

    def refused():
        """A call is logged once its answer has gone out."""
        lines = log_lines(secured.services["ocr"])
        return [line["peer_id"] for line in lines if line.get("reason") == "CALLER_NOT_ALLOWED"]

    expected = [f"{PREFIX}chat", CONSUMER, f"{PREFIX}nobody"]
    wait.until(lambda: len(refused()) >= len(expected), REFUSED_SECONDS, "all refusals are logged")
    assert refused() == expected


def test_the_certificates_hold_for_endpoints_that_a_control_plane_names(secured, build, tools_bin, tmp_path):
    account = create_account(secured.url)
    with control_plane.running(tools_bin / "xds-server", tmp_path) as plane:
        plane.serve(ocr={"endpoints": [secured.address["ocr"]]})
        settings = {
            **{f"{name.upper()}_TARGET": f"dns:///{secured.address[name]}" for name in ("billing", "export", "chat")},
            **secured.tls_settings("bridge"),
            "OCR_TARGET": "xds:///ocr",
            "GRPC_XDS_BOOTSTRAP": str(plane.bootstrap),
        }
        with bridge.running(build, tmp_path / "bridge.log", settings) as (plain, _):
            caller = Api(f"http://{plain}", account.token)
            job = caller.read(pages.png(["By control plane"]))
            assert job["status"] == "done" and "By control plane" in job["text"]

        # One that sends calls to another program than the one they are for.
        plane.serve(ocr={"endpoints": [secured.address["export"]]})
        log = tmp_path / "misled.log"
        with bridge.running(build, log, settings) as (plain, _):
            refused = Api(f"http://{plain}", account.token).job(job["uuid"])
            assert refused.status_code == 503, refused.text
            assert "a server is not the one that is called" in log.read_text()


def test_a_real_envoy_speaks_mutual_tls_for_a_client_that_does_not(secured, tmp_path):
    ca = secured.certificates / "ca.pem"
    consumer = sign_for_mesh(secured.certificates, tmp_path, "consumer", CONSUMER)
    for name, expected in (("ocr", "OK"), ("billing", "UNAVAILABLE")):
        tls = envoy.mutual_tls(ca, *consumer, f"{PREFIX}{name}")  # whom it looks for at ocr's address
        with envoy.running(tmp_path, [secured.address["ocr"]], transport_socket=tls) as address:
            with GrpcClient(address) as client:
                assert path_code(client, f"/{OCR}/ListLanguages") == expected


def test_what_a_consumer_says_of_its_client_is_not_believed(secured, tmp_path):
    """Else each address that it makes up would have an anonymous caller's pages."""
    ca = secured.certificates / "ca.pem"
    consumer = sign_for_mesh(secured.certificates, tmp_path, "consumer", CONSUMER)
    with GrpcClient(secured.address["ocr"], credentials=credentials(ca, *consumer)) as client:
        client.metadata = [("ocrmesh-client-address", "192.0.2.77")]
        parts = [{"options": {"language": "en", "file_name": "a.png"}}, {"chunk": pages.png()}]
        job = client.client_stream(OCR, "SubmitJob", parts).job
    rows = secured.cluster.sql(f"SELECT principal_key FROM ocr.job WHERE id = '{job.job_id}'")
    assert "192.0.2.77" not in str(rows)

    with GrpcClient(secured.address["billing"], credentials=credentials(ca, *consumer)) as client:
        # Nor would there be a bound of accounts of one address, and of asking which exist.
        wanted = {"email": "consumer@example.test", "password": "a long password", "client_address": "192.0.2.78"}
        client.unary(ACCOUNTS, "CreateAccount", **wanted)
        assert refusal(client.unary, ACCOUNTS, "CreateAccount", **wanted)[0] == "ALREADY_EXISTS"
    counted = str(secured.cluster.sql("SELECT key FROM billing.attempt"))
    assert "127.0.0.1" in counted and "192.0.2.78" not in counted


def test_no_request_fails_while_certificates_are_renewed(secured, home):
    def readings():
        return {
            name: sum(line["message"] == "certificates read" for line in log_lines(process))
            for name, process in secured.services.items()
        }

    before, over, outcomes = readings(), threading.Event(), []

    def ask():
        with requests.Session() as session:
            while not over.is_set():
                answer = session.get(f"{secured.url}/api/v1/languages/", timeout=60)
                outcomes.append(answer.status_code)

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        make_mesh_certificates(home, "--renew")
        wait.until(
            lambda: all(readings()[name] > before[name] for name in SERVICES),
            READ_AGAIN_SECONDS,
            "every process has read its new certificate",
        )
        asked = len(outcomes)
        wait.until(lambda: len(outcomes) > asked + 20, READ_AGAIN_SECONDS, "20 more requests are done")
    finally:
        over.set()
        for caller in callers:
            caller.join()
    assert set(outcomes) == {200}
    # A process that starts afresh is let in by those that have changed while they ran.
    secured.kill("export")
    secured.start_again("export")
    account = create_account(secured.url)
    job = account.read(pages.png())
    assert account.download(job["uuid"], "txt").status_code == 200


def export_alone(build, log, listen, **settings):
    environment = {**os.environ, "EXPORT_LISTEN": listen, "EXPORT_ADMIN_LISTEN": "127.0.0.1:0", **settings}
    return Process("export", [build / "services/export/ocrmesh-export"], environment, log)


def test_plain_text_is_refused_where_other_machines_reach_it(build, logs):
    process = export_alone(build, logs / "export-plain.log", f"0.0.0.0:{free_ports(1)[0]}")
    process.start()
    assert process.child.wait(START_SECONDS) == 1
    assert [line.get("reason") for line in log_lines(process)] == ["PLAINTEXT_REFUSED"]


def test_plain_text_that_is_allowed_is_said_loudly(build, logs):
    port = free_ports(1)[0]
    process = export_alone(build, logs / "export-allowed.log", f"0.0.0.0:{port}", MESH_PLAINTEXT="true")
    process.start()
    try:
        wait.until(
            lambda: any(line["message"] == "serving" for line in log_lines(process)),
            START_SECONDS,
            "export serves",
        )
        warnings = [line["message"] for line in log_lines(process) if line["level"] == "warning"]
        assert any("PLAIN TEXT" in message for message in warnings)
    finally:
        assert process.stop() == 0


def test_certs_renews_what_is_soon_over_and_leaves_the_rest(tmp_path):
    folder = make_mesh_certificates(tmp_path)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    # One that has ten days left.
    subprocess.run(
        ["openssl", "x509", "-in", folder / "ocr.pem", "-signkey", folder / "ocr.key", "-days", "10"]
        + ["-out", folder / "ocr.pem"],
        check=True,
        capture_output=True,
    )
    make_mesh_certificates(tmp_path)
    second = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in first if first[name] != second[name]} == {"ocr.pem", "ocr.key"}
    subprocess.run(
        ["openssl", "verify", "-CAfile", folder / "ca.pem", folder / "ocr.pem"],
        check=True,
        capture_output=True,
    )


def test_a_new_authority_is_trusted_beside_the_old_one(tmp_path):
    folder = make_mesh_certificates(tmp_path)
    old = (folder / "ca.pem").read_text()
    make_mesh_certificates(tmp_path, "--new-authority")
    both = (folder / "ca.pem").read_text()
    assert both.endswith(old)
    assert both.count("BEGIN CERTIFICATE") == 2
    before = (folder / "ocr.pem").read_text()
    make_mesh_certificates(tmp_path, "--renew")
    assert (folder / "ocr.pem").read_text() != before
    new = tmp_path / "new.pem"
    new.write_text(both[: -len(old)])
    subprocess.run(
        ["openssl", "verify", "-CAfile", new, folder / "ocr.pem"], check=True, capture_output=True
    )
