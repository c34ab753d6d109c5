"""Versions of the plan: what one takes, and what it holds. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import has_team
from throughcare.lifecycles.care_plan.said import note_held, plan_of, rules_of
from throughcare.lifecycles.care_plan.writing import needs_of, without_rank
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.fields import Words
from throughcare.lifecycles.client.plan_facts import (
    Attendee,
    FollowUp,
    Listed,
    Version,
    VersionKind,
)
from throughcare.lifecycles.client.plan_policy import (
    MemberKind,
    PlanRules,
    Section,
    SectionKind,
)
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.time.deadline import Span

versions = Messages()


@versions.message(
    "plan_put_forward",
    by=CarePlan.staff,
    beside=True,
    when=has_team,
    example={"kind": "final", "review_every": "P3M"},
)
class PlanPutForward(Facts):
    """The plan as it is written now becomes a version, and every member who takes part is asked to sign it (CP-C-j)."""

    kind: Literal["preliminary", "final", "amended"]
    review_every: Span | None = Field(
        default=None, description="How often the plan has its services reviewed."
    )
    exception: Words | None = Field(
        default=None,
        description="Why it may come from somebody whose organization delivers the services, where it is so.",
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """What is written becomes a version nobody changes again, and everybody who takes part is asked to sign it."""
        rules = rules_of(said)
        kind = VersionKind(self.kind)
        if kind is VersionKind.amended and case.life.current is None:
            raise said.refused(
                "There is no plan in force to amend; put it forward as final."
            )
        if kind is not VersionKind.amended and case.life.current:
            raise said.refused(
                "A plan is in force; a new version of it is an amended one."
            )
        refused, missing = lacking(case, rules.plan, kind)
        if refused:
            raise said.refused(f"The plan is not whole: {'; '.join(refused)}.")
        if self.review_every:
            case.life.review_every = self.review_every
        _check_review_every(said, kind)
        if case.independence:
            who, mine = said.seated.title, said.seated.organization
            clause = case.independence.planner
            said.check_deliverers(mine, clause, who, self.exception)
        version = drafted(case, rules.plan, kind, missing, said.counted_from)
        version = version.sealed(case.content_of(version))
        case.life.versions.append(version)
        said.drop(ClientAct.signing, text="Another version takes its place.")
        is_signed = rules.plan.signatures_clause is not None
        text = f"Version {version.number} is put forward{' to be signed' * is_signed}."
        said.say(text, rules.versions_clause)
        for lack in missing:
            said.note(
                ClientEntry.missing_section, f"It lacks {lack}.", rules.versions_clause
            )
        case.come(Moment.put_forward, said.counted_from, target=version.number)
        if is_signed:
            _ask_to_sign(said, version)


def _check_review_every(said: ClientSaid, kind: VersionKind) -> None:
    """A review that has no limit of its own is as often as the plan says, so the plan says it (CS-W-15)."""
    life, reviews = plan_of(said).life, rules_of(said).reviews.values()
    clauses = [each.clause for each in reviews if each.limit is None]
    is_stop_gap = kind is VersionKind.preliminary
    if clauses and life.review_every is None and not is_stop_gap:
        raise said.refused(
            f"review_every: say how often the plan has its services reviewed ({clauses[0]})."
        )


def _ask_to_sign(said: ClientSaid, version: Version) -> None:
    case = plan_of(said)
    signers = [e for e in case.life.members if e.id in version.signers]
    for member in signers:
        if case.is_reached(member):
            case.ask_to_sign(member, version)
    note_held(said, signers, version.place, rules_of(said).versions_clause)


def lacking(
    case: CarePlan, plan: PlanRules, kind: VersionKind
) -> tuple[list[str], list[str]]:
    """What keeps it from being put forward, and what is only put on record."""
    count = 1 + len(case.life.teams)
    refused: list[str] = []
    missing: list[str] = []
    for section in plan.sections:
        is_stop_gap = kind is VersionKind.preliminary
        if is_stop_gap and section.kind is not SectionKind.safety:
            continue
        if section.from_version > count:
            continue
        lacks = list(_section_lacks(case, plan, section))
        (refused if section.required else missing).extend(lacks)
    return refused, missing


def _section_lacks(case: CarePlan, plan: PlanRules, section: Section) -> Iterator[str]:
    stated, life = f"{section.title} ({section.clause})", case.life
    writing = case.latest(section.id)
    match section.kind:
        case SectionKind.members | SectionKind.dates | SectionKind.signatures:
            return
        case SectionKind.attendance:
            clients = {e.id for e in life.team if e.kind is MemberKind.client}
            if not any(clients & set(meeting.attended) for meeting in life.held):
                yield f"{stated}: the team has not met with the {case.policy.client_word}"
        case SectionKind.follow_up:
            if life.next_meeting is None:
                yield f"{stated}: no date and place are set"
        case _ if writing is None:
            yield stated
        case SectionKind.needs:
            unranked = without_rank(writing)
            if plan.ranks_clause and unranked:
                yield f"{stated}: without a rank are {', '.join(unranked)}"
        case SectionKind.strategies:
            known = {each.need for each in writing.content.strategies}
            bare = [each for each in needs_of(case, plan) if each not in known]
            if plan.strategies_clause and bare:
                yield f"{stated}: without a strategy are {', '.join(bare)}"
        case _:
            return


def drafted(
    case: CarePlan,
    plan: PlanRules,
    kind: VersionKind,
    missing: list[str],
    now: datetime,
) -> Version:
    """The plan as it is written now, as a version without its digest."""
    life = case.life
    last = life.held[-1] if life.held else None
    absent = {each.member: each.effort for each in last.absent} if last else {}
    attended = last.attended if last else ()
    number = case.next_number()
    written = {
        section.id: writing.seq
        for section in plan.sections
        if (writing := case.latest(section.id))
    }
    first = [life.held[0].at] if life.held else []
    revised = [each.put_forward_at for each in life.teams[1:]]
    revised += [now] if life.teams else []
    following = life.next_meeting
    return Version(
        number=number,
        kind=kind,
        put_forward_at=now,
        sections=written,
        members=tuple(
            Listed(
                member=each.id,
                name=each.name,
                kind=each.kind,
                contact=each.contact,
                organization=each.organization,
            )
            for each in life.members
        ),
        attendance=tuple(
            Attendee(
                name=member.name,
                kind=member.kind,
                attended=each in attended,
                effort=absent.get(each, ""),
            )
            for each in (*attended, *absent)
            if (member := life.member(each))
        ),
        dates=(*first, *revised),
        follow_up=FollowUp(at=following.at, place=following.place)
        if following
        else None,
        signers=_signers(case, attended),
        review_every=life.review_every,
        missing=tuple(missing),
    )


def _signers(case: CarePlan, attended: tuple[str, ...]) -> tuple[str, ...]:
    """The client, the worker, and whoever was at the last meeting (CP-C-j)."""
    always = (MemberKind.client, MemberKind.coordinator)
    return tuple(
        each.id
        for each in case.life.members
        if each.kind in always or each.id in attended
    )
