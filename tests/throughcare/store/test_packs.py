"""Which pack is in force for new cases."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from tests.samples import NOW
from throughcare.packs.reading import digest, load_packs
from throughcare.store.packs import (
    AdoptedBefore,
    Adoption,
    NotApproved,
    PackInForce,
    adopt,
    adopted,
    adoption_of,
    pack_by_digest,
    record_adoption,
)
from throughcare.store.rows import one_row
from throughcare.store.tables import PackAdoptionRow

PACKS = load_packs(Path(__file__).parents[3] / "policies")
PACK = PACKS["milwaukee-wraparound"]
UNSIGNED = PACKS["southeast-michigan-cmh"]
HOUR = timedelta(hours=1)
ADOPTION = Adoption(version=1, title="Executive Director", on=date(2026, 11, 18))


def in_force(connection) -> PackInForce:
    return adopted(connection, [PACK.header.id])[PACK.header.id]


def retitled(title: str):
    header = PACK.header.model_copy(update={"title": title})
    return PACK.model_copy(update={"header": header})


def test_an_adopted_pack_comes_back_whole(connection):
    assert adopt(connection, PACK, NOW)

    found = in_force(connection)
    assert (found.pack, found.ref.digest, found.adopted_at) == (PACK, digest(PACK), NOW)
    assert pack_by_digest(connection, digest(PACK)) == PACK


def test_adopting_the_pack_in_force_again_changes_nothing(connection):
    adopt(connection, PACK, NOW)

    assert not adopt(connection, PACK, NOW + HOUR)
    assert (in_force(connection)).adopted_at == NOW


def test_an_edited_copy_of_the_same_version_takes_its_place(connection):
    adopt(connection, PACK, NOW)
    assert adopt(connection, retitled("A rehearsal"), NOW + HOUR)

    found = in_force(connection)
    assert found.pack.header.title == "A rehearsal"
    # A case opened under the first still finds it.
    assert pack_by_digest(connection, digest(PACK)) == PACK


def test_going_back_to_the_first_text_puts_it_in_force_again(connection):
    for hours, pack in enumerate((PACK, retitled("A rehearsal"), PACK)):
        assert adopt(connection, pack, NOW + hours * HOUR)

    assert (in_force(connection)).pack == PACK


@pytest.mark.clause("CR-M-2")
def test_a_version_nobody_approved_does_not_go_live(connection):
    adopt(connection, PACK, NOW)
    header = PACK.header.model_copy(update={"version": PACK.header.version + 1})
    unapproved = PACK.model_copy(update={"header": header})

    with pytest.raises(NotApproved, match="stays in force"):
        adopt(connection, unapproved, NOW + HOUR)

    assert (in_force(connection)).pack == PACK


@pytest.fixture
def unsigned(connection):
    """A connection of an agency that has not adopted the text that nobody signed."""
    connection.execute(delete(PackAdoptionRow))
    return connection


@pytest.mark.clause("CS-M-1")
def test_a_text_that_nobody_signed_goes_live_once_the_agency_recorded_its_adoption(
    unsigned,
):
    with pytest.raises(NotApproved, match="record the agency's own adoption"):
        adopt(unsigned, UNSIGNED, NOW)
    assert not adopted(unsigned, [UNSIGNED.header.id])

    record_adoption(unsigned, UNSIGNED.header.id, ADOPTION, by="walnut", at=NOW)

    assert adopt(unsigned, UNSIGNED, NOW)
    known = adoption_of(unsigned, UNSIGNED.header.id, 1)
    assert known and (known.title, known.on) == (ADOPTION.title, ADOPTION.on)


@pytest.mark.clause("CS-M-1")
def test_an_adoption_is_for_its_version_alone(unsigned):
    record_adoption(unsigned, UNSIGNED.header.id, ADOPTION, by="walnut", at=NOW)
    header = UNSIGNED.header.model_copy(update={"version": 2})

    with pytest.raises(NotApproved, match="v2 does not go live"):
        adopt(unsigned, UNSIGNED.model_copy(update={"header": header}), NOW)


def test_an_adoption_on_record_may_be_said_again_but_not_otherwise(unsigned):
    said = (UNSIGNED.header.id, ADOPTION)
    assert record_adoption(unsigned, *said, by="walnut", at=NOW)
    assert not record_adoption(unsigned, *said, by="yew", at=NOW + HOUR)

    other = ADOPTION.model_copy(update={"title": "Somebody Else"})
    with pytest.raises(AdoptedBefore, match="approved by: Executive Director"):
        record_adoption(unsigned, said[0], other, by="yew", at=NOW)

    row = one_row(unsigned, select(PackAdoptionRow))
    assert row
    assert (row.recorded_by, row.recorded_at) == ("walnut", NOW)


def test_a_pack_nobody_adopted_is_not_in_force(connection):
    assert not adopted(connection, ["unknown"])
    assert pack_by_digest(connection, "unknown") is None
