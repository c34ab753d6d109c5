"""Signed links in their table: one per notice, one answer each."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from throughcare.case.notice import Notice
from throughcare.case.seats import Seated
from throughcare.store.links import find_link, give_back, issue, links_of, revoke, use

CASE = "01JCASE"
NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
GOOD_FOR = timedelta(days=14)
NOTICE = Notice(
    key=f"{CASE}:A1:opened:-:seat-a:1",
    kind="opened",
    step="A1",
    receiver=Seated(role="a", title="Worker", seat="seat-a", person="person-a"),
)


async def issued(database, at=NOW):
    return await database.write(issue, CASE, NOTICE, at, GOOD_FOR)


@pytest.fixture
async def link(database):
    return await issued(database)


async def used(database, link, message, refused=None):
    return await database.write(use, link, message, NOW, refused=refused)


async def given_back(database, link, message):
    await database.write(give_back, link, message)


async def row(database, link):
    return await database.read(find_link, link)


async def test_a_notice_has_one_link_good_from_the_latest_try(database, link):
    assert await issued(database, LATER) == link

    (found,) = await database.read(links_of, CASE)
    assert (found.created_at, found.expires_at) == (NOW, LATER + GOOD_FOR)
    assert (found.seat_id, found.person_id, found.step) == ("seat-a", "person-a", "A1")


async def test_of_two_answers_at_once_one_takes_the_link(database, link):
    taken = await asyncio.gather(*(used(database, link, f"m{n}") for n in range(4)))

    assert taken.count(True) == 1
    assert (await row(database, link)).message_id == f"m{taken.index(True)}"


async def test_a_link_may_be_taken_again_for_the_answer_it_was_taken_for(
    database, link
):
    assert await used(database, link, "m1")
    assert await used(database, link, "m1")
    assert not await used(database, link, "m2")


async def test_an_answer_the_case_did_not_take_makes_room_for_another(database, link):
    await used(database, link, "m1")

    assert await used(database, link, "m2", refused="m1")
    assert not await used(database, link, "m3", refused="m1")


async def test_only_the_answer_that_took_a_link_gives_it_back(database, link):
    await used(database, link, "m1")

    await given_back(database, link, "m0")
    assert (await row(database, link)).message_id == "m1"
    await given_back(database, link, "m1")

    back = await row(database, link)
    assert (back.message_id, back.used_at) == (None, None)


async def test_a_link_is_revoked_once(database, link):
    first = await database.write(revoke, link, "alder", NOW)
    again = await database.write(revoke, link, "birch", LATER)

    assert (first.revoked_by, first.revoked_at) == ("alder", NOW)
    assert again == first


async def test_of_two_who_revoke_a_link_at_once_both_read_who_did(database, link):
    people = ("alder", "birch", "elm", "walnut")

    found = await asyncio.gather(
        *(database.write(revoke, link, each, NOW) for each in people)
    )

    assert {each.revoked_by for each in found} == {
        (await row(database, link)).revoked_by
    }


async def test_a_link_that_is_given_back_and_taken_at_once_is_never_lost(
    database, link
):
    await used(database, link, "m1")

    _, taken = await asyncio.gather(
        given_back(database, link, "m1"), used(database, link, "m2", refused="m1")
    )

    assert taken
    assert (await row(database, link)).message_id == "m2"
