"""The plan's sections, in the policy's order: what messages about them do. Pure."""

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, Messages
from throughcare.case.refusals import Overwritten
from throughcare.case.wording import listed
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import has_team
from throughcare.lifecycles.care_plan.fields import Some
from throughcare.lifecycles.care_plan.said import plan_of, rules_of
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.plan_facts import Content, Writing
from throughcare.lifecycles.client.plan_policy import PlanRules, Section, SectionKind
from throughcare.lifecycles.client.said import ClientSaid

writing = Messages()


TAKES = {
    SectionKind.words: ("text",),
    SectionKind.strengths: ("strengths",),
    SectionKind.needs: ("needs",),
    SectionKind.strategies: ("strategies",),
    SectionKind.updates: ("successes", "barriers"),
    SectionKind.safety: ("text", "client_strengths", "natural_supports"),
}
"""What each kind of section is made of, beside quotes."""


class WrittenStrength(Frozen):
    whose: Name
    text: Words


class WrittenNeed(Frozen):
    id: Slug
    whose: Name = Field(description="The client's, the children's, the family's.")
    text: Words = Field(
        description="The concern, not the service that could settle it."
    )
    rank: int | None = Field(default=None, ge=1, le=100, strict=True)


class WrittenStrategy(Frozen):
    need: Slug
    text: Words
    who: str = Field(default="", max_length=200)


class WrittenContent(Frozen):
    """What a section says; each kind of section takes its own of these, and `quotes` every kind."""

    text: Words | None = None
    quotes: tuple[Words, ...] = Some
    strengths: tuple[WrittenStrength, ...] = Some
    needs: tuple[WrittenNeed, ...] = Some
    strategies: tuple[WrittenStrategy, ...] = Some
    successes: tuple[Words, ...] = Some
    barriers: tuple[Words, ...] = Some
    client_strengths: Words | None = None
    natural_supports: Words | None = None


@writing.message(
    "section_written",
    by=CarePlan.writers,
    beside=True,
    when=has_team,
    example={
        "section": "vision",
        "replaces": 0,
        "content": {"text": "A home of our own.", "quotes": ["A door I can lock."]},
    },
)
class SectionWritten(Facts):
    """One section of the plan, in the policy's order (CP-O-1 to CP-O-4). It replaces the revision its writer has read, and
    no other (0 where nobody has written it)."""

    section: Slug
    replaces: int = Field(ge=0, strict=True)
    content: WrittenContent

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        plan = rules_of(said).plan
        section = _section_named(said, self.section)
        content = Content.model_validate(self.content.model_dump())
        current = case.latest(section.id)
        revision = current.revision if current else 0
        if self.replaces != revision:
            if current is None or self.replaces > revision:
                raise said.unreadable(
                    f"replaces: {section.id} is at revision {revision}."
                )
            shown = {
                "current": current.model_dump(mode="json"),
                "yours": content.model_dump(mode="json", exclude_defaults=True),
            }
            raise Overwritten(section.id, revision, shown, said.allowed)
        _check_order(said, section)
        _check_content(said, section, content)
        _check_needs(said, plan, content)
        case.writings.append(
            Writing(
                seq=case.writings[-1].seq + 1 if case.writings else 1,
                section=section.id,
                revision=revision + 1,
                content=content,
                at=said.now,
                person=said.by.person,
                seat=said.seat,
            )
        )
        said.say(
            f"{section.title}: revision {revision + 1}.",
            section.order or section.clause,
        )


def _section_named(said: ClientSaid, section_id: str) -> Section:
    sections = [e for e in rules_of(said).plan.sections if e.kind.is_written]
    for section in sections:
        if section.id == section_id:
            return section
    listed = ", ".join(each.id for each in sections)
    raise said.unreadable(f"section must be one that is written: {listed}.")


def _check_order(said: ClientSaid, section: Section) -> None:
    case, plan = plan_of(said), rules_of(said).plan
    for before in section.after:
        writing, earlier = case.latest(before), plan.section(before)
        clause = section.order or section.clause
        if writing is None and earlier:
            raise said.refused(
                f"{section.title} comes after {earlier.title} ({clause}); write {before} first."
            )
        if writing and plan.ranks_clause and (bare := without_rank(writing)):
            raise said.refused(
                f"{section.title} comes after needs are ranked ({clause}); without a rank are {', '.join(bare)}."
            )


def without_rank(writing: Writing) -> list[str]:
    return [each.id for each in writing.content.needs if each.rank is None]


def _check_content(said: ClientSaid, section: Section, content: Content) -> None:
    takes = TAKES[section.kind]
    given = {
        name
        for name in Content.model_fields
        if getattr(content, name) and name != "quotes"
    }
    if strange := sorted(given - set(takes)):
        raise said.unreadable(
            f"content: {section.id} takes {', '.join(takes)} and quotes, not {', '.join(strange)}."
        )
    if not given:
        raise said.unreadable(f"content: say at least one of {', '.join(takes)}.")
    if section.kind is SectionKind.safety and (lacking := sorted(set(takes) - given)):
        raise said.refused(
            f"A safety and crisis plan is built on strengths and natural supports ({section.clause}); missing: {', '.join(lacking)}."
        )


def _check_needs(said: ClientSaid, plan: PlanRules, content: Content) -> None:
    """A need is a concern, a service only one way to meet it (CP-C-f2)."""
    ids = [each.id for each in content.needs]
    if len(set(ids)) < len(ids):
        raise said.unreadable("needs: each has an id of its own.")
    ranks = [each.rank for each in content.needs if each.rank is not None]
    if len(set(ranks)) < len(ranks):
        raise said.unreadable("needs: no two have the same rank.")
    services = {each.casefold() for each in plan.services}
    for need in content.needs:
        if plan.needs_clause and need.text.strip(" .").casefold() in services:
            raise said.refused(
                f"needs: {need.id} names a service ({plan.needs_clause}). Which concern is it to settle? Write that, and the service under strategies."
            )
    known = needs_of(plan_of(said), plan)
    for strategy in content.strategies:
        if strategy.need not in known:
            raise said.unreadable(f"strategies: need must be one of: {listed(known)}.")


def needs_of(case: CarePlan, plan: PlanRules) -> list[str]:
    """The needs as they are written now."""
    return [
        need.id
        for section in plan.sections
        if section.kind is SectionKind.needs and (writing := case.latest(section.id))
        for need in writing.content.needs
    ]
