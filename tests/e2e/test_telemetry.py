"""What an operator sees of requests: traces from the HTTP request to the statement, and logs that belong to them."""

import json
import secrets

import pytest

from harness import pages, wait
from harness.api import PASSWORD, Api, create_account
from harness.mesh import SERVICES, Mesh
from harness.trace_receiver import TraceReceiver

pytestmark = pytest.mark.once

FILE_NAME = "confidential-dismissal.png"
SUBMIT = "ocrmesh.ocr.v1.OcrService/SubmitJob"
CALLS_OF_BILLING = ("OpenReservation", "CommitReservation")
API_KEY = "receiver-key-1234"


@pytest.fixture(scope="module")
def receiver():
    with TraceReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def mesh(build, tmp_path_factory, receiver):
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": f"api-key={API_KEY}",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test%20bench",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        # A model that is not there: answers are those of the passages.
        "CHAT_LLM_URL": "http://127.0.0.1:9/v1",
        "CHAT_LLM_MODEL": "absent",
        "CHAT_LLM_RETRIES": "0",
        "LOG_LEVEL": "debug",
    }
    with Mesh(build, tmp_path_factory.mktemp("logs"), settings).running() as mesh:
        yield mesh


STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"


class Caller(Api):
    """Every request is part of one trace."""

    def __init__(self, url, token=None, is_sampled=True):
        super().__init__(url, token)
        self.trace = secrets.token_hex(16)
        self.span = secrets.token_hex(8)
        self.session.headers["traceparent"] = f"00-{self.trace}-{self.span}-{'01' if is_sampled else '00'}"
        self.session.headers["tracestate"] = STATE


BILLING = "ocrmesh.billing.v1.BillingService"
OF_A_JOB = {
    ("bridge", "server", "POST /api/v1/ocr/"),
    ("bridge", "client", SUBMIT),
    ("ocr", "server", SUBMIT),
    ("ocr", "consumer", "ocr page"),
    ("ocr", "consumer", "ocr settle"),
    ("ocr", "client", "settle_finish"),
    *((*side, f"{BILLING}/{name}") for side in (("ocr", "client"), ("billing", "server")) for name in CALLS_OF_BILLING),
}


def is_whole(spans, caller):
    """Each process sends its spans when it likes: all that a job consists of, and each one's parent."""
    known = {span.id for span in spans} | {caller.span}
    there = {(span.service.removeprefix("ocrmesh-"), span.kind, span.name) for span in spans}
    return there >= OF_A_JOB and all(span.parent in known for span in spans)


@pytest.fixture(scope="module")
def uploaded(mesh, receiver):
    """(caller, job, {id: span}) of one page, read."""
    account = create_account(mesh.url)
    caller = Caller(mesh.url, account.token)
    job = caller.read(pages.png(["Telemetry is what one sees from afar"]), name=FILE_NAME)
    assert job["status"] == "done"
    return caller, job, receiver.wait_for(caller.trace, lambda spans: is_whole(spans, caller))


def log_lines(mesh, name):
    """The whole lines of a log, parsed."""
    text = mesh.services[name].log.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line[:1] == "{"]


def the(spans, name, kind, service):
    found = [s for s in spans.values() if (s.name, s.kind, s.service) == (name, kind, f"ocrmesh-{service}")]
    assert len(found) == 1, (name, kind, service, sorted((s.service, s.kind, s.name) for s in spans.values()))
    return found[0]


def test_a_trace_leads_from_the_request_to_the_page(uploaded):
    caller, _, spans = uploaded
    request = the(spans, "POST /api/v1/ocr/", "server", "bridge")
    call = the(spans, SUBMIT, "client", "bridge")
    served = the(spans, SUBMIT, "server", "ocr")
    page = the(spans, "ocr page", "consumer", "ocr")
    waited = the(spans, "ocr queue wait", "internal", "ocr")
    read = the(spans, "ocr worker read", "internal", "ocr")

    assert request.parent == caller.span
    assert call.parent == request.id
    assert served.parent == call.id
    assert page.parent == served.id
    assert waited.parent == page.id
    assert read.parent == page.id
    assert waited.start == page.start and waited.end <= read.start and read.end <= page.end


