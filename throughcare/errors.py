"""Every way a request can be refused; what a case refuses is a Refused or comes back as a Refusal.

ThroughcareError
├── NotSignedIn      401  no key, or not one of ours
├── NotSigned        401  a webhook that nobody we know has signed, or too old
├── NotForYou        403  another seat may; the detail names it
├── IsRecused        403  they are out of this case
├── NotThere         404  not there, or not for this person to see
├── NoSuchMessage    404  no message of this name
├── WebhookIdReused  409  a webhook-id that another message came under
├── ChangedSinceRead 412  somebody has changed it since it was read
├── BadRequestValue  422  a value the types alone cannot judge
├── NotReadFirst     428  to replace it, say first what you have read
├── TooManyRequests  429  more than one person may ask for at a time
├── TooManyAttempts  429  more wrong keys, links or signatures than may come
├── NotInstalled     501  a part of the product that this installation was set up without
└── NothingRuns      503  a case without its workflow: for an operator
"""

from pydantic import BaseModel, JsonValue


class ThroughcareError(Exception):
    """The root of the tree. `status` is the HTTP status the API answers with."""

    status: int = 400


class NotForYou(ThroughcareError):
    status = 403


class IsRecused(ThroughcareError):
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "You are recused from this case: you neither act in it nor read it any more. Its administrator can tell you who "
            "took your part."
        )


class NotThere(ThroughcareError):
    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or it is not yours to see.")


class BadRequestValue(ThroughcareError):
    status = 422

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class NothingRuns(ThroughcareError):
    status = 503

    def __init__(self, case_id: str) -> None:
        super().__init__(
            f"Nothing runs for case {case_id}, though it is not closed. An operator must see to it."
        )


class NotSignedIn(ThroughcareError):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "Send your API key in the header `Authorization: Bearer <key>`. None came, or one that is not in force."
        )


class NotSigned(ThroughcareError):
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "No webhook of that organization is in force, or it did not sign this, or did so more than five minutes ago."
        )


class NoSuchMessage(ThroughcareError):
    status = 404

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no such message. Messages are: {', '.join(known)}.")


class WebhookIdReused(ThroughcareError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Another message to this case came under this webhook-id before. Send that one again as it was, or give this one an id of its own."
        )


class NotInstalled(ThroughcareError):
    status = 501

    def __init__(self, extra: str) -> None:
        super().__init__(
            f"This installation was set up without the extra `{extra}`. An operator must install it."
        )


class NotReadFirst(ThroughcareError):
    status = 428

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"Send the ETag of what you have read in `If-Match`, so that nobody's work is written over unread. It is {tag} now."
        )


class TooManyRequests(ThroughcareError):
    """`retry_after`, in seconds, is when there is room again."""

    status = 429

    def __init__(self, limit: str, retry_after: int) -> None:
        super().__init__(
            f"You may send {limit}. Nothing was changed; send the same request again in {retry_after} seconds."
        )
        self.retry_after = retry_after


class TooManyAttempts(ThroughcareError):
    """`retry_after`, in seconds, is when there is room again."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"That was refused, as were many before it. Whoever has the right key or link is let in at any time; for others there is room in {retry_after} seconds."
        )
        self.retry_after = retry_after


class ChangedSinceRead(ThroughcareError):
    """Shows what stands there now, so that whoever wrote can put both together."""

    status = 412

    def __init__(self, current: BaseModel) -> None:
        super().__init__(
            "Somebody has changed this since you read it. Nothing of yours was written; `current` is what stands there now."
        )
        self.current: dict[str, JsonValue] = current.model_dump(mode="json")
