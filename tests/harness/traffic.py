"""Users of a mesh with several bridges: each submits documents, follows them, downloads, asks, deletes, and notes how every
single request ended.

A user behaves as a careful client does: a request that got no answer, or one that says "later", is sent again to a bridge
that is in the list of endpoints, under the same Idempotency-Key, until the user's patience is over.
"""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

import requests
from urllib3.util.wait import wait_for_read

from . import pages
from .api import create_account
from .http_server import Handler, HttpServer

PATIENCE_SECONDS = 240  # with one errand's request, all attempts together
CONNECT_SECONDS = 4
# Within which the bridge has answered, whatever has become of those behind it: its own time limits (bridge/upstream.h,
# bridge/submit.c), one for the question who calls and one for what is asked, and time to spare for a machine at full load.
DEADLINE_SECONDS = {"submit": 120, "job": 60, "download": 90, "ask": 120, "delete": 60, "account": 60, "look": 60}
LATER = {408, 409, 425, 429, 499, 500, 502, 503, 504}
FORMATS = ["txt", "md", "docx", "pdf", "csv", "json"]
WAIT_SECONDS = 5


@dataclass
class Attempt:
    kind: str
    bridge: str  # its URL
    begin: float  # monotonic seconds
    seconds: float
    status: int  # 0: no answer
    code: str = ""  # of an error, or what broke
    retry_after: float = 0


@dataclass
class Errand:
    """A document on its way through the mesh."""

    key: str
    page_count: int
    begin: float
    uuid: str = ""
    email: str = ""
    status: str = "unsent"  # accepted, done, failed, deleted
    pages_read: int = 0
    has_webhook: bool = False
    seconds: float = 0
    faults: list = field(default_factory=list)


class Endpoints:
    """The bridges that users know, as Kubernetes tells them: those that are ready."""

    def __init__(self, urls):
        self.lock = threading.Lock()
        self.urls = list(urls)

    def pick(self, chance, but=None):
        with self.lock:
            others = [url for url in self.urls if url != but]
            return chance.choice(others or self.urls)

    def remove(self, url):
        with self.lock:
            self.urls.remove(url)

    def add(self, url):
        with self.lock:
            self.urls.append(url)

    def __contains__(self, url):
        with self.lock:
            return url in self.urls


class Documents:
    """A few files with known text, made once."""

    def __init__(self):
        self.files = [("page.png", pages.png(), 1)]
        self.files += [(f"scan-{n}.pdf", pages.scanned_pdf(n), n) for n in (2, 3, 7)]

    def pick(self, chance):
        return chance.choices(self.files, weights=[6, 2, 1, 1])[0]


class HookReceiver(HttpServer):
    """Takes notices of ended jobs."""

    def __init__(self, address):
        self.lock = threading.Lock()
        self.noticed = {}  # uuid: times
        outer = self

        class Receiving(Handler):
            def do_POST(self):
                notice = json.loads(self.body())
                with outer.lock:
                    job = notice["data"]["uuid"]
                    outer.noticed[job] = outer.noticed.get(job, 0) + 1
                self.answer(204)

        super().__init__(Receiving, address)
        self.url = f"{self.origin}/hook"


