"""Certificates for servers that tests start, made with the openssl program."""

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def make_mesh_certificates(home, *options):
    """What `./ocrmesh certs` makes, or renews, in a home of its own; its folder."""
    subprocess.run(
        [SOURCE / "ocrmesh", "certs", *options],
        check=True,
        capture_output=True,
        env={**os.environ, "OCRMESH_HOME": str(home)},
    )
    return home / "certs"


def sign_for_mesh(authority, folder, name, uri):
    """A certificate for one more program, signed by `authority`/ca.pem: (certificate, key)."""
    key, request, certificate, extension = (
        folder / f"{name}.{suffix}" for suffix in ("key", "csr", "pem", "ext")
    )
    extension.write_text(f"subjectAltName=URI:{uri}\nbasicConstraints=critical,CA:FALSE\n")
    for command in (
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
        + ["-keyout", key, "-out", request],
        ["openssl", "x509", "-req", "-days", "1", "-in", request, "-CA", authority / "ca.pem"]
        + ["-CAkey", authority / "ca.key", "-set_serial", "77", "-extfile", extension]
        + ["-out", certificate],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def make_certificates(folder):
    """A root that nobody trusts by default, and what it signed for localhost and 127.0.0.1: (root, certificate, key)."""
    extension = folder / "extension"
    extension.write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
        "basicConstraints=critical,CA:FALSE\n"
        "extendedKeyUsage=serverAuth\n"
        "authorityKeyIdentifier=keyid\n"
    )
    ca_key, ca, key, request, certificate = (
        folder / name for name in ("ca.key", "ca.pem", "server.key", "server.csr", "server.pem")
    )
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    for command in (
        [*new, "-x509", "-days", "90", "-subj", "/CN=harness root", "-keyout", ca_key, "-out", ca]
        + ["-addext", "keyUsage=critical,keyCertSign"],
        [*new, "-subj", "/CN=localhost", "-keyout", key, "-out", request],
        ["openssl", "x509", "-req", "-days", "90", "-in", request, "-CA", ca, "-CAkey", ca_key]
        + ["-CAcreateserial", "-extfile", extension, "-out", certificate],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return ca, certificate, key
