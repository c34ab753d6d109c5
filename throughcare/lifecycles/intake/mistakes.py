"""An emergency that was none: what the message that takes it back does. Pure."""

from collections.abc import Sequence

from pydantic import Field

from throughcare.case.correcting import JUDGED_BY, is_of
from throughcare.case.duty import Duty
from throughcare.case.entry import Entry
from throughcare.case.message import Messages
from throughcare.case.taking_back import THE_ENTRY, TakesBack
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ONCE
from throughcare.lifecycles.client.facts import Need
from throughcare.lifecycles.client.fields import Slug
from throughcare.lifecycles.client.policy import Branch, Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.intake import Intake

mistakes = Messages()

FOUND = ("screened", "emergency_identified")


def _emergencies(case: Intake) -> list[Need]:
    return [each for each in case.known.standing_needs if each.emergency]


@mistakes.message(
    "emergency_taken_back",
    by=Intake.staff,
    when=lambda case: bool(_emergencies(case)),
    beside=True,
    looks_up=THE_ENTRY,
    example={"entry": 3, "reason": "It was entered in the wrong case."},
)
class EmergencyTakenBack(TakesBack):
    """An emergency was entered by mistake. Its clocks stop as if they had never run; where no other is left, the case goes on
    as one without an emergency (ruling 21)."""

    needs: tuple[Slug, ...] = Field(
        default=(),
        description="The emergency needs that were none; all that the case has, where left out.",
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        entry = self.mistaken(said, FOUND)
        needs = self.needs or tuple(each.id for each in _emergencies(case))
        known = [each.id for each in _emergencies(case)]
        if unknown := [each for each in needs if each not in known]:
            raise said.unreadable(
                f"needs: {unknown[0]} is no emergency need of this case; these are: {listed(known)}."
            )
        made = _made_by(case, entry, needs)
        if not made:
            raise said.unreadable(
                "entry must be one by which an emergency need was found."
            )
        self.mark(said, entry, "The emergency was entered by mistake.")
        screening = _screening_done_by(case, entry)
        providers = case.providers_told(needs)
        told = case.take_back([*made, *screening], said.by)
        _mark_needs(case, needs)
        for duty in screening:
            case.ask_anew(duty)
        if not _emergencies(case):
            _go_on_without(case, entry, is_screened=not screening)
        clause = entry.clause or case.policy.clause
        what = "An emergency was entered by mistake"
        case.tell_of_mistake([*told, *providers], what, clause)


def _made_by(case: Intake, entry: Entry, needs: Sequence[str]) -> list[Duty]:
    """What the emergency asked for, done or not; the consents and the assignment are asked for without one, too."""
    return [
        duty
        for duty in case.duties
        if (
            duty.step == Moment.emergency
            and duty.opened_at == entry.event_at
            and duty.act not in ONCE
        )
        or (duty.step == Moment.need_confirmed and duty.target in needs)
    ]


def _screening_done_by(case: Intake, entry: Entry) -> list[Duty]:
    """An emergency that was found before the screen was entered has ended it; it is still to be done."""
    if entry.kind == "screened":
        return []
    return [
        duty
        for duty in case.duties
        if duty.act == ClientAct.screening
        and duty.status in JUDGED_BY
        and is_of(entry, duty)
    ]


def _mark_needs(case: Intake, needs: Sequence[str]) -> None:
    known, none = case.known, {"confirmed": False, "taken_back": True}
    known.needs = [
        each.model_copy(update=none) if each.id in needs else each
        for each in known.needs
    ]
    known.held = [each for each in known.held if each.need not in needs]


def _go_on_without(case: Intake, entry: Entry, *, is_screened: bool) -> None:
    """What the policy asks where there is no emergency begins from when the screen was, or the assignment."""
    case.known.branch = Branch.ordinary if is_screened else None
    if entry.kind == "screened":
        case.come(Moment.no_emergency, entry.event_at)
    if is_screened and (mine := case.known.assignment):
        asked = [each for each in case.duty_specs() if Moment.assigned in each.opens]
        before = [each.act for each in asked if each.only is not Branch.ordinary]
        case.come(Moment.assigned, mine.from_at, skip=before)
