"""What people tell a conflict: one model per named message, saying what happened and when.

Every one is stored in histories: fields are added with a default, and never renamed or removed while a case that used
them may still be running. The names of the messages are the keys of ACTS.
"""

from typing import Literal

from pydantic import Field, JsonValue

from throughcare.case.correcting import CorrectEntry
from throughcare.case.message import Facts
from throughcare.lifecycles.conflict.policy import SharedConflictPolicy


class ConflictFacts(Facts):
    """What is said to a conflict. `rung` names an earlier rung."""

    rung: str | None = Field(
        default=None,
        description="The rung it belongs to; the current one where left out.",
    )

    @property
    def about_step(self) -> str | None:
        return self.rung


class MeetingHeld(ConflictFacts):
    """Both sides of the rung met. Who was there is told by seat (CR-A-1, CR-B-1, CR-C-1a)."""

    attendees: tuple[str, ...] = Field(
        min_length=1, description="The seats of those present, as the case shows them."
    )
    outcome: Literal["agreement", "no_agreement"] | None = Field(
        default=None, description="The sender's own word on the outcome."
    )


class ContactMade(ConflictFacts):
    """One side contacted the other to resolve it (CR-A-2d, CR-A-3c, CR-A-5, CR-B-2e, CR-B-3c, CR-B-5, CR-C-2a)."""

    initiated_by: str | None = Field(
        default=None,
        description="The seat that made the contact; your own where left out.",
    )


class InformationProvided(ConflictFacts):
    """All relevant information was handed to the next one up on the own side: the packet, apart from the notice (Q-21;
    CR-A-2a, CR-A-2b, CR-A-3a, CR-A-3b, CR-A-4a, CR-A-4b, CR-B-2c, CR-B-3a, CR-B-3b, CR-B-4a, CR-B-4b)."""

    documents: tuple[str, ...] = Field(
        default=(), description="References to the documents handed over."
    )


class NoticeGiven(ConflictFacts):
    """The notice was given by other means than our e-mail (a call, a letter, in person)."""

    how: str = Field(
        min_length=1,
        max_length=200,
        description="How it was given: by phone, by letter, in person.",
    )


class AgreementReached(ConflictFacts):
    """The sender's side agrees. Agreement needs both seats of the rung (Q-19; CR-A-2c, CR-B-2d among them)."""

    terms: str = Field(default="", max_length=4000, description="What was agreed.")


class AgreementNotReached(ConflictFacts):
    """No agreement at this rung; either side may say so (Q-19)."""

    waiver: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Why a step the policy only recommends was left out (ladder C).",
    )


class PartialAgreement(ConflictFacts):
    """The sender's side agrees on some points and not on others. What is settled needs both seats of the rung, as an
    agreement does; what remains then goes up the ladder (Q-19)."""

    settled: str = Field(min_length=1, max_length=4000, description="What was agreed.")
    remaining: str = Field(
        min_length=1, max_length=4000, description="What is still in dispute."
    )
    waiver: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Why a step the policy only recommends was left out (ladder C).",
    )


class TeamInterventionRequired(ConflictFacts):
    """The issue needs the Child & Family Team (CR-C-1b)."""

    reason: str = Field(min_length=1, max_length=1000)


class TeamMeetingHeld(ConflictFacts):
    """The Team met on the issue (CR-C-1b)."""


class AssistanceRequested(ConflictFacts):
    """The parties ask Administrative staff for help (CR-C-3)."""


class ViolationIdentified(ConflictFacts):
    """The issue is clearly a policy or licensing violation (CR-N-3). It runs beside the ladder and blocks closing."""

    kind: Literal["policy", "licensing", "policy_and_licensing"]


class ViolationReported(ConflictFacts):
    """The violation was reported for review (CR-N-3)."""

    recipient: str = Field(
        description="The role it was reported to, as the pack names it: provider-network or quality-assurance."
    )


class Withdraw(ConflictFacts):
    """The side that raised the conflict takes it back; the other side is told (O-09)."""

    reason: str = Field(min_length=1, max_length=1000)


class Close(ConflictFacts):
    """An authority the agency named closes a case that is unresolved at the top (Q-20)."""

    reason: str = Field(min_length=1, max_length=1000)


# -- beside the ladder: mending what was entered, and taking a case up again ------------------------------------------


class Recuse(ConflictFacts):
    """Somebody steps back from this case, or is made to: their seat counts as empty here, and is to be filled (Q-37)."""

    role: str = Field(description="The part they have in this case, as it shows it.")
    reason: str = Field(min_length=1, max_length=1000)


class AssignSeat(ConflictFacts):
    """Another seat takes a part in this case only: where the one that should is recused, empty, or the same person sits
    on both sides (ruling 5, Q-37)."""

    role: str = Field(description="The part in this case, as it shows it.")
    assigned: str = Field(description="The seat that takes it, as GET /seats lists it.")
    reason: str = Field(min_length=1, max_length=1000)


class Reopen(ConflictFacts):
    """A closed case is taken up again, at the rung where it stopped."""

    reason: str = Field(min_length=1, max_length=1000)


class AgreementBroken(ConflictFacts):
    """What both sides agreed is not kept. The case is taken up again at the rung where it stopped."""

    reason: str = Field(min_length=1, max_length=1000)


class Merge(ConflictFacts):
    """This case is about the same dispute as another one, which goes on with both."""

    into: str = Field(description="The case that goes on.")
    reason: str = Field(min_length=1, max_length=1000)


class Refile(ConflictFacts):
    """The case was filed on the wrong ladder. It ends here and begins anew on the right one, both tied together."""

    reason: str = Field(min_length=1, max_length=1000)
    case: str
    """The id of the new case."""
    ladder: str
    opening: dict[str, JsonValue]
    """What the new case begins with: a throughcare.messages.OpenConflict."""


class MoveToVersion(ConflictFacts):
    """From here on the case is judged by another version of its pack (ruling 9)."""

    reason: str = Field(min_length=1, max_length=1000)
    pack: str
    version: int
    digest: str
    policy: SharedConflictPolicy
    """The case's own ladder as that version has it."""


ACTS: dict[str, type[Facts]] = {
    "meeting_held": MeetingHeld,
    "contact_made": ContactMade,
    "information_provided": InformationProvided,
    "notice_given": NoticeGiven,
    "agreement_reached": AgreementReached,
    "agreement_not_reached": AgreementNotReached,
    "team_intervention_required": TeamInterventionRequired,
    "team_meeting_held": TeamMeetingHeld,
    "assistance_requested": AssistanceRequested,
    "violation_identified": ViolationIdentified,
    "violation_reported": ViolationReported,
    "withdraw": Withdraw,
    "close": Close,
    "partial_agreement": PartialAgreement,
    "correct_entry": CorrectEntry,
    "recuse": Recuse,
    "assign_seat": AssignSeat,
    "reopen": Reopen,
    "agreement_broken": AgreementBroken,
    "merge": Merge,
    "refile": Refile,
    "move_to_version": MoveToVersion,
}

BY_ROUTES_OF_THEIR_OWN = ("merge", "refile", "move_to_version")
"""Messages whose facts the API finds out for their sender."""

TAKES_UP = ("reopen", "agreement_broken", "correct_entry")
"""Messages that a closed case hears."""
