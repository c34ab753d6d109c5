"""Two who change the same record at once: nobody's change is lost, and what is said twice is recorded once."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.samples import NOW
from throughcare.packs.reading import load_packs
from throughcare.store.clients import add_client, change_client, find_client
from throughcare.store.consents import (
    Consent,
    WithdrawnAlready,
    add_consent,
    consent_of,
    withdraw_consent,
)
from throughcare.store.identity import Identity, IdentityChange
from throughcare.store.likenesses import Settled, likenesses, settle_likeness
from throughcare.store.packs import (
    Adoption,
    adopt,
    adoption_of,
    packs_in_force,
    record_adoption,
)
from throughcare.store.providers import ProviderChange, change_provider, provider_facts
from throughcare.store.tables import ClientChangeRow, DirectoryChangeRow
from throughcare.store.workers import Profile, profile_of, put_profile
from throughcare.usecases.clients import settle_who_it_is

PAIRS = 10
BY = {"by": "walnut", "at": NOW}
CLOVER = Identity(name="Client Demo-Clover", born_on=date(1990, 4, 12))
PACK = load_packs(Path(__file__).parents[3] / "policies")["milwaukee-wraparound"]


def ids(count=2):
    """Of each pair."""
    for pair in range(PAIRS):
        yield tuple(f"01KAHX6Z1M00000000000{pair:02}{n:02}" for n in range(count))


async def counted(office, row, what):
    query = select(func.count()).select_from(row).where(row.what == what)
    return await office.read(lambda connection: connection.scalar(query))


async def outcomes(*transactions):
    """What each returned, or the refusal it raised."""
    return await asyncio.gather(*transactions, return_exceptions=True)


async def test_two_changes_of_different_facts_of_a_client_both_stay(office):
    for client, _ in ids():
        await office.write(add_client, client, Identity(name="Client Demo-Fern"), **BY)

        await asyncio.gather(
            office.write(change_client, client, IdentityChange(language="es"), **BY),
            office.write(
                change_client, client, IdentityChange(address="1 Demo Street"), **BY
            ),
        )

        kept = await office.read(find_client, client)
        assert kept
        assert (kept.language, kept.address) == ("es", "1 Demo Street")


async def test_one_person_entered_twice_at_once_is_noticed(office):
    for number, (first, second) in enumerate(ids()):
        person = CLOVER.model_copy(update={"name": f"Client Demo-{number}"})

        found = await asyncio.gather(
            office.write(add_client, first, person, **BY),
            office.write(add_client, second, person, **BY),
        )

        noticed = [each for each in found if each]
        assert len(noticed) == 1
        (likeness,) = await office.read(likenesses, first)
        assert (likeness.client, likeness.settled) == (second, None)


async def test_two_clients_who_become_alike_at_once_are_noticed(office):
    for number, (first, second) in enumerate(ids()):
        for each in (first, second):
            await office.write(add_client, each, Identity(name=f"Client {each}"), **BY)
        same = IdentityChange(phone=f"414-555-01{number:02}")

        found = await asyncio.gather(
            office.write(change_client, first, same, **BY),
            office.write(change_client, second, same, **BY),
        )

        assert sorted(map(len, found)) == [0, 1]


async def test_a_likeness_settled_twice_at_once_is_settled_once(office):
    for first, second in ids():
        person = CLOVER.model_copy(update={"name": f"Client {first}"})
        for each in (first, second):
            await office.write(add_client, each, person, **BY)

        await asyncio.gather(
            office.write(settle_likeness, first, second, Settled.same, **BY),
            office.write(settle_likeness, second, first, Settled.same, **BY),
        )

        later = await office.read(find_client, second)
        assert later and later.same_as == first
    assert await counted(office, ClientChangeRow, "likeness_settled") == 2 * PAIRS


async def test_records_tied_together_at_once_all_name_the_first(office):
    for first, second, third in ids(3):
        for each in (first, second, third):
            await office.write(add_client, each, Identity(name=f"Client {each}"), **BY)

        await asyncio.gather(
            office.write(settle_likeness, first, second, Settled.same, **BY),
            office.write(settle_likeness, second, third, Settled.same, **BY),
        )

        for each in (second, third):
            kept = await office.read(find_client, each)
            assert kept and kept.same_as == first


@pytest.mark.clause("CP-E-5")
async def test_a_consent_withdrawn_twice_at_once_is_withdrawn_once(office):
    for client, consent_id in ids():
        await office.write(add_client, client, Identity(name="Client Demo-Fern"), **BY)
        consent = Consent(
            recipient="hearth", purpose="A home", given_at=NOW, reference="consents/1"
        )
        await office.write(add_consent, consent_id, client, consent, **BY)
        later = {"by": "walnut", "at": NOW + timedelta(days=1)}

        first, second = await outcomes(
            *(
                office.write(withdraw_consent, consent_id, later["at"], **later)
                for _ in range(2)
            )
        )

        refused = [isinstance(each, WithdrawnAlready) for each in (first, second)]
        assert sorted(refused) == [False, True]
    assert await counted(office, ClientChangeRow, "consent_withdrawn") == PAIRS


async def test_a_consent_withdrawn_while_its_client_is_told_apart_waits_for_nobody(
    office,
):
    for client, other in ids():
        for each in (client, other):
            await office.write(add_client, each, Identity(name=f"Client {each}"), **BY)
        consent = Consent(
            recipient="hearth", purpose="A home", given_at=NOW, reference="consents/1"
        )
        await office.write(add_consent, client, client, consent, **BY)

        await asyncio.gather(
            office.write(settle_who_it_is, client, other, Settled.same, **BY),
            office.write(withdraw_consent, client, NOW, **BY),
        )

        withdrawn = await office.read(consent_of, client)
        assert withdrawn and withdrawn.withdrawn_at == NOW


async def test_two_changes_of_different_facts_of_a_provider_both_stay(office):
    for pair in range(PAIRS):
        email, qualified = f"desk-{pair}@hearth.example", bool(pair % 2)

        await asyncio.gather(
            office.write(change_provider, "hearth", ProviderChange(email=email), **BY),
            office.write(
                change_provider, "hearth", ProviderChange(qualified=qualified), **BY
            ),
        )

        kept = await office.read(provider_facts, "hearth")
        assert kept and (kept.email, kept.qualified) == (email, qualified)


async def test_a_profile_first_written_by_several_at_once_is_one_in_the_trail(office):
    profile = Profile(skills=("sign language",), capacity=3)
    seats = ("coordinator-1", "coordinator-2", "human-service-worker")

    for seat in seats:
        await asyncio.gather(
            *(office.write(put_profile, seat, profile, **BY) for _ in range(5))
        )

        kept = await office.read(profile_of, seat)
        assert kept and kept.says(profile)
    assert await counted(office, DirectoryChangeRow, "profile_changed") == len(seats)


async def test_a_pack_adopted_at_once_by_several_is_adopted_once(office):
    for pair in range(PAIRS):
        header = PACK.header.model_copy(update={"title": f"Text {pair}"})
        pack = PACK.model_copy(update={"header": header})
        at = NOW + timedelta(hours=pair)

        adopted = await asyncio.gather(
            *(office.write(adopt, pack, at) for _ in range(3))
        )

        assert sorted(adopted) == [False, False, True]
        _, packs = await office.read(packs_in_force)
        (found,) = (each for each in packs if each.ref.id == PACK.header.id)
        assert found.pack == pack


@pytest.mark.clause("CS-M-1")
async def test_an_adoption_recorded_at_once_by_several_is_recorded_once(office):
    for version in range(2, 2 + PAIRS):
        adoption = Adoption(version=version, title="Director", on=date(2026, 1, 5))

        recorded = await asyncio.gather(
            *(office.write(record_adoption, "some-pack", adoption, **BY) for _ in "123")
        )

        assert sorted(recorded) == [False, False, True]
        kept = await office.read(adoption_of, "some-pack", version)
        assert kept and kept.title == "Director"
