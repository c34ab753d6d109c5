"""Every way a request can be refused."""


class ThroughcareError(Exception):
    """The root of the tree. `status` is the HTTP status the API answers with."""

    status: int = 400