def test_statements_are_spans_of_what_they_are_for(uploaded):
    _, _, spans = uploaded
    statements = [span for span in spans.values() if "db.system.name" in span.attributes]
    page = the(spans, "ocr page", "consumer", "ocr")
    served = the(spans, SUBMIT, "server", "ocr")

    assert {span.attributes["db.system.name"] for span in statements} == {"postgresql"}
    assert all(span.kind == "client" for span in statements)
    assert {"ocrmesh-ocr", "ocrmesh-billing"} <= {span.service for span in statements}
    of_page = [span.attributes["db.operation.name"] for span in statements if span.parent == page.id]
    assert "BEGIN" in of_page and "COMMIT" in of_page
    assert "job_insert" in {span.name for span in statements if span.parent == served.id}


def test_calls_between_services_are_two_spans_each(uploaded):
    _, _, spans = uploaded
    for name in CALLS_OF_BILLING:
        call = the(spans, f"{BILLING}/{name}", "client", "ocr")
        served = the(spans, f"{BILLING}/{name}", "server", "billing")
        assert served.parent == call.id
        assert served.attributes["rpc.system"] == "grpc"
        assert served.attributes["rpc.service"] == BILLING
        assert served.attributes["rpc.method"] == name
        assert served.attributes["rpc.grpc.status_code"] == 0


def test_the_state_of_others_is_passed_on(uploaded):
    """From bridge by ocr to billing; a page's work comes later, and without it."""
    _, _, spans = uploaded
    assert the(spans, "POST /api/v1/ocr/", "server", "bridge").state == STATE
    assert the(spans, SUBMIT, "server", "ocr").state == STATE
    assert the(spans, f"{BILLING}/OpenReservation", "server", "billing").state == STATE


def test_every_parent_is_in_the_trace(uploaded):
    caller, _, spans = uploaded
    orphans = {s.name for s in spans.values() if s.parent not in spans and s.parent != caller.span}
    assert not orphans
    assert all(span.start <= span.end for span in spans.values())


def test_the_request_says_how_it_ended(uploaded):
    request = the(uploaded[2], "POST /api/v1/ocr/", "server", "bridge")
    assert request.attributes["http.request.method"] == "POST"
    assert request.attributes["http.route"] == "/api/v1/ocr/"
    assert request.attributes["http.response.status_code"] == 200
    assert not request.failed


def test_a_call_of_a_model_is_a_span_of_its_question(mesh, receiver, uploaded):
    uploader, job, _ = uploaded
    caller = Caller(mesh.url, uploader.token)
    assert caller.ask(job["uuid"], "What does one see?").status_code == 200
    spans = receiver.wait_for(
        caller.trace,
        lambda spans: {"POST", "ocrmesh.chat.v1.ChatService/AskQuestion"} <= {s.name for s in spans if s.service[-4:] == "chat"},
    )
    asked = the(spans, "ocrmesh.chat.v1.ChatService/AskQuestion", "server", "chat")
    call = the(spans, "POST", "client", "chat")
    assert call.parent == asked.id
    assert call.attributes["ocrmesh.endpoint"] == "llm"
    assert call.failed and call.attributes["error.type"] == "unreachable"


def test_a_refused_call_is_told_as_such(mesh, receiver):
    caller = Caller(mesh.url)
    assert caller.job("0" * 32).status_code == 404
    name = "GET /api/v1/ocr/<uuid>/"
    get_job = "ocrmesh.ocr.v1.OcrService/GetJob"
    spans = receiver.wait_for(
        caller.trace,
        lambda spans: {(s.name, s.kind) for s in spans} >= {(name, "server"), (get_job, "client"), (get_job, "server")},
    )
    request = the(spans, name, "server", "bridge")
    assert request.attributes["http.response.status_code"] == 404
    assert not request.failed  # it is the caller's own mistake
    assert not the(spans, get_job, "server", "ocr").failed
    call = the(spans, get_job, "client", "bridge")
    assert call.failed and call.attributes["error.type"] == "NOT_FOUND"


def test_a_trace_that_its_sender_does_not_record_is_not_recorded(mesh, receiver):
    silent = Caller(mesh.url, is_sampled=False)
    assert silent.session.get(f"{mesh.url}/api/v1/languages/", timeout=60).status_code == 200
    heard = Caller(mesh.url)
    assert heard.session.get(f"{mesh.url}/api/v1/languages/", timeout=60).status_code == 200
    receiver.wait_for(heard.trace, lambda spans: any(span.service == "ocrmesh-bridge" for span in spans))
    assert not receiver.trace(silent.trace)


