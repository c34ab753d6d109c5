"""Signed webhooks (standardwebhooks.com), for an agency whose people act in a system of their own (ruling 6)."""

import asyncio
import secrets  # noqa: TID251 (webhooks are made and sent at the edge, never in a workflow)
import ssl
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import SOCK_STREAM, gaierror

import httpx2
from pydantic import Field
from sqlalchemy import Connection
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import WebhookVerificationError

from throughcare.case.base import Frozen
from throughcare.case.notice import Notice
from throughcare.documents.words import PLAIN
from throughcare.notices.channel import Parcel
from throughcare.notices.failures import ServerAway, Undeliverable
from throughcare.store.secretbox import SecretBox, SecretUnreadable
from throughcare.store.webhooks import Webhook, told_by_webhook

TIMEOUT = timedelta(seconds=5)
"""How long one webhook may take in all; less than a letter may."""

SECRET_BYTES = 24
AGAIN = frozenset({408, 429})
"""Besides 5xx, the answers after which it is sent again."""


class Announcement(Frozen):
    """A notice as another system gets it: seats, policy and clocks, and nothing about a client."""

    type: str = "notice"
    id: str
    case: str
    ladder: str
    rung: str
    clause: str | None
    kind: str
    seat: str
    person: str | None
    due_at: datetime | None
    what: str
    lifecycle: str = "conflict"
    """The kind of case: `conflict`, `intake` or `care-plan`."""
    redisclosure: str = Field("", exclude_if=lambda said: not said)
    """Of a client of a recovery program, the notice of 42 CFR 2.32."""

    @classmethod
    def of(
        cls,
        notice: Notice,
        case_id: str,
        ladder: str,
        lifecycle: str = "conflict",
        redisclosure: str = "",
    ) -> "Announcement":
        return cls(
            id=sha256(notice.key.encode()).hexdigest()[:32],
            case=case_id,
            ladder=ladder,
            rung=notice.step,
            clause=notice.clause,
            kind=notice.kind,
            seat=notice.receiver.seat or "",
            person=notice.receiver.person,
            due_at=notice.due_at,
            what=notice.what,
            lifecycle=lifecycle,
            redisclosure=redisclosure,
        )


def new_secret() -> str:
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def is_signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether whoever has the secret sent this, not more than five minutes ago."""
    try:
        Signer(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        # The library lets what it cannot even take apart through as it is.
        return False
    return True


def unfit(url: str, *, development: bool) -> str | None:
    """Why webhooks cannot be sent to this address, in words; None where they can."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        return "This is not a web address."
    host = parts.host
    if not host or not 0 < (parts.port or 443) < 65536:
        return "This is not a web address."
    if parts.userinfo or parts.fragment:
        return "Write https://, the host and the path, and nothing secret."
    if development and parts.scheme == "http" and _is_loopback(host):
        return None
    if parts.scheme != "https":
        return "It should start with https://."
    address = _literal(host)
    if not development and (
        host == "localhost" or (address and not is_public(address))
    ):
        return "It should be an address on the internet, not in a private network."
    return None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Not this machine, nor one beside it: nobody reaches into our network by naming an address there."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside:
            return is_public(inside)
    return address.is_global and not address.is_multicast


class WebhookSender:
    """In development, addresses on this machine and beside it are allowed."""

    def __init__(self, box: SecretBox, *, development: bool) -> None:
        self._box = box
        self._development = development
        self._trusted = ssl.create_default_context()

    async def deliver(self, hook: Webhook, said: Announcement, at: datetime) -> None:
        """Returns once their system has answered 2xx. Raises Undeliverable where it never will, and ServerAway where it
        may later: the same id comes again, so they know it."""
        url = hook.url or ""
        if problem := unfit(url, development=self._development):
            raise Undeliverable(f"their webhook address cannot be used: {problem}")
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                status = await self._posted(url, *self._signed(hook, said, at))
        except SecretUnreadable:
            raise ServerAway("our secret for their system cannot be read") from None
        except (httpx2.TransportError, OSError, TimeoutError) as error:
            raise ServerAway(
                f"their system cannot be reached ({type(error).__name__})"
            ) from None
        if 200 <= status < 300:
            return
        if status >= 500 or status in AGAIN:
            raise ServerAway(f"their system could not take it ({status})")
        raise Undeliverable(f"their system refused it ({status})")

    def _signed(
        self, hook: Webhook, said: Announcement, at: datetime
    ) -> tuple[str, dict[str, str]]:
        body = said.model_dump_json()
        signer = Signer(self._box.open(hook.secret, hook.organization_id))
        return body, {
            "Content-Type": "application/json",
            "User-Agent": "throughcare",
            "webhook-id": said.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signer.sign(said.id, at, body),
        }

    async def _posted(self, url: str, body: str, headers: dict[str, str]) -> int:
        target = httpx2.URL(url)
        headers = headers | {"Host": target.netloc.decode()}
        # Neither a proxy nor a password of this machine's environment goes along, and no redirect is followed.
        client = httpx2.AsyncClient(verify=self._trusted, trust_env=False)
        async with client:
            failed = httpx2.ConnectError("no address")
            for address in await self._addresses(target):
                request = client.build_request(
                    "POST",
                    # The address that was looked at: a name may lead elsewhere the next time it is asked for.
                    target.copy_with(host=address),
                    content=body,
                    headers=headers,
                    extensions={"sni_hostname": target.host},
                )
                try:
                    answer = await client.send(request, stream=True)
                except httpx2.ConnectError as error:
                    failed = error
                    continue
                await answer.aclose()
                return answer.status_code
        raise failed

    async def _addresses(self, target: httpx2.URL) -> list[str]:
        """Raises Undeliverable where a name leads into a private network."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, target.port, type=SOCK_STREAM)
        except (gaierror, UnicodeError) as error:
            raise ServerAway(
                f"their system cannot be found ({type(error).__name__})"
            ) from None
        addresses = [ip_address(each[4][0]) for each in found]
        if not self._development and not all(map(is_public, addresses)):
            raise Undeliverable("their webhook address leads into a private network")
        return list(map(str, addresses))


class WebhookChannel:
    name = "webhook"

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    def round(self) -> "WebhookRound":
        return WebhookRound(self._sender)


class WebhookRound:
    """To the systems of organizations that have one in force."""

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender
        self._hooks: Mapping[str, Webhook] = {}

    def servers(
        self, connection: Connection, seats: Mapping[str, str | None]
    ) -> Mapping[str, str]:
        asked = {seat for seat in seats.values() if seat}
        self._hooks = told_by_webhook(connection, asked) if asked else {}
        return {
            key: self._hooks[seat].organization_id
            for key, seat in seats.items()
            if seat in self._hooks
        }

    async def send(self, parcel: Parcel, at: datetime) -> None:
        notice, about = parcel.notice, parcel.about
        said = Announcement.of(
            notice,
            about.case_id,
            about.ladder,
            about.kind,
            parcel.writer.redisclosure(PLAIN),
        )
        hook = self._hooks[notice.receiver.seat or ""]
        await self._sender.deliver(hook, said, at)

    async def close(self) -> None:
        """Each webhook has a connection of its own."""


def _is_loopback(host: str) -> bool:
    address = _literal(host)
    return host == "localhost" or bool(address and address.is_loopback)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
