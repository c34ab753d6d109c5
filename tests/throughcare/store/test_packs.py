"""Which pack is in force for new cases."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.samples import NOW
from throughcare.packs import digest, load_packs
from throughcare.store.packs import (
    AdoptedPack,
    NotApproved,
    adopt,
    adopted,
    pack_by_digest,
)

PACK = load_packs(Path(__file__).parents[3] / "policies")["milwaukee-wraparound"]
HOUR = timedelta(hours=1)


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
    assert await pack_by_digest(session, digest(PACK)) == PACK


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
    assert await pack_by_digest(session, digest(PACK)) == PACK


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


async def test_a_pack_nobody_adopted_is_not_in_force(session):
    assert await adopted(session, "unknown") is None
    assert await pack_by_digest(session, "unknown") is None
