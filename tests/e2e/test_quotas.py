"""Requests a minute, what answers tell of rate and price, use by day and tier, and plans (API: B2, B20 to B22)."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import requests

from harness import pages
from harness.api import Api, create_account


def rate(answer):
    """(policy, left, seconds until all are there again) as the fields tell it."""
    policy = re.fullmatch(r'"requests";q=(\d+);w=60', answer.headers["RateLimit-Policy"])
    left = re.fullmatch(r'"requests";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    return int(policy[1]), int(left[1]), int(left[2])


def test_more_requests_than_the_plan_allows_are_429_until_they_are_there_again(mesh, account):
    with mesh.plan("free", requests_per_minute=3):
        answers = [account.job("0" * 32) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert [rate(answer)[:2] for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert 20 < rate(refused)[2] <= 60
    # A minute later, as far as the database knows.
    mesh.cluster.sql("UPDATE billing.request_rate SET full_time = full_time - interval '1 minute'")
    with mesh.plan("free", requests_per_minute=3):
        assert account.job("0" * 32).status_code == 404


def test_tokens_of_an_account_share_its_minute_and_others_have_their_own(mesh, account):
    other = create_account(mesh.url)
    with mesh.plan("free", requests_per_minute=1):
        assert account.job("0" * 32).status_code == 404
        in_query = requests.get(
            f"{mesh.url}/api/v1/account/", params={"api_token": account.token}, timeout=60
        )
        assert in_query.status_code == 429
        assert other.job("0" * 32).status_code == 404


def test_a_burst_over_many_connections_gets_no_more_than_the_minute_has(mesh, account):
    with mesh.plan("free", requests_per_minute=2), ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(Api(mesh.url, account.token).job, "0" * 32) for _ in range(40)]
        codes = sorted(done.result().status_code for done in asked)
    # One comes back every 30 seconds.
    assert 2 <= codes.count(404) <= 3
    assert codes.count(404) + codes.count(429) == 40


def test_wrong_tokens_are_requests_of_their_address(mesh, account):
    guesses = ["x", "om_" + "A" * 43, "'OR'1'='1", "x" * 512]
    with mesh.plan("anonymous", requests_per_minute=len(guesses)):
        codes = [Api(mesh.url, guess).job("0" * 32).status_code for guess in guesses]
        assert codes == [401] * len(guesses)
        assert Api(mesh.url, "one-more").job("0" * 32).status_code == 429
        assert account.job("0" * 32).status_code == 404
        assert requests.get(f"{mesh.url}/api/v1/plans/", timeout=60).status_code == 429
    mesh.cluster.sql("DELETE FROM billing.request_rate")


def test_an_address_that_a_client_makes_up_is_not_believed(mesh):
    mesh.cluster.sql("DELETE FROM billing.request_rate")
    with mesh.plan("anonymous", requests_per_minute=1):
        codes = [
            requests.get(
                f"{mesh.url}/api/v1/plans/",
                headers={"X-Forwarded-For": f"198.51.100.{i}", "Forwarded": f"for=198.51.100.{i}"},
                timeout=60,
            ).status_code
            for i in range(4)
        ]
    mesh.cluster.sql("DELETE FROM billing.request_rate")
    assert codes == [200, 429, 429, 429]


def test_plan_without_a_limit_tells_no_rate(account):
    answer = account.job("0" * 32)
    assert "RateLimit" not in answer.headers
    assert "RateLimit-Policy" not in answer.headers


def test_answers_tell_what_their_job_was_charged(mesh, account):
    done = account.submit(pages.scanned_pdf(2), "two.pdf")
    assert done.headers["X-Credits-Charged"] == "2"
    uuid = done.json()["uuid"]
    assert account.job(uuid).headers["X-Credits-Charged"] == "2"
    assert account.download(uuid, "txt").headers["X-Credits-Charged"] == "0"
    assert account.submit(b"no picture").headers["X-Credits-Charged"] == "0"
    listed = account.session.get(f"{mesh.url}/api/v1/ocr/", timeout=60)
    assert listed.headers["X-Credits-Charged"] == "0"
    assert "X-Credits-Charged" not in account.session.get(f"{mesh.url}/api/v1/plans/").headers


def test_use_is_listed_by_day_and_tier(mesh, account):
    mesh.grant(account.email, 5)
    with mesh.plan("free", month_cap_credits=0):
        account.read(pages.scanned_pdf(2), "two.pdf")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    answer = account.session.get(f"{mesh.url}/api/v1/account/usage/", timeout=60)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert datetime.date.fromisoformat(told["first_day"]) < today
    assert len(told["days"]) == 1
    day = told["days"][0]
    assert day.pop("day") in (told["last_day"], str(today))
    assert day == {"tier": "cpu", "pages": 2, "credits": 2, "paid_credits": 2, "refunded_credits": 0}
    assert sum(day["credits"] for day in told["days"]) == account.state()["used"]


def test_use_of_a_day_that_is_none_is_400_and_of_nobody_401(mesh, account):
    url = f"{mesh.url}/api/v1/account/usage/"
    answer = account.session.get(url, params={"first_day": "2026-02-30"}, timeout=60)
    assert answer.status_code == 400
    assert answer.json()["field"] == "first_day"
    assert requests.get(url, timeout=60).status_code == 401


HOSTILE_DAYS = [
    "2026-01-01'; DROP TABLE billing.account; --",
    "2026-01-01\u0000",
    "-9223372036854775808",
    "99999999999999999999-01-01",
    "infinity",
    "now()",
    "9" * 5000,
    "\u0662\u0660\u0662\u0666-01-01",
]


def test_hostile_days_are_400(mesh, account):
    for day in HOSTILE_DAYS:
        for name in ("first_day", "last_day"):
            url = f"{mesh.url}/api/v1/account/usage/"
            answer = account.session.get(url, params={name: day}, timeout=60)
            assert answer.status_code == 400, (name, day, answer.text)
    assert account.state()["used"] == 0


def test_limits_are_those_of_the_plan_that_holds(mesh, account):
    def limits(api):
        answer = api.session.get(f"{mesh.url}/api/v1/limits/", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    with mesh.plan("starter", pages_per_file=77, requests_per_minute=500):
        assert limits(Api(mesh.url))["plan"] == "anonymous"
        before = limits(account)
        assert before["plan"] == "free"
        assert before["pages_per_file"] != 77
        assert before["requests_per_minute"] is None
        mesh.grant(account.email, 1)
        after = limits(account)
    assert after["plan"] == "free"
    assert after["pages_per_file"] == 77
    assert after["requests_per_minute"] == 500
    assert after["free"] == before["free"]


def test_plans_are_listed_for_everybody_with_the_words_of_the_limits(mesh, anonymous):
    plans = anonymous.session.get(f"{mesh.url}/api/v1/plans/", timeout=60).json()["plans"]
    assert [plan["plan"] for plan in plans] == ["anonymous", "free", "starter", "pro", "enterprise"]
    assert plans[0]["free"]["period"] == "day"
    assert plans[1]["free"]["period"] == "month"
    assert plans[2]["free"] is None
    limits = anonymous.session.get(f"{mesh.url}/api/v1/limits/", timeout=60).json()
    assert limits == plans[0]
