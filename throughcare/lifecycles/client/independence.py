"""Conflicts of interest, and who looks at them: what messages about it do. Pure."""

from datetime import date
from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, Messages
from throughcare.case.parts import RoleId
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.fields import Name, Words
from throughcare.lifecycles.client.said import ClientSaid

independence = Messages()


@independence.message(
    "conflict_of_interest_reported",
    by=ClientCase.staff,
    beside=True,
    example={
        "about": "Birchwood Demo Recovery",
        "words": "Only its own services were offered.",
    },
)
class ConflictOfInterestReported(Facts):
    """The family says that the worker or their agency has a conflict of interest (CF-S-4)."""

    about: Name
    words: Words

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """A grievance, looked at by somebody of another organization than the one complained of (CF-S-4)."""
        rules = case.independence
        clause = rules.grievance if rules else case.policy.clause
        reviewer = _reviewer(said, self.about)
        words = f"About {self.about}.\n{self.words}"
        said.say("The family reports a conflict of interest.", clause, words)
        title = case.seated[reviewer].title
        about = f"The family reports a conflict of interest; {title} looks at it."
        said.flag(clause, about, exception=None, reviewer=reviewer, reported=True)


def _reviewer(said: ClientSaid, about: str) -> RoleId:
    """Somebody of another organization than the one complained of, and not the worker in another seat."""
    policy, seated = said.case.policy, said.case.seated
    worker = seated[said.case.worker].person
    for role in (policy.oversight, policy.administrator):
        found = seated[role]
        is_theirs = found.organization.casefold() == about.casefold()
        if not (found.is_empty or is_theirs or found.person == worker):
            return role
    raise said.refused(
        "Nobody here could look at this who is not of the organization complained of. Give it to the state's oversight by the grievance route, and have the Agency Administrator seat a reviewer of another organization."
    )


@independence.message(
    "exception_settled",
    discharges=ClientAct.independence,
    about="exception",
    example={
        "exception": 1,
        "resolution": "accepted",
        "reason": "The only provider in reach.",
        "review_on": "2026-09-01",
    },
)
class ExceptionSettled(Facts):
    """What was not independent is looked at: it may stay for a reason, or it was mended (CF-S-1a to CF-S-2c)."""

    exception: int = Field(ge=1, description="Its number, as the case shows it.")
    resolution: Literal["accepted", "mended"]
    reason: Words
    review_on: date | None = None

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        if self.resolution == "accepted" and self.review_on is None:
            raise said.unreadable(
                "review_on: an exception is looked at again; say when."
            )
        duties, known = said.duties(), case.known
        known.flags = [
            each.model_copy(
                update={
                    "resolution": self.resolution,
                    "reason": self.reason,
                    "settled_by": said.message.actor.person,
                    "review_on": self.review_on,
                }
            )
            if each.number == self.exception
            else each
            for each in known.flags
        ]
        text = f"Exception {self.exception} is {self.resolution}."
        said.discharge(text, words=self.reason, duties=duties)
