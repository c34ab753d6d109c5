"""What people say in the cases of a chaos: one message after another, each of which has its place in the case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Optional

from tests.api.careplans import CLIENT, COORDINATOR, SECTIONS
from tests.api.intakes import PLAN

Facts = dict[str, Any]
Known = Callable[[Facts], Facts]
"""What is said where it follows from the case, as its speaker then reads it."""


class Story(NamedTuple):
    """A ladder by the other side's seat, or an intake; what is said in it, and how a case that heard all of it ends."""

    counterpart: str | None
    said: tuple[tuple[str, str, Facts | Known], ...]
    status: str
    rung: str
    leads_to: Optional["Story"] = None
    """What is said in the case that it leads to: the care plan of an intake, and the service that one asks for."""
    begins_as: str = ""
    """What it is to the case that led to it."""

    @property
    def all_said(self) -> int:
        """How many messages, with those in what it leads to."""
        return len(self.said) + (self.leads_to.all_said if self.leads_to else 0)


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


def signature(member: str, how: str) -> Known:
    """Under the version that was put forward last, whose digest its signer has read."""

    def of_what_was_read(case: Facts) -> Facts:
        version = case["facts"]["life"]["versions"][-1]
        read = {"version": version["number"], "digest": version["digest"]}
        return {"member": member, "how": how} | read

    return of_what_was_read


def ahead(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


MET: Facts = {
    "attended": [CLIENT, COORDINATOR],
    "confidentiality_reminded": True,
    "next": {"at": ahead(28), "place": "The family center"},
    "screen": "screens/1",
}
REWRITTEN: Facts = {
    "vision": {"text": "A home of our own, near the school."},
    "safety": SECTIONS["safety"] | {"text": "Whom to call by day."},
}

SERVICE = Story(
    None,
    (
        ("beech", "request_submitted", {"plan_attached": True, "to": "the desk"}),
        ("beech", "request_decided", {"decision": "approved", "until": ahead(90)[:10]}),
    ),
    "open",
    "approved",
    begins_as="service_request",
)
CARE_PLAN = Story(
    None,
    (
        ("beech", "team_meeting_held", MET),
        *(
            ("beech", "section_written", {"section": each, "replaces": 0, "content": c})
            for each, c in SECTIONS.items()
        ),
        *(
            ("beech", "section_written", {"section": each, "replaces": 1, "content": c})
            for each, c in REWRITTEN.items()
        ),
        ("beech", "plan_put_forward", {"kind": "final"}),
        ("beech", "plan_signed", signature(CLIENT, "paper")),
        ("beech", "plan_signed", signature(COORDINATOR, "account")),
        ("beech", "plan_finalized", {"version": "2"}),
        ("beech", "review_held", {"kind": "monthly", "outcome": "no_change"}),
        (
            "beech",
            "service_asked_for",
            {
                "service": "shelter",
                "need": "home",
                "provider": "hearth",
                "chosen_by_client": True,
                "plan": "2",
            },
        ),
    ),
    "open",
    "under_way",
    SERVICE,
    "care_plan",
)
PLANNED = Story(
    None,
    (
        ("aspen", "screened", {"emergency": False}),
        *ASSIGNED,
        ("beech", "initial_plan_filed", PLAN),
        ("beech", "enroll", {}),
    ),
    "enrolled",
    "enrolled",
    CARE_PLAN,
)
