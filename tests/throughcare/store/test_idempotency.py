"""How long the answer to an Idempotency-Key is kept."""

from datetime import timedelta

import pytest

from tests.samples import NOW
from throughcare.store.idempotency import Reply, claim, drop_old_replies, keep, was_sent

HASH = "0" * 64
NAMED = Reply(status=201, body='{"name": "Client Demo-Clover"}')
LEFT = Reply(status=202, body='{"id": "m1"}', location="/conflicts/c/messages/m1")


async def answered(database, reply, resource="m1"):
    await database.write(
        claim, "alder", "key", request_hash=HASH, resource_id=resource, at=NOW
    )
    await database.write(keep, "alder", "key", reply)


async def again(database):
    """What the same request is answered when it comes once more."""
    return await database.write(
        claim, "alder", "key", request_hash=HASH, resource_id="new", at=NOW
    )


async def test_an_answer_is_given_again_for_most_of_a_day(database):
    await answered(database, NAMED)

    await database.write(drop_old_replies, NOW + timedelta(hours=22))

    assert (await again(database)).reply == NAMED


async def test_no_page_with_a_clients_name_is_kept_for_longer_than_a_day(database):
    await answered(database, NAMED)

    await database.write(drop_old_replies, NOW + timedelta(hours=23, minutes=1))

    assert (await again(database)).reply is None


@pytest.mark.parametrize(("days", "known"), [(29, True), (31, False)])
async def test_a_message_that_waits_can_be_asked_after_for_a_month(
    database, days, known
):
    await answered(database, LEFT)

    await database.write(drop_old_replies, NOW + timedelta(days=days))

    assert await database.read(was_sent, "alder", "m1") is known
