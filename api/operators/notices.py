"""Notices that did not arrive, or may not have: listed, and sent again by a person."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Request
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.paging import (
    DEFAULT_LIMIT,
    After,
    Page,
    PageSize,
    TotalAsked,
    cut,
    next_address,
    read_cursor,
)
from api.problems import documented
from api.routing import Routes
from api.shown import shows
from throughcare.case.base import Written
from throughcare.case.notice import Delivery, Undelivered
from throughcare.errors import NotForYou
from throughcare.store.resending import (
    UndeliveredKey,
    UndeliveredNotice,
    send_again,
    undelivered,
)
from throughcare.usecases.asking import Asking
from throughcare.usecases.storable import Storable

router = Routes(tags=["notices"])


class SentAgain(Storable, Written):
    """Notices to be sent once more."""

    keys: tuple[str, ...] = Field(min_length=1, max_length=100)


class Resent(BaseModel):
    """`left_out` arrived, wait, were sent again already, or are none."""

    sent: tuple[str, ...]
    left_out: tuple[str, ...]


@router.get(
    "/notices/undelivered",
    responses=documented(401, 403, 422),
    dependencies=KNOWN_FILTERS,
)
async def list_undelivered_notices(
    request: Request,
    asking: SignedIn,
    parts: TheParts,
    total: TotalAsked,
    delivery: Undelivered | None = None,
    after: After = None,
    limit: PageSize = DEFAULT_LIMIT,
) -> Page[UndeliveredNotice]:
    """Notices that failed, or that may have arrived, and that nobody has sent again; the latest first. For operators and the
    administrator."""
    _check_may(asking)
    found = await parts.database.read(
        undelivered,
        Delivery(delivery) if delivery else None,
        after=read_cursor(after, UndeliveredKey),
        limit=limit,
        total=total,
    )
    page, last = cut(found, limit)
    shows(cases=[each.case_id for each in page])
    key = UndeliveredKey(settled_at=last.settled_at, key=last.key) if last else None
    return Page(items=tuple(page), next=next_address(request, key), total=total.rows)


@router.post("/notices/send-again", responses=documented(401, 403, 413, 422))
async def send_notices_again(
    body: Annotated[
        SentAgain, Body(examples=[{"keys": ["01JZ:A1:told:CR-A-3:coordinator-1:1"]}])
    ],
    asking: SignedIn,
    parts: TheParts,
) -> Resent:
    """Send them once more, to where their receivers are reached now. It stands with each notice who had it sent; the same
    request again sends nothing. For operators and the administrator."""
    _check_may(asking)
    sent = await parts.database.write(
        send_again, body.keys, asking.person_id, datetime.now(UTC)
    )
    left_out = tuple(key for key in body.keys if key not in sent)
    return Resent(sent=sent, left_out=left_out)


def _check_may(asking: Asking) -> None:
    if not (asking.is_operator or asking.is_administrator):
        raise NotForYou(
            "Notices are sent again from an operator's seat or the administrator's."
        )
