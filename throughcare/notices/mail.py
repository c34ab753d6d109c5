"""Sends e-mail, and says of every letter whether it went out: yes, certainly not, or perhaps."""

import asyncio
import re
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from typing import Protocol

import aiosmtplib
from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.config import Settings, SmtpSecurity
from throughcare.documents.calendar import Invitation
from throughcare.lifecycles.client.addresses import is_address
from throughcare.notices.failures import (
    NotSent,
    PerhapsSent,
    RefusedForNow,
    ServerAway,
    Undeliverable,
)

TIMEOUT = timedelta(seconds=8)
"""How long one letter may take in all."""

FAREWELL = timedelta(seconds=1)
SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""Unlike a receiver, it may be of a machine without a domain: `throughcare@localhost`."""

# Answers nobody expects, broken connections (TLS included), and our own deadline.
Broken = (aiosmtplib.SMTPException, OSError)


class Letter(Frozen):
    """Plain text to one address, and what belongs in its calendar. `message_id` is opaque, and the same whenever the same letter is sent."""

    to: str
    subject: str = Field(pattern=r"^[^\r\n]+$")
    body: str
    message_id: str = Field(pattern=r"^[A-Za-z0-9]+$")
    invitation: Invitation | None = None
    """Each goes along as a file that calendars open."""


class MailConnection(Protocol):
    async def send(self, letter: Letter) -> None:
        """Returns once the mail server has accepted it. Raises Undeliverable, ServerAway or PerhapsSent."""

    async def close(self) -> None: ...


class Mailer(Protocol):
    def connection(self) -> MailConnection:
        """One for several letters, which is made when the first of them is sent."""


class SmtpMailer:
    """A mail server with a certificate of its own is trusted through SSL_CERT_FILE."""

    def __init__(
        self,
        host: str,
        port: int,
        username: str | None,
        password: str | None,
        security: SmtpSecurity,
        sender: str,
    ) -> None:
        self._host = host
        self._port = port
        self._username = username
        self._password = password
        self._security = security
        self._sender = sender
        self.address = parseaddr(sender)[1]
        if not SENDER.fullmatch(self.address):
            raise ValueError(
                f"Mail cannot be sent from {sender!r}; write NAME <USER@DOMAIN>, the address in ASCII."
            )
        self._domain = self.address.rpartition("@")[2]

    def connection(self) -> "SmtpConnection":
        return SmtpConnection(self)

    def written(self, letter: Letter) -> bytes:
        if not is_address(letter.to):
            raise Undeliverable(
                "the e-mail address is not one that mail can be sent to"
            )
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = f"<{letter.message_id}@{self._domain}>"
        # So that nobody's absence message answers it (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        # Every mail server passes it on unchanged, and in English it still reads as text.
        message.set_content(letter.body, cte="quoted-printable")
        if invitation := letter.invitation:
            made = invitation.ics(self._sender, letter.to)
            message.add_attachment(
                made.decode(),
                subtype="calendar",
                cte="base64",
                params={"method": invitation.method},
                filename="meeting.ics",
            )
        return message.as_bytes()

    def client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            # Else it would ask the resolver for this machine's name, which may take long.
            local_hostname=self._domain,
            use_tls=self._security is SmtpSecurity.tls,
            start_tls=self._security is SmtpSecurity.starttls,
            timeout=TIMEOUT.total_seconds(),
        )


def mailer(settings: Settings) -> SmtpMailer:
    password = settings.smtp_password
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        security=settings.smtp_security,
        sender=settings.mail_from,
    )


class SmtpConnection:
    """Letters one after the other. Where the server ended it after so many of them, the next one is sent over a new one."""

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self._client = mailer.client()
        self._is_midway = False
        """A letter was begun whose receiver the server refused."""

    async def send(self, letter: Letter) -> None:
        message = self._mailer.written(letter)
        deadline = asyncio.get_running_loop().time() + TIMEOUT.total_seconds()
        await self._announce(letter.to, deadline)
        await self._hand_over(message, deadline)

    async def close(self) -> None:
        # Whether the letters went out is known by now; a lost farewell changes nothing.
        if self._client.is_connected:
            with suppress(*Broken):
                await self._client.quit(timeout=FAREWELL.total_seconds())
        self._client.close()

    async def _announce(self, to: str, deadline: float) -> None:
        """Everything before the letter itself: whatever breaks here, nothing was accepted."""
        # The errors are not chained: what a mail server says of a receiver quotes the address.
        try:
            async with asyncio.timeout_at(deadline):
                if not await self._begun():
                    self._client.close()
                    self._client = self._mailer.client()
                    await self._client.connect()
                    await self._client.mail(self._mailer.address)
                await self._client.rcpt(to)
        except aiosmtplib.SMTPRecipientRefused as refused:
            self._is_midway = True
            raise _refusal("the receiver", refused.code) from None
        except aiosmtplib.SMTPResponseException as refused:
            # The login or the sender: the operator can mend that, and then it goes out.
            self._client.close()
            raise ServerAway(f"the mail server refused us ({refused.code})") from None
        except Broken as error:
            self._client.close()
            raise ServerAway(
                f"the mail server cannot be reached ({type(error).__name__})"
            ) from None

    async def _begun(self) -> bool:
        """Whether a letter could be begun on the connection at hand; where not, a new one shows why, if it still matters."""
        if not self._client.is_connected:
            return False
        try:
            if self._is_midway:
                await self._client.rset()
            await self._client.mail(self._mailer.address)
        except (aiosmtplib.SMTPException, ConnectionError):
            return False
        finally:
            self._is_midway = False
        return True

    async def _hand_over(self, message: bytes, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await self._client.data(message)
        except aiosmtplib.SMTPDataError as refused:
            raise _refusal("the message", refused.code) from None
        except Broken:
            self._client.close()
            raise PerhapsSent(
                "the mail server was lost before it confirmed the message"
            ) from None


def _refusal(what: str, code: int) -> NotSent:
    """RFC 5321, 4.2.1: 5xx is for good, anything else for now."""
    kind = Undeliverable if code >= 500 else RefusedForNow
    return kind(f"the mail server refused {what} ({code})")
