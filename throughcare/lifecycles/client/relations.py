"""What another case is to a client's."""

from enum import StrEnum


class ClientRelation(StrEnum):
    care_plan = "care_plan"
    """What an intake led to."""
    intake = "intake"
    """What a care plan came from."""
    earlier_plan = "earlier_plan"
    """A care plan of the same client that has ended."""
    service_request = "service_request"
    """A request for a service that a care plan made."""
    asked_by = "asked_by"
    """The care plan a request for a service came from."""
