"""The activity that cases ask for all they need to know: who sits where, due dates, and consents on file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment
from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # It has no types.

from activities.lookups import LookupActivities
from tests.samples import NOW
from throughcare.case.needs import DateWanted, Needs
from throughcare.case.seats import SeatKind, SeatQuery
from throughcare.case.wire import CaseLookup
from throughcare.packs.calendars import load_calendars
from throughcare.store.changes import change_holder
from throughcare.store.clients import add_client
from throughcare.store.consents import Consent, add_consent, withdraw_consent
from throughcare.store.identity import Identity
from throughcare.time.deadline import Within
from throughcare.usecases.demo import load_demo

CALENDARS = load_calendars(Path(__file__).parents[2] / "calendars")
SUPERVISOR = SeatQuery(
    role="supervisor",
    title="Supervisor",
    accepts=(SeatKind(role="coordinator-supervisor"),),
    below="coordinator-1",
)
CLIENT = "01KAHX6Z1MCCCCCCCCCCCCCCCC"
LATER = NOW + timedelta(days=1)


@pytest.fixture
async def agency(database):
    await database.write(load_demo, NOW)
    return database


@pytest.fixture
def look_up(database):
    async def found(calendar="milwaukee-county", at=NOW, **needs):
        activities = LookupActivities(database, CALENDARS)
        lookup = CaseLookup(
            agency="wraparound-milwaukee",
            calendar=calendar,
            at=at,
            needs=Needs(**needs),
        )
        return await ActivityEnvironment().run(activities.look_up, lookup)

    return found


def wanted(
    within: str = "P5D", start: str = "2026-11-20T22:30:00+00:00", key: str = "step"
) -> DateWanted:
    rule = Within.model_validate({"within": within, "days": "business"})
    return DateWanted(key=key, rule=rule, started_at=datetime.fromisoformat(start))


# -- who sits where ------------------------------------------------------------------------------------------------


async def test_asking_for_a_seat_again_gives_the_same_answer(agency, look_up):
    (seated,) = (await look_up(seats=(SUPERVISOR,))).seats

    assert (seated.seat, seated.person) == ("coordinator-supervisor-1", "birch")
    assert (await look_up(seats=(SUPERVISOR,))).seats == (seated,)


async def test_a_change_of_who_sits_there_in_between_is_seen(agency, look_up):
    await look_up(seats=(SUPERVISOR,))
    await agency.write(
        change_holder, "coordinator-supervisor-1", None, by="walnut", at=NOW
    )

    (seated,) = (await look_up(seats=(SUPERVISOR,))).seats

    assert (seated.seat, seated.person) == ("coordinator-supervisor-1", None)


# -- due dates -----------------------------------------------------------------------------------------------------


async def test_the_receipt_counts_in_the_calendars_zone_and_names_its_zone_data(
    look_up,
):
    receipt = (await look_up(dates=(wanted(),))).dates["step"].receipt

    assert receipt is not None
    assert receipt.due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert (receipt.zone, receipt.tzdata) == ("America/Chicago", IANA_VERSION)


async def test_asking_for_a_due_date_again_gives_the_same_receipt(look_up):
    first = await look_up(dates=(wanted(),))

    assert first == await look_up(dates=(wanted(),))


async def test_each_due_date_is_found_under_its_own_key(look_up):
    dates = (await look_up(dates=(wanted(key="a"), wanted("P2D", key="b")))).dates

    due_at = {key: dated.receipt.due_at for key, dated in dates.items()}
    assert due_at == {
        "a": datetime(2026, 11, 30, 23, tzinfo=UTC),
        "b": datetime(2026, 11, 24, 23, tzinfo=UTC),
    }


async def test_an_unknown_calendar_is_a_problem_that_names_those_there_are(look_up):
    dated = (await look_up("dane-county", dates=(wanted(),))).dates["step"]

    assert dated.receipt is None
    assert dated.problem == (
        "There is no calendar 'dane-county'; there are: always-open, milwaukee-county."
    )


async def test_a_calendar_that_runs_out_is_a_problem_that_says_what_to_add(look_up):
    late = wanted(start="2029-12-27T16:00:00+00:00")

    dated = (await look_up(dates=(late,))).dates["step"]

    assert dated.receipt is None
    assert "add the closing days of 2030" in dated.problem


# -- consents ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def consent(agency):
    """One for the payer is on file."""
    given = Consent(
        recipient="payer", purpose="To pay", given_at=NOW, reference="consents/1"
    )
    client = Identity(name="Demo")
    await agency.write(add_client, CLIENT, client, by="alder", at=NOW)
    await agency.write(add_consent, "consent-1", CLIENT, given, by="alder", at=NOW)


async def test_consents_on_file_are_found_until_they_are_withdrawn(
    agency, consent, look_up
):
    (found,) = (await look_up(at=LATER, consents_of=CLIENT)).consents
    await agency.write(withdraw_consent, "consent-1", LATER, by="alder", at=LATER)

    assert (found.id, found.recipient) == ("consent-1", "payer")
    assert (await look_up(at=LATER, consents_of=CLIENT)).consents == ()


async def test_what_is_not_asked_for_is_not_answered(agency, consent, look_up):
    found = await look_up(seats=(SUPERVISOR,))

    assert (found.dates, found.consents) == ({}, None)


async def test_all_that_a_case_can_use_is_found_at_once(agency, consent, look_up):
    found = await look_up(
        at=LATER, seats=(SUPERVISOR,), dates=(wanted(),), consents_of=CLIENT
    )

    assert [seated.person for seated in found.seats] == ["birch"]
    assert found.dates["step"].receipt is not None
    assert [each.id for each in found.consents] == ["consent-1"]
