"""The choice of a worker, at first and for another one: what it takes, and what messages about it do. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, Messages
from throughcare.case.refusals import StepsOutstanding
from throughcare.case.seats import Capacity, Seated
from throughcare.case.wording import soonest
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Assignment, Match, Preference
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.policy import Preferences
from throughcare.lifecycles.client.said import ClientSaid

assigning = Messages()


class Assigned(Frozen):
    """What every assignment of a worker says."""

    assigned: str = Field(description="The worker's seat, as GET /seats lists it.")
    title: str = ""
    organization: str = ""
    person: str | None = None
    provides: tuple[str, ...] = ()
    """What the seat is called, whose it is, who sits there, and what they provide themselves. The API looks it up."""
    basis: Literal["preference", "assessed_need", "former_worker"] | None = Field(
        default=None, description="What the match was made by."
    )
    matches: tuple[Match, ...] = ()
    need: Name | None = Field(
        default=None, description="The assessed need it was matched by."
    )
    considered: tuple[str, ...] = Field(
        default=(), description="The seats that were considered."
    )
    explanation: Words | None = Field(
        default=None,
        description="For the family, where a preference is not fully honoured.",
    )
    limited_by: Literal["resources", "other"] | None = None
    revisit_on: date | None = Field(
        default=None, description="When a match is looked for again."
    )
    record_entry: Name | None = None
    exception: Words | None = Field(
        default=None,
        description="Why somebody who is not independent may take it, where it is so.",
    )


def check_match(said: ClientSaid, facts: Assigned) -> bool:
    """Whether every stated preference is fully honoured. Raises Refused where one is left without a word: each is named
    as met or not, what is not is explained, candidates were looked at, and want of means comes with a date to look again
    (CS-W-4, CS-G-3, CS-V-1, CS-V-2, CS-V-5)."""
    rules, stated = said.case.policy.preferences, said.case.known.preferences
    if rules is None:
        return True
    if stated is None:
        what = "Ask for the preferences, or record that there is none"
        raise StepsOutstanding(said.message.name, (what,), said.allowed)
    _check_basis(said, facts, rules)
    if not stated:
        return True
    given = {each: _honoured(each, stated, facts.matches) for each in stated}
    if missing := [
        _whose(each, stated) for each, answer in given.items() if not answer
    ]:
        raise said.refused(
            f"matches: say of each stated preference how far it is honoured ({rules.match_clause}); missing: {', '.join(missing)}."
        )
    if all(each == "fully" for each in given.values()):
        return True
    check_explained(said, facts.explanation, facts.considered)
    check_revisit(said, facts)
    return False


def _check_basis(said: ClientSaid, facts: Assigned, rules: Preferences) -> None:
    """A wish, an assessed need, or the former worker who is still here: nobody is chosen by nothing."""
    stated, known = said.case.known.preferences, said.case.known
    if facts.basis == "former_worker":
        here = [each.seat for each in known.former if each.here]
        if facts.assigned not in here:
            raise said.unreadable(
                f"basis: the former worker is {' or '.join(here) or 'nobody who is still here'}; name another basis."
            )
        return
    if not stated and not (facts.basis == "assessed_need" and facts.need):
        raise said.refused(
            f"No preference was stated, so the worker is matched by an assessed need ({rules.need_clause}): name it in `need`, with `basis: assessed_need`."
        )
    if facts.basis is None:
        raise said.refused(
            f"basis: say what the match is made by, preference or assessed_need ({rules.match_clause})."
        )


def _honoured(
    preference: Preference, stated: Sequence[Preference], matches: Sequence[Match]
) -> str | None:
    """How far it is honoured; where several people stated one of its kind, the answer says whose is meant (S-12)."""
    whose: tuple[str | None, ...] = (preference.stated_by,)
    if not _is_disputed(preference, stated):
        whose = (preference.stated_by, None)
    found = (e for e in matches if e.kind == preference.kind and e.stated_by in whose)
    return next((each.honoured for each in found), None)


def _is_disputed(preference: Preference, stated: Sequence[Preference]) -> bool:
    speakers = {each.stated_by for each in stated if each.kind == preference.kind}
    return len(speakers) > 1


def _whose(preference: Preference, stated: Sequence[Preference]) -> str:
    disputed = _is_disputed(preference, stated)
    return (
        f"{preference.kind} ({preference.stated_by})" if disputed else preference.kind
    )


def check_explained(
    said: ClientSaid, explanation: str | None, considered: tuple[str, ...]
) -> None:
    rules = said.case.policy.preferences
    if not considered:
        clause = rules.try_clause if rules else said.case.policy.clause
        raise said.refused(
            f"considered: name the seats that were considered before a wish is not honoured ({clause})."
        )
    if explanation is None:
        clause = rules.explain_clause if rules else said.case.policy.clause
        raise said.refused(
            f"explanation: a wish that is not fully honoured needs a clear one for the family ({clause})."
        )


def check_revisit(said: ClientSaid, facts: Assigned) -> None:
    rules = said.case.policy.preferences
    if facts.limited_by == "resources" and facts.revisit_on is None and rules:
        raise said.unreadable(
            f"revisit_on: say when a match is looked for again ({rules.resource_clause})."
        )


def check_worker(said: ClientSaid, facts: Assigned) -> None:
    """Somebody sits there, and is independent of whoever delivers services, or an exception says why not (CF-S-2a,
    CF-S-2c)."""
    case, rules = said.case, said.case.independence
    if facts.person is None:
        raise said.unreadable("assigned: nobody sits there now.")
    if rules is None:
        return
    title = case.policy.roles[case.policy.coordinator].title
    deliver = case.known.providing()
    if any(provider in deliver for provider in facts.provides):
        about = f"{title}: whoever is assigned delivers a service to this client themselves."
        said.flag(rules.same_person, about, exception=facts.exception)
    said.check_deliverers(facts.organization, rules.coordinator, title, facts.exception)


def take_worker(said: ClientSaid, facts: Assigned) -> None:
    case, at = said.case, said.message.event_at
    role, known = case.policy.coordinator, case.known
    known.assignments = [
        each if each.to_at else each.model_copy(update={"to_at": at})
        for each in known.assignments
    ]
    known.assignments.append(
        Assignment(
            seat=facts.assigned,
            person=facts.person,
            organization=facts.organization,
            from_at=at,
            basis=facts.basis,
            matches=facts.matches,
            need=facts.need,
            considered=facts.considered,
            explanation=facts.explanation,
            record_entry=facts.record_entry,
        )
    )
    seat = Seated(
        role=role,
        title=case.policy.roles[role].title,
        organization=facts.organization,
        seat=facts.assigned,
        person=facts.person,
        capacity=Capacity.holder,
    )
    taken = [duty for duty in case.give_worker(seat) if duty.is_open]
    if said.is_taken_over:
        return
    case.notify("assigned", seat, step=case.step, clause=case.policy.clause)
    if taken:
        what = "; ".join(duty.text for duty in taken)
        case.notify(
            "seat_taken",
            seat,
            step=case.step,
            what=what,
            due_at=soonest(taken),
            duties=taken,
        )


def explain(said: ClientSaid, facts: Assigned, kind: str, honoured: bool) -> None:
    """The family is told of the worker, and where a wish was not honoured they get the explanation (CS-V-5)."""
    case, rules = said.case, said.case.policy.preferences
    said.write_to_client(kind, case.policy.clause)
    if not honoured:
        owe_explanation(said, "client_explanation")
    if facts.limited_by == "resources" and rules:
        look_again(said, rules.resource_clause, facts.revisit_on)


def owe_explanation(said: ClientSaid, kind: str) -> None:
    """The family gets it, by letter or by word of mouth, and until then it is owed."""
    case, rules = said.case, said.case.policy.preferences
    clause = rules.explain_clause if rules else case.policy.clause
    what = "The family gets the explanation why a wish is not fully honoured"
    duty = said.open_now(ClientAct.explanation, clause, case.policy.supervisor, what)
    said.write_to_client(kind, clause, duty)


def look_again(said: ClientSaid, clause: str, on: date | None = None) -> None:
    """By the day that was named, or within the agency's own limit."""
    known = said.case.known
    if on is not None and on <= said.now.date():
        raise said.unreadable("revisit_on: name a day that is still to come.")
    known.look_again_from, known.look_again_on = said.counted_from, on
    said.case.ask_to_look_again(clause)


@assigning.message(
    "assignment_documented",
    discharges=ClientAct.assignment_record,
    example={"record_entry": "record/89"},
)
class AssignmentDocumented(Facts):
    """The assignment is in the clinical record (CS-W-5)."""

    record_entry: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        text = "The assignment is in the clinical record."
        said.discharge(text, words=self.record_entry)


@assigning.message(
    "other_worker_offered",
    discharges=ClientAct.other_worker,
    example={"answer": "Content with the worker as it is."},
)
class OtherWorkerOffered(Facts):
    """The worker offered the person to meet and pick another (CS-W-7)."""

    answer: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        text = "The person was offered to meet and pick another worker."
        case.known.choice_offered_at.append(said.message.event_at)
        said.discharge(text, words=self.answer)


@assigning.message(
    "explanation_given",
    discharges=ClientAct.explanation,
    example={"how": "by phone"},
)
class ExplanationGiven(Facts):
    """The family heard why a wish was not fully honoured (CS-V-5)."""

    how: Name

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        said.discharge("The family has the explanation.", words=self.how)
