"""Every way a request can be refused; what a case refuses is a Refused or comes back as a Refusal.

ThroughcareError
├── NotForYou        403  another seat may; the detail names it
├── NotThere         404  not there, or not for this person to see
├── AlreadyOpen      409  one of this kind is open for this client; the detail names it
├── BadRequestValue  422  a value the types alone cannot judge
└── NothingRuns      503  a case without its workflow: for an operator
"""


class ThroughcareError(Exception):
    """The root of the tree. `status` is the HTTP status the API answers with."""

    status: int = 400


class NotForYou(ThroughcareError):
    status = 403


class NotThere(ThroughcareError):
    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or it is not yours to see.")


class AlreadyOpen(ThroughcareError):
    status = 409

    def __init__(self, kind: str, case_id: str) -> None:
        super().__init__(
            f"This client has an open {kind}, and has one at a time: {case_id}. Go on with that one."
        )


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
