"""A member of the team who has no account reads a version of the plan and signs it, through the signed link in their e-mail."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update
from structlog.testing import capture_logs

from tests.api.careplans import (
    CLIENT,
    COORDINATOR,
    WORKER,
    begun,
    consented,
    met,
    put_forward,
    seen,
    signed,
    tell,
    written,
)
from tests.api.test_answer_links import Sound
from tests.waiting import until
from throughcare.store.links import links_of
from throughcare.store.tables import LinkRow

pytestmark = pytest.mark.clause("CP-C-j")

SISTER = "member-3"
SIGN = {"message": "plan_signed"}
REFUSE = {"message": "signature_missing", "reason": "It says nothing of my work."}


async def links(service, plan):
    latest_first = await service.app.state.parts.database.read(links_of, plan["id"])
    return latest_first[::-1]


async def token_of(service, plan):
    """Of the last link that was sent."""
    last = (await links(service, plan))[-1]
    return service.app.state.parts.links.token(last.id)


async def change(service, plan, **values):
    mine = update(LinkRow).where(LinkRow.case_id == plan["id"]).values(**values)
    database = service.app.state.parts.database
    await database.write(lambda connection: connection.execute(mine))


async def open_page(service, token, path=""):
    async with service.calls() as http:
        return await http.get(f"/sign/{token}{path}")


async def submit(service, token, **said):
    async with service.calls() as http:
        return await http.post(f"/sign/{token}", data=said)


async def signatures(service, plan):
    return (await seen(service, plan))["facts"]["life"]["signatures"]


SISTERS = {"kind": "family", "name": "Demo Sister"}
CLINICS = {"kind": "clinical", "name": "Dr Demo", "provider": "hearth"}


async def with_member(service, plan, member):
    """A member without an account, with an address, helped to write the plan and is asked to sign it. The version."""
    contact = "555 0100 or member@outside.example"
    facts = member | {"contact": contact, "joined": True}
    await tell(service, plan, "member_invited", **facts)
    await met(service, plan, CLIENT, COORDINATOR, SISTER)
    await written(service, plan)
    version = await put_forward(service, plan)

    async def is_sent():
        return await links(service, plan)

    await until(is_sent)
    return version


async def with_sister(service):
    plan = await begun(service)
    return plan, await with_member(service, plan, SISTERS)


@pytest_asyncio.fixture
async def asked(service):
    plan, version = await with_sister(service)
    return plan, version, await token_of(service, plan)


# -- the page ----------------------------------------------------------------------------------------------------------


async def test_the_page_says_which_version_it_is_and_who_signs_and_nothing_of_the_client(
    service, asked
):
    plan, version, token = asked

    page = await open_page(service, token)

    assert page.status_code == 200
    for said in ("Demo Sister", f"{version['number']} (", version["digest"][:12]):
        assert said in page.text
    client = (await seen(service, plan))["client"]
    assert client["name"] not in page.text
    assert "script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_page_to_sign_carries_the_notice_of_redisclosure(service, asked):
    """42 CFR 2.32."""
    page = await open_page(service, asked[2])

    assert "42 CFR part 2 prohibits unauthorized use or disclosure" in page.text


async def test_the_page_to_sign_is_sound_and_every_field_has_a_label(service, asked):
    page = await open_page(service, asked[2])

    sound = Sound()
    sound.feed(page.text)

    assert (sound.lang, sound.h1, sound.open) == ("en", 1, [])
    assert sound.inputs == ["reason"]
    assert set(sound.inputs) <= sound.labelled


async def test_the_plan_is_read_through_the_same_link(service, asked):
    token = asked[2]
    page = await open_page(service, token)

    pdf = await open_page(service, token, "/plan.pdf")

    assert f'href="{token}/plan.pdf"' in page.text
    assert (pdf.status_code, pdf.headers["content-type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["cache-control"] == "no-store"
    assert pdf.headers["referrer-policy"] == "no-referrer"


async def test_opening_page_and_plan_changes_nothing(service, asked):
    plan, _, token = asked

    first = await open_page(service, token)
    await open_page(service, token, "/plan.pdf")

    assert (await open_page(service, token)).text == first.text
    assert await signatures(service, plan) == []


# -- the answer --------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
async def test_a_name_is_under_the_version_once_and_marked_as_come_by_a_link(
    service, asked
):
    plan, version, token = asked

    first, again = [await submit(service, token, **SIGN) for _ in range(2)]
    other = await submit(service, token, **REFUSE)

    assert first.status_code == 200, first.text
    assert "“I sign this version”: recorded" in first.text
    assert again.status_code == other.status_code == 410
    assert "This link has been used" in again.text
    (signature,) = await signatures(service, plan)
    said = (signature["member"], signature["how"], signature["digest"])
    assert said == (SISTER, "link", version["digest"])
    timeline = await service.get(WORKER, f"/care-plans/{plan['id']}/timeline")
    (entry,) = [e for e in timeline.json()["items"] if e["kind"] == "plan_signed"]
    assert entry["capacity"] == "link"
    assert (await open_page(service, token, "/plan.pdf")).status_code == 410


async def test_whoever_does_not_sign_says_why(service, asked):
    plan, _, token = asked

    silent = await submit(service, token, message="signature_missing", reason=" ")
    told = await submit(service, token, **REFUSE)

    assert silent.status_code == 422
    assert "Please fill in: Why you do not sign" in silent.text
    assert told.status_code == 200, told.text
    (signature,) = await signatures(service, plan)
    said = (signature["outcome"], signature["how"], signature["reason"])
    assert said == ("refused", "link", REFUSE["reason"])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "Choose one of the answers"),
        ({"message": "note_added", "words": "Hi"}, "Choose one of the answers"),
        (REFUSE | {"reason": "\0"}, "Please look at this again"),
        (REFUSE | {"reason": "<b>" + "x" * 4001}, "Please look at this again"),
    ],
    ids=["empty", "not offered", "no text", "too long"],
)
async def test_an_answer_that_cannot_be_read_is_sent_back(service, asked, said, says):
    page = await submit(service, asked[2], **said)

    assert page.status_code == 422
    assert says in page.text
    assert "<b>" not in page.text


# -- links that are good for nothing any more -------------------------------------------------------------------------


async def closed_to(service, token, status, says):
    """The page, the plan and the answer, each with the reason."""
    answers = [
        await open_page(service, token),
        await open_page(service, token, "/plan.pdf"),
        await submit(service, token, **SIGN),
    ]
    for each in answers:
        assert each.status_code == status
        assert says in each.text
        assert each.headers["cache-control"] == "no-store"


async def test_an_expired_link_lets_nobody_read_or_sign(service, asked):
    plan, _, token = asked
    await change(service, plan, expires_at=datetime.now(UTC) - timedelta(minutes=1))

    await closed_to(service, token, 410, "This link has expired")


async def test_a_link_dies_when_another_version_is_put_forward(service, asked):
    plan, version, token = asked
    await put_forward(service, plan)

    await closed_to(service, token, 410, "Another version was put forward")

    async def is_sent():
        return len(await links(service, plan)) == 2

    await until(is_sent)
    page = await open_page(service, await token_of(service, plan))
    assert page.status_code == 200
    assert version["digest"][:12] not in page.text


async def test_a_link_dies_when_its_member_leaves_the_team(service, asked):
    plan, _, token = asked
    await tell(service, plan, "member_left", member=SISTER, reason="Moved away")

    await closed_to(service, token, 403, "You are not on this team any more")


@pytest.mark.clause("CP-E-5")
async def test_a_link_dies_when_the_consent_for_its_member_ends(service):
    plan = await begun(service)
    await consented(service, plan, "hearth")
    await with_member(service, plan, CLINICS)
    token = await token_of(service, plan)
    assert (await open_page(service, token)).status_code == 200

    (consent,) = (await seen(service, plan))["facts"]["consents"]
    await service.post(WORKER, f"/consents/{consent['id']}/withdrawal")

    async def has_ended():
        return not (await seen(service, plan))["facts"]["consents"]

    await until(has_ended)
    await closed_to(service, token, 403, "The plan may not be shown to you now")


async def test_a_link_dies_when_their_name_was_taken_on_paper(service, asked):
    plan, version, token = asked
    await signed(service, plan, version, SISTER)

    await closed_to(service, token, 410, "You have signed this version")


async def test_a_link_dies_with_the_case(service, asked):
    plan, _, token = asked
    await tell(service, plan, "moved", reason="Another county")

    await closed_to(service, token, 410, "This case is closed")


async def test_a_link_that_was_never_made_is_not_found(service, asked):
    token = asked[2]

    for bad in (token[:-2] + "xx", "nonsense"):
        await closed_to(service, bad, 404, "not one of ours")


async def test_a_link_to_sign_opens_no_other_page(service, asked):
    async with service.calls() as http:
        page = await http.get(f"/answer/{asked[2]}")

    assert page.status_code == 404


async def test_a_link_to_sign_is_in_no_log(service, asked):
    token = asked[2]
    with capture_logs() as lines:
        await open_page(service, token, "/plan.pdf")
        await submit(service, token, **SIGN)

    assert "link.used" in {each["event"] for each in lines}
    assert token.split(".")[1] not in str(lines)
