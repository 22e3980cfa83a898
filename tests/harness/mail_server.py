"""An SMTP server (aiosmtpd) that keeps what it gets, with STARTTLS and a password where asked for."""

import email
import email.policy
import re
import ssl
import subprocess

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from . import wait

USER = "mailer"
PASSWORD = "mail-pass-5f21"
MAIL_SECONDS = 180
START_SECONDS = 60


def make_certificate(folder):
    """A certificate for 127.0.0.1 that signs itself; returns its file and the key's."""
    certificate, key = folder / "mail.pem", folder / "mail.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


class MailServer:
    """`replies`: what the next mails are refused with, before mail is taken."""

    def __init__(self, port, certificate=None, key=None):
        self.messages = []
        self.replies = []
        self.recipients = []
        options = {}
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            options = {
                "tls_context": context,
                "require_starttls": True,
                "auth_required": True,
                "authenticator": self._authenticate,
            }
        self.controller = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=START_SECONDS, **options)
        self.port = port

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *exception):
        self.controller.stop()

    @staticmethod
    def _authenticate(server, session, envelope, mechanism, data):
        is_right = data.login == USER.encode() and data.password == PASSWORD.encode()
        return AuthResult(success=is_right)

    async def handle_DATA(self, server, session, envelope):
        self.recipients.append(envelope.rcpt_tos)
        if self.replies:
            return self.replies.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(message)
        return "250 OK"

    def mail_to(self, address, count=1):
        """Waits for the mail, and returns the last one."""
        return wait.until(
            lambda: self._found(address, count), MAIL_SECONDS, f"{count} mails to {address}"
        )

    def _found(self, address, count):
        found = [message for message in self.messages if message["To"].strip("<>") == address]
        return found[-1] if len(found) >= count else None


def code_in(text):
    """The code that the mail tells."""
    return re.search(r"or_[\w-]{43}", text)[0]
