"""What a care plan shows of itself, and what it is still silent on. Read from its facts alone, by the case and by its pages. Pure."""

from collections.abc import Collection, Iterable

from throughcare.lifecycles.client.facts import ClientFacts
from throughcare.lifecycles.client.plan_facts import CarePlanFacts, Content
from throughcare.lifecycles.client.plan_policy import (
    CarePlanPolicy,
    CoreElement,
    Element,
    Label,
    ReviewKind,
)


def missing_elements(
    rules: CarePlanPolicy, known: ClientFacts, said: Collection[str] = ()
) -> tuple[CoreElement, ...]:
    """The core elements it has no entry of (CS-D-4). `said` are the names of the messages on its timeline, where assessments
    and contacts stand that leave nothing else behind."""
    there = _elements_there(known, said)
    return tuple(each for each in rules.elements if each.id not in there)


def _elements_there(known: ClientFacts, said: Collection[str]) -> set[Element]:
    life = known.life or CarePlanFacts()
    assessed = any(each.done for plan in known.plans for each in plan.assessments)
    referred = any(each.referred for each in known.providers)
    yearly = any(each.kind is ReviewKind.annual for each in life.reviews)
    looked_after = any(each.outcome for each in life.links)
    asked = any(each.satisfaction for each in life.reviews)
    found = {
        Element.assessment: assessed or "assessment_filed" in said,
        Element.plan: bool(known.plans),
        Element.linking: bool(life.links or life.services) or referred,
        Element.reassessment: yearly or "need_determined" in said,
        Element.follow_up: bool(life.reviews or life.progress)
        or looked_after
        or "contact_held" in said,
        Element.satisfaction: asked or bool(known.expectations),
    }
    return {element for element, is_there in found.items() if is_there}


def goals(known: ClientFacts, current: Iterable[Content] = ()) -> tuple[str, ...]:
    """What is worked on: the needs of the version in force, whose sections are given, else those the intake named (CS-W-10)."""
    written = [need.id for content in current for need in content.needs]
    return tuple(dict.fromkeys(written or [each.id for each in known.standing_needs]))


def goals_without_progress(
    life: CarePlanFacts, goals: Iterable[str]
) -> tuple[str, ...]:
    """Those nothing was noted of since the last review (CS-W-10)."""
    since = life.reviews[-1].held_at if life.reviews else None
    noted = {each.need for each in life.progress if since is None or each.at > since}
    return tuple(each for each in goals if each not in noted)


def links_without_outcome(life: CarePlanFacts) -> tuple[int, ...]:
    """Links to the community nobody knows the outcome of (CS-W-13)."""
    return tuple(each.number for each in life.links if each.outcome is None)


def label_of(rules: CarePlanPolicy, known: ClientFacts) -> Label | None:
    """What the service is called for this person's population (CS-D-1, CS-D-2)."""
    population = known.determined.population if known.determined else None
    return rules.labels.get(population) if population else None
