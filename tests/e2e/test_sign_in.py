"""Signing in and out, passwords, and what slows guessing down."""

import grpc
import pytest
import requests

from harness import pages
from harness.api import PASSWORD, Api, create_account
from harness.grpc_client import GrpcClient

pytestmark = pytest.mark.once

BURST = 10  # wrong passwords for an account before the next ones have to wait


@pytest.fixture(autouse=True)
def forget_attempts(mesh):
    """All tests come from one address."""
    yield
    mesh.cluster.sql("DELETE FROM billing.attempt")


def sign_in(mesh, email, password=PASSWORD, client=requests, **options):
    return client.post(
        f"{mesh.url}/api/v1/account/session/",
        json={"email": email, "password": password},
        timeout=60,
        **options,
    )


@pytest.fixture
def browser(mesh, account):
    """A browser that has signed in: it keeps the cookie and tells its origin."""
    session = requests.Session()
    answer = sign_in(mesh, account.email, client=session)
    assert answer.status_code == 201, answer.text
    session.headers["Origin"] = mesh.url
    session.secret = answer.json()["session"]
    return session


def sign_out(mesh, client, **options):
    return client.delete(f"{mesh.url}/api/v1/account/session/", timeout=60, **options)


def test_who_signs_in_gets_a_cookie_that_no_script_can_read(mesh, account):
    answer = sign_in(mesh, account.email)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["email"] == account.email
    assert told["session"].startswith("os_")
    assert told["expires_at"] > "2026"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"ocrmesh_session={told['session']}; Path=/; Max-Age=")
    assert cookie.endswith("; HttpOnly; SameSite=Lax")
    answer = sign_in(mesh, account.email, headers={"X-Forwarded-Proto": "https"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ocrmesh_session=os_")
    assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure")


def test_what_signed_in_works_as_cookie_and_as_token(mesh, account, browser):
    answer = browser.get(f"{mesh.url}/api/v1/account/", timeout=60)
    assert answer.json()["email"] == account.email
    answer = browser.post(
        f"{mesh.url}/api/v1/ocr/", files={"file": ("page.png", pages.png())}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    assert account.job(answer.json()["uuid"]).status_code == 200
    assert Api(mesh.url, browser.secret).state()["used"] == 1


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(mesh, browser):
    stolen = browser.cookies["ocrmesh_session"]
    answer = sign_out(mesh, browser)
    assert answer.status_code == 204, answer.text
    assert "Max-Age=0" in answer.headers["set-cookie"]
    for headers in ({"Cookie": f"ocrmesh_session={stolen}"}, {"Authorization": f"Bearer {stolen}"}):
        answer = requests.get(f"{mesh.url}/api/v1/account/", headers=headers, timeout=60)
        assert answer.status_code == 401, answer.text
        answer = requests.post(
            f"{mesh.url}/api/v1/ocr/",
            files={"file": ("page.png", pages.png())},
            headers={"Origin": mesh.url, **headers},
            timeout=60,
        )
        assert answer.status_code == 401, answer.text
        assert sign_out(mesh, requests, headers={"Origin": mesh.url, **headers}).status_code == 401


def test_a_sign_in_ends_with_its_time(mesh, browser):
    mesh.cluster.sql(
        "UPDATE billing.session SET expire_time = now() WHERE hash ="
        f" sha256('{browser.secret}'::bytea)"
    )
    answer = browser.get(f"{mesh.url}/api/v1/account/", timeout=60)
    assert answer.status_code == 401, answer.text
    assert "ocrmesh_session" not in browser.cookies  # the answer took it away


def test_a_cookie_from_before_is_no_obstacle_to_signing_in(mesh, account):
    """Programs that keep cookies send the old one along, and no Origin."""
    stale = {"Cookie": "ocrmesh_session=os_ended"}
    answer = sign_in(mesh, account.email, headers=stale)
    assert answer.status_code == 201, answer.text
    answer = sign_in(mesh, account.email, "not this one", headers=stale)
    assert answer.status_code == 401, answer.text
    assert "set-cookie" not in answer.headers


def test_signing_out_everywhere_ends_every_sign_in(mesh, account, browser):
    other = sign_in(mesh, account.email).json()["session"]
    assert sign_out(mesh, browser, params={"everywhere": "maybe"}).status_code == 400
    assert sign_out(mesh, browser, params={"everywhere": "true"}).status_code == 204
    for secret in (other, browser.secret):
        headers = {"Authorization": f"Bearer {secret}"}
        assert requests.get(f"{mesh.url}/api/v1/account/", headers=headers, timeout=60).status_code == 401
    assert account.state()["email"] == account.email


def test_a_cookie_counts_only_for_requests_of_our_own_pages(mesh, browser):
    """Cross-site request forgery: the browser sends the cookie, and another site's Origin."""
    host = mesh.url.removeprefix("http://")
    for origin in (None, "null", "https://evil.example", f"http://{host}.evil.example",
                   f"http://evil.example/{host}", "http://", "", host, f"ftp://{host}"):
        browser.headers["Origin"] = origin
        answer = browser.post(f"{mesh.url}/api/v1/account/tokens/", json={"name": "x"}, timeout=60)
        assert answer.status_code == 403, (origin, answer.text)
        assert answer.json()["code"] == "cross_site"
        assert sign_out(mesh, browser).status_code == 403
    browser.headers["Origin"] = mesh.url
    answer = browser.post(f"{mesh.url}/api/v1/account/tokens/", json={"name": "x"}, timeout=60)
    assert answer.status_code == 201, answer.text


def test_no_other_site_signs_a_browser_in(mesh, account):
    answer = sign_in(mesh, account.email, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403, answer.text
    assert "set-cookie" not in answer.headers


def test_unknown_addresses_and_wrong_passwords_are_told_alike(mesh, account):
    bodies = set()
    for email, password in ((account.email, "not this one"), ("nobody@example.com", PASSWORD),
                            ("no address", PASSWORD), (account.email, "x" * 257), (account.email, "")):
        answer = sign_in(mesh, email, password)
        assert answer.status_code == 401, answer.text
        body = answer.json()
        assert body.pop("request_id")
        bodies.add(str(body))
    assert len(bodies) == 1
    assert "invalid_credentials" in bodies.pop()


@pytest.mark.parametrize("is_known", [True, False])
def test_guessing_is_slowed_for_known_and_unknown_alike(mesh, account, is_known):
    email = account.email if is_known else "nobody@example.com"
    told = [sign_in(mesh, email, f"wrong {i}") for i in range(BURST + 1)]
    assert [answer.status_code for answer in told] == [401] * BURST + [429]
    assert told[-1].json()["code"] == "rate_limited"
    assert 1 <= int(told[-1].headers["retry-after"]) <= 60
    # Not even the right one, or the answer would tell.
    assert sign_in(mesh, email).status_code == 429
    assert account.state()["email"] == account.email


def test_guessing_is_slowed_by_address(mesh):
    """Thirty failures of an address, of which 27 are long paid for here."""
    service = "ocrmesh.billing.v1.AccountService"
    mesh.cluster.sql(
        "INSERT INTO billing.attempt VALUES"
        " ('address:2001:db8::/64', now() + 27 * interval '30 s')"
    )
    codes = []
    with GrpcClient(mesh.address["billing"]) as client:
        for i in range(4):
            try:
                client.unary(service, "CreateSession", email=f"guess-{i}@example.com",
                             password=PASSWORD, client_address=f"2001:db8::{i + 1:x}")
            except grpc.RpcError as error:
                codes.append(error.code().name)
    assert codes == ["UNAUTHENTICATED"] * 3 + ["RESOURCE_EXHAUSTED"]


def test_right_passwords_are_not_counted(mesh, account):
    for _ in range(BURST + 2):
        assert sign_in(mesh, account.email).status_code == 201


def test_a_changed_password_signs_others_out(mesh, account, browser):
    other = sign_in(mesh, account.email).json()["session"]
    url = f"{mesh.url}/api/v1/account/password/"
    wrong = browser.post(
        url, json={"current_password": "wrong", "new_password": "a new and good one"}, timeout=60
    )
    assert wrong.status_code == 403, wrong.text
    assert wrong.json()["code"] == "wrong_password"
    weak = browser.post(
        url, json={"current_password": PASSWORD, "new_password": "12345678"}, timeout=60
    )
    assert weak.json()["code"] == "weak_password"
    assert weak.json()["field"] == "new_password"
    done = browser.post(
        url, json={"current_password": PASSWORD, "new_password": "a new and good one"}, timeout=60
    )
    assert done.status_code == 204, done.text
    assert sign_in(mesh, account.email).status_code == 401
    assert sign_in(mesh, account.email, "a new and good one").status_code == 201
    assert browser.get(f"{mesh.url}/api/v1/account/", timeout=60).status_code == 200
    headers = {"Authorization": f"Bearer {other}"}
    assert requests.get(f"{mesh.url}/api/v1/account/", headers=headers, timeout=60).status_code == 401
    assert account.state()["email"] == account.email  # API tokens stay


def test_secrets_are_kept_nowhere(mesh, browser):
    rows = str(mesh.cluster.sql("SELECT * FROM billing.session"))
    assert browser.secret not in rows
    for process in mesh.services.values():
        log = process.log.read_text(errors="replace")
        assert browser.secret not in log
        assert PASSWORD not in log
