"""A mesh whose bridge finds ocr through an xDS control plane: listener, route, cluster and endpoints."""

import pytest

from harness import bridge, control_plane, pages, replicas, wait
from harness.api import Api
from harness.replicas import Replica
from harness.mesh import free_ports

# What the bridge calls for one job, one after the other: of two endpoints each would get all calls of one of them.
COUNTED = ["OcrService/GetJob", "OcrService/GetDocument"]
CALLS = 10
NOTICE_SECONDS = 180

pytestmark = pytest.mark.once


def first_calls(mesh):
    return sum(
        value
        for sample, value in mesh.metrics("ocr").items()
        if "rpc_calls_total{" in sample and any(f".{method}\"" in sample for method in COUNTED)
    )


def test_endpoints_come_and_go_by_the_control_plane(build, mesh, account, tools_bin, tmp_path):
    second = Replica(mesh, "ocr", "127.0.0.2", free_ports(1)[0], tmp_path, {"OCR_WORKERS": "1"})
    with (
        replicas.running([second]),
        control_plane.running(tools_bin / "xds-server", tmp_path) as plane,
    ):

        def serve(*addresses):
            plane.serve(ocr={"retried": [f"/ocrmesh.ocr.v1.{method}" for method in COUNTED], "endpoints": addresses})

        serve(mesh.address["ocr"], second.address)
        settings = {
            **{f"{name.upper()}_TARGET": f"dns:///{mesh.address[name]}" for name in ("billing", "export", "chat")},
            "OCR_TARGET": "xds:///ocr",
            "GRPC_XDS_BOOTSTRAP": str(plane.bootstrap),
            "BRIDGE_ANSWER_CACHE": "0",
        }
        with bridge.running(build, tmp_path / "bridge.log", settings) as (plain, _):
            caller = Api(f"http://{plain}", account.token)
            job = caller.read(pages.png(["By control plane"]))
            assert job["status"] == "done" and "By control plane" in job["text"]

            def ask():
                for _ in range(CALLS):
                    answer = caller.job(job["uuid"])
                    assert answer.status_code == 200, answer.text

            def asks_none(count):
                """Whether a round of calls leaves out the one with these calls."""
                before = count()
                ask()
                return count() == before

            def both_have_calls():
                before = first_calls(mesh), second.calls(*COUNTED)
                ask()
                return first_calls(mesh) > before[0] and second.calls(*COUNTED) > before[1]

            wait.until(both_have_calls, NOTICE_SECONDS, "both endpoints have calls")
            serve(mesh.address["ocr"])
            wait.until(lambda: asks_none(lambda: second.calls(*COUNTED)), NOTICE_SECONDS, "the second is left out")
            assert asks_none(lambda: second.calls(*COUNTED))
            serve(second.address)
            wait.until(lambda: asks_none(lambda: first_calls(mesh)), NOTICE_SECONDS, "the first is left out")
            assert asks_none(lambda: first_calls(mesh))
