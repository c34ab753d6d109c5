"""The plan's sections, in the policy's order: what messages about them do. Pure."""

from throughcare.case.refusals import Overwritten
from throughcare.lifecycles.care_plan.acts import SectionWritten
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.facts import Content, Writing
from throughcare.lifecycles.care_plan.policy import (
    PlanRules,
    Section,
    SectionKind,
)
from throughcare.lifecycles.care_plan.said import plan_of, rules_of
from throughcare.lifecycles.client.said import ClientSaid

TAKES = {
    SectionKind.words: ("text",),
    SectionKind.strengths: ("strengths",),
    SectionKind.needs: ("needs",),
    SectionKind.strategies: ("strategies",),
    SectionKind.updates: ("successes", "barriers"),
    SectionKind.safety: ("text", "client_strengths", "natural_supports"),
}
"""What each kind of section is made of, beside quotes."""


def section_written(heard: ClientSaid, facts: SectionWritten) -> None:
    case, plan = plan_of(heard), rules_of(heard).plan
    section = _section_named(heard, facts.section)
    content = Content.model_validate(facts.content.model_dump())
    current = case.latest(section.id)
    revision = current.revision if current else 0
    if facts.replaces != revision:
        if current is None or facts.replaces > revision:
            raise heard.unreadable(f"replaces: {section.id} is at revision {revision}.")
        shown = {
            "current": current.model_dump(mode="json"),
            "yours": content.model_dump(mode="json", exclude_defaults=True),
        }
        raise Overwritten(section.id, revision, shown, heard.allowed)
    _check_order(heard, section)
    _check_content(heard, section, content)
    _check_needs(heard, plan, content)
    case.writings.append(
        Writing(
            seq=len(case.writings) + 1,
            section=section.id,
            revision=revision + 1,
            content=content,
            at=heard.now,
            person=heard.by.person,
            seat=heard.seat,
        )
    )
    heard.say(
        f"{section.title}: revision {revision + 1}.", section.order or section.clause
    )


def _section_named(heard: ClientSaid, section_id: str) -> Section:
    sections = [e for e in rules_of(heard).plan.sections if e.kind.is_written]
    for section in sections:
        if section.id == section_id:
            return section
    listed = ", ".join(each.id for each in sections)
    raise heard.unreadable(f"section must be one that is written: {listed}.")


def _check_order(heard: ClientSaid, section: Section) -> None:
    case, plan = plan_of(heard), rules_of(heard).plan
    for before in section.after:
        writing, earlier = case.latest(before), plan.section(before)
        clause = section.order or section.clause
        if writing is None and earlier:
            raise heard.refused(
                f"{section.title} comes after {earlier.title} ({clause}); write {before} first."
            )
        if writing and plan.ranks_clause and (bare := without_rank(writing)):
            raise heard.refused(
                f"{section.title} comes after needs are ranked ({clause}); without a rank are {', '.join(bare)}."
            )


def without_rank(writing: Writing) -> list[str]:
    return [each.id for each in writing.content.needs if each.rank is None]


def _check_content(heard: ClientSaid, section: Section, content: Content) -> None:
    takes = TAKES[section.kind]
    given = {
        name
        for name in Content.model_fields
        if getattr(content, name) and name != "quotes"
    }
    if strange := sorted(given - set(takes)):
        raise heard.unreadable(
            f"content: {section.id} takes {', '.join(takes)} and quotes, not {', '.join(strange)}."
        )
    if not given:
        raise heard.unreadable(f"content: say at least one of {', '.join(takes)}.")
    if section.kind is SectionKind.safety and (lacking := sorted(set(takes) - given)):
        raise heard.refused(
            f"A safety and crisis plan is built on strengths and natural supports ({section.clause}); missing: {', '.join(lacking)}."
        )


def _check_needs(heard: ClientSaid, plan: PlanRules, content: Content) -> None:
    """A need is a concern, a service only one way to meet it (CP-C-f2)."""
    ids = [each.id for each in content.needs]
    if len(set(ids)) < len(ids):
        raise heard.unreadable("needs: each has an id of its own.")
    ranks = [each.rank for each in content.needs if each.rank is not None]
    if len(set(ranks)) < len(ranks):
        raise heard.unreadable("needs: no two have the same rank.")
    services = {each.casefold() for each in plan.services}
    for need in content.needs:
        if plan.needs_clause and need.text.strip(" .").casefold() in services:
            raise heard.refused(
                f"needs: {need.id} names a service ({plan.needs_clause}). Which concern is it to settle? Write that, and the service under strategies."
            )
    known = needs_of(plan_of(heard), plan)
    for strategy in content.strategies:
        if strategy.need not in known:
            listed = ", ".join(known) or "none"
            raise heard.unreadable(f"strategies: need must be one of: {listed}.")


def needs_of(case: CarePlan, plan: PlanRules) -> list[str]:
    """The needs as they are written now."""
    return [
        need.id
        for section in plan.sections
        if section.kind is SectionKind.needs and (writing := case.latest(section.id))
        for need in writing.content.needs
    ]
