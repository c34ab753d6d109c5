"""Requests made up from the OpenAPI document, fitting it and not: the API keeps every promise the document makes.

Whatever route is in the document is tried. All messages go the same way, so `make test` tries the limits of an eighth of
them (6,500 requests with those of all other routes) and two examples of each, `make test-all` the limits of each (20,000)
and four examples. TEST_EFFORT=20 has each tried for longer, with something else every time.
"""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from zlib import crc32

import pytest
import schemathesis
import uvicorn
from openapi_spec_validator import validate
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.api.careplans import agreed, asked_for
from tests.api.intakes import enrolled, opened
from tests.chance import EFFORT, SECONDS, is_full
from tests.waiting import until

EXAMPLES = 2
OF_CLIENTS = r"^/(intakes|care-plans|service-requests|clients|consents|providers|workers|engagements)"
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@asynccontextmanager
async def served(app):
    """The address of the application on a real port; its parts run already."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def has_started():
        return server.started

    try:
        await until(has_started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


def choices(phases, key, cases):
    known = {"dictionary": "cases", "probability": 0.9}
    return SchemathesisConfig.from_dict(
        {
            "seed": 1 if EFFORT == 1 else None,
            "continue-on-failure": True,
            "headers": {"Authorization": f"Bearer {key}"},
            "generation": {
                "deterministic": EFFORT == 1,
                "max-examples": EXAMPLES * EFFORT,
                "no-shrink": True,
            },
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
            "dictionaries": {
                "cases": {"values": cases},
                "sections": {"values": ["vision", "strengths", "needs"]},
                "versions": {"values": ["2"]},
            },
            "parameters": {
                "path.case_id": known,
                "path.section": known | {"dictionary": "sections"},
                "path.number": known | {"dictionary": "versions"},
            },
            # A seat that is well written need not exist.
            "checks": {
                "positive_data_acceptance": {
                    "expected-statuses": ["2xx", 304, 401, 403, 404, 409, 412, 422, 428]
                }
            },
        }
    )


def is_left_out(context):
    """Every message goes through the same few lines: of their bodies some are tried, and with more EFFORT all."""
    path, share = context.operation.path, 2 if is_full() else 8
    return EFFORT == 1 and "/messages/" in path and crc32(path.encode()) % share > 0


def tried(address, config, paths, phases):
    """What every request found wrong, by operation and check, and how often each status was answered."""
    # On a busy machine the document of so many routes takes a while to write.
    where, patience = f"{address}/openapi.json", SECONDS
    whole = schemathesis.openapi.from_url(where, config=config, timeout=patience)
    schema = whole.include(path_regex=paths)
    if "coverage" in phases:
        schema = schema.exclude(func=is_left_out)
    wrong: dict[tuple[str, str], str] = {}
    answered: Counter[int] = Counter()
    for event in from_schema(schema).execute():
        match event:
            case events.NonFatalError():
                wrong[event.label, "error"] = repr(event.value)
            case events.FatalError():
                wrong["", "error"] = repr(event.exception)
            case events.ScenarioFinished(recorder=recorder):
                wrong |= dict(failures(recorder))
                for each in recorder.interactions.values():
                    answered[each.response.status_code if each.response else 0] += 1
    return wrong, answered


def failures(recorder):
    for checks in recorder.checks.values():
        for check in checks:
            if info := check.failure_info:
                yield (
                    (info.failure.operation, check.name),
                    f"{info.failure.message}\n{info.code_sample}",
                )


def test_the_document_is_sound_openapi(idle_service):
    validate(idle_service.app.openapi())


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 4)
@pytest.mark.parametrize(
    ("databases", "phases", "person", "paths", "seen"),
    [
        # People with cases of their own, then somebody who may see all of them.
        (
            "sqlite",
            ("examples", "coverage"),
            "alder",
            rf"^(?!{OF_CLIENTS[1:]})",
            {200, 201, 401, 404, 405, 409, 422},
        ),
        (
            "sqlite",
            ("examples", "coverage"),
            "hawthorn",
            OF_CLIENTS,
            {200, 201, 401, 403, 404, 405, 409, 422},
        ),
        ("postgresql", ("fuzzing", "stateful"), "tamarack", "", {200, 404, 409, 422}),
    ],
    indirect=["databases"],
)
async def test_no_request_is_answered_otherwise_than_the_document_says(
    service, phases, person, paths, seen
):
    cases = [(await service.opened())["id"]]
    if paths != OF_CLIENTS:
        cases += [(await service.opened())["id"] for _ in range(2)]
    if OF_CLIENTS.startswith(paths):
        intake, _ = await enrolled(service)
        plan = await agreed(service)
        request = await asked_for(service, plan)
        cases += [intake["id"], plan["id"], request["id"]]
        cases += [(await opened(service))["id"]]

    async with served(service.app) as address:
        config = choices(phases, service.keys[person], cases)
        wrong, answered = await asyncio.to_thread(tried, address, config, paths, phases)

    assert wrong == {}
    # Else it was tried on nothing but refusals.
    assert seen <= answered.keys()