class User:
    def __init__(self, traffic, number):
        self.traffic = traffic
        self.chance = random.Random(f"{traffic.seed}-{number}")
        self.account = create_account(traffic.endpoints.pick(self.chance), f"user-{number}@example.com")
        self.headers = {"Authorization": f"Bearer {self.account.token}"}
        self.sessions = {}
        self.thread = threading.Thread(target=self._run, daemon=True)

    # --- requests ---

    def _session(self, bridge):
        if bridge not in self.sessions:
            self.sessions[bridge] = requests.Session()
        return self.sessions[bridge]

    def _attempt(self, kind, bridge, method, path, headers=None, **fields):
        begin = time.monotonic()
        answer, code, status, later = None, "", 0, 0.0
        try:
            answer = self._session(bridge).request(
                method,
                bridge + path,
                headers={**self.headers, **(headers or {})},
                timeout=(CONNECT_SECONDS, DEADLINE_SECONDS[kind]),
                **fields,
            )
            status = answer.status_code
            later = float(answer.headers.get("Retry-After", 0))
            if status >= 400:
                code = answer.json()["code"]
        except requests.RequestException as error:
            code = type(error).__name__
            self.sessions.pop(bridge).close()
        seconds = time.monotonic() - begin
        self.traffic.note(Attempt(kind, bridge, begin, seconds, status, code, later))
        return answer if status != 0 else None

    def _request(self, kind, method, path, **fields):
        """Until there is an answer that is not "later"; None when patience is over."""
        until = time.monotonic() + self.traffic.patience
        bridge = None
        while True:
            bridge = self.traffic.endpoints.pick(self.chance, but=bridge)
            answer = self._attempt(kind, bridge, method, path, **fields)
            if answer is not None and answer.status_code not in LATER:
                return answer
            if time.monotonic() >= until:
                return None
            pause = float(answer.headers.get("Retry-After", 0)) if answer is not None else 0
            time.sleep(min(max(pause, 0.2), 2) * self.chance.uniform(0.5, 1))

    # --- an errand ---

    def _run(self):
        while not self.traffic.is_over.is_set():
            name, data, page_count = self.traffic.documents.pick(self.chance)
            errand = Errand(uuid.uuid4().hex, page_count, time.monotonic(), email=self.account.email)
            self.traffic.errands.append(errand)
            try:
                self._do(errand, name, data)
            except Exception as error:  # noqa: BLE001: whatever a user meets is a finding
                errand.faults.append(f"{type(error).__name__}: {error}")
            errand.seconds = time.monotonic() - errand.begin
            self.traffic.is_over.wait(self.traffic.think_seconds * self.chance.uniform(0.5, 1.5))

    def _do(self, errand, name, data):
        fields = {}
        if self.traffic.hooks is not None and self.chance.random() < 0.3:
            fields["webhook_url"] = self.traffic.hooks.url
            errand.has_webhook = True
        answer = self._request(
            "submit", "POST", f"/api/v1/ocr/?wait={WAIT_SECONDS}",
            headers={"Idempotency-Key": errand.key}, files={"file": (name, data)}, data=fields,
        )  # fmt: skip
        if answer is None:
            errand.faults.append("it was never taken")
            return
        if answer.status_code not in (200, 202):
            errand.faults.append(f"the submission was answered {answer.status_code} {answer.text[:200]}")
            return
        job = answer.json()
        errand.uuid, errand.status = job["uuid"], "accepted"
        job = self._follow(errand, job)
        if job is None:
            return
        errand.status = job["status"]
        errand.pages_read = errand.page_count - len(job["failed_pages"])
        if job["status"] != "done" or job["failed_pages"]:
            errand.faults.append(f"ended {job['status']}, pages {job['failed_pages']} failed: "
                                 f"{[page.get('error') for page in job['pages']]}")  # fmt: skip
            return
        if job["usage"]["pages"] != errand.page_count or "harbour office opens" not in job["text"]:
            errand.faults.append(f"is wrong: {job['usage']}, {job['text'][:80]!r}")
        self._use(errand)

    def _follow(self, errand, job):
        until = time.monotonic() + self.traffic.patience
        while job["status"] in ("pending", "processing"):
            answer = self._request("job", "GET", f"/api/v1/ocr/{errand.uuid}/?wait={WAIT_SECONDS}")
            if answer is None or answer.status_code != 200:
                errand.faults.append(f"is not told any more: {answer and answer.text[:200]}")
                return None
            job = answer.json()
            if time.monotonic() >= until:
                errand.faults.append(f"is {job['status']} for {self.traffic.patience} s")
                return None
        return job

    def _use(self, errand):
        path = f"/api/v1/ocr/{errand.uuid}/"
        what = self.chance.random()
        if what < 0.5:
            wanted = self.chance.choice(FORMATS)
            self._expect(errand, "download", "GET", f"{path}download/?format={wanted}")
        elif what < 0.7:
            self._expect(errand, "ask", "POST", f"/api/v1/chat/{errand.uuid}/",
                         json={"message": "When does the harbour office open?"},
                         headers={"Idempotency-Key": uuid.uuid4().hex})  # fmt: skip
        elif what < 0.8:
            self._expect(errand, "delete", "DELETE", path, wanted=(204, 404))
            errand.status = "deleted"
        else:
            self._expect(errand, "account", "GET", "/api/v1/account/")

    def _expect(self, errand, kind, method, path, wanted=(200,), **fields):
        answer = self._request(kind, method, path, **fields)
        if answer is None:
            errand.faults.append(f"{kind}: no answer for {self.traffic.patience} s")
        elif answer.status_code not in wanted:
            errand.faults.append(f"{kind} was answered {answer.status_code} {answer.text[:200]}")


class Reader(User):
    """Somebody who looks at this and that all the time, on a connection that is kept until the bridge closes it or says that
    it will: those that are open go on, wherever new ones are sent."""

    LOOKS = ["/api/v1/account/", "/api/v1/ocr/?page_size=5", "/api/v1/limits/", "/api/v1/plans/", "/healthz"]
    PAUSE_SECONDS = 0.03

    def _run(self):
        connection = None
        while not self.traffic.is_over.is_set():
            if connection is not None and wait_for_read(connection.sock, 0):  # closed, as every client looks first
                connection.close()
                connection = None
            if connection is None:
                bridge = self.traffic.endpoints.pick(self.chance)
                host, port = bridge.removeprefix("http://").split(":")
                connection = http.client.HTTPConnection(host, int(port), timeout=DEADLINE_SECONDS["look"])
            begin, status, code = time.monotonic(), 0, ""
            try:
                connection.request("GET", self.chance.choice(self.LOOKS), headers=self.headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException) as error:
                code = type(error).__name__
            if status == 0 or connection.sock is None:
                connection.close()
                connection = None
            self.traffic.note(Attempt("look", bridge, begin, time.monotonic() - begin, status, code))
            self.traffic.is_over.wait(self.PAUSE_SECONDS)


class Traffic:
    def __init__(self, urls, users, seed=0, hooks=None, readers=0, think_seconds=0.2, patience=PATIENCE_SECONDS):
        self.endpoints = Endpoints(urls)
        self.seed = seed
        self.hooks = hooks
        self.think_seconds = think_seconds
        self.patience = patience
        self.documents = Documents()
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.attempts = []
        self.errands = []
        self.users = [User(self, number) for number in range(users)]
        self.users += [Reader(self, users + number) for number in range(readers)]

    def note(self, attempt):
        with self.lock:
            self.attempts.append(attempt)

    def start(self):
        for user in self.users:
            user.thread.start()

    def stop(self):
        """No new errand; those under way go to their end."""
        self.is_over.set()
        for user in self.users:
            user.thread.join(4 * self.patience)
            assert not user.thread.is_alive(), f"{user.account.email} is stuck"
