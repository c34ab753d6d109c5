"""Whether the service lives, and whether it is ready, or which part is missing."""

import asyncio
from typing import Literal

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from api.deps import TheParts
from api.problems import answer, documented, plain_problem
from api.routing import Routes
from throughcare.store.database import Database, DatabaseBusy
from throughcare.usecases.lookout import UNREADY

router = Routes(tags=["health"])

DATABASE_PATIENCE_SECONDS = 2.0


class Health(BaseModel):
    """`ailing`: it works, and `parts` tells what does not."""

    status: Literal["ok", "ailing"] = "ok"
    parts: dict[str, str] | None = None


@router.get("/healthz", response_model_exclude_none=True)
async def is_alive() -> Health:
    """The process answers."""
    return Health()


@router.get(
    "/readyz",
    response_model=Health,
    response_model_exclude_none=True,
    responses=documented(503),
)
async def is_ready(request: Request, parts: TheParts) -> Health | Response:
    """The database, Temporal and a worker are there; else `parts` tells what each one lacks. With 200 it tells what ails beside."""
    found = parts.lookout.found
    missing = {part: found[part] for part in UNREADY if part in found}
    missing |= await _database(parts.database) | await parts.desk.missing()
    if not missing:
        return Health(status="ailing", parts=dict(found)) if found else Health()
    problem = plain_problem(503, request.url.path)
    detail = "; ".join(f"{part}: {lack}" for part, lack in missing.items())
    return answer(problem.model_copy(update={"detail": detail, "parts": missing}))


async def _database(database: Database) -> dict[str, str]:
    try:
        async with asyncio.timeout(DATABASE_PATIENCE_SECONDS):
            await database.read(_has_tables)
    except (TimeoutError, SQLAlchemyError, DatabaseBusy):
        return {"database": "cannot be reached, or has no tables yet"}
    return {}


def _has_tables(connection: Connection) -> None:
    connection.execute(text("SELECT 1 FROM alembic_version"))
