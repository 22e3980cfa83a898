"""TLS as scanners and clients see it: sslyze against Mozilla's recommendation, curl, requests."""

import json
import subprocess
import sys

import pytest
import requests

from harness import bridge
from harness.certificates import make_certificates

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def secure(build, logs, tmp_path_factory):
    """(https://localhost:PORT, the root's file)."""
    ca, certificate, key = make_certificates(tmp_path_factory.mktemp("certificates"))
    with bridge.running(build, logs / "bridge-tls.log", certificate=(certificate, key)) as (_, tls):
        yield f"https://localhost:{tls.rsplit(':', 1)[1]}", ca


def test_sslyze_finds_nothing_and_mozillas_intermediate_is_kept(secure, tmp_path):
    url, ca = secure
    out = tmp_path / "scan.json"
    command = [sys.executable, "-m", "sslyze", "--mozilla_config=intermediate"]
    command += [f"--certinfo_ca_file={ca}", f"--json_out={out}", url.removeprefix("https://")]
    scan = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert scan.returncode == 0, scan.stdout + scan.stderr

    result = json.loads(out.read_text())["server_scan_results"][0]["scan_result"]
    assert not result["heartbleed"]["result"]["is_vulnerable_to_heartbleed"]
    assert not result["openssl_ccs_injection"]["result"]["is_vulnerable_to_ccs_injection"]
    assert not result["tls_compression"]["result"]["supports_compression"]
    assert result["tls_fallback_scsv"]["result"]["supports_fallback_scsv"]
    assert "NOT_VULNERABLE" in result["robot"]["result"]["robot_result"]
    renegotiation = result["session_renegotiation"]["result"]
    assert renegotiation["supports_secure_renegotiation"]
    assert not renegotiation["is_vulnerable_to_client_renegotiation_dos"]
    for old in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
        assert not result[f"{old}_cipher_suites"]["result"]["accepted_cipher_suites"]
    for version in ("tls_1_2", "tls_1_3"):
        assert result[f"{version}_cipher_suites"]["result"]["accepted_cipher_suites"]


@pytest.mark.parametrize("option, version", [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_speaks_both_protocols(secure, option, version):
    url, ca = secure
    command = ["curl", "--silent", "--fail", "--cacert", ca, option, "--write-out", " %{http_version}"]
    answer = subprocess.run([*command, f"{url}/healthz"], capture_output=True, text=True, timeout=120)
    assert answer.stdout.split() == ['{"status":"ok"}', version]


def test_requests_needs_nothing_but_the_root(secure):
    url, ca = secure
    with requests.Session() as session:
        for _ in range(3):
            answer = session.get(f"{url}/healthz", timeout=120, verify=str(ca))
            assert answer.json() == {"status": "ok"}
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{url}/healthz", timeout=120)
