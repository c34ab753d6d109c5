"""A mail server that keeps what it is sent as files a person can read: for development and tests."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Collection
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# Text as it is, so that a file reads the same in any viewer.
READABLE = default.clone(
    utf8=True, cte_type="8bit", max_line_length=None, refold_source="all"
)
SLUG_LENGTH = 60


class _Listener(Controller):
    """Listens on a socket that is already bound: a port that is taken is then known at once."""

    def __init__(self, mailbox: "Mailbox", listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        # A name of its own, because looking this machine's up takes time for every connection.
        super().__init__(mailbox, hostname=host, port=port, server_hostname="mailbox")
        self._listening = listening

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


class Mailbox:
    """Every message becomes `NNNN-<receiver>-<subject>.eml` in `folder`, numbered in order of arrival.

    Receivers in `refuse` are refused for good, as unknown.
    """

    def __init__(self, folder: Path, refuse: Collection[str] = ()) -> None:
        self.folder = folder
        self.refuse = refuse
        self._listener: _Listener | None = None
        self._number = 0

    def start(self, host: str, port: int) -> int:
        """Serve in a thread until `stop`. Returns the port, which with 0 is any free one. Raises OSError if it is taken."""
        self.folder.mkdir(parents=True, exist_ok=True)
        numbers = [
            int(path.name.split("-")[0]) for path in self.folder.glob("[0-9]*-*.eml")
        ]
        self._number = max(numbers, default=0)
        listening = socket.create_server((host, port))
        self._listener = _Listener(self, listening)
        self._listener.start()
        return self._listener.port

    def stop(self) -> None:
        if self._listener:
            self._listener.stop()
            self._listener = None

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address in self.refuse:
            return "550 5.1.1 No such receiver here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        for receiver in envelope.rcpt_tos:
            self._keep(receiver, content)
        return "250 OK"

    def _keep(self, receiver: str, content: bytes) -> None:
        message = message_from_bytes(content, EmailMessage, policy=READABLE)
        if message.get_content_maintype() == "text":
            message.set_content(message.get_content(), cte="8bit")
        self._number += 1
        local, subject = (
            _slug(receiver.partition("@")[0]),
            _slug(str(message["Subject"] or "")),
        )
        path = self.folder / f"{self._number:04}-{local}-{subject}.eml"
        # Renamed when it is whole, so that nobody reads half a message.
        part = path.with_suffix(".part")
        part.write_bytes(message.as_bytes())
        part.rename(path)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:SLUG_LENGTH].strip("-")
