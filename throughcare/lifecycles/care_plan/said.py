"""A message before a care plan that has a team. Pure."""

from collections.abc import Iterable

from throughcare.case.duty import Duty
from throughcare.case.parts import ClauseId
from throughcare.case.wording import listed
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.plan_facts import Member
from throughcare.lifecycles.client.plan_policy import CarePlanPolicy
from throughcare.lifecycles.client.said import ClientSaid


def plan_of(said: ClientSaid) -> CarePlan:
    """The case, which hears these messages only where it is a care plan."""
    assert isinstance(said.case, CarePlan)
    return said.case


def rules_of(said: ClientSaid) -> CarePlanPolicy:
    """Its policy, without which none of these messages is heard."""
    rules = plan_of(said).rules
    assert rules is not None
    return rules


def member_named(said: ClientSaid, member_id: str, field: str = "member") -> Member:
    """Raises Unreadable where nobody on the team has this id."""
    life = plan_of(said).life
    member = life.member(member_id)
    if member is None or not member.is_on_team:
        listed = listed_as(life.members)
        raise said.unreadable(f"{field} must be on the team: {listed}.")
    return member


def listed_as(members: Iterable[Member]) -> str:
    """By id and kind: a refusal may end on the timeline, where operators read it and no name stands."""
    return listed(f"{each.id} ({each.kind})" for each in members)


def note_held(
    said: ClientSaid, members: Iterable[Member], of: str, clause: ClauseId
) -> None:
    """Whoever is not told for want of a consent is counted on the timeline, and named there by their id alone (CP-E-5)."""
    held = plan_of(said).held_from(members)
    if held:
        text = f"Held: there is no consent for {len(held)} of the team, who get no word of {of}."
        said.note(
            ClientEntry.held, text, clause, words=", ".join(each.id for each in held)
        )


def settle(
    said: ClientSaid,
    acts: Iterable[ClientAct],
    text: str,
    clause: ClauseId,
    *,
    words: str = "",
    target: str | None = None,
) -> list[Duty]:
    duties = [
        duty
        for duty in said.case.outstanding(*acts)
        if target is None or duty.target in (None, target)
    ]
    said.discharge_or_say(duties, text, clause, words)
    return duties
