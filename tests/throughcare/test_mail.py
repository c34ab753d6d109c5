import asyncio
import ssl
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from throughcare.config import SmtpSecurity
from throughcare.notices.failures import (
    PerhapsSent,
    ServerAway,
    Undeliverable,
)
from throughcare.notices.mail import Letter, SmtpMailer
from throughcare.notices.mailbox import Mailbox

LETTER = Letter(
    to="ana@example.org", subject="A notice", body="Hello.\n", message_id="c0ffee"
)
USERNAME, PASSWORD = "throughcare", "a password"


class Refusing(Mailbox):
    """Answers every message, once it has it, with `answer`."""

    answer = "451 4.3.0 Try again later"

    async def handle_DATA(
        self, server: Server, session: Session, envelope: Envelope
    ) -> str:
        return self.answer


class Greylisting(Mailbox):
    """Answers every receiver with a refusal for now that quotes the address, as mail servers do."""

    async def handle_RCPT(
        self,
        server: Server,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        return f"450 4.2.0 <{address}> greylisted"


class Vanishing(Mailbox):
    """Takes the message and is gone before it answers."""

    async def handle_DATA(
        self, server: Server, session: Session, envelope: Envelope
    ) -> str:
        await super().handle_DATA(server, session, envelope)
        assert server.transport is not None
        server.transport.close()
        return "250 OK"


class Counting(Mailbox):
    """Knows from how many connections letters came."""

    def __init__(self, folder: Path, refuse: Collection[str] = ()) -> None:
        super().__init__(folder, refuse)
        self.peers: set[object] = set()

    async def handle_MAIL(
        self,
        server: Server,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        self.peers.add(session.peer)
        envelope.mail_from = address
        return "250 OK"


class Ending(Counting):
    """Takes one letter over each connection, as servers do that have had enough."""

    async def handle_MAIL(
        self,
        server: Server,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if session.peer in self.peers:
            return "421 4.7.0 Too many messages over this connection"
        return await super().handle_MAIL(server, session, envelope, address, options)


@pytest.fixture
def started(tmp_path):
    """Starts a mailbox and gives the mailer that speaks to it."""
    running: list[Mailbox] = []

    def start(kind: type[Mailbox] = Mailbox, refuse: tuple[str, ...] = ()):
        mailbox = kind(tmp_path, refuse)
        running.append(mailbox)
        return mailer(mailbox.start("127.0.0.1", 0))

    yield start
    for mailbox in running:
        mailbox.stop()


def mailer(
    port: int,
    security: SmtpSecurity = SmtpSecurity.none,
    username: str | None = None,
    password: str | None = None,
) -> SmtpMailer:
    sender = "Throughcare <throughcare@care.example>"
    return SmtpMailer("127.0.0.1", port, username, password, security, sender)


async def send(mailer: SmtpMailer, *letters: Letter) -> None:
    """All of them over one connection."""
    connection = mailer.connection()
    try:
        for each in letters:
            await connection.send(each)
    finally:
        await connection.close()


async def test_a_letter_arrives_with_what_mail_programs_need(started, tmp_path):
    mailer = started()

    await send(
        mailer, LETTER.model_copy(update={"body": "Grüße\n", "subject": "Für Sie"})
    )

    (path,) = tmp_path.glob("*.eml")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert message["From"] == "Throughcare <throughcare@care.example>"
    assert message["To"] == "ana@example.org"
    assert message["Subject"] == "Für Sie"
    assert message["Message-ID"] == "<c0ffee@care.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
    assert message.get_content_type() == "text/plain"
    assert message.get_content() == "Grüße\n"


async def test_letters_go_over_one_connection_also_after_one_that_was_refused(tmp_path):
    mailbox = Counting(tmp_path, ("gone@example.org",))
    connection = mailer(mailbox.start("127.0.0.1", 0)).connection()

    with pytest.raises(Undeliverable):
        await connection.send(LETTER.model_copy(update={"to": "gone@example.org"}))
    for _ in range(2):
        await connection.send(LETTER)
    await connection.close()
    mailbox.stop()

    assert len(mailbox.peers) == 1
    assert len(list(tmp_path.glob("*.eml"))) == 2


async def test_where_the_server_ended_the_connection_the_next_letter_has_a_new_one(
    tmp_path,
):
    mailbox = Ending(tmp_path)
    await send(mailer(mailbox.start("127.0.0.1", 0)), LETTER, LETTER)
    mailbox.stop()

    assert len(mailbox.peers) == 2
    assert len(list(tmp_path.glob("*.eml"))) == 2


async def test_a_receiver_refused_for_good_is_undeliverable(started, tmp_path):
    mailer = started(refuse=("ana@example.org",))

    with pytest.raises(Undeliverable, match=r"refused the receiver \(550\)") as refused:
        await send(mailer, LETTER)

    assert "ana" not in str(refused.value)
    assert list(tmp_path.glob("*.eml")) == []


async def test_a_receiver_refused_for_now_is_tried_later_and_nobody_is_named(started):
    with pytest.raises(ServerAway, match=r"refused the receiver \(450\)") as refused:
        await send(started(Greylisting), LETTER)

    assert "ana" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 4.3.0 Try again later", ServerAway),
        ("554 5.6.0 No such content here", Undeliverable),
    ],
)
async def test_content_is_refused_for_now_or_for_good(started, answer, expected):
    kind = type("Answering", (Refusing,), {"answer": answer})

    with pytest.raises(expected, match=f"refused the message \\({answer[:3]}\\)"):
        await send(started(kind), LETTER)


async def test_a_server_lost_after_it_took_the_letter_has_perhaps_sent_it(
    started, tmp_path
):
    with pytest.raises(PerhapsSent):
        await send(started(Vanishing), LETTER)

    assert len(list(tmp_path.glob("*.eml"))) == 1


async def test_where_nobody_listens_the_server_is_away(started, unused_tcp_port):
    with pytest.raises(ServerAway, match="cannot be reached"):
        await send(mailer(unused_tcp_port), LETTER)


async def test_a_server_that_hangs_up_at_once_is_away():
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        with pytest.raises(ServerAway):
            await send(mailer(server.sockets[0].getsockname()[1]), LETTER)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "@example.org",
        "ana@example.org\nBcc: bo@example.org",
        "ana@example.org, bo@example.org",
        "<ana@example.org>",
        "änne@example.org",
    ],
)
async def test_an_address_mail_cannot_be_sent_to_never_reaches_a_server(
    started, tmp_path, address
):
    mailer = started()

    with pytest.raises(Undeliverable, match="address"):
        await send(mailer, LETTER.model_copy(update={"to": address}))

    assert list(tmp_path.iterdir()) == []


