"""The people of the directory, and their leaving. Their addresses are not shown."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.deps import KNOWN_FILTERS, SignedIn, TheParts
from api.directory.transfers import SeatTransferView, transfer_views
from api.etag import IfMatch, put_tag
from api.examples import DEPARTURE, MAIL
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routing import Routes
from throughcare.case.base import Written
from throughcare.errors import NotForYou, NotThere
from throughcare.store.changes import lock_people
from throughcare.store.directory import (
    AbsenceFacts,
    MailSetting,
    PersonFacts,
    person,
)
from throughcare.store.idempotency import Reply
from throughcare.time.deadline import Instant
from throughcare.usecases.asking import Asking
from throughcare.usecases.departures import (
    Departure,
    depart,
    departure_preview,
    lock_leaver,
    stay,
)
from throughcare.usecases.mail_settings import mail_setting_seen, set_mail
from throughcare.usecases.outsiders import people_seen, person_seen
from throughcare.usecases.storable import Storable

router = Routes(tags=["directory"])


class People(BaseModel):
    items: tuple[PersonFacts, ...]


class Leaving(Storable, Written):
    """When somebody leaves, and who follows them in which seat."""

    at: Instant | None = Field(
        default=None, description="When they leave; now, if it is not given"
    )
    seats: dict[str, str | None] = Field(
        default_factory=dict,
        max_length=200,
        description="By seat, the person who takes it; a seat that is not named is left empty",
    )
    expected: str | None = Field(
        default=None,
        description="The `digest` of a preview: where something else would move by now, nothing is done",
    )


class DepartureView(BaseModel):
    """What moves when somebody leaves. Every due date stays as it is, and the record keeps both names."""

    person: str
    left_at: datetime
    moves: tuple[SeatTransferView, ...]
    absences: tuple[AbsenceFacts, ...] = Field(
        description="Those that are not over by then, in which they are away or stand in"
    )
    api_keys: tuple[str, ...] = Field(description="The keys that end with it, by id")
    digest: str = Field(description="Of all this; send it along as `expected`")


@router.get("/people", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_people(asking: SignedIn, parts: TheParts) -> People:
    """Everybody in the directory, for the agency's own people; for others who is of their own organizations. `left_at` tells
    who has left, or when they will."""
    return People(items=await parts.database.read(people_seen, asking))


@router.get("/people/{person_id}", responses=documented(401, 404))
async def show_person(
    person_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> PersonFacts:
    """One of them. Send the ETag along as `If-Match` with a departure, and it is not recorded on top of somebody else's."""
    found = await parts.database.read(person_seen, asking, person_id)
    if found is None:
        raise NotThere("person")
    put_tag(response, found)
    return found


@router.get(
    "/people/{person_id}/departure",
    responses=documented(401, 403, 404, 409, 422),
    dependencies=KNOWN_FILTERS,
)
async def show_departure(
    person_id: str,
    asking: SignedIn,
    parts: TheParts,
    at: Annotated[
        Instant | None, Query(description="When they would leave; by default now")
    ] = None,
) -> DepartureView:
    """What would move if they left and nobody followed them. For the administrator, and for whoever supervises them."""
    return await parts.database.write(_preview, person_id, Leaving(at=at), asking)


@router.post(
    "/people/{person_id}/departure/preview",
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def preview_departure(
    person_id: str,
    body: Annotated[Leaving, Body(examples=[DEPARTURE])],
    asking: SignedIn,
    parts: TheParts,
) -> DepartureView:
    """What would move, to whom, and what to look out for. Nothing is changed."""
    return await parts.database.write(_preview, person_id, body, asking)


@router.post(
    "/people/{person_id}/departure",
    response_model=DepartureView,
    responses=documented(401, 403, 404, 409, 412, 413, 422),
)
async def record_departure(
    person_id: str,
    body: Annotated[Leaving, Body(examples=[DEPARTURE])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
    precondition: IfMatch,
) -> Response:
    """They leave, now or on a day to come; their keys end, and their seats go to whoever is named. For the administrator."""
    _check_is_administrator(asking)

    def write(connection: Connection) -> Reply:
        lock_leaver(connection, person_id, body.seats.values())
        precondition.check(_person(connection, person_id))
        now = datetime.now(UTC)
        left_at, by = body.at or now, asking.person_id
        left = depart(
            connection,
            person_id,
            left_at,
            body.seats,
            by=by,
            at=now,
            expected=body.expected,
        )
        return reply(200, _view(connection, left, asking))

    answer = await once.answer_in_transaction(body, write)
    parts.outbox.wake()
    return answer


@router.delete(
    "/people/{person_id}/departure",
    status_code=204,
    responses=documented(401, 403, 404, 409, 412, 422),
)
async def cancel_departure(
    person_id: str,
    asking: SignedIn,
    parts: TheParts,
    precondition: IfMatch,
) -> None:
    """They do not leave after all; only before the day. For the administrator."""
    _check_is_administrator(asking)

    def write(connection: Connection) -> None:
        lock_people(connection, [person_id])
        precondition.check(_person(connection, person_id))
        stay(connection, person_id, by=asking.person_id, at=datetime.now(UTC))

    await parts.database.write(write)
    parts.outbox.wake()


@router.get("/people/{person_id}/mail", responses=documented(401, 403, 404))
async def show_mail(
    person_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> MailSetting:
    """How their letters leave. For themself and the administrator."""
    found = await parts.database.read(mail_setting_seen, asking, person_id)
    put_tag(response, found)
    return found


@router.put(
    "/people/{person_id}/mail",
    responses=documented(401, 403, 404, 412, 413, 422),
)
async def change_mail(
    person_id: str,
    body: Annotated[MailSetting, Body(examples=[MAIL])],
    asking: SignedIn,
    parts: TheParts,
    precondition: IfMatch,
    response: Response,
) -> MailSetting:
    """Have one letter a day, or each at once. What is urgent, due before the next daily letter or itself the telling that a policy
    asks for leaves at once all the same. What waits by the setting of before leaves now. For themself and the administrator."""
    now, by = datetime.now(UTC), asking.person_id

    def write(connection: Connection) -> None:
        lock_people(connection, [person_id])
        before = mail_setting_seen(connection, asking, person_id)
        precondition.check(before)
        set_mail(connection, person_id, before, body, by=by, at=now)

    await parts.database.write(write)
    put_tag(response, body)
    return body


def _person(connection: Connection, person_id: str) -> PersonFacts:
    found = person(connection, person_id)
    if found is None:
        raise NotThere("person")
    return found


def _preview(
    connection: Connection, person_id: str, body: Leaving, asking: Asking
) -> DepartureView:
    now = datetime.now(UTC)
    left_at = body.at or now
    _person(connection, person_id)
    would = departure_preview(
        connection, asking, person_id, left_at, body.seats, at=now
    )
    return _view(connection, would, asking)


def _view(connection: Connection, left: Departure, asking: Asking) -> DepartureView:
    return DepartureView(
        person=left.person,
        left_at=left.left_at,
        moves=transfer_views(connection, left.moves, asking.scope),
        absences=left.absences,
        api_keys=left.api_keys,
        digest=left.digest,
    )


def _check_is_administrator(asking: Asking) -> None:
    if not asking.is_administrator:
        raise NotForYou("Who leaves is recorded from the Agency Administrator's seat.")
