"""Stripe as far as selling a pack goes: its API over HTTPS, and its signed notices.

The API is documented at docs.stripe.com/api: form-encoded requests with nested names, a secret key as a bearer token,
idempotency keys that remember their parameters, and errors as {"error": {"type", "message"}}, with the "param" at fault
where it is one.
"""

import hashlib
import hmac
import http.client
import itertools
import json
import re
import threading
import time
import urllib.parse
from contextlib import contextmanager

from .certificates import make_certificates
from .http_server import Handler, HttpServer

KEY = "sk_test_51HarnessOnly"
API_VERSION = "2024-06-20"
SECRET = "whsec_harness_new"
OLD_SECRET = "whsec_harness_old"

# Those of a Checkout Session that is made of a price, as regular expressions.
KNOWN = {
    r"mode": r"payment",
    r"client_reference_id": r".{1,200}",
    r"metadata\[\w{1,40}\]": r".{0,500}",
    r"payment_intent_data\[metadata\]\[\w{1,40}\]": r".{0,500}",
    r"customer_email": r"[^@\s]+@[^@\s]+",
    r"line_items\[0\]\[quantity\]": r"[1-9]\d*",
    r"line_items\[0\]\[price_data\]\[currency\]": r"[a-z]{3}",
    r"line_items\[0\]\[price_data\]\[unit_amount\]": r"\d{1,8}",
    r"line_items\[0\]\[price_data\]\[product_data\]\[name\]": r".+",
    r"success_url": r"https?://.+",
    r"cancel_url": r"https?://.+",
}
REFUSED_DOMAIN = "refused.example"  # addresses there are taken for no e-mail addresses
REQUIRED = ["mode", "line_items[0][quantity]", "success_url"]


def signature(body, secret=SECRET, at=None):
    """The Stripe-Signature header for `body` (docs.stripe.com/webhooks#verify-manually)."""
    at = int(time.time()) if at is None else at
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


class Stripe(HttpServer):
    def __init__(self, folder):
        self.ca, certificate, key = make_certificates(folder)
        self.requests = []  # (headers, form)
        self.checkouts = {}  # by id
        self._failure = None  # HTTP status that requests get
        self._loses_answers = False  # requests are carried out, and the answer lost
        self._replayed = {}  # idempotency key: (form, checkout)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        super().__init__(self._handler(), certificate=certificate, key=key)
        self.url = self.origin

    @property
    def settings(self):
        """Of billing."""
        return {
            "BILLING_STRIPE_URL": self.url,
            "BILLING_STRIPE_KEY": KEY,
            "BILLING_STRIPE_CA_FILE": str(self.ca),
            "BILLING_STRIPE_WEBHOOK_SECRETS": f"{SECRET},{OLD_SECRET}",
        }

    @contextmanager
    def failing(self, status):
        """Requests are answered so, those that the mesh tries again included."""
        self._failure = status
        try:
            yield
        finally:
            self._failure = None

    @contextmanager
    def losing_answers(self):
        self._loses_answers = True
        try:
            yield
        finally:
            self._loses_answers = False

    # --- the API ---

    def _handler(stripe):
        class Playing(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                status, answer = stripe._answer(self.path, self.headers, self.body().decode())
                if status is None:
                    self.close_connection = True
                    return
                self.answer(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

        return Playing

    def _answer(self, path, headers, body):
        def error(status, kind, message, **more):
            return status, {"error": {"type": kind, "message": message, **more}}

        with self._lock:
            if headers["Authorization"] != f"Bearer {KEY}":
                return error(401, "invalid_request_error", "Invalid API Key provided")
            if path != "/v1/checkout/sessions":
                return error(404, "invalid_request_error", f"Unrecognized request URL: {path}")
            if headers["Content-Type"] != "application/x-www-form-urlencoded":
                return error(400, "invalid_request_error", "Invalid content type")
            if headers["Stripe-Version"] != API_VERSION:
                return error(400, "invalid_request_error", "Invalid API version")
            pairs = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True)
            form = dict(pairs)
            self.requests.append((headers, form))
            if self._failure is not None:
                return error(self._failure, "api_error", "told to fail")
            for name, value in pairs:
                known = [rule for rule in KNOWN if re.fullmatch(rule, name)]
                if not known or not re.fullmatch(KNOWN[known[0]], value):
                    return error(400, "invalid_request_error", f"Invalid parameter: {name}", param=name)
            if form.get("customer_email", "").endswith("@" + REFUSED_DOMAIN):
                message = f"Invalid email address: {form['customer_email']}"
                return error(400, "invalid_request_error", message, code="email_invalid", param="customer_email")
            if len(form) != len(pairs) or any(name not in form for name in REQUIRED):
                return error(400, "invalid_request_error", "Missing or repeated parameter")
            key = headers["Idempotency-Key"]
            if key in self._replayed:
                before, checkout = self._replayed[key]
                if before != form:
                    return error(400, "idempotency_error", "Keys for idempotent requests ...")
            else:
                checkout = self._open(form)
                self._replayed[key] = (form, checkout)
            return (None, None) if self._loses_answers else (200, checkout)

    def _open(self, form):
        number = next(self._ids)
        checkout = {
            "id": f"cs_test_{number}",
            "object": "checkout.session",
            "amount_total": int(form["line_items[0][price_data][unit_amount]"])
            * int(form["line_items[0][quantity]"]),
            "client_reference_id": form.get("client_reference_id"),
            "currency": form["line_items[0][price_data][currency]"],
            "customer_email": form.get("customer_email"),
            "expires_at": int(time.time()) + 86400,
            "livemode": False,
            "metadata": {},
            "mode": "payment",
            "payment_status": "unpaid",
            "status": "open",
            "url": f"https://checkout.stripe.com/c/pay/cs_test_{number}#fidkdWxOYHwnPyd1blpxYHZxWjA0",
        }
        self.checkouts[checkout["id"]] = checkout
        return checkout

    # --- its notices ---

    def checkout_of(self, url):
        """The one whose page this is."""
        return next(checkout for checkout in self.checkouts.values() if checkout["url"] == url)

    def event(self, kind, checkout, **changes):
        """The body of a notice: `kind` of checkout.session."""
        event = {
            "id": f"evt_test_{next(self._ids)}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": {"object": checkout | changes},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": f"checkout.session.{kind}",
        }
        return json.dumps(event, indent=2).encode()

    def paid(self, checkout, **changes):
        return self.event("completed", checkout, payment_status="paid", status="complete", **changes)


def send(url, body, header=None, path="/api/v1/payments/stripe/"):
    """Posts a notice to the site at `url`; (status, JSON). `header`: the signature, "" for none."""
    header = signature(body) if header is None else header
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if header:
        headers["Stripe-Signature"] = header
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told
