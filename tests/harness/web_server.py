"""An HTTPS server of somebody else's: takes notices, gives files."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .certificates import make_certificates


class WebServer:
    def __init__(self, folder):
        self.ca, certificate, key = make_certificates(folder)
        self.requests = []  # (method, path, headers, body)
        self.statuses = []  # of the next answers, then 204
        self.files = {}  # path: bytes, or (status, headers[, bytes])
        self._changed = threading.Condition()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

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
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # Before the answer: who has it may look at the requests at once.
                server._note("POST", self.path, self.headers, body)
                self.send_response(server.statuses.pop(0) if server.statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                answer = server.files.get(self.path, (404, {}))
                status, headers, body = (*answer, b"")[:3] if isinstance(answer, tuple) else (200, {}, answer)
                server._note("GET", self.path, self.headers, b"")
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