def test_a_sender_mail_cannot_come_from_is_refused_at_the_start():
    with pytest.raises(ValueError, match="Mail cannot be sent from 'Throughcare'"):
        SmtpMailer("127.0.0.1", 25, None, None, SmtpSecurity.none, "Throughcare")


# -- a server that wants TLS and a login ---------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signed itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "mail.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + built.public_bytes(pem))
    return path


def knows(
    server: Server, session: Session, envelope: Envelope, mechanism: str, given: object
) -> AuthResult:
    good = LoginPassword(USERNAME.encode(), PASSWORD.encode())
    # Were it "handled" here, a refused client would wait for an answer for ever.
    return AuthResult(success=given == good, handled=False)


@pytest.fixture
def secured(tmp_path, certificate, unused_tcp_port):
    """The port of a mailbox that wants STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = Controller(
        Mailbox(tmp_path),
        hostname="127.0.0.1",
        port=unused_tcp_port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=knows,
    )
    controller.start()
    yield unused_tcp_port
    controller.stop()


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("trusted")
async def test_a_letter_goes_over_starttls_with_a_login(secured, tmp_path):
    await send(mailer(secured, SmtpSecurity.starttls, USERNAME, PASSWORD), LETTER)

    assert [path.name for path in tmp_path.glob("*.eml")] == ["0001-ana-a-notice.eml"]


@pytest.mark.usefixtures("trusted")
async def test_a_refused_login_is_for_the_operator_to_mend_so_the_letter_waits(secured):
    with pytest.raises(ServerAway, match=r"refused us \(535\)"):
        await send(mailer(secured, SmtpSecurity.starttls, USERNAME, "wrong"), LETTER)


async def test_a_certificate_nobody_vouches_for_is_not_spoken_to(secured, tmp_path):
    with pytest.raises(ServerAway):
        await send(mailer(secured, SmtpSecurity.starttls, USERNAME, PASSWORD), LETTER)

    assert list(tmp_path.glob("*.eml")) == []


@pytest.mark.parametrize("security", [SmtpSecurity.starttls, SmtpSecurity.tls])
async def test_a_server_without_tls_is_not_spoken_to_where_tls_is_asked_for(
    tmp_path, security
):
    mailbox = Mailbox(tmp_path)
    port = mailbox.start("127.0.0.1", 0)

    with pytest.raises(ServerAway):
        await send(mailer(port, security), LETTER)

    mailbox.stop()
    assert list(tmp_path.glob("*.eml")) == []


@pytest.mark.parametrize(
    "name", ["Agency: Care", "Care, Inc.", 'The "Elm" house', "Ayuda: Ñandú"]
)
def test_a_sender_with_any_name_is_one_sender(name):
    quoted = str(Address(name, addr_spec="care@a.example"))
    sent = SmtpMailer("127.0.0.1", 25, None, None, SmtpSecurity.none, quoted)

    made = message_from_bytes(sent.written(LETTER), policy=default)

    (sender,) = made["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "care@a.example")
