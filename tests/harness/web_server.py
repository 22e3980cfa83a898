"""An HTTPS server of somebody else's: takes notices, gives files."""

import threading

from .certificates import make_certificates
from .http_server import Handler, HttpServer


class WebServer(HttpServer):
    def __init__(self, folder):
        self.ca, certificate, key = make_certificates(folder)
        self.requests = []  # (method, path, headers, body)
        self.statuses = []  # of the next answers, then 204
        self.files = {}  # path: bytes, or (status, headers[, bytes])
        self._changed = threading.Condition()
        super().__init__(self._handler(), certificate=certificate, key=key)
        self.url = self.origin

    def wait_for(self, count, seconds=180):
        """The first `count` requests, once they have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, seconds), self.requests
            return self.requests[:count]

    def _note(self, *request):
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def _handler(server):
        class Playing(Handler):
            def do_POST(self):
                # Before the answer: who has it may look at the requests at once.
                server._note("POST", self.path, self.headers, self.body())
                self.answer(server.statuses.pop(0) if server.statuses else 204)

            def do_GET(self):
                answer = server.files.get(self.path, (404, {}))
                status, headers, body = (*answer, b"")[:3] if isinstance(answer, tuple) else (200, {}, answer)
                server._note("GET", self.path, self.headers, b"")
                self.answer(status, body, headers)

        return Playing
