"""Nothing is read, parsed or written for a stranger, and of nobody more than the route has use for."""

import asyncio
import json

import pytest
from google.protobuf import json_format
from sqlalchemy import func, select
from temporalio.api.common.v1 import Payload, Payloads

from api.operators.codec import MAX_CASES, MAX_FORM_BYTES, MAX_PAYLOADS_BYTES
from api.routing import MAX_BODY_BYTES, MAX_WRITING_BYTES
from throughcare.store.reads import reads
from throughcare.store.tables import PayloadReadRow

JSON = {"Content-Type": "application/json"}
FOR_ALL = {"/healthz", "/readyz"}
SECTION = "/care-plans/x/plan/sections/crisis_plan"


async def unread():
    raise AssertionError("The body was read.")
    yield b""


async def send(service, method, path, *, person=None, **headers):
    """A request whose body nobody may read."""
    async with service.calls(person) as http:
        return await http.request(
            method, path, content=unread(), headers=JSON | headers
        )


async def count_of_reads(service):
    query = select(func.count()).select_from(PayloadReadRow)
    database = service.app.state.parts.database
    return await database.read(lambda connection: connection.scalar(query))


def of_many_cases(count):
    """Payloads that say that they are encrypted, each of another case."""
    return json_format.MessageToDict(
        Payloads(
            payloads=[
                Payload(
                    metadata={
                        "encoding": b"binary/encrypted",
                        "throughcare-case": f"conflict-{n}".encode(),
                    }
                )
                for n in range(count)
            ]
        )
    )


async def test_of_a_request_without_a_key_no_body_is_read_whatever_its_route(service):
    answers = {}
    for path, methods in service.app.openapi()["paths"].items():
        for method in methods if path not in FOR_ALL else ():
            answer = await send(service, method, path)
            answers[method, path] = answer.status_code

    assert len(answers) > 150
    assert set(answers.values()) == {401}, answers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/codec/decode", 401, id="payloads"),
        pytest.param("/answer/no-such-token", 404, id="an answer by a link"),
        pytest.param("/sign/no-such-token", 404, id="a signature by a link"),
        pytest.param("/webhooks/hsri", 401, id="a webhook without a signature"),
    ],
)
async def test_nor_where_another_proof_than_a_key_is_asked_for(service, path, status):
    answer = await send(service, "POST", path)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/conflicts", MAX_BODY_BYTES),
        ("POST", "/conflicts/x/messages/close", MAX_WRITING_BYTES),
        ("PUT", SECTION, MAX_WRITING_BYTES),
        ("POST", "/webhooks/hsri", MAX_WRITING_BYTES),
        ("POST", "/codec/decode", MAX_PAYLOADS_BYTES),
        ("POST", "/codec/sign-in", MAX_FORM_BYTES),
    ],
)
async def test_what_says_itself_larger_than_its_route_takes_is_refused_unread(
    service, method, path, limit
):
    length = {"Content-Length": str(limit + 1)}

    answer = await send(service, method, path, person="alder", **length)

    assert answer.status_code == 413


async def test_a_long_writing_is_read_where_one_has_use_for_it(service):
    body = json.dumps({"reason": "x" * (MAX_BODY_BYTES + 1)})
    async with service.calls("alder") as http:
        answer = await http.post(
            "/conflicts/x/messages/close", content=body, headers=JSON
        )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "reason"


async def test_a_stranger_who_asks_for_payloads_leaves_nothing_in_the_database(service):
    before = await count_of_reads(service)

    answer = await send(service, "POST", "/codec/decode")

    assert answer.status_code == 401
    assert await count_of_reads(service) == before


async def test_whoever_is_known_and_refused_leaves_one_row_whatever_they_sent(service):
    before = await count_of_reads(service)

    answer = await send(service, "POST", "/codec/decode", person="walnut")
    (row,) = await service.app.state.parts.database.read(reads, 1)

    assert answer.status_code == 403
    assert await count_of_reads(service) == before + 1
    assert (row.person_id, row.workflow_id, row.count) == ("walnut", None, 0)


async def test_an_operator_reads_the_payloads_of_so_many_cases_at_once(service):
    before = await count_of_reads(service)
    async with service.calls("yew") as http:
        answer = await http.post("/codec/decode", json=of_many_cases(MAX_CASES + 1))

    assert answer.status_code == 422
    assert str(MAX_CASES) in answer.text
    assert await count_of_reads(service) == before


async def test_who_decodes_very_many_payloads_holds_nobody_up(service):
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    many = Payloads(payloads=[plain] * 30_000)
    body = json_format.MessageToJson(many, indent=None)
    loop, waits = asyncio.get_running_loop(), []

    async with service.calls("yew") as http:
        decoding = asyncio.create_task(
            http.post("/codec/decode", content=body, headers=JSON, timeout=60)
        )
        while not decoding.done():
            began = loop.time()
            await asyncio.wait({decoding}, timeout=0.01)
            waits.append(loop.time() - began)

    assert (await decoding).status_code == 200
    # In seconds that would be true of this machine only; parsed on the loop it is one wait.
    assert max(waits) < sum(waits) / 2
