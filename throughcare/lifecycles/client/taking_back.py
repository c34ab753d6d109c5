"""What was entered by mistake about a client's worker, and a case that is there twice: what messages about it do. Pure."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from throughcare.case.correcting import JUDGED_BY, is_of
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry, Relation
from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.parts import RoleId
from throughcare.case.taking_back import THE_ENTRY, TakesBack
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Assignment
from throughcare.lifecycles.client.fields import ClientStatus, Words
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

taking_back = Messages()

ASSIGNING = ("coordinator_assigned", "worker_changed")
OF_A_WISH = (ClientAct.change, ClientAct.help_with_change)


def _who_assigns(case: ClientCase) -> Iterable[RoleId]:
    specs = [each for each in case.duty_specs() if each.act == ClientAct.assignment]
    return dict.fromkeys([*(each.holder for each in specs), case.answers_wishes])


@taking_back.message(
    "assignment_taken_back",
    by=_who_assigns,
    when=lambda case: case.known.assignment is not None,
    beside=True,
    looks_up=THE_ENTRY,
    example={"entry": 7, "reason": "Somebody else of the same name was meant."},
)
class AssignmentTakenBack(TakesBack):
    """The worker was assigned by mistake. Whoever was the worker before is it again, or nobody; what the assignment was to
    answer is still to be done, by the limit it had (ruling 21)."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        entry, mine = self.mistaken(said, ASSIGNING), case.known.assignment
        if mine is None or mine.from_at != entry.event_at:
            raise said.unreadable(
                "entry must be the one by which the worker has this case now."
            )
        self.mark(said, entry, "The assignment of the worker was a mistake.")
        worker = case.seated[case.policy.coordinator]
        made, done = _made_by(case, entry), _done_by(case, entry)
        case.take_back([*made, *done], said.by)
        _settle_flags(case, entry)
        before = _restore(case, mine)
        case.take_worker_away(before)
        _ask_again(case, entry, done)
        clause = entry.clause or case.policy.clause
        back = [case.seated[case.worker]] if before else []
        what = "The assignment of a worker was a mistake"
        case.tell_of_mistake([worker, *back], what, clause)


def _made_by(case: ClientCase, entry: Entry) -> list[Duty]:
    """What the assignment asked for and is still to be done; what was done was done."""
    flags = [
        str(each.number) for each in case.known.flags if each.opened_at == entry.at
    ]
    said_at_once = (ClientAct.explanation, ClientAct.revisit)
    return [
        duty
        for duty in case.duties
        if duty.is_outstanding
        and (
            (
                duty.step in (Moment.assigned, Moment.changed)
                and duty.opened_at == entry.event_at
            )
            or (duty.act in said_at_once and duty.opened_at == entry.at)
            or (duty.act == ClientAct.independence and duty.target in flags)
        )
    ]


def _done_by(case: ClientCase, entry: Entry) -> list[Duty]:
    """The duties that the assignment ended."""
    kind = case.messages[entry.kind]
    acts = (kind.discharges, *kind.answers)
    return [
        duty
        for duty in case.duties
        if duty.act in acts and duty.status in JUDGED_BY and is_of(entry, duty)
    ]


def _settle_flags(case: ClientCase, entry: Entry) -> None:
    """Nobody has to look at whether somebody is independent who was never to be the worker."""
    known = case.known
    known.flags = [
        each.model_copy(update={"taken_back": True})
        if each.opened_at == entry.at
        else each
        for each in known.flags
    ]
    if known.look_again_from == entry.at:
        known.look_again_from = known.look_again_on = None


def _restore(case: ClientCase, mine: Assignment) -> Assignment | None:
    """The worker before is the worker again; both stay on record."""
    known, before = case.known, None
    for number, each in reversed(list(enumerate(known.assignments))):
        if each is mine:
            changed = {"to_at": mine.from_at, "taken_back": True}
            known.assignments[number] = each.model_copy(update=changed)
        elif each.to_at == mine.from_at and not each.taken_back and before is None:
            before = each.model_copy(update={"to_at": None})
            known.assignments[number] = before
    return before


def _ask_again(case: ClientCase, entry: Entry, done: Sequence[Duty]) -> None:
    for duty in done:
        if duty.act not in OF_A_WISH:
            case.ask_anew(duty)
    ended = [each for each in case.known.changes if each.ended_at == entry.event_at]
    if not ended or case.known.change is not None:
        return
    waits = {"outcome": None, "ended_at": None, "considered": ()}
    wish = ended[-1].model_copy(update=waits)
    case.known.changes[case.known.changes.index(ended[-1])] = wish
    if any(duty.act in OF_A_WISH for duty in done):
        case.ask_to_answer_wish(wish.asked_at)


@taking_back.message(
    "opened_in_error",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    example={"reason": "The call was about somebody else."},
)
class OpenedInError(Facts):
    """The case should never have been opened. It ends here; nothing counts it, and no letter goes to the client (ruling 21)."""

    reason: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        _end(said, "Opened in error: nothing counts it.", self.reason)


@taking_back.message(
    "duplicate",
    ends=True,
    by=ClientCase.staff,
    beside=True,
    looks_up=LookUp("duplicate", ("kind",)),
    example={"of": "01JZ0000000000000000000000", "reason": "Two of us took the call."},
)
class Duplicate(Facts):
    """The case is there twice. This one was opened in error, the other goes on; each names the other (ruling 21)."""

    of: str = Field(description="The case that goes on, about the same person.")
    reason: Words
    kind: str = ""
    """Of that case. The API looks it up."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        if self.of == case.case_id:
            raise said.unreadable("of must be another case.")
        case.tie_to(self.kind or case.kind, self.of, Relation.duplicate_of, said.now)
        text = "Opened in error: it is a duplicate, and the other case goes on."
        _end(said, text, f"Case {self.of}. {self.reason}")


def _end(said: ClientSaid, text: str, words: str) -> None:
    case = said.case
    told = case.take_back(case.duties, said.by)
    case.tell_of_mistake(case.providers_told(), text, case.policy.clause)
    said.close(ClientStatus.opened_in_error, text, words, told=told)
