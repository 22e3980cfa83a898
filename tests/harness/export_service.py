"""The export service alone, over an ocr service of documents that tests make."""

import os
import urllib.request

from . import wait
from .fake_ocr import FakeOcr, Messages
from .grpc_client import GrpcClient
from .mesh import SANITIZER_ENVIRONMENT, free_ports
from .process import Process

SERVICE = "ocrmesh.export.v1.ExportService"
READY_SECONDS = 180


class ExportService:
    def __init__(self, build, logs, messages=None):
        self.messages = messages or Messages(build)
        self.ocr = FakeOcr(self.messages)
        listen, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
        environment = {
            **os.environ,
            **SANITIZER_ENVIRONMENT,
            "EXPORT_LISTEN": listen,
            "EXPORT_ADMIN_LISTEN": admin,
            "OCR_TARGET": f"dns:///127.0.0.1:{self.ocr.port}",
        }
        self.process = Process(
            "export", [build / "services/export/ocrmesh-export"], environment, logs / "export.log"
        )
        self.process.start()
        wait.until(lambda: self._is_ready(admin), READY_SECONDS, "export is ready")
        self.client = GrpcClient(listen)

    def _is_ready(self, admin):
        with urllib.request.urlopen(f"http://{admin}/readyz", timeout=5) as answer:
            return answer.status == 200

    def stop(self):
        self.client.channel.close()
        status = self.process.stop()
        self.ocr.stop()
        assert status == 0, self.process.log_tail()

    def stream(self, job_id, format_name, seconds=180, **options):
        """The call's messages: what the file is, then its chunks."""
        return self.client.server_stream(
            SERVICE, "ExportDocument", seconds=seconds, job_id=job_id, format=format_name, **options
        )

    def export(self, job_id, format_name, **options):
        return b"".join(part.chunk for part in self.stream(job_id, format_name, **options))
