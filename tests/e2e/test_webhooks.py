"""Signed notices of jobs that have ended (API: B18)."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from harness import pages, wait
from harness.api import PASSWORD, Api, create_account
from harness.mesh import Mesh
from harness.web_server import WebServer

pytestmark = [pytest.mark.once, pytest.mark.slow]

SECONDS = 240


@pytest.fixture
def receiver(server):
    server.requests.clear()
    server.statuses.clear()
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = WebServer(tmp_path_factory.mktemp("receiver"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def mesh(build, tmp_path_factory, server):
    settings = {
        "OCR_URL_ALLOW": "127.0.0.1",
        "OCR_URL_CA_FILE": str(server.ca),
        "OCR_WEBHOOK_PAUSE": "20ms",
        "OCR_LEASE": "8s",  # what a killed service had is waited for; at full load none may lose its lease
    }
    with Mesh(build, tmp_path_factory.mktemp("logs"), settings).running() as mesh:
        yield mesh


@pytest.fixture
def account(mesh):
    return create_account(mesh.url)


def get(account, path):
    answer = account.session.get(f"{account.url}/api/v1/{path}", timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(account, path):
    return account.session.post(f"{account.url}/api/v1/{path}", timeout=SECONDS)


def settled(account, uuid, state):
    """The webhook, once it is in that state."""

    def look():
        webhook = get(account, f"ocr/{uuid}/webhook/")
        return webhook if webhook["state"] == state else None

    return wait.until(look, SECONDS, f"the webhook is {state}")


def signatures(secret, headers, body):
    """As standardwebhooks.com says, of which one must be among those sent."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_a_notice_is_posted_signed_and_logged(account, receiver):
    secret = get(account, "account/webhook-secret/")
    assert secret["previous_expires_at"] is None
    job = account.read(pages.png(["Secret text"]), webhook_url=f"{receiver.url}/hook?a=b")
    ((_, path, headers, body),) = receiver.wait_for(1)

    assert path == "/hook?a=b" and headers["content-type"] == "application/json"
    assert signatures(secret["secret"], headers, body) == headers["webhook-signature"]
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < SECONDS
    notice = json.loads(body)
    assert notice == {
        "type": "job.done",
        "timestamp": job["finished_at"],
        "data": {"uuid": job["uuid"], "status": "done"},
    }
    webhook = settled(account, job["uuid"], "delivered")
    assert webhook["webhook_id"] == headers["webhook-id"] and webhook["next_attempt_at"] is None
    (delivery,) = webhook["deliveries"]
    assert delivery["attempt"] == 1 and delivery["status"] == 204 and delivery["error"] is None


def test_what_fails_is_posted_again_and_may_be_sent_again(account, receiver):
    receiver.statuses += [500, 302, 429]
    job = account.read(pages.png(), webhook_url=f"{receiver.url}/hook")
    requests = receiver.wait_for(4)
    assert len({headers["webhook-id"] for _, _, headers, _ in requests}) == 1
    webhook = settled(account, job["uuid"], "delivered")
    assert [delivery["status"] for delivery in webhook["deliveries"]] == [204, 429, 302, 500]

    answer = post(account, f"ocr/{job['uuid']}/webhook/resend/")
    assert answer.status_code == 202 and answer.json()["state"] in ("sending", "delivered")
    again = receiver.wait_for(5)[4]
    assert again[2]["webhook-id"] == requests[0][2]["webhook-id"] and again[3] == requests[0][3]


def test_a_server_that_is_gone_is_not_asked_again(account, receiver):
    receiver.statuses += [410]
    job = account.read(pages.png(), webhook_url=f"{receiver.url}/hook")
    assert len(settled(account, job["uuid"], "failed")["deliveries"]) == 1


def test_it_goes_with_its_job(account, receiver):
    job = account.read(pages.png(), webhook_url=f"{receiver.url}/hook")
    receiver.wait_for(1)
    assert account.delete(job["uuid"]).status_code == 204
    gone = account.session.get(f"{account.url}/api/v1/ocr/{job['uuid']}/webhook/", timeout=SECONDS)
    assert gone.status_code == 404


