"""Hostile input to everything about accounts: refused, at once, and nothing else happens."""

import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import requests

from harness.api import PASSWORD, Api, create_account
from harness.grpc_client import GrpcClient

SERVICE = "ocrmesh.billing.v1.AccountService"
MEGABYTE = 1 << 20
ANSWER_SECONDS = 120
MEMORY_GROWTH_MAX = 32 * MEGABYTE

# Path, method and the fields that its body has.
ROUTES = [
    ("", "POST", ["email", "password"]),
    ("", "DELETE", ["password"]),
    ("session/", "POST", ["email", "password"]),
    ("password/", "POST", ["current_password", "new_password"]),
    ("password/reset/", "POST", ["email"]),
    ("password/reset/confirm/", "POST", ["code", "new_password"]),
    ("tokens/", "POST", ["name"]),
]
FIELDS = [(path, method, field) for path, method, fields in ROUTES for field in fields]
SQL = [
    "'; DROP TABLE billing.account; --",
    "' OR '1'='1",
    "\\'; DELETE FROM billing.token; --",
    "$1); TRUNCATE billing.session; --",
    "a@example.com' UNION SELECT password_hash FROM billing.account --",
    "admin'/*",
    "%s%n%x {0} ${HOME} $(id) `id`",
    "\u202e\u2028",
]


@pytest.fixture(autouse=True)
def forget_attempts(mesh):
    """All tests come from one address."""
    mesh.cluster.sql("DELETE FROM billing.attempt")
    yield
    mesh.cluster.sql("DELETE FROM billing.attempt")


@pytest.fixture(scope="module")
def account(mesh):
    """One for all of them: nothing that they send changes it."""
    return create_account(mesh.url)


@pytest.fixture
def untouched(mesh, account):
    """What there was before is there afterwards, and nobody has lost anything."""
    tables = ("account", "token", "session", "ledger_transfer", "plan")
    before = {table: count(mesh, table) for table in tables}
    yield account
    for table in tables:
        assert count(mesh, table) >= before[table], table
    assert account.state()["email"] == account.email


def count(mesh, table):
    return int(mesh.cluster.sql(f"SELECT count(*) FROM billing.{table}")[0][0])


def send(account, path, method, body, **options):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return account.session.request(
        method, f"{account.url}/api/v1/account/{path}", data=data, timeout=ANSWER_SECONDS, **options
    )


def body_of(path, field, value):
    fields = next(fields for p, _, fields in ROUTES if p == path and field in fields)
    whole = {"email": "someone@example.com", "name": "n", "code": "or_x"}
    return {**{name: whole.get(name, PASSWORD) for name in fields}, field: value}


def assert_refused(answer, statuses=(400, 401, 403, 404, 429)):
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert len(answer.json()["error"]) > 10


@pytest.mark.parametrize(("path", "method", "field"), FIELDS)
def test_sql_in_every_field_is_text(mesh, untouched, path, method, field):
    for value in SQL:
        answer = send(untouched, path, method, body_of(path, field, value))
        if field in ("name", "password") and answer.status_code in (201, 204):
            break  # taken as it stands, as a name or a password of a new account
        if path == "tokens/" and answer.status_code == 201:
            continue
        assert answer.status_code < 500, answer.text


def test_sql_as_a_name_comes_back_as_it_was_sent(mesh):
    account = create_account(mesh.url)
    for value in SQL[:-1]:
        assert send(account, "tokens/", "POST", {"name": value}).status_code == 201, value
    answer = account.session.get(f"{account.url}/api/v1/account/tokens/", timeout=60)
    names = [token["name"] for token in answer.json()["tokens"]]
    assert sorted(names) == sorted([*SQL[:-1], "first token"])


def test_sql_in_paths_queries_and_headers_is_text(mesh, untouched):
    for value in SQL[:-1]:
        quoted = requests.utils.quote(value, safe="")
        for method, path in (
            ("DELETE", f"tokens/{quoted}/"),
            ("POST", f"tokens/{quoted}/rotate/"),
            ("GET", f"tokens/?page_token={quoted}"),
            ("DELETE", f"session/?everywhere={quoted}"),
        ):
            assert_refused(send(untouched, path, method, b""))
        for headers in (
            {"Authorization": f"Bearer {value}"},
            {"Cookie": f"ocrmesh_session={value}"},
        ):
            url = f"{mesh.url}/api/v1/account/"
            assert requests.get(url, headers=headers, timeout=60).status_code == 401
        assert Api(mesh.url).session.get(
            f"{mesh.url}/api/v1/account/?api_token={quoted}", timeout=60
        ).status_code == 401


