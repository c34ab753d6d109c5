"""Consents: in force from an instant to an instant, and open cases told when that changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.case.consents import ConsentFacts
from throughcare.store.clients import (
    Identity,
    NoSuchClient,
    Settled,
    add_client,
    settle_likeness,
)
from throughcare.store.consents import (
    Consent,
    NoSuchConsent,
    NotAConsent,
    WithdrawnAlready,
    add_consent,
    consent_of,
    consents_in_force,
    list_consents,
    mark_told,
    tell_again,
    untold_consents,
    withdraw_consent,
)
from throughcare.store.database import within
from throughcare.store.providers import provider_facts, put_provider
from throughcare.store.tables import ClientChangeRow

DAY = timedelta(days=1)
CLIENT, OTHER = "01KAHX6Z1M0000000000000001", "01KAHX6Z1M0000000000000002"


@pytest.fixture
async def client(session):
    for client_id in (CLIENT, OTHER):
        identity = Identity(name="Client Demo-Clover", born_on=date(1990, 4, 12))
        await add_client(session, client_id, identity, by="aspen", at=NOW)
    return CLIENT


def consent(**changed) -> Consent:
    given = {
        "recipient": "hearth",
        "purpose": "A place to stay",
        "given_at": NOW,
        "reference": "consents/1",
    }
    return Consent.model_validate(given | changed)


async def give(session, client_id=CLIENT, consent_id="consent-1", **changed):
    return await add_consent(
        session, consent_id, client_id, consent(**changed), by="aspen", at=NOW
    )


async def withdraw(session, at=NOW + DAY, withdrawn_at=None):
    when = withdrawn_at or at
    return await withdraw_consent(session, "consent-1", when, by="aspen", at=at)


async def in_force(session, at, client_id=CLIENT) -> list[str]:
    return [each.id for each in await within(session, consents_in_force, client_id, at)]


@pytest.mark.clause("CP-E-5")
async def test_a_consent_holds_from_when_it_was_given_until_it_ends(session, client):
    await give(session, expires_at=NOW + 2 * DAY)

    assert await in_force(session, NOW - timedelta(seconds=1)) == []
    assert await in_force(session, NOW) == ["consent-1"]
    assert await in_force(session, NOW + 2 * DAY) == []


@pytest.mark.clause("CP-E-5")
async def test_a_consent_that_is_withdrawn_no_longer_holds_and_stays_on_record(
    session, client
):
    await give(session)
    await withdraw(session)

    assert await in_force(session, NOW) == ["consent-1"]
    assert await in_force(session, NOW + DAY) == []
    kept = await consent_of(session, "consent-1")
    assert kept and kept.withdrawn_at == NOW + DAY
    whats = await session.scalars(select(ClientChangeRow.what))
    assert {"consent_given", "consent_withdrawn"} <= set(whats)


@pytest.mark.parametrize(
    "recipient", ["treatment-provider", "payer", "lantern", "Cedar Demo Recovery"]
)
async def test_a_case_learns_what_may_go_to_whom_and_nothing_else(
    session, client, recipient
):
    await give(session, recipient=recipient)

    (found,) = await within(session, consents_in_force, client, NOW)

    assert found == ConsentFacts(id="consent-1", recipient=recipient, given_at=NOW)
    assert found.covers(recipient, NOW)
    assert not found.covers("harbor", NOW)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        pytest.param({"recipient": "nobody"}, "recipient: Write", id="no provider"),
        pytest.param({"given_at": NOW + DAY}, "given_at", id="not given yet"),
        pytest.param({"expires_at": NOW}, "expires_at", id="ends as it begins"),
    ],
)
async def test_what_is_no_consent_is_refused(session, client, changed, says):
    with pytest.raises(NotAConsent, match=says):
        await give(session, **changed)


async def test_a_provider_that_ended_gets_no_new_consent(session, client):
    hearth = await provider_facts(session, "hearth")
    assert hearth
    ended = hearth.model_copy(update={"ended_at": NOW - DAY})
    await put_provider(session, "hearth", ended, by="walnut", at=NOW)

    with pytest.raises(NotAConsent, match="no longer"):
        await give(session)


async def test_only_a_consent_of_somebody_is_withdrawn_once_and_after_it_was_given(
    session, client
):
    with pytest.raises(NoSuchClient):
        await give(session, "nobody")
    with pytest.raises(NoSuchConsent):
        await withdraw(session)
    await give(session)
    with pytest.raises(NotAConsent, match="after it was given"):
        await withdraw(session, withdrawn_at=NOW - DAY)
    with pytest.raises(NotAConsent, match="not in the future"):
        await withdraw(session, at=NOW, withdrawn_at=NOW + DAY)
    await withdraw(session)
    with pytest.raises(WithdrawnAlready):
        await withdraw(session)


async def test_consents_are_listed_the_latest_first_those_that_are_over_among_them(
    session, client
):
    await give(session, consent_id="consent-0", recipient="payer")
    await give(session)
    await give(session, OTHER, consent_id="consent-2")
    await withdraw(session)

    async def listed(after=None):
        found = await list_consents(session, [client], after=after, limit=5)
        return [each.id for each in found]

    assert await listed() == ["consent-1", "consent-0"]
    assert await listed(await consent_of(session, "consent-1")) == ["consent-0"]


@pytest.mark.clause("CP-E-5")
async def test_the_consents_of_all_records_of_one_person_hold_for_each(session, client):
    await give(session)
    assert await in_force(session, NOW, OTHER) == []

    await settle_likeness(session, OTHER, client, Settled.same, by="aspen", at=NOW)

    assert await in_force(session, NOW, OTHER) == ["consent-1"]


async def test_a_consent_is_to_be_told_of_until_it_was_and_again_when_it_changes(
    session, client
):
    await give(session)
    untold = await untold_consents(session, client)
    assert [each.id for each in untold] == ["consent-1"]
    assert await untold_consents(session, OTHER) == ()

    await mark_told(session, untold, NOW)
    session.expire_all()
    assert await untold_consents(session) == ()

    await withdraw(session)
    await session.flush()
    assert [each.id for each in await untold_consents(session)] == ["consent-1"]


async def test_what_changed_while_a_case_was_being_told_is_told_once_more(
    session, client
):
    await give(session)
    untold = await untold_consents(session)
    await withdraw(session)
    await session.flush()

    await mark_told(session, untold, NOW)

    assert len(await untold_consents(session)) == 1


async def test_records_that_turn_out_to_be_one_person_have_their_consents_told_again(
    session, client
):
    await give(session)
    await mark_told(session, await untold_consents(session), NOW)

    await tell_again(session, [client])

    assert len(await untold_consents(session)) == 1
