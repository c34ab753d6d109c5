"""The application: its parts, its routes, and how it answers when something is wrong."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from itsdangerous import TimestampSigner
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from temporalio.client import Interceptor

from api.cases import (
    documents,
    duties,
    intakes,
    messages,
    opening,
    papers,
    plan_text,
    rearranging,
)
from api.cases import routes as cases
from api.clients import consents, emergency_accesses, reads
from api.clients import routes as clients
from api.deps import KEY_NEEDED, ApiKeys, Parts
from api.directory import (
    absences,
    agencies,
    engagements,
    organizations,
    people,
    providers,
    seatings,
    seats,
    workers,
)
from api.limiting import Limits
from api.links import answer, signing
from api.links import routes as links
from api.middleware import Reads, Requests
from api.operators import codec, documentation, health, notices
from api.packs import pack_migrations, policies
from api.problems import (
    Problem,
    on_bad_payload,
    on_crash,
    on_database_away,
    on_http_error,
    on_refusal,
)
from api.reports import routes as reports
from api.spreadsheets import LISTS, MEDIA_TYPE, Spreadsheets, is_list
from api.webhooks import routes as webhooks
from throughcare.case.refusals import Refused
from throughcare.config import LogFormat, Settings, read_settings
from throughcare.errors import ThroughcareError
from throughcare.logging import configure
from throughcare.metrics import Watch, metrics_served
from throughcare.notices.links import LinkSigner
from throughcare.notices.mail import mailer
from throughcare.packs.calendars import load_calendars
from throughcare.store.database import open_database
from throughcare.store.installation import claim
from throughcare.store.secretbox import SecretBox
from throughcare.temporal.client import connect
from throughcare.temporal.codec import EncryptionCodec
from throughcare.temporal.keys import read
from throughcare.temporal.tracing import tracing
from throughcare.usecases.adopted_packs import AdoptedPacks
from throughcare.usecases.desk import Desk
from throughcare.usecases.housekeeping import keep_house
from throughcare.usecases.ids import new_id
from throughcare.usecases.lookout import Lookout
from throughcare.usecases.outbox import Outbox
from throughcare.usecases.read_log import ReadLog

GIVE_UP_AFTER = timedelta(seconds=2)

DESCRIPTION = """\
Conflicts between a care coordinator and the other side's worker, carried up the ladder of the agency's policy.

Commands are answered when what they changed can be read, or with 202 and an address that tells what became of them.
Every refusal is `application/problem+json`; those of a case list the messages valid now and who may send them.
"""

TAGS = [
    {
        "name": "cases",
        "description": "Conflicts, intakes, care plans and requests for services",
    },
    {"name": "messages", "description": "What people tell a case"},
    {"name": "duties", "description": "What is to be done, by whom and by when"},
    {"name": "clients", "description": "Who is served, and what may go to whom"},
    {"name": "directory", "description": "Who sits where, and who provides"},
    {"name": "webhooks", "description": "For another agency's own system"},
    {"name": "policies", "description": "The packs in force"},
    {"name": "reports", "description": "Over many cases"},
    {"name": "notices", "description": "Notices that did not arrive"},
    {"name": "health", "description": "For operators"},
]


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The document with our problem in it, and without the framework's, which is never answered."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            where = "#/components/schemas/{model}"
            problem = Problem.model_json_schema(ref_template=where)
            schemas |= problem.pop("$defs", {}) | {"Problem": problem}
            if schemas.pop("HTTPValidationError", None):
                del schemas["ValidationError"]
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _drop_framework_problem(operation["responses"])
                    if is_list(method.upper(), path):
                        _name_csv(operation["responses"], schemas)
        return super().openapi()


def _drop_framework_problem(responses: dict[str, dict[str, Any]]) -> None:
    """It is added wherever there is a parameter, though a path of plain text can never be wrong in that way."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]


def _name_csv(
    responses: dict[str, dict[str, Any]], schemas: dict[str, dict[str, Any]]
) -> None:
    content = responses.get("200", {}).get("content", {})
    shown = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    if LISTS & schemas.get(shown.rpartition("/")[2], {}).get("properties", {}).keys():
        content[MEDIA_TYPE] = {"schema": {"type": "string"}}