@pytest.mark.parametrize(("path", "method", "field"), FIELDS)
def test_ten_megabytes_in_a_field_are_refused(mesh, account, is_sanitized, path, method, field):
    bridge, billing = mesh.services["bridge"], mesh.services["billing"]
    before = [process.memory_bytes("VmHWM") for process in (bridge, billing)]
    answer = send(account, path, method, body_of(path, field, "n" * (10 * MEGABYTE)))
    assert_refused(answer, (400,))
    assert answer.json()["code"] == "too_large"
    after = [process.memory_bytes("VmHWM") for process in (bridge, billing)]
    if not is_sanitized:
        assert all(b - a < MEMORY_GROWTH_MAX for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(("path", "method", "field"), FIELDS)
def test_values_of_other_types_are_refused(account, path, method, field):
    for value in (-1, 2**63, 1e308, True, [], {}, ["a"] * 1000, {"$ne": ""}):
        answer = send(account, path, method, body_of(path, field, value))
        assert_refused(answer, (400,))


@pytest.mark.parametrize(("path", "method"), sorted({(path, method) for path, method, _ in FIELDS}))
def test_bodies_that_are_no_json_objects_are_refused(account, path, method):
    for body in (
        b"", b"{", b"[]", b"null", b"\"x\"", b"[" * 60000, b"{\"a\":" * 10000, b"\xff\xfe{}",
        b"{\"email\": \"\\ud800\", \"password\": \"\\u0000\", \"name\": \"\\u0000\","
        b" \"code\": \"\\u0000\", \"new_password\": \"\\u0000\"}",
        b"{\"password\": \"a\", \"password\": \"b\", \"email\": \"a\", \"email\": \"b\","
        b" \"name\": \"a\", \"name\": \"b\", \"code\": \"a\", \"code\": \"b\","
        b" \"new_password\": \"a\", \"new_password\": \"b\"}",
    ):  # fmt: skip
        assert_refused(send(account, path, method, body), (400,))


def test_cookies_that_make_no_sense_are_nobodys(mesh):
    for cookie in (
        "ocrmesh_session", "ocrmesh_session=", "=", ";" * 8000, "ocrmesh_session=\"", "a" * 16000,
        "; ".join(f"c{i}=x" for i in range(2000)), "ocrmesh_session=" + "x" * 16000,
        "ocrmesh_session=os_" + "A" * 43, "ocrmesh_session=om_ ocrmesh_session=os_",
    ):  # fmt: skip
        answer = requests.get(
            f"{mesh.url}/api/v1/account/", headers={"Cookie": cookie}, timeout=60
        )
        assert answer.status_code == 401, (cookie[:40], answer.text)


def test_hostile_messages_over_grpc_are_refused(mesh, account):
    big = "n" * (900 * 1024)
    with GrpcClient(mesh.address["billing"], account.token) as client:
        for method, fields in (
            ("CreateToken", {"name": big}),
            ("CreateToken", {"name": ""}),
            ("DeleteToken", {"token_id": big}),
            ("RotateToken", {"token_id": "'; --"}),
            ("ListTokens", {"page_size": -1}),
            ("ListTokens", {"page_size": 2**31 - 1}),
            ("ListTokens", {"page_token": big}),
            ("CreateSession", {"email": big, "password": big}),
            ("CreateSession", {"email": account.email, "password": big}),
            ("CreateSession", {"email": "a@example.com", "password": "x", "client_address": big}),
            ("ChangePassword", {"current_password": big, "new_password": big}),
            ("RequestPasswordReset", {"email": big}),
            ("RequestPasswordReset", {"email": "a@example.com", "client_address": "nowhere"}),
            ("ResetPassword", {"code": big, "new_password": big}),
            ("DeleteAccount", {"password": big}),
            ("CreateAccount", {"email": big, "password": big}),
            ("CreateToken", {"name": "n" * (10 * MEGABYTE)}),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                client.unary(SERVICE, method, **fields)
            assert refused.value.code().name in (
                "INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED", "PERMISSION_DENIED",
                "RESOURCE_EXHAUSTED",
            ), (method, refused.value)  # fmt: skip
    assert account.state()["email"] == account.email


def test_text_that_is_no_utf8_is_refused_over_grpc(mesh, account):
    """Field 1 of CreateToken and CreateSession, by hand."""
    metadata = [("authorization", f"Bearer {account.token}")]
    with grpc.insecure_channel(mesh.address["billing"]) as channel:
        for method in ("CreateToken", "CreateSession", "CreateAccount"):
            call = channel.unary_unary(f"/{SERVICE}/{method}", lambda data: data, lambda data: data)
            for text in (b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80"):
                with pytest.raises(grpc.RpcError) as refused:
                    call(bytes([10, len(text)]) + text, timeout=60, metadata=metadata)
                assert refused.value.code().name in ("INVALID_ARGUMENT", "UNAUTHENTICATED")


def test_many_sign_ins_at_once_are_refused_and_nobody_waits(mesh):
    """Password checks are few at once: the rest is told to come back, and billing goes on."""
    account = create_account(mesh.url)

    def sign_in(_):
        return requests.post(
            f"{mesh.url}/api/v1/account/session/",
            json={"email": account.email, "password": PASSWORD},
            timeout=60,
        ).status_code

    with ThreadPoolExecutor(40) as pool:
        told = list(pool.map(sign_in, range(40)))
        assert set(told) <= {201, 429}
        assert 201 in told
    assert account.state()["email"] == account.email
