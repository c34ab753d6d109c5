"""A care plan with everything in it that a paper can show. Nobody in it is real."""

from datetime import UTC, date, datetime
from pathlib import Path

from throughcare.documents.plan import PlanPaper, plan_paper
from throughcare.documents.request import RequestPaper
from throughcare.lifecycles.client.plan_facts import (
    Attendee,
    CarePlanFacts,
    Content,
    Extension,
    FollowUp,
    Listed,
    Meeting,
    Member,
    MemberStatus,
    PlanNeed,
    PlanStrategy,
    PlanStrength,
    RequestStatus,
    ServiceAsked,
    ServiceRequest,
    Signature,
    Slot,
    Version,
    VersionKind,
)
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy, MemberKind
from throughcare.packs.reading import load_packs

POLICIES = Path(__file__).parents[3] / "policies"
CASE = "01KAHX6Z1M0000000000000000"
CLIENT = "01KAHX6Z1MCCCCCCCCCCCCCCCC"
NOW = datetime(2026, 3, 4, 20, 10, tzinfo=UTC)
"""Ten past two in the afternoon in Milwaukee."""

MEMBERS = (
    Listed(member="member-1", name="Client Demo-Fern", kind=MemberKind.client),
    Listed(
        member="member-2",
        name="Coordinator Demo-Cypress",
        kind=MemberKind.coordinator,
        organization="Wraparound Milwaukee",
        contact="414-555-0100",
    ),
    Listed(member="member-3", name="Aunt Demo-Sage", kind=MemberKind.family),
)
CONTENTS = {
    "vision": Content(
        text="A quiet home.\nA job with animals.", quotes=("I want my own door.",)
    ),
    "strengths": Content(
        strengths=(
            PlanStrength(whose="Client Demo-Fern", text="Comes to everything"),
            PlanStrength(whose="Client Demo-Fern", text="Good with dogs"),
            PlanStrength(whose="Aunt Demo-Sage", text="Always answers the phone"),
        )
    ),
    "needs": Content(
        needs=(
            PlanNeed(id="need-2", whose="Client", text="Sleep through", rank=2),
            PlanNeed(id="need-1", whose="Client", text="Feel safe at home", rank=1),
        )
    ),
    "strategies": Content(
        strategies=(
            PlanStrategy(need="need-2", text="A walk at night", who="Aunt Demo-Sage"),
            PlanStrategy(need="need-1", text="A lock on the door", who="Coordinator"),
        )
    ),
    "safety": Content(
        text="Call the aunt first.",
        client_strengths="Knows when it gets too much",
        natural_supports="The aunt, day and night",
    ),
}


def policy() -> CarePlanPolicy:
    rules = load_packs(POLICIES)["milwaukee-cars"].care_plan
    assert rules is not None
    return rules


def signature(member: str, **changed: object) -> Signature:
    said = Signature(
        member=member,
        version="2",
        outcome="signed",
        at=NOW,
        digest="d",
        how="account",
    )
    return said.model_copy(update=changed)


SIGNED = (
    signature("member-2"),
    signature("member-3", outcome="unavailable", how="", reason="In hospital"),
)


def version(contents: dict[str, Content] = CONTENTS, **changed: object) -> Version:
    made = Version(
        number="2",
        kind=VersionKind.final,
        put_forward_at=NOW,
        sections={each: seq for seq, each in enumerate(contents, start=1)},
        members=MEMBERS,
        attendance=(
            Attendee(name="Client Demo-Fern", kind=MemberKind.client, attended=True),
            Attendee(
                name="Aunt Demo-Sage",
                kind=MemberKind.family,
                attended=False,
                effort="Offered a ride and a call",
            ),
        ),
        # Six in the evening there is the next day in UTC.
        dates=(
            datetime(2026, 2, 12, 0, tzinfo=UTC),
            datetime(2026, 3, 4, 16, tzinfo=UTC),
        ),
        follow_up=FollowUp(
            at=datetime(2026, 4, 1, 15, tzinfo=UTC), place="The library, room 2"
        ),
        signers=("member-1", "member-2", "member-3"),
    )
    return made.model_copy(update=changed).sealed(contents)


def paper(
    contents: dict[str, Content] = CONTENTS,
    signatures: tuple[Signature, ...] = SIGNED,
    **changed: object,
) -> PlanPaper:
    made = plan_paper(
        policy(),
        version(contents),
        contents,
        signatures,
        standing="proposed",
        case=CASE,
        agency="Wraparound Milwaukee",
        client=CLIENT,
        client_name="Client Demo-Fern",
        language="en",
        zone="America/Chicago",
        services=(
            ServiceAsked(
                case="01KAHX6Z1MSSSSSSSSSSSSSSSS",
                service="Mentoring",
                need="need-1",
                provider="provider-1",
                provider_title="Mentors Demo-Oak",
                plan="2",
                status=RequestStatus.approved,
                asked_at=NOW,
                decided_at=NOW,
                until=date(2026, 6, 30),
            ),
        ),
    )
    return made.model_copy(update=changed)


def life(**changed: object) -> CarePlanFacts:
    """The team of that plan, one of whom is only invited and one no longer wanted."""
    team = [
        Member(
            id=each.member,
            kind=each.kind,
            name=each.name,
            status=MemberStatus.joined,
            since_at=NOW,
            contact=each.contact,
            organization=each.organization,
        )
        for each in MEMBERS
    ]
    team[2] = team[2].model_copy(update={"status": MemberStatus.invited})
    gone = {
        "id": "member-4",
        "name": "Neighbour Demo-Thorn",
        "status": MemberStatus.declined_by_client,
        "reason": "They fell out",
    }
    return CarePlanFacts(
        team=[*team, team[2].model_copy(update=gone)],
        open_slots=[Slot(kind=MemberKind.clinical, reason="Nobody has room")],
        meetings=[
            Meeting(
                number=1, at=datetime(2026, 4, 1, 15, tzinfo=UTC), place="The library"
            )
        ],
    ).model_copy(update=changed)


def request_paper(language: str = "en", **changed: object) -> RequestPaper:
    request = ServiceRequest(
        service="Mentoring",
        need="need-1",
        provider="provider-1",
        provider_title="Mentors Demo-Oak",
        plan="2",
        submitted_at=NOW,
        to="The payer",
        decision="partly",
        decided_at=NOW,
        until=date(2026, 6, 30),
        units="two hours a week",
        extensions=(Extension(plan="3", until=date(2026, 9, 30), asked_at=NOW),),
    )
    return RequestPaper(
        case="01KAHX6Z1MSSSSSSSSSSSSSSSS",
        agency="Wraparound Milwaukee",
        client_name="Client Demo-Fern",
        language=language,
        zone="America/Chicago",
        request=request.model_copy(update=changed),
        need_text="Feel safe at home",
        asked_at=NOW,
    )
