"""The codec endpoint: operators read payloads in the Temporal UI and CLI, nobody else does, and all of it is on record."""

import json

import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import WorkflowSerializationContext

from throughcare.store.reads import reads
from throughcare.temporal.codec import EncryptionCodec
from throughcare.temporal.keys import read_or_create

CASE = "conflict-01KTEST"


@pytest.fixture
async def sealed(service):
    """One payload of a case, as Temporal stores it."""
    codec = EncryptionCodec(read_or_create(service.settings.keys))
    of_case = codec.with_context(
        WorkflowSerializationContext(namespace="default", workflow_id=CASE)
    )
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"Zebra"')
    return json_format.MessageToDict(Payloads(payloads=await of_case.encode([plain])))


@pytest.fixture
def ui(service):
    return {"Origin": service.settings.temporal_ui_url}


async def ask(service, person, body, **headers):
    async with service.calls(person) as http:
        return await http.post("/codec/decode", json=body, headers=headers)


async def last_read(service):
    (row,) = await service.app.state.parts.database.read(reads, 1)
    return row.person_id, row.workflow_id, row.count, row.allowed


async def test_an_operator_reads_a_payload_and_it_is_on_record_for_its_case(
    service, sealed, ui
):
    answer = await ask(service, "yew", sealed, **ui)

    assert answer.status_code == 200, answer.text
    (payload,) = json_format.ParseDict(answer.json(), Payloads()).payloads
    assert payload.data == b'"Zebra"'
    assert answer.headers["access-control-allow-origin"] == ui["Origin"]
    assert await last_read(service) == ("yew", CASE, 1, True)


async def test_what_anybody_can_read_in_temporal_is_no_read_of_a_case(
    service, sealed, ui
):
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"A1"')
    summary = json_format.MessageToDict(plain)

    answer = await ask(
        service, "yew", {"payloads": [summary, *sealed["payloads"], summary]}, **ui
    )

    assert answer.status_code == 200
    assert await last_read(service) == ("yew", CASE, 1, True)


@pytest.mark.parametrize("person", ["walnut", "alder"])
async def test_nobody_else_reads_one_and_that_they_tried_is_on_record(
    service, sealed, ui, person
):
    answer = await ask(service, person, sealed, **ui)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    # So that the UI can show why.
    assert answer.headers["access-control-allow-origin"] == ui["Origin"]
    assert await last_read(service) == (person, None, 0, False)


async def test_a_payload_cannot_be_passed_off_as_another_cases(service, sealed, ui):
    (payload,) = sealed["payloads"]
    moved = json.loads(json.dumps(payload))
    moved["metadata"]["throughcare-case"] = "Y29uZmxpY3QtYW5vdGhlcg=="

    answer = await ask(service, "yew", {"payloads": [moved]}, **ui)

    assert answer.status_code == 422
    assert "altered" in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8234"]
)
async def test_a_page_of_another_origin_is_answered_nothing(service, sealed, origin):
    answer = await ask(service, "yew", sealed, Origin=origin)
    async with service.calls() as http:
        asked_first = await http.options("/codec/decode", headers={"Origin": origin})

    assert answer.status_code == asked_first.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_browser_that_asks_first_is_told_what_the_temporal_ui_may_send(
    service, ui
):
    async with service.calls() as http:
        answer = await http.options("/codec/decode", headers=ui)

    assert answer.status_code == 204
    assert "x-namespace" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_an_operator_signs_in_with_a_browser_for_the_endpoint_alone(
    service, sealed, ui
):
    async with service.calls() as http:
        shown = await http.get("/codec/sign-in")
        answer = await http.post("/codec/sign-in", data={"key": service.keys["yew"]})
        cookie = answer.headers["set-cookie"]
        value = cookie.split(";")[0]
        by_cookie = {"Cookie": value}
        http.cookies.clear()
        read = await http.post("/codec/decode", json=sealed, headers=ui | by_cookie)
        without_origin = await http.post(
            "/codec/decode", json=sealed, headers=by_cookie
        )
        as_form = await http.post(
            "/codec/decode",
            content=json.dumps(sealed),
            headers=ui | by_cookie | {"Content-Type": "text/plain"},
        )

    assert "Your API key" in shown.text
    assert answer.status_code == 200
    for rule in ("HttpOnly", "SameSite=strict", "Path=/codec"):
        assert rule in cookie
    assert [read.status_code, without_origin.status_code, as_form.status_code] == [
        200,
        401,
        422,
    ]


@pytest.mark.parametrize(("key", "status"), [("nonsense", 401), ("walnut", 403)])
async def test_nobody_but_an_operator_signs_in(service, key, status):
    async with service.calls() as http:
        answer = await http.post(
            "/codec/sign-in", data={"key": service.keys.get(key, key)}
        )

    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


async def test_what_is_no_payload_is_refused_in_words(service, ui):
    answer = await ask(service, "yew", {"payloads": "x"}, **ui)

    assert answer.status_code == 422
    assert "proto-JSON" in answer.text


async def test_a_payload_as_large_as_temporal_takes_is_read(service, ui):
    codec = EncryptionCodec(read_or_create(service.settings.keys))
    large = Payload(metadata={"encoding": b"binary/plain"}, data=b"x" * 2_000_000)
    (sealed,) = await codec.encode([large])
    body = json_format.MessageToDict(Payloads(payloads=[sealed]))

    answer = await ask(service, "yew", body, **ui)

    assert answer.status_code == 200
    (payload,) = json_format.ParseDict(answer.json(), Payloads()).payloads
    assert payload == large
