"""What people say in the cases of a chaos: one message after another, each of which has its place in the case."""

from typing import Any, NamedTuple

from tests.api.intakes import PLAN

Facts = dict[str, Any]


class Story(NamedTuple):
    """A ladder by the other side's seat, or an intake; what is said in it, and how a case that heard all of it ends."""

    counterpart: str | None
    said: tuple[tuple[str, str, Facts], ...]
    status: str
    rung: str


VIOLATION: Facts = {"kind": "policy"}
REPORT: Facts = {"recipient": "provider-network"}

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

ASSIGNED: tuple[tuple[str, str, Facts], ...] = (
    ("aspen", "consents_received", {}),
    ("hawthorn", "intake_reviewed", {}),
    ("hawthorn", "coordinator_assigned", {"assigned": "rsc-1"}),
)
CHOSEN = ("aspen", "agency_chosen", {"offered": ["One", "Two"], "chosen": "One"})

ORDINARY = Story(
    None,
    (
        CHOSEN,
        ("aspen", "screened", {"emergency": False}),
        *ASSIGNED,
        ("beech", "client_contacted", {"how": "by phone"}),
        ("beech", "first_meeting_held", {"natural_supports": "none", "team": ["one"]}),
        ("beech", "initial_plan_filed", PLAN),
        ("beech", "enroll", {}),
    ),
    "enrolled",
    "enrolled",
)
# Its first limits end before, while or after they are kept; whoever is above then has nothing left to see to.
EMERGENCY = Story(
    None,
    (
        (
            "aspen",
            "screened",
            {"emergency": True, "needs": [{"id": "housing", "text": "no bed tonight"}]},
        ),
        ("linden", "ciu_contacted", {}),
        ("linden", "contact_attempted", {"how": "by phone"}),
        ("linden", "client_contacted", {"how": "by phone"}),
        ("linden", "screen_results_reviewed", {}),
        (
            "linden",
            "emergency_needs_confirmed",
            {"needs": [{"need": "housing", "confirmed": True}]},
        ),
        (
            "linden",
            "providers_considered",
            {"need": "housing", "providers": ["hearth", "harbor"]},
        ),
        ("linden", "preliminary_plan_filed", PLAN),
        CHOSEN,
        *ASSIGNED,
        (
            "beech",
            "rst_meeting_held",
            {"client_attended": True, "team": ["one", "two"]},
        ),
        ("beech", "final_plan_filed", PLAN),
        ("beech", "enroll", {}),
    ),
    "enrolled",
    "enrolled",
)
# Nobody reaches the client: it climbs while this is said, which stops no clock.
UNANSWERED = Story(
    None,
    (
        CHOSEN,
        ("aspen", "screened", {"emergency": False}),
        *ASSIGNED,
        ("beech", "contact_attempted", {"how": "by phone"}),
        ("hawthorn", "contact_attempted", {"how": "by phone"}),
        ("hawthorn", "circumstances_changed", {"what": "moved in with family"}),
    ),
    "open",
    "first_contact",
)
