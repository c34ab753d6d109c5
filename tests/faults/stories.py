"""What people say in the cases of a chaos: one message after another, each of which has its place in the case."""

from typing import NamedTuple


class Story(NamedTuple):
    """A ladder by the other side's seat, what is said in it, and how a case that heard all of it ends."""

    counterpart: str
    said: tuple[tuple[str, str, dict[str, object]], ...]
    status: str
    rung: str


VIOLATION: dict[str, object] = {"kind": "policy"}
REPORT: dict[str, object] = {"recipient": "provider-network"}

# Its limits end while this is said, so only what is heard on any rung has its place in it.
CLIMBED = Story(
    "human-service-worker",
    (
        ("alder", "violation_identified", VIOLATION),
        ("ironwood", "violation_reported", REPORT),
    )
    * 3,
    "unresolved_at_top",
    "A5",
)
SETTLED = Story(
    "network-provider",
    (
        (
            "alder",
            "meeting_held",
            {"attendees": ["coordinator-1", "network-provider"]},
        ),
        ("quince", "violation_identified", VIOLATION),
        ("alder", "violation_reported", REPORT),
        ("alder", "agreement_reached", {"terms": "By turns"}),
        ("quince", "agreement_reached", {}),
    ),
    "agreed",
    "C1",
)
ESCALATED = Story(
    "dmcps-case-manager",
    (
        (
            "alder",
            "meeting_held",
            {"attendees": ["coordinator-1", "dmcps-case-manager"]},
        ),
        ("maple", "agreement_not_reached", {}),
        ("alder", "information_provided", {}),
        ("maple", "information_provided", {}),
        ("birch", "contact_made", {}),
        ("birch", "agreement_reached", {"terms": "By turns"}),
        ("nutmeg", "agreement_reached", {}),
    ),
    "agreed",
    "B2",
)
