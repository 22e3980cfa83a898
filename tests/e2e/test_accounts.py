"""Authentication and metering through REST (API: Authentication, Metering, B2, B3, B8, B21)."""

from urllib.parse import urljoin

import pytest
import requests

from harness import pages
from harness.api import PASSWORD, Api, create_account

pytestmark = pytest.mark.once


def test_new_account_is_on_the_free_plan_with_nothing_used(account):
    told = account.state()
    assert told["email"] == account.email
    assert told["plan"] == "free"
    assert told["used"] == 0
    assert told["credits"] == 0
    assert told["resets_at"]


def test_a_read_page_is_charged_once(account):
    account.read(pages.png())
    assert account.state()["used"] == 1


def test_token_in_the_query_works_like_the_header(mesh, account):
    answer = requests.post(
        f"{mesh.url}/api/v1/ocr/?api_token={account.token}",
        files={"file": ("page.png", pages.png())},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    assert account.state()["used"] == 1


def test_wrong_token_is_401_never_anonymous(mesh):
    answer = Api(mesh.url, "no-such-token").submit(pages.png())
    assert answer.status_code == 401
    assert answer.json()["error"]


def test_same_email_twice_is_409(mesh, account):
    answer = requests.post(
        f"{mesh.url}/api/v1/account/",
        json={"email": account.email, "password": "another good one"},
        timeout=60,
    )
    assert answer.status_code == 409, answer.text


def test_job_of_an_account_is_unknown_to_others(mesh, account, anonymous):
    uuid = account.read(pages.png())["uuid"]
    stranger = create_account(mesh.url)
    unknown = stranger.job("0" * 32).json()["error"]
    for other in (stranger, anonymous):
        answer = other.job(uuid)
        assert answer.status_code == 404
        assert answer.json()["error"].replace(uuid, "") == unknown.replace("0" * 32, "")


def test_anonymous_caller_reads_a_page_and_its_job(anonymous):
    job = anonymous.read(pages.png())
    assert job["status"] == "done"
    assert anonymous.job(job["uuid"]).status_code == 200


def test_more_pages_than_the_plan_allows_in_a_file_is_402_and_free(mesh, account):
    with mesh.plan("free", pages_per_file=3):
        answer = account.submit(pages.scanned_pdf(4), "four.pdf")
    assert answer.status_code == 402, answer.text
    body = answer.json()
    assert body["code"] == "page_cap"
    assert body["used"] == 4
    assert body["cap"] == 3
    assert account.state()["used"] == 0


def test_month_that_is_used_up_is_402_with_used_and_cap(mesh, account):
    with mesh.plan("free", month_cap_credits=2):
        account.read(pages.scanned_pdf(2), "two.pdf")
        answer = account.submit(pages.png())
    assert answer.status_code == 402, answer.text
    body = answer.json()
    assert body["code"] == "out_of_pages"
    assert body["used"] == 2
    assert body["cap"] == 2


def test_granted_credits_pay_before_the_month_does(mesh, account):
    mesh.grant(account.email, 2)
    assert account.state()["credits"] == 2
    for left in (1, 0, 0):
        assert account.read(pages.png())["status"] == "done"
        assert account.state()["credits"] == left
    with mesh.plan("free", month_cap_credits=1):  # the third one was free
        assert account.state()["used"] == 3
        assert account.submit(pages.png()).status_code == 402


def test_suspended_account_is_403_until_it_is_lifted(mesh, account):
    job = account.read(pages.png())
    mesh.operate("suspend", account.email)
    for answer in (account.submit(pages.png()), account.job(job["uuid"])):
        assert answer.status_code == 403, answer.text
        assert answer.json()["code"] == "suspended"
        assert "operator" in answer.json()["error"]
    mesh.operate("resume", account.email)
    assert account.job(job["uuid"]).status_code == 200


def test_a_suspended_account_can_be_exported_and_deleted_and_nothing_else(mesh, account):
    job = account.read(pages.png())
    mesh.operate("suspend", account.email)
    url = f"{mesh.url}/api/v1/account/"
    browser = requests.Session()
    credentials = {"email": account.email, "password": PASSWORD}
    assert browser.post(f"{url}session/", json=credentials, timeout=60).status_code == 201
    for caller in (account.session, browser):
        told = caller.get(f"{url}export/", timeout=60)
        assert told.status_code == 200, told.text
        assert told.json()["account"]["email"] == account.email
        assert told.json()["webhooks"] == []
        for method, path in [
            ("GET", ""),
            ("GET", "usage/"),
            ("GET", "tokens/"),
            ("POST", "tokens/"),
            ("POST", "password/"),
            ("GET", "webhook-secret/"),
            ("GET", f"../ocr/{job['uuid']}/"),
            ("GET", f"../ocr/{job['uuid']}/download/?format=txt"),
            ("POST", f"../chat/{job['uuid']}/"),
        ]:
            body = {"name": "x", "current_password": PASSWORD, "new_password": PASSWORD + "!", "message": "What?"}
            answer = caller.request(
                method, urljoin(url, path), json=body if method == "POST" else None, headers={"Origin": mesh.url}, timeout=60
            )
            assert (answer.status_code, answer.json()["code"]) == (403, "suspended"), path
    gone = browser.delete(url, json={"password": PASSWORD}, headers={"Origin": mesh.url}, timeout=60)
    assert gone.status_code == 204, gone.text
    assert account.session.get(f"{url}export/", timeout=60).status_code == 401


def test_a_refund_gives_a_jobs_credits_back(mesh, account):
    mesh.grant(account.email, 5)
    job = account.read(pages.png())
    assert account.state()["credits"] == 4
    mesh.operate("refund", account.email, job["uuid"], "unreadable")
    assert account.state()["credits"] == 5
    assert account.state()["used"] == 0
    [day] = account.session.get(f"{mesh.url}/api/v1/account/usage/", timeout=60).json()["days"]
    assert (day["credits"], day["refunded_credits"]) == (1, 1)
