"""The plan of a care plan as people read it: its sections in the policy's order, what it still lacks, and its versions."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Self

from pydantic import Field

from throughcare.case.parts import ClauseId
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.elements import (
    goals,
    goals_without_progress,
    label_of,
    links_without_outcome,
    missing_elements,
)
from throughcare.lifecycles.care_plan.versions import drafted, lacking
from throughcare.lifecycles.client.plan_facts import (
    Attendee,
    CarePlanFacts,
    Content,
    FollowUp,
    Listed,
    Version,
    VersionKind,
    Writing,
)
from throughcare.lifecycles.client.plan_policy import (
    PlanRules,
    Section,
    SectionKind,
)
from throughcare.usecases.views import Names, PersonView, View


class SignatureView(View):
    """A name under a version, or why it is not there; `outcome` is null while it is waited for."""

    member: str
    name: str
    outcome: str | None = Field(description="`signed`, `refused` or `unavailable`")
    at: datetime | None
    how: str | None = Field(description="By `account`, by a `link`, or on `paper`")
    reason: str | None


class SectionText(View):
    """What a section says. One that nobody writes follows from the team and its meetings, and has no `content`."""

    id: str
    title: str
    clause: ClauseId
    kind: SectionKind
    revision: int = Field(description="How often it was written; 0 is never")
    content: Content | None
    members: tuple[Listed, ...] | None = None
    attendance: tuple[Attendee, ...] | None = None
    dates: tuple[datetime, ...] | None = None
    follow_up: FollowUp | None = None
    signatures: tuple[SignatureView, ...] | None = None


class WritingView(View):
    """A section as somebody wrote it."""

    section: str
    revision: int
    content: Content | None = Field(description="Null where nobody has written it yet")
    written_at: datetime | None
    written_by: PersonView | None
    seat: str | None = Field(description="The seat it was written from")

    @classmethod
    def of(cls, section: str, writing: Writing | None, names: Names) -> Self:
        return cls(
            section=section,
            revision=writing.revision if writing else 0,
            content=writing.content if writing else None,
            written_at=writing.at if writing else None,
            written_by=PersonView.of(writing.person, names) if writing else None,
            seat=writing.seat if writing else None,
        )


class Before(View):
    """A section that is to be written first, and the clause that says so."""

    section: str
    title: str
    clause: ClauseId


class PlanSectionView(SectionText):
    written_at: datetime | None
    written_by: PersonView | None
    may_write: bool = Field(description="Whether you may write it now")
    comes_after: tuple[Before, ...] = Field(
        description="What must be written before it, and is not yet"
    )


class GapView(View):
    clause: ClauseId
    text: str


class VersionSummary(View):
    """A version, and whose name is under it."""

    number: str
    kind: VersionKind
    put_forward_at: datetime
    final_at: datetime | None = Field(description="Since when it is in force")
    in_force: bool = Field(description="Whether it is the team's plan now")
    digest: str = Field(description="SHA-256 of all it says; a signature is under it")
    review_every: str | None = Field(
        description="How often it has its services reviewed, as ISO 8601, where it is the plan that says so"
    )
    missing: tuple[str, ...] = Field(
        description="What it lacks that the policy asks for without refusing it"
    )
    signatures: tuple[SignatureView, ...] = Field(
        description="Of everybody who takes part, in the order of the team"
    )


class VersionView(VersionSummary):
    """A version whole. Nothing in it changes again, however long the case has been over."""

    sections: tuple[SectionText, ...]


class PlanView(View):
    """The plan as it is written now, and the versions that were put forward."""

    case: str
    stage: str
    sections: tuple[PlanSectionView, ...] = Field(description="In the policy's order")
    team_gaps: tuple[GapView, ...] = Field(
        description="Whom the policy wants on the team and who is not there"
    )
    lacks: tuple[str, ...] = Field(
        description="What keeps it from being put forward as the team's plan"
    )
    missing: tuple[str, ...] = Field(
        description="What it may be put forward without, and is then on record"
    )
    versions: tuple[VersionSummary, ...]
    called: str | None = Field(
        description="What the service is called for this person's population"
    )
    elements_missing: tuple[GapView, ...] = Field(
        description="What the policy wants every case to show and this one does not"
    )
    goals_without_progress: tuple[str, ...] = Field(
        description="Needs nothing was noted of since the last review"
    )
    links_without_outcome: tuple[int, ...] = Field(
        description="Links to resources nobody knows the outcome of, by number"
    )


def plan_page(
    case: CarePlan,
    said: Collection[str],
    now: datetime,
    stage: str,
    names: Names,
    *,
    may_write: bool,
) -> PlanView:
    """`said` are the kinds of the entries on its timeline."""
    policy, rules = case.rules, _rules(case)
    assert policy is not None
    kind = VersionKind.amended if case.life.current else VersionKind.final
    lacks, missing = lacking(case, rules, kind)
    draft = drafted(case, rules, kind, missing, now)
    if case.life.teams:
        # The last date would be that of a revision put forward as this is read.
        draft = draft.model_copy(update={"dates": draft.dates[:-1]})
    last = case.life.versions[-1] if case.life.versions else None
    in_force = case.life.current
    current = case.content_of(in_force).values() if in_force else ()
    label = label_of(policy, case.known)
    return PlanView(
        case=case.case_id,
        stage=stage,
        sections=tuple(
            _section_now(case, section, draft, last, names, may_write=may_write)
            for section in rules.sections
        ),
        team_gaps=tuple(GapView(clause=c, text=text) for c, text in case.gaps()),
        lacks=tuple(lacks),
        missing=tuple(missing),
        versions=tuple(version_summary(case.life, each) for each in case.life.versions),
        called=label.title if label else None,
        elements_missing=tuple(
            GapView(clause=each.clause, text=each.title)
            for each in missing_elements(policy, case.known, said)
        ),
        goals_without_progress=goals_without_progress(
            case.life, goals(case.known, current)
        ),
        links_without_outcome=links_without_outcome(case.life),
    )


def version_page(case: CarePlan, version: Version) -> VersionView:
    """Its own text, team and dates, not those of today."""
    written = {each.seq: each for each in case.writings}
    texts = {section: written[seq] for section, seq in version.sections.items()}
    return VersionView(
        **version_summary(case.life, version).model_dump(),
        sections=tuple(
            _text(section, texts.get(section.id), version, case.life, version)
            for section in _rules(case).sections
        ),
    )


def version_summary(life: CarePlanFacts, version: Version) -> VersionSummary:
    current = life.current
    return VersionSummary(
        number=version.number,
        kind=version.kind,
        put_forward_at=version.put_forward_at,
        final_at=version.final_at,
        in_force=current is not None and current.number == version.number,
        digest=version.digest,
        review_every=str(version.review_every) if version.review_every else None,
        missing=version.missing,
        signatures=tuple(_signatures(life, version)),
    )


def written_sections(case: CarePlan) -> Mapping[str, Section]:
    """Those that somebody writes, by id."""
    return {e.id: e for e in _rules(case).sections if e.kind.is_written}


def people_of_plan(case: CarePlan) -> set[str]:
    return {each.person for each in case.writings if each.person}


def _rules(case: CarePlan) -> PlanRules:
    assert case.rules is not None
    return case.rules.plan


def _section_now(
    case: CarePlan,
    section: Section,
    draft: Version,
    last: Version | None,
    names: Names,
    *,
    may_write: bool,
) -> PlanSectionView:
    writing, before = case.latest(section.id), tuple(_before(case, section))
    text = _text(section, writing, draft, case.life, last)
    return PlanSectionView(
        **text.model_dump(),
        written_at=writing.at if writing else None,
        written_by=PersonView.of(writing.person, names) if writing else None,
        may_write=may_write and section.kind.is_written and not before,
        comes_after=before,
    )


def _before(case: CarePlan, section: Section) -> Iterator[Before]:
    """As the case itself judges it (CP-O-1 to CP-O-4)."""
    for each in section.after:
        earlier = _rules(case).section(each)
        if earlier and case.latest(each) is None:
            yield Before(
                section=each,
                title=earlier.title,
                clause=section.order or section.clause,
            )


def _text(
    section: Section,
    writing: Writing | None,
    version: Version,
    life: CarePlanFacts,
    signed: Version | None,
) -> SectionText:
    kind = section.kind
    names = tuple(_signatures(life, signed)) if signed else ()
    return SectionText(
        id=section.id,
        title=section.title,
        clause=section.clause,
        kind=kind,
        revision=writing.revision if writing else 0,
        content=writing.content if writing else None,
        members=version.members if kind is SectionKind.members else None,
        attendance=version.attendance if kind is SectionKind.attendance else None,
        dates=version.dates if kind is SectionKind.dates else None,
        follow_up=version.follow_up if kind is SectionKind.follow_up else None,
        signatures=names if kind is SectionKind.signatures else None,
    )


def _signatures(life: CarePlanFacts, version: Version) -> Iterator[SignatureView]:
    listed = {each.member: each.name for each in version.members}
    for member in version.signers:
        found = life.signature(member, version.number)
        yield SignatureView(
            member=member,
            name=listed.get(member, member),
            outcome=found.outcome if found else None,
            at=found.at if found else None,
            how=found.how or None if found else None,
            reason=found.reason if found else None,
        )
