"""Forgotten passwords: a code by mail, through a real SMTP server, or in the log without one."""

import pytest
import requests

from harness import wait
from harness.api import PASSWORD, create_account
from harness.mail_server import MAIL_SECONDS, MailServer, code_in, make_certificate
from harness.mail_server import PASSWORD as MAIL_PASSWORD
from harness.mail_server import USER as MAIL_USER
from harness.mesh import free_ports

pytestmark = pytest.mark.once

NEW_PASSWORD = "a new and better one"
MAILS_MAX = 3  # to one account, before the next ones have to wait
SENDER = "accounts@ocr.example.com"


def post(mesh, path, **body):
    return requests.post(f"{mesh.url}/api/v1/account/{path}", json=body, timeout=60)


def ask(mesh, email):
    answer = post(mesh, "password/reset/", email=email)
    assert answer.status_code == 202, answer.text
    return answer


def confirm(mesh, code, password=NEW_PASSWORD):
    return post(mesh, "password/reset/confirm/", code=code, new_password=password)


def sign_in(mesh, email, password):
    return post(mesh, "session/", email=email, password=password)


@pytest.fixture(autouse=True)
def forget_attempts(mesh):
    """All tests come from one address."""
    yield
    mesh.cluster.sql("DELETE FROM billing.attempt")


@pytest.fixture(scope="module")
def set_up(mesh):
    """Starts billing anew with other settings."""
    billing = mesh.services["billing"]
    before = dict(billing.environment)

    def start(**settings):
        billing.stop()
        billing.environment = {**before, **settings}
        mesh.start_again("billing")

    yield start
    start()


@pytest.fixture(scope="module")
def secure(tmp_path_factory, set_up):
    """A mail server that wants TLS and a password, and billing that knows it."""
    certificate, key = make_certificate(tmp_path_factory.mktemp("mail"))
    with MailServer(free_ports(1)[0], certificate, key) as server:
        set_up(
            BILLING_SMTP_URL=f"smtp://127.0.0.1:{server.port}",
            BILLING_SMTP_USER=MAIL_USER,
            BILLING_SMTP_PASSWORD=MAIL_PASSWORD,
            BILLING_SMTP_CA_FILE=str(certificate),
            BILLING_MAIL_FROM=SENDER,
        )
        yield server


def wait_until_all_is_sent(mesh):
    """Or given up: the mail server knows a mail before billing knows that it has been taken."""
    wait.until(
        lambda: mesh.cluster.sql("SELECT * FROM billing.reset_request") == [], MAIL_SECONDS, "no mail is to be sent"
    )


def log_lines(mesh, mark):
    return [line for line in mesh.services["billing"].log.read_text().splitlines() if mark in line]


def test_without_a_mail_server_the_code_stands_in_the_log(mesh, account):
    signed_in = sign_in(mesh, account.email, PASSWORD).json()["session"]
    ask(mesh, account.email.upper())
    line = wait.until(
        lambda: next((x for x in log_lines(mesh, account.email) if "or_" in x), None), MAIL_SECONDS, "mail"
    )
    code = code_in(line)
    assert confirm(mesh, code, "12345678").json()["field"] == "new_password"
    assert confirm(mesh, code).status_code == 204
    assert sign_in(mesh, account.email, PASSWORD).status_code == 401
    assert sign_in(mesh, account.email, NEW_PASSWORD).status_code == 201
    headers = {"Authorization": f"Bearer {signed_in}"}
    assert requests.get(f"{mesh.url}/api/v1/account/", headers=headers, timeout=60).status_code == 401
    assert account.state()["email"] == account.email  # API tokens stay
    again = confirm(mesh, code, "yet another good one")
    assert again.status_code == 400
    assert again.json()["code"] == "invalid_code"


def test_who_has_reset_the_password_need_not_wait_for_wrong_ones(mesh, account):
    for _ in range(10):
        assert sign_in(mesh, account.email, "not this one").status_code == 401
    assert sign_in(mesh, account.email, PASSWORD).status_code == 429
    ask(mesh, account.email)
    line = wait.until(
        lambda: next((x for x in log_lines(mesh, account.email) if "or_" in x), None), MAIL_SECONDS, "mail"
    )
    assert confirm(mesh, code_in(line)).status_code == 204
    answer = sign_in(mesh, account.email, NEW_PASSWORD)
    assert answer.status_code == 201, answer.text


