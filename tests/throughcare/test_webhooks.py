"""Webhooks are signed so that the other side can prove who sent them, and reach nobody inside our own network."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from standardwebhooks import Webhook as Library
from standardwebhooks.webhooks import WebhookVerificationError

from tests.receiver import receiving
from tests.samples import CASE, notice
from throughcare.notices.failures import ServerAway, Undeliverable
from throughcare.notices.webhooks import (
    Announcement,
    WebhookSender,
    is_public,
    is_signed,
    new_secret,
    unfit,
)
from throughcare.store.secretbox import SecretBox, SecretUnreadable
from throughcare.store.webhooks import Webhook
from throughcare.temporal.keys import KeyRing

BOX = SecretBox(KeyRing(active="k", keys={"k": bytes(32)}))
SENDER = WebhookSender(BOX, development=True)
SECRET = new_secret()
SAID = Announcement.of(notice(f"{CASE}/A1:told"), CASE, "A")


def hook(url, organization="cyfs"):
    sealed = BOX.seal(SECRET, organization)
    return Webhook(organization_id=organization, url=url, secret=sealed)


async def deliver(url, sender=SENDER):
    await sender.deliver(hook(url), SAID, datetime.now(UTC))


async def test_whoever_has_the_secret_can_prove_who_sent_it_and_nobody_else_can():
    async with receiving() as theirs:
        await deliver(theirs.url)

    ((path, headers, body),) = theirs.requests
    assert path == "/throughcare"
    assert Library(SECRET).verify(body, headers)["case"] == CASE
    with pytest.raises(WebhookVerificationError):
        Library(SECRET).verify(body.replace(b"A1", b"A2") + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Library(new_secret()).verify(body, headers)


async def test_it_says_the_seat_and_the_policy_and_nothing_else():
    async with receiving() as theirs:
        await deliver(theirs.url)

    assert json.loads(theirs.bodies[0]) == {
        "type": "notice",
        "id": SAID.id,
        "case": CASE,
        "ladder": "A",
        "rung": "",
        "clause": None,
        "kind": "told",
        "seat": "seat-of-worker",
        "person": "ironwood",
        "due_at": None,
        "what": "",
        "lifecycle": "conflict",
    }


async def test_about_a_client_of_a_recovery_program_it_carries_the_notice():
    """42 CFR 2.32."""
    sent = notice(f"{CASE}/opened:duty_opened")
    said = Announcement.of(sent, CASE, "", "intake", "42 CFR part 2 prohibits …")

    assert json.loads(said.model_dump_json())["redisclosure"].startswith(
        "42 CFR part 2"
    )


@pytest.mark.parametrize("status", [408, 429, 500, 503, None])
async def test_what_may_work_later_is_sent_again_under_the_same_id(status):
    async with receiving(answers=[status, 204]) as theirs:
        with pytest.raises(ServerAway):
            await deliver(theirs.url)
        await deliver(theirs.url)

    first, second = (headers["webhook-id"] for _, headers, _ in theirs.requests)
    assert first == second


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_what_they_refuse_has_failed_and_says_why(status):
    async with receiving(answers=[status]) as theirs:
        with pytest.raises(Undeliverable, match=str(status)):
            await deliver(theirs.url)


async def test_a_redirect_is_not_followed():
    async with (
        receiving() as elsewhere,
        receiving(answers=[307], location=elsewhere.url) as theirs,
    ):
        with pytest.raises(Undeliverable, match="307"):
            await deliver(theirs.url)

    assert len(theirs.requests) == 1
    assert elsewhere.requests == []


async def test_a_system_that_is_gone_may_come_back():
    async with receiving() as theirs:
        pass

    with pytest.raises(ServerAway):
        await deliver(theirs.url)


async def test_a_secret_no_key_of_ours_opens_keeps_the_notice_waiting():
    other = SecretBox(KeyRing(active="j", keys={"j": bytes(32)}))
    async with receiving() as theirs:
        with pytest.raises(ServerAway):
            await deliver(theirs.url, WebhookSender(other, development=True))

    assert theirs.requests == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.8", "[::1]"])
async def test_outside_development_a_private_network_is_out_of_reach(host):
    sender = WebhookSender(BOX, development=False)

    with pytest.raises(Undeliverable):
        await deliver(f"https://{host}/", sender)


async def test_a_name_that_leads_into_a_private_network_is_out_of_reach():
    sender = WebhookSender(BOX, development=False)

    # Written as one number, it is no address to look at but a name that the resolver knows.
    with pytest.raises(Undeliverable, match="private network"):
        await deliver("https://2130706433/", sender)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("::ffff:10.1.2.3", False),
        ("2002:a01:203::1", False),
    ],
)
def test_what_is_on_the_internet_and_what_is_not(address, public):
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    ("url", "development", "fits"),
    [
        ("https://cases.agency.example/hook", False, True),
        ("https://cases.agency.example:8443/hook?to=us", False, True),
        ("http://cases.agency.example/hook", False, False),
        ("http://127.0.0.1:9/hook", False, False),
        ("http://127.0.0.1:9/hook", True, True),
        ("http://localhost:9/hook", True, True),
        ("http://cases.agency.example/hook", True, False),
        ("https://10.0.0.8/hook", False, False),
        ("https://me:word@agency.example/", False, False),
        ("https://agency.example/#part", False, False),
        ("ftp://agency.example/", True, False),
        ("agency.example", False, False),
        ("https://", False, False),
        ("https://agency.example:99999/", False, False),
        ("", False, False),
    ],
)
def test_which_addresses_may_be_given(url, development, fits):
    assert (unfit(url, development=development) is None) is fits


# -- what they send -------------------------------------------------------------------------------------------------


def signed(body, at=None, secret=SECRET):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Library(secret).sign("msg-1", at, body),
    }


def test_what_they_signed_just_now_is_theirs():
    assert is_signed(SECRET, b"{}", signed("{}"))


ELSE = {
    "not signed": lambda: {},
    "another body": lambda: signed('{"a": 1}'),
    "another secret": lambda: signed("{}", secret=new_secret()),
    "long ago": lambda: signed("{}", datetime.now(UTC) - timedelta(minutes=15)),
    "to come": lambda: signed("{}", datetime.now(UTC) + timedelta(minutes=15)),
    "no comma": lambda: signed("{}") | {"webhook-signature": "v1"},
    "no base64": lambda: signed("{}") | {"webhook-signature": "v1,?"},
    "no time": lambda: signed("{}") | {"webhook-timestamp": "soon"},
    "no number": lambda: signed("{}") | {"webhook-timestamp": "nan"},
    "another id": lambda: signed("{}") | {"webhook-id": "msg-2"},
}
"""Signed when the test runs: what was to come when the tests were collected may be now by then."""


@pytest.mark.parametrize("what", ELSE)
def test_anything_else_is_not(what):
    assert not is_signed(SECRET, b"{}", ELSE[what]())


def test_a_body_that_is_no_text_is_not_theirs():
    assert not is_signed(SECRET, b"\xff\xfe", signed("{}"))


# -- the secret -----------------------------------------------------------------------------------------------------


def test_a_secret_opens_with_the_key_it_was_sealed_with_and_for_its_owner():
    old = KeyRing(active="k", keys={"k": bytes(32)})
    new = KeyRing(active="n", keys={"k": bytes(32), "n": b"n" * 32})
    sealed = SecretBox(old).seal("a secret", "cyfs")

    assert "a secret" not in sealed
    assert SecretBox(new).open(sealed, "cyfs") == "a secret"
    assert SecretBox(new).seal("a secret", "cyfs").startswith("n.")
    with pytest.raises(SecretUnreadable):
        SecretBox(old).open(sealed, "dmcps")


@pytest.mark.parametrize("damaged", ["", "k.", "k.AAAA", "x.AAAA", "k.%%%", "k.é"])
def test_a_damaged_secret_is_refused(damaged):
    with pytest.raises(SecretUnreadable):
        BOX.open(damaged, "cyfs")
