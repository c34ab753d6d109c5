"""The discretionary fund: what messages about it do. Pure."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.patterns import AMOUNT
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import FundPayment
from throughcare.lifecycles.client.fields import Name, Slug
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid

funds = Messages()


def _has_fund(case: ClientCase) -> bool:
    return case.policy.fund is not None and bool(case.known.services)


@funds.message(
    "fund_payment_made",
    by=ClientCase.staff,
    beside=True,
    when=_has_fund,
    looks_up=LookUp("fund", ("check_ready_on",)),
    example={
        "service": "shelter",
        "need": "housing",
        "amount": "120.00",
        "needed_on": "2026-03-03",
        "reference": "fund-3",
    },
)
class FundPaymentMade(Facts):
    """A service was bought from the discretionary fund, because a check would have come too late (CP-E-9, CP-E-10a)."""

    service: Slug
    need: Slug
    amount: Annotated[str, StringConstraints(pattern=AMOUNT)] = Field(
        description="In dollars: `120.00`."
    )
    needed_on: date
    reference: Name
    check_ready_on: date | None = None
    """The first day a check could be issued by. The API derives it from the policy and the calendar."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        fund = case.policy.fund
        assert fund is not None
        asked = case.known.services_by_need()
        if self.service not in asked:
            raise said.unreadable(f"service must be one of: {listed(asked)}.")
        if self.need not in asked[self.service]:
            needs = ", ".join(asked[self.service])
            raise said.unreadable(f"need must be what that service is for: {needs}.")
        if any(each.reference == self.reference for each in case.known.payments):
            raise said.unreadable(
                "reference: a payment with this reference is on record."
            )
        if self.check_ready_on and self.needed_on >= self.check_ready_on:
            raise said.refused(
                f"The fund is for what is needed before a check can be issued, which is by {self.check_ready_on}. This is needed on {self.needed_on}."
            )
        payment = FundPayment(
            reference=self.reference,
            service=self.service,
            need=self.need,
            amount=self.amount,
            needed_on=self.needed_on,
            paid_at=said.message.event_at,
        )
        case.known.payments.append(payment)
        about = f"payment {len(case.known.payments)}"
        said.say(f"Paid from the discretionary fund: {about}.", fund.clause)
        at = said.message.event_at
        case.come(Moment.fund_paid, at, target=self.reference, about=about)


@funds.message(
    "reimbursement_requested",
    discharges=ClientAct.reimbursement,
    about="payment",
    example={"payment": "fund-3"},
)
class ReimbursementRequested(Facts):
    """The request that asks for a payment of the fund back (CP-E-10b)."""

    payment: Name = Field(description="The reference of the payment.")

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        duties, known = said.duties(), case.known
        known.payments = [
            each.model_copy(update={"reimbursement_at": said.message.event_at})
            if each.reference == self.payment
            else each
            for each in known.payments
        ]
        said.discharge("The payment was asked back.", duties=duties)
