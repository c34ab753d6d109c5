"""Who asks for too much is told when there is room again; nobody with a right key is kept out, or waits for them."""

import asyncio

import pytest

from api.limiting import Turns
from tests import waiting
from tests.api.conftest import OPENING, installation
from throughcare.metrics import LIMITED

WRONG = {"Authorization": "Bearer tc_0123456789ab_wrong"}


@pytest.fixture
async def strict(temporal, tmp_path, fresh_database):
    """An installation that takes few attempts and few changes; no worker."""
    async with installation(
        tmp_path,
        database_url=fresh_database(),
        attempts_per_minute=3,
        openings_per_minute=2,
        changes_per_minute=4,
    ) as service:
        yield service


def limited(limit):
    return LIMITED.labels(limit)._value.get()


async def statuses(http, method, path, times, **sent):
    return [
        (await http.request(method, path, **sent)).status_code for _ in range(times)
    ]


@pytest.mark.parametrize(
    ("proof", "method", "path", "sent", "refusal"),
    [
        ("key", "GET", "/duties", {"headers": WRONG}, 401),
        ("key", "POST", "/codec/decode", {"headers": WRONG}, 401),
        ("sign_in", "POST", "/codec/sign-in", {"data": {"key": "tc_1_wrong"}}, 401),
        ("link", "GET", "/answer/no-link-of-ours", {}, 404),
        ("link", "POST", "/sign/no-link-of-ours", {}, 404),
        (
            "webhook",
            "POST",
            "/webhooks/hsri",
            {"headers": {"webhook-signature": "v1,x"}, "json": {}},
            401,
        ),
    ],
)
async def test_who_keeps_trying_is_told_to_wait_and_the_operator_can_see_it(
    strict, proof, method, path, sent, refusal
):
    before = limited(f"attempts_{proof}")
    async with strict.calls() as http:
        found = await statuses(http, method, path, 4, **sent)
        again = await http.request(method, path, **sent)

    assert found == [refusal] * 3 + [429]
    assert 0 < int(again.headers["Retry-After"]) <= 60
    assert limited(f"attempts_{proof}") == before + 2


async def test_a_right_key_works_however_many_wrong_ones_came_from_its_address(strict):
    right = strict.keys["alder"]
    key_id = right.split("_")[1]
    async with strict.calls() as http:
        wrong = {"Authorization": f"Bearer tc_{key_id}_wrong"}
        found = await statuses(http, "GET", "/duties", 5, headers=wrong)

    assert found[-1] == 429
    assert (await strict.get("alder", "/duties")).status_code == 200


async def test_no_key_at_all_is_no_attempt(strict):
    async with strict.calls() as http:
        assert set(await statuses(http, "GET", "/duties", 9)) == {401}


async def test_one_person_opens_so_many_cases_a_minute_and_others_go_on(strict):
    async with strict.calls("alder") as http:
        found = await statuses(http, "POST", "/conflicts", 2, json=OPENING)
        refused = await http.post("/conflicts", json=OPENING)
    other = await strict.post("ironwood", "/conflicts", OPENING)

    assert 429 not in found
    assert refused.status_code == 429
    assert refused.json()["code"] == "TooManyRequests"
    assert "2 openings a minute" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    assert other.status_code != 429


async def test_one_person_sends_so_many_changes_a_minute_and_reads_on(strict):
    async with strict.calls("alder") as http:
        found = await statuses(http, "POST", "/conflicts/x/messages/close", 5, json={})

    assert found == [422] * 4 + [429]
    assert (await strict.get("alder", "/duties")).status_code == 200


async def test_of_one_persons_requests_the_next_wait_and_another_persons_do_not():
    turns, going, begun = Turns(1), asyncio.Event(), []

    async def take(person):
        async with turns.of(person):
            begun.append(person)
            await going.wait()

    async def honest_has_begun():
        return "honest" in begun

    async with asyncio.TaskGroup() as group:
        for person in ("greedy", "greedy", "honest"):
            group.create_task(take(person))
        await waiting.until(honest_has_begun)
        assert begun == ["greedy", "honest"]
        going.set()

    assert begun == ["greedy", "honest", "greedy"]
    assert turns._of == {}
