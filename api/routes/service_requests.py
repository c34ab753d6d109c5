"""Requests for services, each a case of its own that a care plan asked for: listed and read."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.paging import DEFAULT_LIMIT, After, Limit, Page
from api.problems import documented
from api.routes.intakes import (
    Wanted,
    listed,
    read_one,
    timeline_of,
)
from api.served import ServedSummary, ServedView
from api.views import EntryView

router = APIRouter(prefix="/service-requests", tags=["intakes"])

KIND = "service-request"


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_service_requests(
    request: Request,
    wanted: Annotated[Wanted, Query()],
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ServedSummary]:
    """The requests for services you may see, newest first."""
    return await listed(KIND, request, wanted, asking, parts, after, limit)


@router.get("/{case_id}", responses=documented(401, 404))
async def read_service_request(
    case_id: str, asking: SignedIn, parts: TheParts
) -> ServedView:
    """One request for one service: what it is for and what was decided, its duties, and the messages valid now."""
    return await read_one(KIND, case_id, asking, parts)


@router.get(
    "/{case_id}/timeline",
    responses=documented(401, 404, 422),
    dependencies=KNOWN_FILTERS,
)
async def read_service_request_timeline(
    request: Request,
    case_id: str,
    asking: SignedIn,
    parts: TheParts,
    after: After = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[EntryView]:
    """Everything that happened in the request, in order."""
    return await timeline_of(KIND, request, case_id, asking, parts, after, limit)
