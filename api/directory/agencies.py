"""The organizations a client can choose among: those that have workers."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from throughcare.store.workers import Agency, agencies
from throughcare.usecases.intake_staff import Staff
from throughcare.usecases.outsiders import own_organizations, refers

router = Routes(prefix="/agencies", tags=["directory"])


class Agencies(BaseModel):
    items: tuple[Agency, ...] = Field(description="By name, so that none comes first")


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_agencies(
    asking: SignedIn,
    parts: TheParts,
    program: Annotated[
        str | None, Query(description="Only those with workers of this program")
    ] = None,
) -> Agencies:
    """The agencies whose workers the policies in force know, for the client to choose one (CP-I-1). Whoever is of another
    organization and works with no clients here is shown its own."""

    def listed(connection: Connection) -> tuple[Agency, ...]:
        kinds, own = Staff.of(connection).workers, own_organizations(connection, asking)
        found = agencies(connection, kinds, program, datetime.now(UTC))
        if own is None or refers(connection, asking):
            return found
        ids = {each.id for each in own}
        return tuple(each for each in found if each.id in ids)

    return Agencies(items=await parts.database.read(listed))