def create_app(settings: Settings | None = None) -> FastAPI:
    """For `uvicorn --factory`, which is then the entry point: settings and logs are those of the environment."""
    chosen = settings or _from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                app.state.parts = await stack.enter_async_context(_parts(chosen))
            except ThroughcareError as error:
                # In words for whoever started it; our logs show no text of an exception.
                sys.stderr.write(f"{error}\n")
                raise
            yield

    app = Api(
        title="Throughcare",
        version=version("throughcare"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        # They are api.operators.documentation's: the framework's pages load scripts from elsewhere.
        openapi_url=None,
        # Its logs would carry the text of exceptions, and its traces whole addresses, signed links among them.
        telemetry={"logs": False, "tracing": False},
    )
    app.add_middleware(Spreadsheets)
    app.add_middleware(Reads)
    app.add_middleware(Requests)
    for kind in (Refused, ThroughcareError):
        app.add_exception_handler(kind, on_refusal)
    app.add_exception_handler(RequestValidationError, on_bad_payload)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(OperationalError, on_database_away)
    app.add_exception_handler(Exception, on_crash)
    app.include_router(health.router)
    app.include_router(documentation.router)
    app.include_router(answer.router)
    app.include_router(signing.router)
    app.include_router(codec.router)
    app.include_router(codec.signing_in)
    app.include_router(webhooks.router)
    for routes in (
        opening,
        rearranging,
        intakes,
        plan_text,
        messages,
        cases,
        papers,
        documents,
        links,
        duties,
        clients,
        consents,
        emergency_accesses,
        reads,
        people,
        organizations,
        agencies,
        providers,
        workers,
        seatings,
        seats,
        absences,
        policies,
        pack_migrations,
        reports,
        engagements,
        notices,
    ):
        app.include_router(routes.router, dependencies=KEY_NEEDED)
    for router in messages.of_each_kind:
        app.include_router(router, dependencies=KEY_NEEDED)
    return app


def _from_environment() -> Settings:
    settings = read_settings()
    configure(settings.log_level, json=settings.log_format is LogFormat.json)
    return settings


@asynccontextmanager
async def _parts(settings: Settings) -> AsyncIterator[Parts]:
    with tracing(settings.traces_url, "api") as interceptors:
        async with _traced_parts(settings, interceptors) as parts:
            yield parts


@asynccontextmanager
async def _traced_parts(
    settings: Settings, interceptors: Sequence[Interceptor]
) -> AsyncIterator[Parts]:
    database = open_database(settings.database)
    keys = read(settings.keys)
    client = await connect(
        keys,
        service="api",
        lazy=True,
        give_up_after=GIVE_UP_AFTER,
        interceptors=interceptors,
    )
    await database.write(claim, keys, new_id())
    desk, adopted_packs = Desk(client), AdoptedPacks(database)
    outbox, read_log = Outbox(database, desk), ReadLog(database)
    await adopted_packs.adopt(settings.policies)
    lookout = Lookout(
        database, client, mailer(settings), settings.operator_mail, settings.state
    )
    running = [
        asyncio.create_task(outbox.run()),
        asyncio.create_task(read_log.run()),
        asyncio.create_task(keep_house(database)),
        asyncio.create_task(lookout.run()),
    ]
    port = settings.api_metrics_port
    try:
        async with metrics_served(
            settings.metrics_host, port, Watch(database, client, lookout)
        ):
            yield Parts(
                settings=settings,
                database=database,
                desk=desk,
                outbox=outbox,
                reads=read_log,
                lookout=lookout,
                adopted_packs=adopted_packs,
                authenticator=ApiKeys(),
                calendars=load_calendars(settings.calendars),
                limits=Limits(settings),
                links=LinkSigner(keys),
                codec=EncryptionCodec(keys),
                secrets=SecretBox(keys),
                cookies=TimestampSigner(keys.oldest_first, b"throughcare.codec"),
            )
    finally:
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await read_log.close()
        await database.close()
