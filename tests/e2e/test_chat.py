"""Questions about documents over gRPC: conversations, who may ask, retention, crashes."""

import re

import grpc
import pytest

from harness import pages, wait
from harness.api import PASSWORD, create_account
from harness.chat import Chat, refusal
from harness.mesh import free_ports
from harness.process import Process

SWEEP_SECONDS = 240
AT_ONCE_MAX = 8  # questions of one account: the default of CHAT_QUESTIONS_PER_CALLER
ASKED = 100
MESSAGE_MAX_BYTES = 8000
CONTRACT = [
    "Agreement between the harbour of Westhaven and Lindqvist Shipping.",
    "The monthly fee is 1250 euros and includes water and electricity.",
    "The agreement ends on 31 March 2027 without notice.",
    "Ships longer than forty metres need a pilot at all times.",
]


@pytest.fixture
def chat(mesh, account):
    with Chat(mesh.address["chat"], account.token) as chat:
        yield chat


@pytest.fixture
def job(account):
    return account.read(pages.png(CONTRACT))["uuid"]


def folded(text):
    return re.sub(r"\s+", " ", text).strip()


def bytes_of(message):
    """Two clients have each their own classes of a message: only its bytes compare."""
    return message.SerializeToString(deterministic=True)


def kept(mesh, job_id):
    """Rows of chat about a job."""
    return int(
        mesh.cluster.sql(
            f"SELECT (SELECT count(*) FROM chat.conversation WHERE job_id = '{job_id}')"
            f" + (SELECT count(*) FROM chat.document_index WHERE job_id = '{job_id}')"
        )[0][0]
    )


def assert_cited(account, job_id, answer):
    """Each snippet stands on its page, and its boxes inside of it."""
    document = account.job(job_id).json()
    assert answer.message.citations
    for citation in answer.message.citations:
        page = document["pages"][citation.page - 1]
        assert folded(citation.snippet) in folded(page["text"])
        assert citation.snippet == folded(citation.snippet)
        assert citation.bboxes
        for box in citation.bboxes:
            assert 0 <= box.x0 < box.x1 <= page["width"]
            assert 0 <= box.y0 < box.y1 <= page["height"]


def test_answer_is_cited_and_stays_in_the_conversation(chat, account, job):
    answer = chat.ask(job, "What is the monthly fee?")
    assert "1250" in answer.message.content
    assert answer.message.is_grounded
    assert_cited(account, job, answer)
    assert answer.message.citations[0].page == 1
    follow_up = chat.ask(job, "And when does it end?")
    assert follow_up.conversation_id == answer.conversation_id
    assert_cited(account, job, follow_up)

    told = chat.conversation(job)
    assert told.conversation_id == answer.conversation_id
    assert [message.content for message in told.messages] == [
        "What is the monthly fee?",
        answer.message.content,
        "And when does it end?",
        follow_up.message.content,
    ]
    assert [message.role for message in told.messages] == [1, 2, 1, 2]
    assert told.messages[1] == answer.message
    assert told.next_page_token == ""

    chat.forget(job)
    assert chat.conversation(job).conversation_id == ""
    assert list(chat.conversation(job).messages) == []


def test_what_the_document_does_not_say_is_not_answered(chat, job):
    answer = chat.ask(job, "Who won the football championship in Brazil?")
    assert not answer.message.is_grounded
    assert list(answer.message.citations) == []
    assert answer.message.content


def test_deltas_come_before_the_answer_and_are_its_text(chat, job):
    *deltas, last = chat.parts(job, "What is the monthly fee?", streams_deltas=True)
    assert deltas
    assert "".join(part.delta for part in deltas) == last.answer.message.content


def test_request_id_gives_the_same_answer_again(chat, mesh, account, job):
    first = chat.ask(job, "What is the monthly fee?", request_id="one")
    again = chat.ask(job, "What is the monthly fee?", request_id="one")
    assert again.message == first.message
    assert again.is_replayed and not first.is_replayed
    assert len(chat.conversation(job).messages) == 2
    code, details = refusal(chat.ask, job, "Another question?", request_id="one")
    assert code == "INVALID_ARGUMENT"
    assert b"IDEMPOTENCY_KEY_REUSED" in details


def test_history_comes_in_pages(chat, job):
    for number in range(3):
        chat.ask(job, f"Question {number}: what is the fee?")
    seen, token = [], ""
    while True:
        page = chat.conversation(job, page_size=4, page_token=token)
        seen += page.messages
        token = page.next_page_token
        if not token:
            break
    assert [message.content for message in seen[::2]] == [
        f"Question {number}: what is the fee?" for number in range(3)
    ]
    assert refusal(chat.conversation, job, page_token="nonsense")[0] == "INVALID_ARGUMENT"


def test_passages_are_listed_and_found(chat, job):
    listed = chat.passages(job).passages
    assert [passage.index for passage in listed] == list(range(len(listed)))
    assert all(passage.page == 1 and passage.text for passage in listed)
    found = chat.search(job, "pilot for long ships").passages
    assert "pilot" in found[0].text
    assert found[0].score >= found[-1].score > 0
    assert found[0].block_indexes
    assert refusal(chat.search, job, " ")[0] == "INVALID_ARGUMENT"
    assert refusal(chat.search, job, "fee", page_size=51)[0] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("method", ["ask", "search"])