def test_a_request_without_a_trace_begins_one(mesh, receiver):
    agent = secrets.token_hex(8)
    before = {span.trace for span in receiver.spans}
    answer = Api(mesh.url).session.get(
        f"{mesh.url}/api/v1/limits/", headers={"X-Request-Id": agent}, timeout=60
    )
    assert answer.status_code == 200
    (line,) = wait.until(
        lambda: [line for line in log_lines(mesh, "bridge") if (line.get("request_id"), line["message"]) == (agent, "request")],
        30,
        "the request is logged",
    )
    assert line["trace_id"] not in before
    spans = receiver.wait_for(line["trace_id"], lambda spans: any(not span.parent for span in spans))
    assert spans[line["span_id"]].name == "GET /api/v1/limits/"


def test_the_receiver_gets_what_is_configured(uploaded, receiver):
    path, headers, request = receiver.requests[0]
    attributes = {a.key: a.value.string_value for a in request.resource_spans[0].resource.attributes}
    assert path == "/v1/traces"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["api-key"] == API_KEY
    assert attributes["deployment.environment.name"] == "test bench"


def secrets_of(caller, job):
    return {
        "the token": caller.session.headers["Authorization"].removeprefix("Bearer "),
        "the file's name": FILE_NAME.removesuffix(".png"),
        "the text": "afar",
        "the key of the receiver": API_KEY,
        "the id that opens the job": job["uuid"],
    }


def test_traces_hold_nothing_of_the_caller(uploaded, receiver):
    caller, job, _ = uploaded
    with receiver.lock:
        everything = "\n".join(str(request) for _, _, request in receiver.requests)
    for what, secret in secrets_of(caller, job).items():
        assert secret not in everything, f"{what} is in a trace"


def test_logs_tell_the_trace(uploaded, mesh, receiver):
    caller, _, spans = uploaded
    found = {}
    for name in ("bridge", "ocr", "billing"):
        found[name] = {line["span_id"] for line in log_lines(mesh, name) if line.get("trace_id") == caller.trace}
        assert found[name], f"{name} has no line of the trace"
        receiver.wait_for(caller.trace, lambda spans: found[name] <= {span.id for span in spans})
    assert the(spans, "POST /api/v1/ocr/", "server", "bridge").id in found["bridge"]
    assert the(spans, SUBMIT, "server", "ocr").id in found["ocr"]


def test_logs_hold_nothing_of_the_caller(mesh):
    """At the level that says the most: sign-up, sign-in, a wrong password, an upload, a download, a question."""
    email = f"margarete.telemetry-{secrets.token_hex(4)}@example.org"
    password = "Very-Secret-Phrase-7"
    api = Api(mesh.url)
    account = {"email": email, "password": password}
    made = api.session.post(f"{mesh.url}/api/v1/account/", json=account, timeout=60)
    assert made.status_code == 201, made.text
    token = made.json()["token"]
    signed_in = api.session.post(f"{mesh.url}/api/v1/account/session/", json=account, timeout=60)
    assert signed_in.status_code in (200, 201, 204), signed_in.text
    wrong = api.session.post(f"{mesh.url}/api/v1/account/session/", json=account | {"password": PASSWORD}, timeout=60)
    assert wrong.status_code == 401
    cookie = next(iter(signed_in.cookies.values()))
    caller = Api(mesh.url, token)
    job = caller.read(pages.png(["The quarrelsome neighbour"]), name=FILE_NAME)
    assert caller.download(job["uuid"], "docx").status_code == 200
    assert caller.ask(job["uuid"], "Who is quarrelsome, pray?").status_code == 200
    assert caller.session.get(f"{mesh.url}/api/v1/account/?api_token={token}", timeout=60).status_code == 200
    caller.submit(b"no picture at all", name=FILE_NAME)

    secret = {
        "the e-mail address": email,
        "its local part": email.partition("@")[0],
        "the password": password,
        "the wrong password": PASSWORD,
        "the token": token,
        "the session": cookie,
        "the file's name": FILE_NAME.removesuffix(".png"),
        "the document's text": "quarrelsome",
        "the key of the receiver": API_KEY,
    }
    for name in SERVICES:
        log = mesh.services[name].log.read_text(errors="replace")
        for what, text in secret.items():
            assert text not in log, f"{what} is in the log of {name}"
