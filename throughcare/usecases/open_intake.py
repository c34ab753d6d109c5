"""Beginning an intake: who was referred, judged by the policy of the program they come to and by who is known already."""

from datetime import UTC, datetime

from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from throughcare.case.base import Written
from throughcare.case.seats import HeldSeat
from throughcare.case.wire import Envelope, OpenCase
from throughcare.case.wording import listed
from throughcare.errors import BadRequestValue, NotForYou
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.openings import IntakeOpening, Referral
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.lifecycles.intake.screening import EmergencyNeed
from throughcare.store.client_cases import former_workers, live_cases
from throughcare.store.clients import add_client, find_client, may_be_seen
from throughcare.store.directory import seat_facts
from throughcare.store.identity import Identity
from throughcare.store.likenesses import Alike, alike
from throughcare.store.packs import PackInForce, packs_in_force
from throughcare.time.deadline import Instant
from throughcare.usecases.adopted_packs import closure_in, independence_in
from throughcare.usecases.asking import Asking
from throughcare.usecases.intake_staff import Staff, served_programs
from throughcare.usecases.services import Services
from throughcare.usecases.storable import Storable


class ScreenResult(Written):
    """What the intake unit's screen found, where it is known already."""

    emergency: bool
    needs: tuple[EmergencyNeed, ...] = ()


class Referred(Storable, Written):
    """Somebody was referred or walked in. Who they are is kept apart from the case, and no workflow knows it."""

    model_config = ConfigDict(str_strip_whitespace=True)

    program: str = Field(
        description="The program they come to; it decides the policy",
        examples=["cars"],
    )
    client: str | None = Field(
        default=None, description="A client who is known here, by id; else `person`"
    )
    person: Identity | None = Field(
        default=None, description="Who they are, where they are new here"
    )
    source: Name = Field(description="Who referred them, or that they walked in")
    words: Words | None = Field(default=None, description="What the first call said")
    referred_at: Instant | None = Field(
        default=None, description="When it came; now where left out"
    )
    screen: ScreenResult | None = None
    seat: str | None = Field(
        default=None, description="The seat you speak from, where you hold several"
    )


async def intake_opening(
    case_id: str,
    body: Referred,
    asking: Asking,
    services: Services,
    received_at: datetime,
) -> OpenCase[IntakeOpening]:
    """Enters the client too, where they are new. Raises BadRequestValue and NotForYou."""
    return await services.database.write(_judge, case_id, body, asking, received_at)


def _judge(
    connection: Connection,
    case_id: str,
    body: Referred,
    asking: Asking,
    received_at: datetime,
) -> OpenCase[IntakeOpening]:
    agency, packs = packs_in_force(connection)
    in_force, policy = pack_for(body.program, packs)
    now = datetime.now(UTC)
    at = body.referred_at or received_at
    if at > now:
        raise BadRequestValue("referred_at", "It lies in the future.")
    held = _may_open(connection, policy, body.program, asking, body.seat, now)
    client, similar = _client_of(
        connection, case_id, body, asking, held.seat, received_at
    )
    live = live_cases(connection, client, "intake")
    former = former_workers(connection, client, body.program, now)
    referral = Referral(
        at=at,
        source=body.source,
        words=body.words or "",
        alike=tuple(each.client for each in similar if not each.is_of_many),
        former=former,
        live=tuple(each for each in live if each != case_id),
        live_plan=next(iter(live_cases(connection, client, "care-plan")), None),
    )
    about = IntakeOpening(
        client=client,
        policy=policy,
        independence=independence_in(packs),
        care_plan=in_force.pack.care_plan,
        closure_clause=closure_in(packs),
        referral=referral,
    )
    return OpenCase[IntakeOpening](
        kind="intake",
        case_id=case_id,
        agency=agency.id,
        calendar=agency.calendar,
        program=body.program,
        pack=in_force.ref,
        opened_by=asking.person_id,
        opened_from=held.seat,
        opened_by_right=held.capacity,
        received_at=received_at,
        about=about,
    )


def screen_message(
    opening: OpenCase[IntakeOpening],
    screen: ScreenResult,
    asking: Asking,
    seat: str | None,
) -> Envelope:
    """What the screen found, as the message it is; under an id of its own, so that it is handled once."""
    at = opening.about.referral.at.isoformat()
    return Envelope(
        message_id=f"{opening.case_id}-screen",
        actor=asking.actor(seat),
        received_at=opening.received_at,
        facts=screen.model_dump(mode="json") | {"event_at": at},
    )


def _client_of(
    connection: Connection,
    case_id: str,
    body: Referred,
    asking: Asking,
    seat: str,
    now: datetime,
) -> tuple[str, tuple[Alike, ...]]:
    """Who it is about, and those here already who may be the same person, as far as whoever opens it sees them."""
    seen = Staff.of(connection).clients_seen_by(asking)
    if (body.client is None) is (body.person is None):
        raise BadRequestValue(
            "client",
            "Name a client who is known here, or say in `person` who they are; one of the two.",
        )
    if body.client is not None:
        if not may_be_seen(connection, seen, [body.client]):
            raise BadRequestValue(
                "client", "There is no such client; GET /clients lists them."
            )
        return body.client, ()
    assert body.person is not None
    # The id of the intake they came by, so that the same request again makes no second of them.
    if find_client(connection, case_id) is None:
        person, by = body.person, asking.person_id
        found = add_client(
            connection, case_id, person, by=by, entered_from=seat, at=now
        )
    else:
        found = alike(connection, body.person, besides=case_id)
    mine = may_be_seen(connection, seen, [each.client for each in found])
    return case_id, tuple(each for each in found if each.client in mine)


def pack_for(
    program: str, packs: tuple[PackInForce, ...]
) -> tuple[PackInForce, IntakePolicy]:
    """The pack whose intake serves this program: packs are never blended (ruling 8). Raises BadRequestValue."""
    for each in packs:
        if each.pack.intake and program in each.pack.intake.programs:
            return each, each.pack.intake
    known = [
        name for each in packs if each.pack.intake for name in each.pack.intake.programs
    ]
    raise BadRequestValue(
        "program",
        f"No policy in force takes people in for it. Programs are: {listed(known)}.",
    )


def _may_open(
    connection: Connection,
    policy: IntakePolicy,
    program: str,
    asking: Asking,
    seat: str | None,
    now: datetime,
) -> HeldSeat:
    """The seat the referral is entered from: of the program's intake unit, or of its supervisor. Raises NotForYou."""
    asking.actor(seat)
    parts = (policy.intake, policy.supervisor)
    for each in sorted(asking.seats, key=lambda each: each.capacity.rank):
        if seat not in (None, each.seat):
            continue
        facts = seat_facts(connection, each.seat, now)
        if facts and program in served_programs(
            policy, parts, facts.role, facts.program
        ):
            return each
    titles = " or ".join(policy.roles[role].title for role in parts)
    raise NotForYou(f"An intake is begun from the seat of {titles}.")
