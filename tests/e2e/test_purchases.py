"""Credits bought through Stripe: packs, checkouts, notices, and what forged or repeated ones do."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import stripe as played
from harness.api import create_account
from harness.mesh import Mesh

pytestmark = pytest.mark.once

SMALL = 500  # credits of the pack "small", and its price in cents


@pytest.fixture(scope="module")
def stripe(tmp_path_factory):
    server = played.Stripe(tmp_path_factory.mktemp("certificates"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def shop(build, tmp_path_factory, stripe):
    """A mesh that sells."""
    with Mesh(build, tmp_path_factory.mktemp("logs"), stripe.settings).running() as mesh:
        yield mesh


@pytest.fixture
def buyer(shop):
    return create_account(shop.url)


def buy(account, pack="small", key=None):
    """POST /api/v1/account/purchases/; the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    url = f"{account.url}/api/v1/account/purchases/"
    return account.session.post(url, json={"pack": pack}, headers=headers, timeout=60)


def begin(account, stripe, **options):
    """The checkout of a new purchase."""
    answer = buy(account, **options)
    assert answer.status_code == 201, answer.text
    return stripe.checkout_of(answer.json()["checkout_url"])


def state_of(shop, checkout):
    rows = shop.cluster.sql(
        f"SELECT state FROM billing.purchase WHERE checkout_id = '{checkout['id']}'"
    )
    return rows[0][0] if rows else None


def test_packs_are_shown_with_their_price(shop):
    told = requests.get(f"{shop.url}/api/v1/packs/", timeout=60).json()
    assert told["offered"] is True
    assert told["packs"][0] == {
        "pack": "small",
        "title": "500 credits",
        "credits": SMALL,
        "price_minor": 500,
        "currency": "usd",
    }


def test_without_a_key_purchases_are_off_and_it_is_said(mesh, account):
    told = requests.get(f"{mesh.url}/api/v1/packs/", timeout=60).json()
    assert told["offered"] is False
    assert "operator" in told["message"]
    assert told["packs"] == []
    answer = buy(account)
    assert answer.status_code == 501
    assert answer.json()["code"] == "purchases_off"
    body = b'{"id": "evt_1", "type": "checkout.session.completed"}'
    assert played.send(mesh.url, body)[0] == 501


