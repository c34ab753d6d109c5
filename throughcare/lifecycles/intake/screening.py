"""The first call, the screen and the emergency it may find: what messages about them do. Pure."""

from typing import Literal

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.entry import Relation
from throughcare.case.message import Facts, Messages
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import Need
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.policy import Branch, Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.intake import Intake

screening = Messages()


class EmergencyNeed(Frozen):
    id: Slug = Field(description="A short name of your own for it: `housing`.")
    text: Words


@screening.message(
    "screened",
    discharges=ClientAct.screening,
    example={
        "emergency": True,
        "needs": [{"id": "housing", "text": "Nowhere to sleep tonight"}],
    },
)
class Screened(Facts):
    """The intake unit's screen: whether there is an emergency need decides which branch runs (CP-E-0)."""

    emergency: bool
    needs: tuple[EmergencyNeed, ...] = Field(
        default=(), description="The emergency needs, where there are any."
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        if self.emergency and not case.policy.has_emergencies:
            raise said.unreadable("This policy knows no emergency branch.")
        if self.emergency and not self.needs:
            raise said.unreadable(
                "needs must name the emergency needs that were found."
            )
        if self.needs and not self.emergency:
            raise said.unreadable(
                "needs are those of an emergency, and none was found."
            )
        found = "an emergency need was found" if self.emergency else "no emergency need"
        said.discharge(f"Screened: {found}.")
        branch = Branch.emergency if self.emergency else Branch.ordinary
        _add_needs(said, self.needs)
        _begin(said, branch)


def _knows_emergencies(case: Intake) -> bool:
    return case.policy.has_emergencies


@screening.message(
    "emergency_identified",
    by=Intake.staff,
    beside=True,
    when=_knows_emergencies,
    answers=(ClientAct.screening,),
    example={"needs": [{"id": "food", "text": "Nothing to eat until Monday"}]},
)
class EmergencyIdentified(Facts):
    """An emergency need was found, now or at any later time; it starts a clock of its own (CP-E-1a, CP-E-1b, O-38)."""

    needs: tuple[EmergencyNeed, ...] = Field(min_length=1)

    def apply(self, case: Intake, said: ClientSaid) -> None:
        clause = case.policy.emergency_clause
        said.say("An emergency need was found; its clocks start now.", clause)
        _add_needs(said, self.needs)
        _begin(said, Branch.emergency)
        if screening := case.outstanding(ClientAct.screening):
            text = "The emergency was found before the screen was entered."
            said.discharge(text, duties=screening)


def _begin(said: ClientSaid, branch: Branch) -> None:
    """The screen, or an emergency found later, decides which way the intake goes on (CP-E-0)."""
    said.case.known.branch = branch
    is_urgent = branch is Branch.emergency
    moment = Moment.emergency if is_urgent else Moment.no_emergency
    said.case.come(moment, said.message.event_at)


def _add_needs(said: ClientSaid, needs: tuple[EmergencyNeed, ...]) -> None:
    known = said.case.known
    for each in needs:
        if known.need(each.id):
            raise said.unreadable(
                f"needs: {each.id} is known already; give it another id."
            )
        known.needs.append(Need(id=each.id, text=each.text, emergency=True))


@screening.message(
    "identity_answered",
    discharges=ClientAct.identity,
    for_itself=True,
    example={},
)
class IdentityAnswered(Facts):
    """Whether this is somebody who is known here already; nobody is merged in silence."""

    same_as: str | None = Field(
        default=None,
        description="The client it is the same person as, or left out where it is somebody else.",
    )
    cases: tuple[str, ...] = ()
    """That client's cases. The API looks them up."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        for each in self.cases:
            said.link(each, Relation.same_person)
        same = self.same_as is not None
        answer = "the same person" if same else "somebody else"
        said.discharge(f"It is {answer}. Records are tied together and not merged.")


@screening.message(
    "agency_chosen",
    discharges=ClientAct.agency_choice,
    example={
        "offered": ["Birchwood Demo Recovery", "Cedar Demo Recovery"],
        "chosen": "Cedar Demo Recovery",
        "criterion": "greatest risk",
    },
)
class AgencyChosen(Facts):
    """The client chose the agency (CP-I-1)."""

    offered: tuple[Name, ...] = Field(
        min_length=1, description="The agencies the client was told of."
    )
    chosen: Name
    by: Literal["client", "guardian", "spokesperson"] = "client"
    criterion: Name | None = Field(
        default=None,
        description="What entitles them to help with it: greatest risk, or a special grant.",
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        if self.chosen not in self.offered:
            raise said.unreadable(
                f"chosen must be one of those offered: {', '.join(self.offered)}."
            )
        known = case.known
        known.agencies_offered, known.agency_chosen = list(self.offered), self.chosen
        count = len(self.offered)
        text = f"The {self.by} chose the agency, out of {count} offered."
        said.discharge(text, words=self.criterion or "")


@screening.message(
    "ciu_contacted",
    discharges=ClientAct.intake_unit_contact,
    example={"note": "Called back at once."},
)
class IntakeUnitContacted(Facts):
    """The worker answered the intake unit (CP-E-1a)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        said.discharge("The worker answered the intake unit.")


@screening.message(
    "screen_results_reviewed",
    discharges=ClientAct.screen_results,
    example={},
)
class ScreenResultsReviewed(Facts):
    """The worker went over the results of the screen (CP-E-2)."""

    def apply(self, case: Intake, said: ClientSaid) -> None:
        said.discharge("The results of the screen were gone over.")


class NeedAnswer(Frozen):
    need: Slug
    confirmed: bool


@screening.message(
    "emergency_needs_confirmed",
    discharges=ClientAct.needs_confirmation,
    example={"needs": [{"need": "housing", "confirmed": True}]},
)
class EmergencyNeedsConfirmed(Facts):
    """What the client says of each emergency need (CP-E-3)."""

    needs: tuple[NeedAnswer, ...] = Field(min_length=1)

    def apply(self, case: Intake, said: ClientSaid) -> None:
        known = case.known
        asked = {
            each.id
            for each in known.standing_needs
            if each.emergency and each.confirmed is None
        }
        given = {each.need: each.confirmed for each in self.needs}
        if unknown := sorted(set(given) - asked):
            raise said.unreadable(
                f"needs: {', '.join(unknown)} is not asked about; asked about are: {listed(sorted(asked))}."
            )
        if missing := sorted(asked - set(given)):
            raise said.unreadable(
                f"needs: say of each whether the client confirms it; missing: {', '.join(missing)}."
            )
        confirmed = sum(given.values())
        said.discharge(
            f"The client confirmed {confirmed} of {len(given)} emergency needs."
        )
        for number, need in enumerate(known.needs, start=1):
            if need.id not in given:
                continue
            answer = given[need.id]
            known.needs[number - 1] = need.model_copy(update={"confirmed": answer})
            if answer:
                at, about = said.message.event_at, f"need {number}"
                case.come(Moment.need_confirmed, at, target=need.id, about=about)


@screening.message(
    "consents_received",
    discharges=ClientAct.consents,
    example={"event_at": "2026-03-06T15:00:00-06:00", "how": "fax"},
)
class ConsentsReceived(Facts):
    """The agency has the client's consents; the assignment clock starts (CP-N-1)."""

    how: Name = "fax"

    def apply(self, case: Intake, said: ClientSaid) -> None:
        said.discharge("The client's consents are here.", words=self.how)
        case.come(Moment.consents, said.message.event_at)
