"""The people of the directory. Their addresses are not shown."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.problems import documented
from throughcare.store.directory import PersonFacts, people

router = APIRouter(tags=["directory"])


class People(BaseModel):
    items: tuple[PersonFacts, ...]


@router.get("/people", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_people(asking: SignedIn, parts: TheParts) -> People:
    """Everybody in the directory; `left_at` tells who has left."""
    async with parts.database.sessions() as session:
        return People(items=await people(session))