def test_a_paid_checkout_brings_its_credits_once_however_often_it_is_told(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    headers, form = stripe.requests[-1]
    assert form["customer_email"] == buyer.email
    assert headers["Idempotency-Key"] == checkout["client_reference_id"]
    assert buyer.state()["credits"] == 0

    body = stripe.paid(checkout)
    assert played.send(shop.url, body) == (200, {"received": True})
    assert buyer.state()["credits"] == SMALL
    # Again as Stripe repeats it, as somebody replays it, and as another event of the same checkout.
    header = played.signature(body, at=int(time.time()) - 200)
    for again in (played.signature(body), header, header):
        assert played.send(shop.url, body, again)[0] == 200
    assert played.send(shop.url, stripe.paid(checkout))[0] == 200
    late = stripe.event("async_payment_succeeded", checkout, payment_status="paid")
    assert played.send(shop.url, late)[0] == 200
    assert played.send(shop.url, stripe.event("expired", checkout))[0] == 200
    assert buyer.state()["credits"] == SMALL
    assert state_of(shop, checkout) == "paid"


def test_notices_at_once_bring_the_credits_once(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    same = stripe.paid(checkout)
    bodies = [same] * 8 + [stripe.paid(checkout) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda body: played.send(shop.url, body)[0], bodies))
    assert told == [200] * len(bodies)
    assert buyer.state()["credits"] == SMALL


def test_forged_notices_are_refused(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    body = stripe.paid(checkout)
    good = played.signature(body)
    old = int(time.time()) - 301
    forged = [
        "",
        "nonsense",
        played.signature(body, "whsec_guessed"),
        played.signature(body, ""),
        played.signature(body + b" "),
        played.signature(body, at=old),
        played.signature(body, at=int(time.time()) + 400),
        good.replace("v1=", "v0="),
        good.replace("t=", "t=1"),
        f"t={old},{good}",
        good + "," * 5000,
        "t=1,v1=" + "a" * 20000,
    ]
    for header in forged:
        status, told = played.send(shop.url, body, header)
        assert status in (400, 431), header
        if status == 400:
            assert told["code"] == "invalid_signature", header
    changed = body.replace(b'"paid"', b'"PAID"')
    assert played.send(shop.url, changed, good)[0] == 400
    assert buyer.state()["credits"] == 0
    assert state_of(shop, checkout) == "open"
    # While a secret is being replaced, both are good.
    assert played.send(shop.url, body, played.signature(body, played.OLD_SECRET))[0] == 200
    assert buyer.state()["credits"] == SMALL


def test_signed_nonsense_is_refused_or_passed_over_and_brings_nothing(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    refused = [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"id": 1, "type": "checkout.session.completed"}',
        b"[" * 100_000,
        stripe.paid(checkout | {"id": None}),
        stripe.paid(checkout | {"amount_total": "500"}),
        stripe.paid(checkout | {"amount_total": 10**30}),
        b'{"id": "' + b"e" * 300 + b'", "type": "x"}',
        b" " * 300_000,
    ]
    for body in refused:
        status, told = played.send(shop.url, body)
        assert status == 400, body[:80]
        assert told["code"] in ("bad_event", "too_large", "invalid_signature"), body[:80]
    passed_over = [
        stripe.event("completed", checkout),  # not paid yet
        stripe.paid(checkout | {"client_reference_id": None}),
        stripe.paid(checkout | {"client_reference_id": "' OR '1'='1"}),
        stripe.paid(checkout | {"client_reference_id": "0198c0de-0000-4000-8000-000000000001"}),
        b'{"id": "evt_sql\'; DROP TABLE billing.purchase; --", "type": "customer.created"}',
    ]
    for body in passed_over:
        assert played.send(shop.url, body) == (200, {"received": True}), body[:80]
    assert buyer.state()["credits"] == 0
    assert state_of(shop, checkout) == "open"


def test_another_price_brings_nothing_and_is_told_to_the_operator(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    assert played.send(shop.url, stripe.paid(checkout, amount_total=1))[0] == 200
    assert state_of(shop, checkout) == "unclaimed"
    assert buyer.state()["credits"] == 0
    assert "pay it back" in shop.services["billing"].log_tail(200)
    other = begin(buyer, stripe)
    assert played.send(shop.url, stripe.paid(other, currency="jpy"))[0] == 200
    assert buyer.state()["credits"] == 0


def test_money_that_comes_late_or_never(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    assert played.send(shop.url, stripe.event("completed", checkout))[0] == 200
    assert state_of(shop, checkout) == "open"
    assert played.send(shop.url, stripe.event("async_payment_failed", checkout))[0] == 200
    assert state_of(shop, checkout) == "failed"
    expired = begin(buyer, stripe)
    assert played.send(shop.url, stripe.event("expired", expired))[0] == 200
    assert state_of(shop, expired) == "expired"
    assert buyer.state()["credits"] == 0
    # Paid after all.
    assert played.send(shop.url, stripe.paid(expired))[0] == 200
    assert buyer.state()["credits"] == SMALL


def test_the_same_key_gets_the_same_checkout_also_after_a_lost_answer(shop, stripe, buyer):
    first = begin(buyer, stripe, key="order-1")
    assert begin(buyer, stripe, key="order-1")["id"] == first["id"]
    assert buy(buyer, "medium", "order-1").status_code == 400
    assert begin(create_account(shop.url), stripe, key="order-1")["id"] != first["id"]
    assert played.send(shop.url, stripe.paid(first))[0] == 200
    answer = buy(buyer, "small", "order-1")
    assert answer.status_code == 409
    assert answer.json()["code"] == "purchase_ended"

    count = len(stripe.checkouts)
    with stripe.losing_answers():
        answer = buy(buyer, "small", "order-2")
    assert answer.status_code == 503
    assert answer.json()["code"] == "payment_unavailable"
    assert begin(buyer, stripe, key="order-2")["id"] in stripe.checkouts
    assert len(stripe.checkouts) == count + 1


def test_notice_comes_before_the_answer_is_kept(shop, stripe, buyer):
    """The checkout was opened, the answer lost, and the buyer paid on a page of the first try."""
    with stripe.losing_answers():
        assert buy(buyer, "small", "order-3").status_code == 503
    checkout = list(stripe.checkouts.values())[-1]
    assert played.send(shop.url, stripe.paid(checkout))[0] == 200
    assert buyer.state()["credits"] == SMALL
    assert state_of(shop, checkout) == "paid"


@pytest.mark.parametrize("status", [400, 401, 402, 409, 429, 500, 503])
def test_a_failure_of_stripe_is_503_and_may_be_tried_again(stripe, buyer, status):
    with stripe.failing(status):
        answer = buy(buyer, "small", "order-4")
    assert answer.status_code == 503, answer.text
    assert "Retry-After" in answer.headers
    assert begin(buyer, stripe, key="order-4")


def test_who_has_an_address_that_stripe_refuses_buys_all_the_same(shop, stripe):
    account = create_account(shop.url, f"ada-{time.time_ns()}@{played.REFUSED_DOMAIN}")
    checkout = begin(account, stripe)
    assert checkout["customer_email"] is None  # its page asks for one
    assert played.send(shop.url, stripe.paid(checkout))[0] == 200
    assert account.state()["credits"] == SMALL


def test_what_is_no_pack_and_who_is_no_account(shop, buyer):
    for pack in ("", "huge", "small' --", "x" * 10_000, None, 7, ["small"]):
        answer = buy(buyer, pack)
        assert answer.status_code == 400, pack
        assert answer.json()["field"] == "pack", pack
    anonymous = requests.post(
        f"{shop.url}/api/v1/account/purchases/", json={"pack": "small"}, timeout=60
    )
    assert anonymous.status_code == 401
    assert buy(buyer, key="k" * 300).status_code == 400


def test_hostile_purchases(shop, stripe, buyer):
    url = f"{shop.url}/api/v1/account/purchases/"
    count = len(stripe.checkouts)
    huge = b'{"pack": "' + b"x" * 10_000_000 + b'"}'
    for body in (huge, b"{" * 60_000, b'{"pack": "small", "pack": "large"}', b"pack=small", b"\xff"):
        assert buyer.session.post(url, data=body, timeout=60).status_code == 400, body[:40]
    assert played.send(shop.url, huge)[0] == 400
    # Text is text: SQL, quotes and form syntax go through as they are.
    key = "';DROP/**/TABLE/**/billing.purchase;--&mode=setup"
    first = begin(buyer, stripe, key=key)
    assert begin(buyer, stripe, key=key)["id"] == first["id"]
    assert first["mode"] == "payment"
    assert len(stripe.checkouts) == count + 1
    # More than was asked for, less than nothing, and what does not fit into 64 bits.
    for price in (-500, 0, 2**63 - 1, -(2**63)):
        checkout = begin(buyer, stripe)
        assert played.send(shop.url, stripe.paid(checkout, amount_total=price))[0] == 200
        assert state_of(shop, checkout) == "unclaimed"
    checkout = begin(buyer, stripe)
    assert played.send(shop.url, stripe.paid(checkout, amount_total=2**63))[0] == 400
    assert buyer.state()["credits"] == 0


def test_somebody_elses_page_brings_its_buyer_the_credits(shop, stripe, buyer):
    """The account stands in the purchase, not in what the payer writes."""
    other = create_account(shop.url)
    checkout = begin(buyer, stripe)
    body = stripe.paid(checkout, customer_email=other.email, metadata={"account": other.email})
    assert played.send(shop.url, body)[0] == 200
    assert buyer.state()["credits"] == SMALL
    assert other.state()["credits"] == 0


def test_purchases_that_nobody_pays_are_limited(shop, stripe, buyer):
    answers = [buy(buyer).status_code for _ in range(21)]
    assert answers == [201] * 20 + [429]
    paid = list(stripe.checkouts.values())[-1]
    assert played.send(shop.url, stripe.paid(paid))[0] == 200
    assert buy(buyer).status_code == 201


def test_a_killed_service_loses_no_payment(shop, stripe, buyer):
    checkout = begin(buyer, stripe)
    body = stripe.paid(checkout)
    shop.kill("billing")
    assert played.send(shop.url, body)[0] in (500, 503)
    shop.start_again("billing")
    assert played.send(shop.url, body)[0] == 200
    shop.kill("postgres")
    shop.start_again("postgres")
    assert played.send(shop.url, body)[0] == 200
    assert buyer.state()["credits"] == SMALL


def test_no_secret_is_in_a_log(shop):
    for process in shop.services.values():
        log = process.log_tail(100_000)
        for secret in (played.KEY, played.SECRET, played.OLD_SECRET):
            assert secret not in log


def test_what_was_bought_stands_in_the_ledger_and_the_audit_holds(shop, stripe, buyer):
    checkout = begin(buyer, stripe, pack="medium")
    assert played.send(shop.url, stripe.paid(checkout))[0] == 200
    rows = shop.cluster.sql(
        "SELECT t.kind, t.amount_credits, t.request_id FROM billing.ledger_transfer t"
        " JOIN billing.account a ON a.id = t.account_id"
        f" WHERE a.email = '{buyer.email}'"
    )
    assert [tuple(row) for row in rows] == [("purchase", "5000", checkout["client_reference_id"])]
    assert checkout["amount_total"] == 4000
    audit = subprocess.run(
        [shop.build / "services/billing/ocrmesh-admin", "audit"],
        check=False,
        capture_output=True,
        text=True,
        env=shop.environment,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