@pytest.mark.parametrize(
    "text",
    ["", " \n", "x" * (MESSAGE_MAX_BYTES + 1), "x" * 1_000_000],
    ids=["empty", "space", "long", "megabyte"],
)
def test_text_outside_of_the_limits_is_refused(chat, job, method, text):
    code, details = refusal(getattr(chat, method), job, text)
    assert code == "INVALID_ARGUMENT"
    assert b"INVALID_FIELD" in details


def test_longest_question_is_taken(chat, job):
    assert chat.ask(job, "fee " * (MESSAGE_MAX_BYTES // 4)).message.content


def test_one_caller_at_a_time_is_held_back_and_others_are_not(mesh, chat, account, job):
    """Of more questions at once than one account may have, the rest is told to wait."""
    with Chat(mesh.address["chat"], account.token) as other:
        with mesh.cluster.locked("billing.question"):  # so that those who are let in come to no end
            under_way = [
                other.parts(job, "What is the fee?", streams_deltas=True) for _ in range(ASKED)
            ]
            wait.until(
                lambda: sum(not call.is_active() for call in under_way) == ASKED - AT_ONCE_MAX,
                SWEEP_SECONDS,
                "all but those who are let in are refused",
            )
        ended = [end_of(call) for call in under_way]
    assert ended.count("OK") == AT_ONCE_MAX
    assert set(ended) == {"OK", "RESOURCE_EXHAUSTED"}
    assert chat.ask(job, "What is the fee?").message.is_grounded
    assert len(chat.conversation(job).messages) == 2 * (ended.count("OK") + 1)


def end_of(call):
    try:
        list(call)
    except grpc.RpcError:
        pass
    return call.code().name


# --- who may ask ---


def calls(chat, job_id):
    """A call of each method."""
    return [
        (chat.ask, (job_id, "What is the fee?")),
        (chat.conversation, (job_id,)),
        (chat.forget, (job_id,)),
        (chat.search, (job_id, "fee")),
        (chat.passages, (job_id,)),
    ]


@pytest.mark.parametrize(
    ("token", "reason"), [(None, b"MISSING_TOKEN"), ("no-such-token", b"INVALID_TOKEN")]
)
def test_callers_without_a_good_token_are_refused(mesh, job, token, reason):
    with Chat(mesh.address["chat"], token) as stranger:
        for function, arguments in calls(stranger, job):
            code, details = refusal(function, *arguments)
            assert code == "UNAUTHENTICATED"
            assert reason in details


def test_job_of_somebody_else_is_the_same_as_none(mesh, chat, job):
    chat.ask(job, "What is the fee?")
    with Chat(mesh.address["chat"], create_account(mesh.url).token) as stranger:
        for (function, arguments), (_, unknown) in zip(
            calls(stranger, job), calls(stranger, "0" * 32)
        ):
            refused = refusal(function, *arguments)
            assert refused[0] == "NOT_FOUND"
            assert b"JOB_NOT_FOUND" in refused[1]
            assert refused == refusal(function, *unknown)
    assert len(chat.conversation(job).messages) == 2


def test_job_that_is_not_done_has_no_answers(mesh, chat, account):
    mesh.grant(account.email, 100)
    assert refusal(chat.ask, "0" * 32, "What is the fee?")[0] == "NOT_FOUND"  # the types are known now
    answer = account.submit(pages.slow_pdf(40), "forty.pdf")
    assert answer.status_code == 202, answer.text
    code, details = refusal(chat.ask, answer.json()["uuid"], "What is the fee?")
    assert code == "FAILED_PRECONDITION"
    assert b"JOB_NOT_DONE" in details
    account.session.delete(f"{account.url}/api/v1/ocr/{answer.json()['uuid']}/", timeout=60)


def test_questions_of_a_day_are_counted_once_each(mesh, chat, job):
    with mesh.plan("free", questions_per_day=2):
        chat.ask(job, "What is the fee?", request_id="a")
        chat.ask(job, "What is the fee?", request_id="a")
        chat.ask(job, "When does it end?", request_id="b")
        code, details = refusal(chat.ask, job, "And the pilot?")
        assert code == "RESOURCE_EXHAUSTED"
        assert b"OUT_OF_QUESTIONS" in details
        # Neither what was answered nor what costs nothing is refused.
        chat.ask(job, "When does it end?", request_id="b")
        assert chat.search(job, "pilot").passages
    assert len(chat.conversation(job).messages) == 4


# --- retention ---


def test_chat_goes_with_its_job(mesh, chat, account, job):
    chat.ask(job, "What is the fee?")
    assert kept(mesh, job) == 2
    done = account.session.delete(f"{account.url}/api/v1/ocr/{job}/", timeout=60)
    assert done.status_code == 204
    assert refusal(chat.conversation, job)[0] == "NOT_FOUND"
    wait.until(lambda: kept(mesh, job) == 0, SWEEP_SECONDS, "what is kept about the job is gone")


def test_chat_expires_with_its_job(mesh, chat, job):
    chat.ask(job, "What is the fee?")
    assert mesh.cluster.sql(
        "SELECT c.expire_time = j.expire_time FROM chat.conversation c JOIN ocr.job j"
        f" ON j.id = c.job_id WHERE j.id = '{job}'"
    ) == [["t"]]
    mesh.cluster.sql(f"UPDATE ocr.job SET expire_time = now() WHERE id = '{job}'")
    code, details = refusal(chat.ask, job, "What is the fee?")
    assert code == "NOT_FOUND"
    assert b"JOB_EXPIRED" in details
    wait.until(lambda: kept(mesh, job) == 0, SWEEP_SECONDS, "what is kept about the job is gone")


def test_chat_of_a_deleted_account_is_deleted(mesh, chat, account, job):
    chat.ask(job, "What is the fee?")
    key = mesh.cluster.sql(f"SELECT id FROM billing.account WHERE email = '{account.email}'")[0][0]
    done = account.session.delete(
        f"{account.url}/api/v1/account/", json={"password": PASSWORD}, timeout=60
    )
    assert done.status_code == 204
    wait.until(
        lambda: mesh.cluster.sql(
            f"SELECT count(*) FROM billing.account_purge WHERE account_id = '{key}'"
        )
        == [["0"]],
        SWEEP_SECONDS,
        "all of the account is gone",
    )
    assert kept(mesh, job) == 0


# --- replicas, restarts, crashes ---


@pytest.fixture
def replica(mesh):
    """A second chat process over the same database."""
    port, admin = free_ports(2)
    first = mesh.services["chat"]
    environment = {
        **first.environment,
        "CHAT_LISTEN": f"127.0.0.1:{port}",
        "CHAT_ADMIN_LISTEN": f"127.0.0.1:{admin}",
    }
    process = Process("chat-2", first.command, environment, mesh.logs / "chat-2.log")
    process.start()
    wait.until(lambda: "serving" in process.log_tail(), SWEEP_SECONDS, "the replica serves")
    yield f"127.0.0.1:{port}"
    assert process.stop() == 0


def index_builds(mesh):
    return mesh.metrics("chat")["ocrmesh_chat_index_builds_total"]


def test_any_replica_answers_in_the_same_conversation(mesh, chat, account, job, replica):
    first = chat.ask(job, "What is the monthly fee?", request_id="one")
    with Chat(replica, account.token) as other:
        again = other.ask(job, "What is the monthly fee?", request_id="one")
        assert bytes_of(again.message) == bytes_of(first.message)
        second = other.ask(job, "When does the agreement end?")
        assert second.conversation_id == first.conversation_id
        assert bytes_of(other.conversation(job)) == bytes_of(chat.conversation(job))
    assert len(chat.conversation(job).messages) == 4


def test_restart_keeps_transcript_and_index(mesh, chat, account, job):
    before = chat.ask(job, "What is the monthly fee?")
    mesh.kill("chat")
    mesh.start_again("chat")
    with Chat(mesh.address["chat"], account.token) as again:
        assert bytes_of(again.conversation(job).messages[1]) == bytes_of(before.message)
        after = again.ask(job, "What is the monthly fee?")
    assert after.message.content == before.message.content
    assert index_builds(mesh) == 0


def test_stored_index_that_is_damaged_is_made_anew(mesh, chat, account, job):
    before = chat.ask(job, "What is the monthly fee?")
    mesh.cluster.sql(
        "UPDATE chat.document_index_part SET data = decode(repeat('ab', length(data)), 'hex')"
        f" WHERE job_id = '{job}'"
    )
    mesh.kill("chat")
    mesh.start_again("chat")
    with Chat(mesh.address["chat"], account.token) as again:
        assert again.ask(job, "What is the monthly fee?").message.content == before.message.content
    assert index_builds(mesh) == 1


@pytest.mark.parametrize("parts_seen", [0, 1, 2], ids=["at-once", "delta", "answer"])
def test_kill_in_the_middle_of_an_answer_leaves_whole_turns(mesh, account, job, parts_seen):
    """The retry with the same request id is answered, stored and counted once."""
    question = {"message": "What is the fee?", "request_id": "one", "streams_deltas": True}
    with Chat(mesh.address["chat"], account.token) as chat:
        under_way = chat.parts(job, **question)
        for _ in range(parts_seen):
            next(under_way)
        mesh.kill("chat")
    mesh.start_again("chat")
    with Chat(mesh.address["chat"], account.token) as chat:
        chat.ask(job, **question)
        messages = chat.conversation(job).messages
    assert [message.role for message in messages] == [1, 2]
    assert asked_today(mesh, account) == 1


def asked_today(mesh, account):
    rows = mesh.cluster.sql(
        "SELECT coalesce(sum(d.questions), 0)::bigint FROM billing.question_day d"
        f" JOIN billing.account a ON a.id = d.account_id WHERE a.email = '{account.email}'"
    )
    return int(rows[0][0])
