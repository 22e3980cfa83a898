"""Several named API tokens of an account (API: B21)."""

import pytest
import requests

from harness import pages
from harness.api import Api, create_account
from harness.grpc_client import GrpcClient

pytestmark = pytest.mark.once

TOKENS_MAX = 100


def call(account, method, path="", **options):
    return account.session.request(
        method, f"{account.url}/api/v1/account/tokens/{path}", timeout=60, **options
    )


def create(account, name):
    answer = call(account, "POST", json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()


def names(account):
    answer = call(account, "GET")
    assert answer.status_code == 200, answer.text
    return [token["name"] for token in answer.json()["tokens"]]


def is_taken(mesh, token):
    """By the bridge, by ocr and by billing alike."""
    told = {requests.get(
        f"{mesh.url}/api/v1/{path}/", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ).status_code for path in ("account", "ocr", "account/tokens")}
    assert len(told) == 1, told
    assert told <= {200, 401}
    return told == {200}


def test_a_token_is_told_once_and_reads_pages(mesh, account):
    token = create(account, "scanner in the hall")
    assert token["token"].startswith("om_")
    assert token["hint"] == token["token"][: len(token["hint"])]
    assert token["last_used_at"] is None
    scanner = Api(mesh.url, token["token"])
    uuid = scanner.read(pages.png())["uuid"]
    assert account.job(uuid).status_code == 200
    listed = call(account, "GET").json()["tokens"]
    assert [entry["name"] for entry in listed] == ["scanner in the hall", "first token"]
    assert listed[0]["last_used_at"] is not None
    assert listed[0]["id"] == token["id"]
    assert token["token"] not in call(account, "GET").text
    assert token["token"] not in str(mesh.cluster.sql("SELECT * FROM billing.token"))


def test_a_deleted_token_stops_everywhere_at_once(mesh, account):
    token = create(account, "to go")
    assert is_taken(mesh, token["token"])
    answer = call(account, "DELETE", f"{token['id']}/")
    assert answer.status_code == 204, answer.text
    assert not is_taken(mesh, token["token"])
    assert Api(mesh.url, token["token"]).submit(pages.png()).status_code == 401
    assert call(account, "DELETE", f"{token['id']}/").json()["code"] == "token_not_found"
    assert names(account) == ["first token"]


def test_a_rotated_token_keeps_its_name_and_loses_its_secret(mesh, account):
    old = create(account, "nightly")
    answer = call(account, "POST", f"{old['id']}/rotate/")
    assert answer.status_code == 200, answer.text
    new = answer.json()
    assert (new["id"], new["name"]) == (old["id"], "nightly")
    assert new["token"] != old["token"]
    assert not is_taken(mesh, old["token"])
    assert is_taken(mesh, new["token"])


def test_tokens_of_others_are_not_there(mesh, account):
    token = create(account, "mine")
    stranger = create_account(mesh.url)
    for method, path in (("DELETE", ""), ("POST", "rotate/")):
        answer = call(stranger, method, f"{token['id']}/{path}")
        assert answer.status_code == 404, answer.text
    assert call(Api(mesh.url), "GET").status_code == 401
    assert is_taken(mesh, token["token"])


def test_a_list_has_pages(account):
    for name in ("b", "c"):
        create(account, name)
    found, page_token = [], None
    for _ in range(4):
        answer = call(account, "GET", params={"page_size": 1, "page_token": page_token or ""}).json()
        found += [token["name"] for token in answer["tokens"]]
        page_token = answer["next_page_token"]
        if page_token is None:
            break
    assert found == ["c", "b", "first token"]
    assert page_token is None


def test_an_account_has_at_most_a_hundred_tokens(mesh, account):
    mesh.cluster.sql(
        "INSERT INTO billing.token (id, account_id, name, hint, hash, create_time)"
        " SELECT gen_random_uuid(), id, 'n', 'om_', sha256(gen_random_uuid()::text::bytea), now()"
        f" FROM billing.account, generate_series(2, {TOKENS_MAX}) WHERE email = '{account.email}'"
    )
    answer = call(account, "POST", json={"name": "one too many"})
    assert answer.status_code == 409, answer.text
    assert answer.json()["code"] == "too_many_tokens"
    assert len(names(account)) == TOKENS_MAX


def test_names_and_ids_that_make_no_sense_are_refused(account):
    for name in ("", "x" * 101, "two\nlines", "a\u009eb", 5, ["a"], None):
        answer = call(account, "POST", json={"name": name})
        assert answer.status_code == 400, (name, answer.text)
        assert answer.json()["field"] == "name"
    for bad in ("1.2", "x", "-1.00000000-0000-4000-8000-000000000000", "9" * 30 + "." + "0" * 36):
        assert call(account, "GET", params={"page_token": bad}).status_code == 400
    for bad in ("1", "'; DROP TABLE billing.token; --", "%00", "a" * 4000):
        assert call(account, "DELETE", f"{bad}/").status_code in (400, 404)


def test_the_same_over_grpc(mesh, account):
    service = "ocrmesh.billing.v1.AccountService"
    with GrpcClient(mesh.address["billing"], account.token) as client:
        made = client.unary(service, "CreateToken", name="over gRPC")
        new = client.unary(service, "RotateToken", token_id=made.token.token_id)
        assert not is_taken(mesh, made.secret)
        assert is_taken(mesh, new.secret)
        listed = client.unary(service, "ListTokens", page_size=1)
        assert [token.name for token in listed.tokens] == ["over gRPC"]
        client.unary(service, "DeleteToken", token_id=made.token.token_id)
    assert not is_taken(mesh, new.secret)
