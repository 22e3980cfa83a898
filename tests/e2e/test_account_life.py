"""The whole life of an account, from the first page to the last trace, as a person lives it."""

import pytest
import requests

from harness import pages, wait
from harness.api import PASSWORD, Api
from harness.mail_server import code_in

pytestmark = pytest.mark.once

EMAIL = "Ada.Lovelace@example.com"


def test_the_life_of_an_account(mesh):
    url = f"{mesh.url}/api/v1/account"
    browser = requests.Session()
    browser.headers["Origin"] = mesh.url

    def post(path, **body):
        return browser.post(f"{url}/{path}", json=body, timeout=60)

    # It begins: an address, a password, and a token that is told once.
    begun = post("", email=EMAIL, password=PASSWORD)
    assert begun.status_code == 201, begun.text
    first = Api(mesh.url, begun.json()["token"], EMAIL)
    job = first.read(pages.png())["uuid"]
    assert first.state()["used"] == 1

    # She signs in on a browser, and makes a token for her scanner.
    assert post("session/", email=EMAIL.lower(), password=PASSWORD).status_code == 201
    assert browser.get(f"{url}/", timeout=60).json()["email"] == EMAIL
    made = post("tokens/", name="scanner").json()
    scanner = Api(mesh.url, made["token"], EMAIL)
    assert scanner.job(job).status_code == 200
    rotated = post(f"tokens/{made['id']}/rotate/").json()
    assert scanner.job(job).status_code == 401
    scanner = Api(mesh.url, rotated["token"], EMAIL)
    assert scanner.read(pages.png())["status"] == "done"
    tokens = browser.get(f"{url}/tokens/", timeout=60).json()["tokens"]
    assert [token["name"] for token in tokens] == ["scanner", "first token"]
    assert browser.delete(f"{url}/tokens/{tokens[1]['id']}/", timeout=60).status_code == 204
    assert first.job(job).status_code == 401

    # An operator gives her credits, and she has another password.
    mesh.grant(EMAIL, 40)
    changed = post("password/", current_password=PASSWORD, new_password="a second good one")
    assert changed.status_code == 204, changed.text

    # She forgets it, and a code helps.
    assert post("password/reset/", email=EMAIL).status_code == 202
    code = wait.until(lambda: mailed_code(mesh), 240, "the mail")
    forgotten = post("password/reset/confirm/", code=code, new_password="the third good one")
    assert forgotten.status_code == 204, forgotten.text
    assert browser.get(f"{url}/", timeout=60).status_code == 401  # signed out everywhere
    signed_in = post("session/", email=EMAIL, password="the third good one")
    assert signed_in.status_code == 201, signed_in.text

    # What is known about her, and then nothing.
    told = browser.get(f"{url}/export/", timeout=60).json()
    assert told["account"]["email"] == EMAIL
    assert {entry["uuid"] for entry in told["jobs"]} >= {job}
    assert sum(entry["credits"] for entry in told["ledger"] if entry["kind"] == "grant") == 40
    key = told["account"]["id"]
    gone = browser.delete(f"{url}/", json={"password": "the third good one"}, timeout=60)
    assert gone.status_code == 204, gone.text
    assert "ocrmesh_session" not in browser.cookies
    assert scanner.submit(pages.png()).status_code == 401
    assert post("session/", email=EMAIL, password="the third good one").status_code == 401
    wait.until(
        lambda: not mesh.cluster.sql(
            f"SELECT 1 FROM billing.account_purge WHERE account_id = '{key}'"
        ),
        240,
        "nothing is left to delete",
    )
    assert mesh.cluster.sql(f"SELECT 1 FROM ocr.job WHERE account_id = '{key}'") == []
    assert mesh.cluster.sql(
        f"SELECT balance_credits, held_credits FROM billing.account WHERE id = '{key}'"
    ) == [["0", "0"]]


def mailed_code(mesh):
    """Of the log, for want of a mail server."""
    lines = mesh.services["billing"].log.read_text().splitlines()
    mails = [line for line in lines if EMAIL in line and "or_" in line]
    return code_in(mails[-1]) if mails else None
