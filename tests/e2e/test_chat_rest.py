"""Questions about documents by REST (API: POST /api/v1/chat/<uuid>/, B23, B24)."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from harness import pages, wait
from harness.api import PASSWORD, Api, create_account

pytestmark = pytest.mark.once

SAMPLES = Path(__file__).parent / "samples"
SECONDS = 300
MESSAGE_MAX_BYTES = 8000
CLIENTS = {
    "requests": [sys.executable, SAMPLES / "chat_requests.py"],
    "fetch": ["node", SAMPLES / "chat_fetch.mjs"],
    "curl": [SAMPLES / "chat_curl.sh"],
}
INVOICE = [
    "INVOICE",
    "Invoice number: INV-2041",
    "Date: 3 March 2026",
    "Due date: 2 April 2026",
    "Total: 215.00 USD",
]
QUESTION = "What is the total?"
NEXT_QUESTION = "And the due date?"


def read_invoice(account):
    done = account.read(pages.png(INVOICE))
    assert done["status"] == "done", done
    return done["uuid"]


@pytest.fixture(scope="module")
def read_once(mesh):
    account = create_account(mesh.url)
    return account, read_invoice(account)


@pytest.fixture
def account(read_once):
    """One for most tests."""
    return read_once[0]


@pytest.fixture
def job(read_once):
    """Of that account, without a conversation."""
    account, uuid = read_once
    assert account.forget(uuid).status_code == 204
    return uuid


@pytest.fixture
def newcomer(mesh):
    """An account that has asked nothing today, and its job."""
    account = create_account(mesh.url)
    return account, read_invoice(account)


def folded(text):
    return re.sub(r"\s+", " ", text).strip()


def refused(answer, status, code):
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["code"] == code, body
    assert body["error"] and body["request_id"]
    return body


def assert_answer(account, job, message, *words):
    """A message of the contract, whose citations stand on their pages."""
    assert message["role"] == "assistant"
    assert message["grounded"] is True
    for word in words:
        assert word in message["content"]
    document = account.job(job).json()
    assert message["citations"]
    for citation in message["citations"]:
        page = document["pages"][citation["page"] - 1]
        assert folded(citation["snippet"]) in folded(page["text"])
        assert 0 <= citation["block"] < len(page["blocks"])
        for x0, y0, x1, y1 in citation["bbox"]:
            assert 0 <= x0 < x1 <= page["width"] and 0 <= y0 < y1 <= page["height"]


# --- clients ---


@pytest.mark.parametrize("name", CLIENTS)
def test_a_stock_client_holds_a_conversation(name, account, job):
    done = subprocess.run(
        [*CLIENTS[name], account.url, account.token, job, QUESTION, NEXT_QUESTION],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert re.fullmatch("[0-9a-f]{32}", seen["answer"]["conversation"])
    assert_answer(account, job, seen["answer"]["message"], "215.00")

    *deltas, (last, streamed) = seen["events"]
    assert last == "message"
    assert {event for event, _ in deltas} == {"delta"}
    assert "".join(data["content"] for _, data in deltas) == streamed["message"]["content"]
    assert streamed["conversation"] == seen["answer"]["conversation"]
    assert_answer(account, job, streamed["message"], "2 April 2026")

    assert seen["history"]["conversation"] == seen["answer"]["conversation"]
    asked, answered, asked_next, answered_next = seen["history"]["messages"]
    assert (asked["role"], asked["content"]) == ("user", QUESTION)
    assert asked["citations"] == [] and asked["created_at"] > "2026"
    assert answered == seen["answer"]["message"]
    assert (asked_next["role"], asked_next["content"]) == ("user", NEXT_QUESTION)
    assert answered_next == streamed["message"]
    assert seen["deleted"] == 204
    assert seen["left"] == {"conversation": None, "messages": []}


def test_what_the_document_does_not_say_has_no_citation(account, job):
    message = account.ask(job, "Who won the football championship in Brazil?").json()["message"]
    assert message["grounded"] is False
    assert message["citations"] == []
    assert message["content"]


def test_every_path_works_without_its_last_slash(account, job):
    url = f"{account.url}/api/v1/chat/{job}"
    assert account.session.post(url, json={"message": QUESTION}, timeout=60).status_code == 200
    assert len(account.session.get(f"{url}/history", timeout=60).json()["messages"]) == 2
    assert account.session.head(f"{url}/history", timeout=60).status_code == 200
    assert account.session.delete(f"{url}/history", timeout=60).status_code == 204
    answer = account.session.get(url, timeout=60)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST, OPTIONS"


def test_a_key_gets_the_same_answer_and_counts_once(mesh, newcomer):
    account, job = newcomer
    headers = {"Idempotency-Key": "one"}
    first = account.ask(job, QUESTION, headers=headers)
    again = account.ask(job, QUESTION, headers=headers)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    refused(account.ask(job, "Another one?", headers=headers), 422, "idempotency_key_reused")
    assert len(account.history(job).json()["messages"]) == 2
    asked = account.session.get(f"{mesh.url}/api/v1/account/usage/", timeout=60).json()["question_days"]
    assert [day["questions"] for day in asked] == [1]


def test_a_long_history_comes_whole(mesh, account, job):
    """The service gives it in pages; more of them than anybody asks in a test."""
    account.ask(job, QUESTION)
    mesh.cluster.sql(
        "INSERT INTO chat.message (conversation_id, number, id, role, content, request_id, source,"
        " is_grounded, citations) SELECT conversation_id, number + 2 * n, md5(number || '-' || n), role,"
        " content || ' ' || n, request_id || n, source, is_grounded, citations FROM chat.message"
        " JOIN chat.conversation ON conversation.id = conversation_id, generate_series(1, 300) AS n"
        f" WHERE job_id = '{job}'"
    )
    mesh.cluster.sql(f"UPDATE chat.conversation SET message_count = 602 WHERE job_id = '{job}'")
    messages = account.history(job).json()["messages"]
    assert [message["content"] for message in messages[::2]] == [
        QUESTION, *(f"{QUESTION} {number}" for number in range(1, 301))
    ]
    assert {message["role"] for message in messages[1::2]} == {"assistant"}


# --- who may ask ---


def test_none_and_bad_tokens_are_401(mesh, account, job):
    for token, code in ((None, "missing_token"), ("wrong", "invalid_token")):
        caller = Api(mesh.url, token)
        for answer in (caller.ask(job, QUESTION), caller.history(job), caller.forget(job)):
            refused(answer, 401, code)
            assert answer.headers["www-authenticate"] == "Bearer"
    answer = requests.post(
        f"{mesh.url}/api/v1/chat/{job}/", params={"api_token": account.token},
        json={"message": QUESTION}, timeout=60,
    )
    assert answer.status_code == 200, answer.text


def test_somebody_elses_job_is_as_unknown_as_one_that_never_was(mesh, account, job):
    account.ask(job, QUESTION)
    other = create_account(mesh.url)
    anonymous = Api(mesh.url).read(pages.png(INVOICE))["uuid"]
    bodies = set()
    for uuid in (job, "0" * 32, "none", "%27"):
        for answer in (other.ask(uuid, QUESTION), other.history(uuid), other.forget(uuid)):
            body = refused(answer, 404, "job_not_found")
            body.pop("request_id")
            bodies.add(json.dumps(body, sort_keys=True))
    assert len(bodies) == 1
    assert len(account.history(job).json()["messages"]) == 2
    # What nobody's account owns is read by whoever has its id: also here.
    assert other.ask(anonymous, QUESTION).status_code == 200
    assert account.history(anonymous).json()["messages"] == []


def test_a_signed_in_browser_asks_from_our_own_pages_alone(mesh, account, job):
    browser = requests.Session()
    signed_in = browser.post(
        f"{mesh.url}/api/v1/account/session/",
        json={"email": account.email, "password": PASSWORD}, timeout=60,
    )
    assert signed_in.status_code == 201, signed_in.text
    caller = Api(mesh.url)
    caller.session = browser
    for origin in (None, "https://evil.example"):
        browser.headers["Origin"] = origin
        refused(caller.ask(job, QUESTION), 403, "cross_site")
        refused(caller.forget(job), 403, "cross_site")
    assert caller.history(job).json()["messages"] == []
    browser.headers["Origin"] = mesh.url
    assert caller.ask(job, QUESTION).status_code == 200
    assert caller.forget(job).status_code == 204


def test_a_job_that_is_not_done_is_409(account):
    large = account.submit(pages.slow_pdf(40)).json()
    assert large["status"] in ("pending", "processing")
    refused(account.ask(large["uuid"], QUESTION), 409, "job_not_done")
    refused(account.history(large["uuid"]), 409, "job_not_done")
    account.delete(large["uuid"])


# --- what is asked ---


@pytest.mark.parametrize(
    "body, code, field",
    [
        (b"", "bad_json", None),
        (b"{", "bad_json", None),
        (b"message=What", "bad_json", None),
        (b'["What?"]', "bad_json", None),
        (b'{"message": "a\\u0000b"}', "bad_json", None),
        (b'{"message": "\xff"}', "bad_json", None),
        (b"{}", "invalid_field", "message"),
        (b'{"message": null}', "invalid_field", "message"),
        (b'{"message": 5}', "invalid_field", "message"),
        (b'{"message": ""}', "invalid_field", "message"),
        (b'{"message": " \\n "}', "invalid_field", "message"),
        (b'{"message": "%s"}' % (b"x" * (MESSAGE_MAX_BYTES + 1)), "invalid_field", "message"),
        (b'{"message": "%s"}' % (b"x" * 1000000), "too_large", None),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else "",
)
def test_what_is_no_question_is_400(account, job, body, code, field):
    for accept in ("*/*", "text/event-stream"):
        answer = account.session.post(
            f"{account.url}/api/v1/chat/{job}/", data=body, headers={"Accept": accept}, timeout=60
        )
        assert refused(answer, 400, code).get("field") == field
    assert account.history(job).json()["messages"] == []


def test_the_longest_question_is_taken(account, job):
    question = f"{QUESTION} {'x' * MESSAGE_MAX_BYTES}"[:MESSAGE_MAX_BYTES]
    assert account.ask(job, question).status_code == 200
    assert account.history(job).json()["messages"][0]["content"] == question


# --- gates and retention ---


def test_the_plans_number_of_questions_is_asked_and_no_more(mesh, newcomer):
    account, job = newcomer
    with mesh.plan("free", questions_per_day=2):
        assert account.ask(job, QUESTION).status_code == 200
        assert account.ask(job, NEXT_QUESTION).status_code == 200
        for headers in ({}, {"Accept": "text/event-stream"}):
            body = refused(account.ask(job, QUESTION, headers=headers), 402, "out_of_questions")
            assert (body["used"], body["cap"], body["period"]) == (2, 2, "day")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00(\.0+)?Z", body["resets_at"])
        questions = account.state()["questions"]
        assert (questions["used"], questions["cap"]) == (2, 2)
        assert questions["resets_at"] == body["resets_at"]
        limits = account.session.get(f"{mesh.url}/api/v1/limits/", timeout=60).json()
        assert limits["questions_per_day"] == 2
        # What was said stays, and reading it costs nothing.
        assert len(account.history(job).json()["messages"]) == 4
        assert create_account(mesh.url).state()
    told = account.session.get(f"{mesh.url}/api/v1/account/export/", timeout=60).json()
    assert [day["questions"] for day in told["questions"]] == [2]


def test_refused_questions_cost_none(mesh, newcomer):
    account, job = newcomer
    with mesh.plan("free", questions_per_day=1):
        assert account.ask(job, "").status_code == 400
        assert account.ask("0" * 32, QUESTION).status_code == 404
        assert account.ask(job, QUESTION).status_code == 200


def rows_of(mesh, job):
    """Rows of every table of chat that name the job."""
    return sum(
        int(mesh.cluster.sql(f"SELECT count(*) FROM chat.{table} WHERE job_id = '{job}'")[0][0])
        for (table,) in mesh.cluster.sql(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'chat'"
            " AND column_name = 'job_id'"
        )
    )


def test_deleting_the_job_removes_the_conversation(mesh, newcomer):
    account, job = newcomer
    assert account.ask(job, QUESTION).status_code == 200
    assert rows_of(mesh, job) > 0
    assert account.delete(job).status_code == 204
    refused(account.history(job), 404, "job_not_found")
    refused(account.ask(job, QUESTION), 404, "job_not_found")
    wait.until(lambda: rows_of(mesh, job) == 0, SECONDS, "chat has forgotten the job")


def test_a_client_that_leaves_does_no_harm(account, job):
    with account.ask(job, QUESTION, headers={"Accept": "text/event-stream"}, stream=True) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert account.ask(job, QUESTION).status_code == 200
