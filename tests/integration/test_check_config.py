"""`--check-config`: a program looks at its settings, and ends without having started anything."""

import os
import subprocess

import pytest
from harness.mesh import SANITIZER_ENVIRONMENT, SERVICES

TIMEOUT_SECONDS = 60
EX_CONFIG = 78  # sysexits.h
# Nobody answers there: what asked would fail, or wait.
SOUND = {"DATABASE_URL": "postgresql://nobody@/nothing?host=/nonexistent", "OCR_WORK_DIR": "/tmp"}
S3 = {"OCR_S3_URL": "http://127.0.0.1:1", "OCR_S3_ACCESS_KEY": "a", "OCR_S3_SECRET_KEY": "b"}

# program: settings, what is said of them
WRONG = [
    ("billing", {"BILLING_SMTP_URL": "mail.example"}, "BILLING_SMTP_URL must be smtp://"),
    ("billing", {"BILLING_PUBLIC_URL": "ftp://x/"}, "BILLING_PUBLIC_URL must be a URL"),
    ("billing", {"BILLING_STRIPE_KEY": "sk_test_x"}, "BILLING_STRIPE_KEY needs BILLING_STRIPE_WEBHOOK_SECRETS"),
    ("ocr", {"OCR_WORKER_PATH": "/nowhere"}, "OCR_WORKER_PATH: there is no program '/nowhere'"),
    ("ocr", {"OCR_WORK_DIR": "/proc/1/x"}, "OCR_WORK_DIR: '/proc/1/x' cannot be written to"),
    ("ocr", {"OCR_URL_ALLOW": "all"}, "OCR_URL_ALLOW: "),
    ("ocr", {"OCR_VLM_URL": "ftp://x"}, "OCR_VLM_URL "),
    ("ocr", {**S3, "OCR_S3_BUCKET": "A"}, "OCR_S3_BUCKET must be the name of a bucket"),
    ("chat", {"CHAT_LLM_URL": "http://127.0.0.1:1/v1"}, "CHAT_LLM_MODEL must name the model"),
    ("export", {"EXPORT_LISTEN": "0.0.0.0:1"}, "0.0.0.0:1 can be reached from other machines"),
    ("bridge", {"BRIDGE_PROXY_HEADER": "via"}, "BRIDGE_PROXY_HEADER is x-forwarded-for or forwarded, not 'via'"),
    ("bridge", {"BRIDGE_TRUSTED_PROXIES": "all"}, "BRIDGE_TRUSTED_PROXIES: "),
    ("bridge", {"BRIDGE_CORS_ORIGINS": "app"}, "BRIDGE_CORS_ORIGINS holds origins"),
    ("bridge", {"BRIDGE_TLS_KEY": "/nowhere"}, "BRIDGE_TLS_CERTIFICATE and BRIDGE_TLS_KEY are given together"),
    ("bridge", {"BRIDGE_TLS_CERTIFICATE": "/no.pem", "BRIDGE_TLS_KEY": "/no.key"}, "BRIDGE_TLS_CERTIFICATE: "),
    *[(name, {"MESH_SPIFFE_PREFIX": "x"}, "MESH_SPIFFE_PREFIX must begin with spiffe://") for name in SERVICES],
    *[(name, {"OTEL_EXPORTER_OTLP_ENDPOINT": "ftp://x"}, "OTEL_EXPORTER_OTLP_ENDPOINT must") for name in SERVICES],
]


def run(build, name, settings):
    folder = "bridge" if name == "bridge" else f"services/{name}"
    done = subprocess.run(
        [build / f"{folder}/ocrmesh-{name}", "--check-config"],
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env={**os.environ, **SANITIZER_ENVIRONMENT, **SOUND, **settings},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_sound_settings_are_taken_without_a_word_and_without_a_neighbour(build, name):
    assert run(build, name, {"LOG_LEVEL": "debug"}) == (0, "", "")


@pytest.mark.parametrize(("name", "settings", "said"), WRONG)
def test_wrong_settings_are_refused_in_one_plain_line(build, name, settings, said):
    status, output, errors = run(build, name, settings)
    assert status == EX_CONFIG, errors
    assert output == ""
    assert errors.startswith(said) and errors.count("\n") == 1, errors
