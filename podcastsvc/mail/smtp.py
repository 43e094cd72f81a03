"""Letters to a mail server: SMTP with time-outs, TLS, and a connection that is kept."""

import ipaddress
import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.kit import guard
from podcastsvc.kit.language import sentence

_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 30.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed over. ``tls_from_start``: the scheme ``smtps``; otherwise STARTTLS where it is offered."""

    host: str
    port: int
    tls_from_start: bool
    user: str
    password: str = field(repr=False)

    @property
    def is_near(self) -> bool:
        """Whether the server is this machine, where a password may travel without TLS."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_smtp_url(url: str) -> SmtpServer:
    """Reads ``smtp://user:password@host:587`` or ``smtps://…``. Raises Misconfigured; the message holds no password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise Misconfigured(f"PODCASTSVC_SMTP_URL: {problem}") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise Misconfigured(
            "PODCASTSVC_SMTP_URL: write smtp://user:password@host:587, or smtps:// for TLS from the start."
        )
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class SmtpTransport:
    """One kept connection; a second thread waits its turn."""

    def __init__(self, server: SmtpServer, *, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls = tls
        self._lock = threading.Lock()
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """Hands the letter to the mail server. Raises Invalid, Unavailable or Misconfigured; no message names the address."""
        guard.leaving("the mail server")
        with self._lock, _translated():
            connection = self._get_connection()
            try:
                connection.send_message(message)
            except BaseException:
                self._drop()
                raise

    def check(self) -> None:
        """Connects and signs in. Raises Unavailable or Misconfigured."""
        guard.leaving("the mail server")
        with self._lock, _translated():
            self._get_connection()

    def close(self) -> None:
        """Says good-bye to the server."""
        with self._lock:
            if self._connection is not None and _is_alive(self._connection):
                self._connection.quit()
            self._drop()

    def _get_connection(self) -> smtplib.SMTP:
        # A server may have hung up on an idle connection. Asking first keeps that apart from a failure while the
        # letter travels, after which nobody knows whether it arrived.
        if self._connection is not None and not _is_alive(self._connection):
            self._drop()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        tls = self._tls or ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=_CONNECT_SECONDS, context=tls)
            if server.tls_from_start
            else smtplib.SMTP(server.host, server.port, timeout=_CONNECT_SECONDS)
        )
        try:
            _open(connection, server, tls)
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _open(connection: smtplib.SMTP, server: SmtpServer, tls: ssl.SSLContext) -> None:
    if connection.sock is not None:
        connection.sock.settimeout(_SILENCE_SECONDS)
    connection.ehlo_or_helo_if_needed()
    is_secret = server.tls_from_start
    if not is_secret and connection.has_extn("starttls"):
        connection.starttls(context=tls)
        connection.ehlo()
        is_secret = True
    if not server.user:
        return
    if not is_secret and not server.is_near:
        raise Misconfigured(
            "PODCASTSVC_SMTP_URL: the mail server offers no TLS, so the password would travel in the open. "
            "Use smtps://, or a server with STARTTLS."
        )
    connection.login(server.user, server.password)


def _is_alive(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


@contextmanager
def _translated() -> Iterator[None]:
    """smtplib's errors as ours: 5xx about this letter is Invalid, about us Misconfigured, everything else passes."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as problem:
        code = min(code for code, _ in problem.recipients.values())
        raise _judge(code, f"The mail server refuses the recipient ({code}).") from None
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused) as problem:
        if problem.smtp_code < 500:
            raise _judge(problem.smtp_code, f"The mail server asks to try later ({problem.smtp_code}).") from None
        raise Misconfigured(
            f"The mail server refuses our name, password or sender ({problem.smtp_code}); look at PODCASTSVC_SMTP_URL "
            "and PODCASTSVC_MAIL_FROM."
        ) from None
    except smtplib.SMTPDataError as problem:
        raise _judge(problem.smtp_code, f"The mail server refuses the letter ({problem.smtp_code}).") from None
    except smtplib.SMTPNotSupportedError as problem:
        raise Misconfigured(f"The mail server cannot do what is needed: {problem}") from None
    except ssl.SSLCertVerificationError as problem:
        raise Misconfigured(f"The mail server's certificate is not trusted: {problem.verify_message}") from None
    except (smtplib.SMTPException, OSError) as problem:
        raise Unavailable(
            sentence("The mail server does not answer (%(error)s).", error=type(problem).__name__)
        ) from None


def _judge(code: int, sentence: str) -> Invalid | Unavailable:
    return Invalid(sentence) if code >= 500 else Unavailable(sentence)
