"""A request on its way to the payer and back: what messages about it do. Pure."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, Messages
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.fields import ClientStatus, Name, Words
from throughcare.lifecycles.client.plan_facts import Extension, RequestStatus
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.service_request.authorization import ServiceAuthorization

requesting = Messages()


FARTHEST_WEST = timedelta(hours=12)
"""How far a zone can lie behind UTC."""


@requesting.message(
    "request_submitted",
    discharges=ClientAct.request_sending,
    example={"plan_attached": True, "to": "the authorization desk"},
)
class RequestSubmitted(Facts):
    """The request went to the payer, with a copy of the plan."""

    plan_attached: bool
    to: Name

    def apply(self, case: ServiceAuthorization, said: ClientSaid) -> None:
        """The plan goes with it, and nothing goes to the payer without a consent (CP-E-8, CP-E-5)."""
        duty = said.duties()[0]
        if not self.plan_attached:
            raise said.refused(f"plan_attached: the plan goes with it ({duty.clause}).")
        payer = case.policy.payer
        if payer and not said.may_go_to("payer", payer, duty):
            return
        case.change(submitted_at=said.message.event_at, to=self.to)
        said.discharge(
            "The request is with the payer, and the plan with it.", words=self.to
        )
        case.submitted(said.message.event_at)


@requesting.message(
    "request_decided",
    ends=True,
    discharges=ClientAct.request_decision,
    example={
        "decision": "approved",
        "until": "2030-06-30",
        "units": "12 weeks",
    },
)
class RequestDecided(Facts):
    """What the payer decided."""

    decision: Literal["approved", "partly", "denied"]
    until: date | None = Field(
        default=None, description="To which day it is approved; needed where it is."
    )
    units: Name | None = None
    reason: Words | None = Field(
        default=None, description="Needed where less than all is approved."
    )

    def apply(self, case: ServiceAuthorization, said: ClientSaid) -> None:
        at = said.message.event_at
        is_approved = self.decision != "denied"
        if is_approved and self.until is None:
            raise said.unreadable("until: say to which day it is approved.")
        if self.decision != "approved" and self.reason is None:
            raise said.unreadable("reason: say why less than all was approved.")
        if self.until and self.until < (at - FARTHEST_WEST).date():
            raise said.unreadable("until lies before the decision.")
        waiting = [each for each in case.request.extensions if each.decision is None]
        what = "The extension" if waiting else "The request"
        text = f"{what} was decided: {self.decision}."
        said.discharge(text, words=self.reason or "")
        if waiting:
            answered = waiting[0].model_copy(update={"decision": self.decision})
            case.change(extensions=(*case.request.extensions[:-1], answered))
        if is_approved and self.until:
            case.change(
                decision=self.decision,
                decided_at=at,
                until=self.until,
                units=self.units,
            )
            case.say(RequestStatus(self.decision), said.counted_from)
            case.until(self.until, at)
            return
        said.write_to_client("client_decision", case.services.request_clause)
        if waiting and case.request.until:
            # What was approved before goes on to its end.
            case.until(case.request.until, at)
        else:
            case.change(decision="denied", decided_at=at)
            case.say(RequestStatus.denied, said.counted_from)
            said.close(ClientStatus.denied, "The payer denied it.", self.reason or "")


@requesting.message(
    "extension_asked",
    discharges=ClientAct.request_extension,
    example={"plan": "3", "plan_attached": True, "until": "2030-12-31"},
)
class ExtensionAsked(Facts):
    """More time is asked for; the current plan goes with it (CP-X-1)."""

    plan: Name
    plan_attached: bool
    until: date

    def apply(self, case: ServiceAuthorization, said: ClientSaid) -> None:
        """The current plan goes with every request to extend, and nothing goes to the payer without a consent (CP-X-1, CP-E-5)."""
        clause = case.services.extension_clause
        payer = case.policy.payer
        if payer and not case.known.has_consent("payer", said.now):
            raise said.refused(
                f"There is no consent for {payer} on file ({clause}). Record it first, with payer as its recipient."
            )
        if not self.plan_attached:
            raise said.refused(f"plan_attached: the plan goes with it ({clause}).")
        current = case.known.plan
        if current is None or self.plan != current.version:
            now = current.version if current else "none"
            raise said.refused(
                f"plan: the current version goes with it ({clause}), which is {now}."
            )
        if case.request.until and self.until <= case.request.until:
            raise said.unreadable(
                f"until: it is approved to {case.request.until} already."
            )
        asked = Extension(
            plan=self.plan, until=self.until, asked_at=said.message.event_at
        )
        case.change(extensions=(*case.request.extensions, asked))
        # While the payer decides it does not run out: what they say would come to a closed case.
        said.discharge(f"More time was asked for, with version {self.plan}.")
        case.submitted(said.message.event_at)


@requesting.message(
    "request_withdrawn",
    ends=True,
    by=ServiceAuthorization.staff,
    beside=True,
    example={"reason": "No longer needed."},
)
class RequestWithdrawn(Facts):
    """The request is taken back, whether it was decided yet or not."""

    reason: Words

    def apply(self, case: ServiceAuthorization, said: ClientSaid) -> None:
        case.say(RequestStatus.withdrawn, said.counted_from)
        said.close(ClientStatus.withdrawn, "The request was taken back.", self.reason)
