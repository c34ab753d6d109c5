"""Which pack is in force for new cases."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.packs.reading import digest, load_packs
from throughcare.store.database import within
from throughcare.store.packs import (
    AdoptedBefore,
    AdoptedPack,
    Adoption,
    NotApproved,
    adopt,
    adopted,
    adoption_of,
    pack_by_digest,
    record_adoption,
)
from throughcare.store.tables import PackAdoptionRow

PACKS = load_packs(Path(__file__).parents[3] / "policies")
PACK = PACKS["milwaukee-wraparound"]
UNSIGNED = PACKS["southeast-michigan-cmh"]
HOUR = timedelta(hours=1)
ADOPTION = Adoption(version=1, title="Executive Director", on=date(2026, 11, 18))


async def in_force(session) -> AdoptedPack:
    found = await adopted(session, PACK.header.id)
    assert found
    return found


def retitled(title: str):
    header = PACK.header.model_copy(update={"title": title})
    return PACK.model_copy(update={"header": header})


async def test_an_adopted_pack_comes_back_whole(session):
    assert await adopt(session, PACK, NOW)

    found = await in_force(session)
    assert (found.pack, found.digest, found.adopted_at) == (PACK, digest(PACK), NOW)
    assert await within(session, pack_by_digest, digest(PACK)) == PACK


async def test_adopting_the_pack_in_force_again_changes_nothing(session):
    await adopt(session, PACK, NOW)

    assert not await adopt(session, PACK, NOW + HOUR)
    assert (await in_force(session)).adopted_at == NOW


async def test_an_edited_copy_of_the_same_version_takes_its_place(session):
    await adopt(session, PACK, NOW)
    assert await adopt(session, retitled("A rehearsal"), NOW + HOUR)

    found = await in_force(session)
    assert found.pack.header.title == "A rehearsal"
    # A case opened under the first still finds it.
    assert await within(session, pack_by_digest, digest(PACK)) == PACK


async def test_going_back_to_the_first_text_puts_it_in_force_again(session):
    for hours, pack in enumerate((PACK, retitled("A rehearsal"), PACK)):
        assert await adopt(session, pack, NOW + hours * HOUR)

    assert (await in_force(session)).pack == PACK


@pytest.mark.clause("CR-M-2")
async def test_a_version_nobody_approved_does_not_go_live(session):
    await adopt(session, PACK, NOW)
    header = PACK.header.model_copy(update={"version": PACK.header.version + 1})
    unapproved = PACK.model_copy(update={"header": header})

    with pytest.raises(NotApproved, match="stays in force"):
        await adopt(session, unapproved, NOW + HOUR)

    assert (await in_force(session)).pack == PACK


@pytest.fixture
async def unsigned(session):
    """A session of an agency that has not adopted the text that nobody signed."""
    for row in await session.scalars(select(PackAdoptionRow)):
        await session.delete(row)
    await session.flush()
    return session


@pytest.mark.clause("CS-M-1")
async def test_a_text_that_nobody_signed_goes_live_once_the_agency_recorded_its_adoption(
    unsigned,
):
    with pytest.raises(NotApproved, match="record the agency's own adoption"):
        await adopt(unsigned, UNSIGNED, NOW)
    assert await adopted(unsigned, UNSIGNED.header.id) is None

    await within(
        unsigned, record_adoption, UNSIGNED.header.id, ADOPTION, by="walnut", at=NOW
    )

    assert await adopt(unsigned, UNSIGNED, NOW)
    known = await within(unsigned, adoption_of, UNSIGNED.header.id, 1)
    assert known and (known.title, known.on) == (ADOPTION.title, ADOPTION.on)


@pytest.mark.clause("CS-M-1")
async def test_an_adoption_is_for_its_version_alone(unsigned):
    await within(
        unsigned, record_adoption, UNSIGNED.header.id, ADOPTION, by="walnut", at=NOW
    )
    header = UNSIGNED.header.model_copy(update={"version": 2})

    with pytest.raises(NotApproved, match="v2 does not go live"):
        await adopt(unsigned, UNSIGNED.model_copy(update={"header": header}), NOW)


async def test_an_adoption_on_record_may_be_said_again_but_not_otherwise(unsigned):
    said = (UNSIGNED.header.id, ADOPTION)
    assert await within(unsigned, record_adoption, *said, by="walnut", at=NOW)
    assert not await within(unsigned, record_adoption, *said, by="yew", at=NOW + HOUR)

    other = ADOPTION.model_copy(update={"title": "Somebody Else"})
    with pytest.raises(AdoptedBefore, match="approved by: Executive Director"):
        await within(unsigned, record_adoption, said[0], other, by="yew", at=NOW)

    row = await unsigned.get(PackAdoptionRow, (said[0], 1))
    assert (row.recorded_by, row.recorded_at) == ("walnut", NOW)


async def test_a_pack_nobody_adopted_is_not_in_force(session):
    assert await adopted(session, "unknown") is None
    assert await within(session, pack_by_digest, "unknown") is None
