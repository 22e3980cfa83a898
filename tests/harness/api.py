"""A small client of the public REST API."""

import itertools

import requests

from . import wait

JOB_SECONDS = 600
ANSWER_SECONDS = 300
PASSWORD = "correct horse battery"
_emails = itertools.count(1)


class Api:
    """With a token: an account's caller; without: an anonymous one."""

    def __init__(self, url, token=None, email=None):
        self.url = url
        self.token = token
        self.email = email
        self.session = requests.Session()
        if token is not None:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def state(self):
        """GET /api/v1/account/: what is used and left."""
        answer = self.session.get(f"{self.url}/api/v1/account/", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, data, name="page.png", **fields):
        """POST /api/v1/ocr/; returns the answer as it came."""
        return self.session.post(
            f"{self.url}/api/v1/ocr/", files={"file": (name, data)}, data=fields, timeout=JOB_SECONDS
        )

    def job(self, uuid):
        return self.session.get(f"{self.url}/api/v1/ocr/{uuid}/", timeout=60)

    def download(self, uuid, format_name):
        return self.session.get(
            f"{self.url}/api/v1/ocr/{uuid}/download/", params={"format": format_name}, timeout=60
        )

    def delete(self, uuid):
        return self.session.delete(f"{self.url}/api/v1/ocr/{uuid}/", timeout=60)

    def ask(self, uuid, message, **options):
        """POST /api/v1/chat/<uuid>/; returns the answer as it came."""
        return self.session.post(
            f"{self.url}/api/v1/chat/{uuid}/", json={"message": message}, timeout=ANSWER_SECONDS, **options
        )

    def history(self, uuid):
        return self.session.get(f"{self.url}/api/v1/chat/{uuid}/history/", timeout=60)

    def forget(self, uuid):
        return self.session.delete(f"{self.url}/api/v1/chat/{uuid}/history/", timeout=60)

    def finished(self, answer, seconds=JOB_SECONDS):
        """The job of a submission, once it has ended."""
        assert answer.status_code in (200, 202), answer.text
        job = answer.json()
        if job["status"] in ("pending", "processing"):
            job = wait.until(
                lambda: self._ended(job["uuid"]), seconds, f"job {job['uuid']} has ended"
            )
        return job

    def _ended(self, uuid):
        answer = self.job(uuid)
        assert answer.status_code == 200, answer.text
        job = answer.json()
        return None if job["status"] in ("pending", "processing") else job

    def read(self, data, name="page.png", **fields):
        return self.finished(self.submit(data, name, **fields))


def create_account(url, email=None):
    """POST /api/v1/account/ (API: B21); returns a client that carries its token."""
    email = email or f"reader-{next(_emails)}@example.com"
    answer = requests.post(
        f"{url}/api/v1/account/",
        json={"email": email, "password": PASSWORD},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return Api(url, answer.json()["token"], email)