def test_mail_goes_out_over_tls_and_its_code_works_once(mesh, secure, account):
    ask(mesh, account.email)
    mail = secure.mail_to(account.email)
    assert SENDER in mail["From"]
    assert mail["Subject"] == "Your code to reset the password"
    assert mail["Date"].datetime is not None
    assert mail["Message-ID"].endswith("@ocr.example.com>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not mail.defects
    code = code_in(mail.get_content())
    assert code not in mesh.services["billing"].log.read_text()
    assert code not in str(mesh.cluster.sql("SELECT * FROM billing.reset_code"))
    assert confirm(mesh, code).status_code == 204
    assert confirm(mesh, code).status_code == 400
    assert sign_in(mesh, account.email, NEW_PASSWORD).status_code == 201


def test_unknown_addresses_are_answered_alike_and_get_nothing(mesh, secure, account):
    known, unknown = ask(mesh, account.email), ask(mesh, "nobody-here@example.com")
    assert known.content == unknown.content
    secure.mail_to(account.email)
    ask(mesh, account.email)
    secure.mail_to(account.email, 2)
    wait_until_all_is_sent(mesh)
    assert not [to for to in secure.recipients if "nobody-here@example.com" in to]


def test_mail_that_is_not_taken_is_tried_again(mesh, secure, account):
    secure.replies = ["451 try later"]
    ask(mesh, account.email)
    assert confirm(mesh, code_in(secure.mail_to(account.email).get_content())).status_code == 204


def test_mail_that_is_refused_for_good_is_given_up(mesh, secure, account):
    secure.replies = ["550 no such mailbox"]
    ask(mesh, account.email)
    wait.until(lambda: log_lines(mesh, "MAIL_REFUSED"), MAIL_SECONDS, "it is logged")
    wait_until_all_is_sent(mesh)
    assert account.email not in [message["To"] for message in secure.messages]


def test_nobody_is_flooded_with_mail(mesh, secure, account):
    bodies = {ask(mesh, account.email).content for _ in range(MAILS_MAX + 2)}
    assert len(bodies) == 1
    secure.mail_to(account.email, MAILS_MAX)
    other = create_account(mesh.url)
    ask(mesh, other.email)
    secure.mail_to(other.email)
    assert sum(account.email in to for to in secure.recipients) == MAILS_MAX


def test_an_address_cannot_ask_without_end(mesh, secure):
    told = [
        post(mesh, "password/reset/", email=f"any-{i}@example.com").status_code for i in range(11)
    ]
    assert told == [202] * 10 + [429]


def test_bad_requests_are_refused(mesh):
    for email in ("", "nobody", "a@b", 'x"@example.com', "a@example.com\r\nBcc: b@example.com"):
        assert post(mesh, "password/reset/", email=email).status_code == 400
    for code in ("", "or_", "x" * 10000, "or_" + "a" * 43, "'; DROP TABLE billing.reset_code; --"):
        answer = confirm(mesh, code)
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_code"


def test_an_expired_code_is_worth_nothing(mesh, secure, account):
    ask(mesh, account.email)
    code = code_in(secure.mail_to(account.email).get_content())
    mesh.cluster.sql("UPDATE billing.reset_code SET expire_time = now()")
    assert confirm(mesh, code).json()["code"] == "invalid_code"


def test_nothing_is_sent_in_the_clear_unless_asked_for(mesh, set_up, account):
    with MailServer(free_ports(1)[0]) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        set_up(BILLING_SMTP_URL=url, BILLING_MAIL_FROM=SENDER)
        ask(mesh, account.email)
        wait.until(lambda: log_lines(mesh, "MAIL_UNAVAILABLE"), MAIL_SECONDS, "it is logged")
        assert not server.messages
        set_up(BILLING_SMTP_URL=url, BILLING_MAIL_FROM=SENDER, BILLING_SMTP_REQUIRE_TLS="false")
        assert confirm(mesh, code_in(server.mail_to(account.email).get_content())).status_code == 204
