"""Letters to a mail server: a real one that listens on this machine."""

import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import IPv4Address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from podcastsvc.errors import Invalid, Misconfigured, Unavailable
from podcastsvc.kit import guard
from podcastsvc.mail.smtp import SmtpTransport, read_smtp_url
from tests.mail.test_folder import make_message


class Sink:
    """Keeps what arrives; ``refusals`` maps a recipient or "data" to the answer that it gets instead."""

    def __init__(self):
        self.letters = []
        self.peers = set()
        self.refusals = {}
        self.logins = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        if "data" in self.refusals:
            return self.refusals["data"]
        self.peers.add(session.peer)
        self.letters.append(envelope)
        return "250 OK"

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        self.logins.append((data.login, data.password))
        is_right = data.password == b"right"
        return AuthResult(success=is_right, handled=is_right)


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def start(sink):
    """Starts the mail server with options and gives its port."""
    started = []

    def run(**options):
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(sink, hostname="127.0.0.1", port=port, authenticator=sink.authenticate, **options)
        controller.start()
        started.append(controller)
        return port

    yield run
    for controller in started:
        controller.stop(no_assert=True)


@pytest.fixture
def connect():
    """Makes transports that are closed at the end."""
    made = []

    def run(url):
        made.append(SmtpTransport(read_smtp_url(url)))
        return made[-1]

    yield run
    for transport in made:
        transport.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A PEM file with a key and a certificate for this machine that only its holder vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def test_letter_arrives_for_one_recipient_in_two_forms(sink, start, connect):
    connect(f"smtp://127.0.0.1:{start()}").send(make_message())

    (envelope,) = sink.letters
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["ben@example.org"]
    assert message["From"] == "The Long Meridian <show@example.org>"
    assert message["Reply-To"] == "ada@example.org"
    assert message["Message-ID"] == "<01hx@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert "Type 402118" in message.get_body(("plain",)).get_content()
    assert "402118" in message.get_body(("html",)).get_content()


def test_letters_share_one_connection(sink, start, connect):
    transport = connect(f"smtp://127.0.0.1:{start()}")

    transport.send(make_message("1"))
    transport.send(make_message("2"))

    assert len(sink.letters) == 2
    assert len(sink.peers) == 1


def test_hung_up_connection_is_opened_again(sink, start, connect):
    transport = connect(f"smtp://127.0.0.1:{start()}")
    transport.send(make_message("1"))
    transport._connection.sock.shutdown(socket.SHUT_RDWR)

    transport.send(make_message("2"))

    assert len(sink.letters) == 2


def test_refused_recipient_is_final_and_not_named(sink, start, connect):
    sink.refusals["ben@example.org"] = "550 no such mailbox ben@example.org"

    with pytest.raises(Invalid) as refused:
        connect(f"smtp://127.0.0.1:{start()}").send(make_message())

    assert "550" in refused.value.message
    assert "ben" not in refused.value.message


def test_full_mailbox_is_tried_later(sink, start, connect):
    sink.refusals["ben@example.org"] = "452 mailbox full"

    with pytest.raises(Unavailable):
        connect(f"smtp://127.0.0.1:{start()}").send(make_message())


def test_letter_refused_for_what_it_says_is_final(sink, start, connect):
    sink.refusals["data"] = "554 looks like spam"

    with pytest.raises(Invalid, match="554"):
        connect(f"smtp://127.0.0.1:{start()}").send(make_message())


def test_next_letter_goes_out_after_a_refused_one(sink, start, connect):
    transport = connect(f"smtp://127.0.0.1:{start()}")
    sink.refusals["eve@example.org"] = "550 no"
    with pytest.raises(Invalid):
        transport.send(make_message("1", to="eve@example.org"))

    transport.send(make_message("2"))

    assert [envelope.rcpt_tos for envelope in sink.letters] == [["ben@example.org"]]


def test_absent_server_is_tried_later(connect):
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    with pytest.raises(Unavailable):
        connect(f"smtp://127.0.0.1:{port}").send(make_message())


def test_name_and_password_are_given(sink, start, connect):
    port = start(auth_require_tls=False)

    connect(f"smtp://ada%40x:right@127.0.0.1:{port}").send(make_message())

    assert sink.logins == [(b"ada@x", b"right")]


def test_wrong_password_is_the_operators_business(start, connect):
    port = start(auth_require_tls=False)

    with pytest.raises(Misconfigured) as refused:
        connect(f"smtp://ada:secret@127.0.0.1:{port}").send(make_message())

    assert "secret" not in refused.value.message


def test_certificate_that_nobody_vouches_for_is_refused(start, connect, server_tls):
    port = start(tls_context=server_tls)

    with pytest.raises(Misconfigured, match="certificate"):
        connect(f"smtp://127.0.0.1:{port}").send(make_message())


def test_starttls_is_used_where_it_is_offered(sink, start, server_tls, certificate):
    port = start(tls_context=server_tls, require_starttls=True)
    trusting = ssl.create_default_context(cafile=certificate)
    transport = SmtpTransport(read_smtp_url(f"smtp://127.0.0.1:{port}"), tls=trusting)

    transport.send(make_message())
    transport.close()

    assert len(sink.letters) == 1


def test_letter_inside_a_transaction_is_a_bug_that_shows(start, connect):
    transport = connect(f"smtp://127.0.0.1:{start()}")

    with guard.writing(), pytest.raises(guard.NetworkInTransaction):
        transport.send(make_message())


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.org:25", "smtp://h:notaport", "smtp://h/path"])
def test_unreadable_server_address_is_refused_at_once(url):
    with pytest.raises(Misconfigured, match="PODCASTSVC_SMTP_URL"):
        read_smtp_url(url)


def test_password_shows_nowhere():
    assert "secret" not in repr(read_smtp_url("smtps://ada:secret@mail.example.org"))
