"""Consents: in force from an instant to an instant, and open cases told when that changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.case.consents import ConsentFacts
from throughcare.store.client_changes import NoSuchClient
from throughcare.store.clients import add_client
from throughcare.store.consents import (
    Consent,
    NoSuchConsent,
    NotAConsent,
    WithdrawnAlready,
    add_consent,
    consent_of,
    consents_in_force,
    list_consents,
    tell_again,
    withdraw_consent,
)
from throughcare.store.identity import Identity
from throughcare.store.likenesses import Settled, settle_likeness
from throughcare.store.outbox import drop_told, untold
from throughcare.store.providers import ProviderChange, change_provider
from throughcare.store.tables import ClientChangeRow

DAY = timedelta(days=1)
CLIENT, OTHER = "01KAHX6Z1M0000000000000001", "01KAHX6Z1M0000000000000002"


@pytest.fixture
def client(connection):
    for client_id in (CLIENT, OTHER):
        identity = Identity(name="Client Demo-Clover", born_on=date(1990, 4, 12))
        add_client(connection, client_id, identity, by="aspen", at=NOW)
    return CLIENT


def consent(**changed) -> Consent:
    given = {
        "recipient": "hearth",
        "purpose": "A place to stay",
        "given_at": NOW,
        "reference": "consents/1",
    }
    return Consent.model_validate(given | changed)


def give(connection, client_id=CLIENT, consent_id="consent-1", **changed):
    return add_consent(
        connection, consent_id, client_id, consent(**changed), by="aspen", at=NOW
    )


def withdraw(connection, at=NOW + DAY, withdrawn_at=None):
    when = withdrawn_at or at
    return withdraw_consent(connection, "consent-1", when, by="aspen", at=at)


def in_force(connection, at, client_id=CLIENT) -> list[str]:
    return [each.id for each in consents_in_force(connection, client_id, at)]


@pytest.mark.clause("CP-E-5")
def test_a_consent_holds_from_when_it_was_given_until_it_ends(connection, client):
    give(connection, expires_at=NOW + 2 * DAY)

    assert in_force(connection, NOW - timedelta(seconds=1)) == []
    assert in_force(connection, NOW) == ["consent-1"]
    assert in_force(connection, NOW + 2 * DAY) == []


@pytest.mark.clause("CP-E-5")
def test_a_consent_that_is_withdrawn_no_longer_holds_and_stays_on_record(
    connection, client
):
    give(connection)
    withdraw(connection)

    assert in_force(connection, NOW) == ["consent-1"]
    assert in_force(connection, NOW + DAY) == []
    kept = consent_of(connection, "consent-1")
    assert kept and kept.withdrawn_at == NOW + DAY
    whats = connection.scalars(select(ClientChangeRow.what))
    assert {"consent_given", "consent_withdrawn"} <= set(whats)


@pytest.mark.parametrize(
    "recipient", ["treatment-provider", "payer", "lantern", "Cedar Demo Recovery"]
)
def test_a_case_learns_what_may_go_to_whom_and_nothing_else(
    connection, client, recipient
):
    give(connection, recipient=recipient)

    (found,) = consents_in_force(connection, client, NOW)

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
def test_what_is_no_consent_is_refused(connection, client, changed, says):
    with pytest.raises(NotAConsent, match=says):
        give(connection, **changed)


def test_a_provider_that_ended_gets_no_new_consent(connection, client):
    ended = ProviderChange(ended_at=NOW - DAY)
    change_provider(connection, "hearth", ended, by="walnut", at=NOW)

    with pytest.raises(NotAConsent, match="no longer"):
        give(connection)


def test_only_a_consent_of_somebody_is_withdrawn_once_and_after_it_was_given(
    connection, client
):
    with pytest.raises(NoSuchClient):
        give(connection, "nobody")
    with pytest.raises(NoSuchConsent):
        withdraw(connection)
    give(connection)
    with pytest.raises(NotAConsent, match="after it was given"):
        withdraw(connection, withdrawn_at=NOW - DAY)
    with pytest.raises(NotAConsent, match="not in the future"):
        withdraw(connection, at=NOW, withdrawn_at=NOW + DAY)
    withdraw(connection)
    with pytest.raises(WithdrawnAlready):
        withdraw(connection)


def test_consents_are_listed_the_latest_first_those_that_are_over_among_them(
    connection, client
):
    give(connection, consent_id="consent-0", recipient="payer")
    give(connection)
    give(connection, OTHER, consent_id="consent-2")
    withdraw(connection)

    def listed(after=None):
        found = list_consents(connection, [client], after=after, limit=5)
        return [each.id for each in found]

    assert listed() == ["consent-1", "consent-0"]
    assert listed(consent_of(connection, "consent-1")) == ["consent-0"]


@pytest.mark.clause("CP-E-5")
def test_the_consents_of_all_records_of_one_person_hold_for_each(connection, client):
    give(connection)
    assert in_force(connection, NOW, OTHER) == []

    settle_likeness(connection, OTHER, client, Settled.same, by="aspen", at=NOW)

    assert in_force(connection, NOW, OTHER) == ["consent-1"]


def test_a_consent_is_to_be_told_of_until_it_was_and_again_when_it_changes(
    connection, client
):
    give(connection)
    waiting = untold(connection, [client])
    assert [each.client_id for each in waiting] == [client]
    assert untold(connection, [OTHER]) == ()

    drop_told(connection, waiting)

    assert untold(connection) == ()

    withdraw(connection)

    assert [each.client_id for each in untold(connection)] == [client]


def test_what_changed_while_a_case_was_being_told_is_told_once_more(connection, client):
    give(connection)
    waiting = untold(connection)
    withdraw(connection)

    drop_told(connection, waiting)

    assert len(untold(connection)) == 1


def test_records_that_turn_out_to_be_one_person_have_their_consents_told_again(
    connection, client
):
    give(connection)
    drop_told(connection, untold(connection))

    tell_again(connection, [client, OTHER], NOW)

    assert [each.client_id for each in untold(connection)] == [client]
