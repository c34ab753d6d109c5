"""A client's consent that something about them may go to a recipient. Pure; the consents themselves are kept in SQL."""

from datetime import datetime

from throughcare.case.base import Frozen


class ConsentFacts(Frozen):
    """`recipient` is a provider's id, `treatment-provider` or `payer`. Without `expires_at` it holds until withdrawn."""

    id: str
    recipient: str
    given_at: datetime
    expires_at: datetime | None = None

    def covers(self, recipient: str, at: datetime) -> bool:
        in_time = self.expires_at is None or at < self.expires_at
        return recipient == self.recipient and self.given_at <= at and in_time