def test_the_account_exports_its_notices_and_takes_them_along(mesh, account, receiver):
    get(account, "account/webhook-secret/")
    jobs = [
        account.read(pages.png(), webhook_url=f"{receiver.url}/hook")["uuid"] for _ in range(2)
    ]
    account.read(pages.png())
    told = [settled(account, job, "delivered") for job in reversed(jobs)]
    export = get(account, "account/export/")
    assert export["webhooks"] == told
    assert len(export["jobs"]) == 3 and export["ledger"] == []
    assert get(create_account(mesh.url), "account/export/")["webhooks"] == []

    key = mesh.cluster.sql(f"SELECT id FROM billing.account WHERE email = '{account.email}'")[0][0]
    names = ", ".join(f"'{job}'" for job in jobs)

    def kept():
        """Rows of notices, of their attempts, and of secrets."""
        return mesh.cluster.sql(
            f"SELECT (SELECT count(*) FROM ocr.webhook WHERE account_id = '{key}'),"
            f" (SELECT count(*) FROM ocr.webhook_delivery WHERE job_id IN ({names})),"
            f" (SELECT count(*) FROM ocr.webhook_secret WHERE account_id = '{key}')"
        )

    assert kept() == [["2", "2", "1"]]
    answer = account.session.delete(
        f"{account.url}/api/v1/account/", json={"password": PASSWORD}, timeout=SECONDS
    )
    assert answer.status_code == 204, answer.text
    wait.until(lambda: kept() == [["0", "0", "0"]], SECONDS, "nothing of them is kept")


def test_a_rotated_secret_and_the_one_before_it_sign(account, receiver):
    old = get(account, "account/webhook-secret/")["secret"]
    answer = post(account, "account/webhook-secret/rotate/")
    assert answer.status_code == 200
    new = answer.json()
    assert new["secret"] != old and new["previous_expires_at"] is not None
    assert get(account, "account/webhook-secret/") == new
    account.read(pages.png(), webhook_url=f"{receiver.url}/hook")
    ((_, _, headers, body),) = receiver.wait_for(1)
    assert headers["webhook-signature"].split(" ") == [
        signatures(new["secret"], headers, body),
        signatures(old, headers, body),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/",
        "ftp://example.com/",
        "https://10.0.0.1/",
        "https://127.0.0.2/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://user:secret@example.com/",
        "https://" + "a" * 2100 + ".example/",
        "nonsense",
    ],
)
def test_urls_that_may_not_be_called_are_refused(account, url):
    answer = account.submit(pages.png(), webhook_url=url)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "url_not_allowed" and answer.json()["field"] == "webhook_url"
    assert account.state()["used"] == 0


def test_webhooks_are_for_accounts_and_their_owners(mesh, account, receiver):
    anonymous = Api(mesh.url)
    refused = anonymous.submit(pages.png(), webhook_url=f"{receiver.url}/hook")
    assert refused.status_code == 401 and refused.json()["code"] == "missing_token"
    assert post(anonymous, "account/webhook-secret/rotate/").status_code == 401

    job = account.read(pages.png())
    none = account.session.get(f"{account.url}/api/v1/ocr/{job['uuid']}/webhook/", timeout=SECONDS)
    assert none.status_code == 404 and none.json()["code"] == "webhook_not_found"
    other = create_account(mesh.url)
    foreign = post(other, f"ocr/{job['uuid']}/webhook/resend/")
    assert foreign.status_code == 404 and foreign.json()["code"] == "job_not_found"


def test_a_killed_service_posts_when_it_is_back(mesh, account, receiver):
    job = account.submit(
        pages.scanned_pdf(6), "long.pdf", webhook_url=f"{receiver.url}/hook"
    ).json()
    mesh.kill("ocr")
    mesh.start_again("ocr")
    ((_, _, _, body),) = receiver.wait_for(1, SECONDS)
    assert json.loads(body)["data"] == {"uuid": job["uuid"], "status": "done"}
