"""The end of an account with all that is kept of it, through crashes as well."""

import pytest
import requests

from harness import pages, wait
from harness.api import PASSWORD, Api, create_account

pytestmark = pytest.mark.once

PURGE_SECONDS = 240


def delete(account, password=PASSWORD, **options):
    return account.session.delete(
        f"{account.url}/api/v1/account/", json={"password": password}, timeout=60, **options
    )


def account_id(mesh, account):
    return mesh.cluster.sql(f"SELECT id FROM billing.account WHERE email = '{account.email}'")[0][0]


def what_is_kept(mesh, key, jobs):
    """Rows of any table of ocr and chat that belong to the account, and blobs of its jobs."""
    rows = {}
    for schema, table, column in mesh.cluster.sql(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " WHERE table_schema IN ('ocr', 'chat')"
        " AND column_name IN ('account_id', 'principal_key', 'job_id')"
    ):
        wanted = [key] if column != "job_id" else jobs
        names = ", ".join(f"'{name}'" for name in wanted)
        count = mesh.cluster.sql(f"SELECT count(*) FROM {schema}.{table} WHERE {column} IN ({names})")
        rows[f"{schema}.{table}.{column}"] = int(count[0][0])
    for job in jobs:
        count = mesh.cluster.sql(f"SELECT count(*) FROM ocr.blob WHERE key LIKE '%{job}%'")
        rows[f"blob of {job}"] = int(count[0][0])
    return {name: count for name, count in rows.items() if count}


def is_purged(mesh, key):
    return mesh.cluster.sql(f"SELECT * FROM billing.account_purge WHERE account_id = '{key}'") == []


def test_all_of_an_account_is_deleted(mesh, account):
    mesh.grant(account.email, 30)
    key = account_id(mesh, account)
    jobs = [account.read(pages.png())["uuid"] for _ in range(2)]
    neighbour = create_account(mesh.url)
    theirs = neighbour.read(pages.png())["uuid"]
    assert account.ask(jobs[0], "When does the office open?").status_code == 200
    kept = what_is_kept(mesh, key, jobs)
    assert kept["ocr.job.account_id"] == 2 and kept["chat.conversation.account_id"] == 1
    wrong = delete(account, "not the password")
    assert wrong.status_code == 403, wrong.text
    assert wrong.json()["code"] == "wrong_password"
    assert account.state()["credits"]

    answer = delete(account)
    assert answer.status_code == 204, answer.text
    assert delete(account).status_code == 401
    assert account.submit(pages.png()).status_code == 401
    assert account.job(jobs[0]).status_code == 401
    wait.until(lambda: is_purged(mesh, key), PURGE_SECONDS, "nothing is left to delete")
    assert what_is_kept(mesh, key, jobs) == {}
    assert Api(mesh.url).job(jobs[0]).status_code == 404
    for schema in ("billing", "ocr", "chat"):
        for (table,) in mesh.cluster.sql(
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'"
        ):
            text = str(mesh.cluster.sql(f"SELECT t::text FROM {schema}.{table} AS t"))
            assert account.email not in text, table
    assert neighbour.job(theirs).status_code == 200

    again = create_account(mesh.url, account.email)
    assert again.state()["credits"] == 0
    assert again.job(jobs[0]).status_code == 404


def test_a_browser_that_is_signed_in_deletes_with_its_cookie(mesh, account):
    browser = requests.Session()
    answer = browser.post(
        f"{mesh.url}/api/v1/account/session/",
        json={"email": account.email, "password": PASSWORD},
        timeout=60,
    )
    assert answer.status_code == 201
    url = f"{mesh.url}/api/v1/account/"
    forged = browser.delete(
        url, json={"password": PASSWORD}, headers={"Origin": "https://evil.example"}, timeout=60
    )
    assert forged.status_code == 403
    done = browser.delete(
        url, json={"password": PASSWORD}, headers={"Origin": mesh.url}, timeout=60
    )
    assert done.status_code == 204, done.text
    assert "Max-Age=0" in done.headers["set-cookie"]


def test_jobs_at_work_are_cancelled_and_go_too(mesh, account):
    key = account_id(mesh, account)
    answer = account.submit(pages.scanned_pdf(8), "eight.pdf")
    assert answer.status_code == 202, answer.text
    jobs = [answer.json()["uuid"]]
    assert delete(account).status_code == 204
    wait.until(lambda: is_purged(mesh, key), PURGE_SECONDS, "nothing is left to delete")
    assert what_is_kept(mesh, key, jobs) == {}
    held = mesh.cluster.sql(
        f"SELECT count(*) FROM billing.reservation WHERE state = 'open' AND principal_key = '{key}'"
    )
    assert held == [["0"]]


def test_an_account_is_exported_whole_and_without_secrets(mesh, account):
    mesh.grant(account.email, 7)
    uuid = account.read(pages.png())["uuid"]
    mesh.cluster.sql(
        "INSERT INTO billing.reservation (id, request_id, principal_key, account_id, tier, pages,"
        " page_price_credits, period, start_time, quota_credits, paid_credits, state, create_time,"
        " expire_time, end_time) SELECT gen_random_uuid(), gen_random_uuid(), id, id, 1, 1, 1,"
        " 'month', now(), 1, 0, 'released', now(), now(), now() FROM billing.account,"
        f" generate_series(1, 1200) WHERE email = '{account.email}'"
    )
    answer = account.session.get(f"{mesh.url}/api/v1/account/export/", timeout=60)
    assert answer.status_code == 200, answer.text
    assert 'filename="ocrmesh-account.json"' in answer.headers["content-disposition"]
    told = answer.json()
    assert told["account"]["email"] == account.email
    assert told["account"]["credits"] == account.state()["credits"]
    assert [token["name"] for token in told["tokens"]] == ["first token"]
    jobs = {job["uuid"]: job for job in told["jobs"]}
    assert len(jobs) == len(told["jobs"]) == 1201
    assert jobs[uuid]["charged_pages"] == 1
    assert [entry["sequence"] for entry in told["ledger"]] == list(
        range(1, len(told["ledger"]) + 1)
    )
    assert told["ledger"][0]["kind"] == "grant"
    assert told["ledger"][0]["credits"] == 7
    assert told["purchases"] == []
    assert account.token not in answer.text
    assert "hash" not in answer.text
    assert requests.get(f"{mesh.url}/api/v1/account/export/", timeout=60).status_code == 401


@pytest.mark.parametrize("victims", [["billing", "ocr"], ["postgres"]])
def test_a_crash_in_the_middle_costs_time_alone(mesh, victims):
    account = create_account(mesh.url)
    key = account_id(mesh, account)
    jobs = [account.read(pages.png())["uuid"]]
    assert delete(account).status_code == 204
    for name in victims:
        mesh.kill(name)
    for name in reversed(victims):
        mesh.start_again(name) if name == victims[0] else mesh.services[name].start()
    wait.until(lambda: is_purged(mesh, key), PURGE_SECONDS, "nothing is left to delete")
    assert what_is_kept(mesh, key, jobs) == {}
