"""Another worker: what messages about it do. Pure."""

from datetime import date
from typing import Literal

from pydantic import Field

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.lifecycles.client.acts import ClientAct, ClientEntry
from throughcare.lifecycles.client.assigning import (
    Assigned,
    check_explained,
    check_match,
    check_worker,
    explain,
    look_again,
    owe_explanation,
    take_worker,
)
from throughcare.lifecycles.client.case import ClientCase
from throughcare.lifecycles.client.facts import Change, Preference
from throughcare.lifecycles.client.fields import Words
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.preferences import take_preferences
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.client.senders import all_but_the_worker, who_answers_wishes

changing = Messages()


PRODUCT_DEFAULT = "the product's own smallest procedure, as the agency has set none of its own: ask, look for a match, explain, hand over"


def has_wish(case: ClientCase) -> bool:
    return case.known.change is not None


@changing.message(
    "change_requested",
    by=ClientCase.staff,
    beside=True,
    looks_up=LookUp("spokespersons", ("authorised",)),
    example={
        "by": "client",
        "preferences": [{"kind": "gender", "words": "male"}],
        "would_try_first": False,
    },
)
class ChangeRequested(Facts):
    """Somebody asks for another worker, in whatever state the case is (CS-G-1, CF-S-2b). No reason is demanded."""

    by: Literal["client", "guardian", "family", "spokesperson", "worker", "review"]
    reason: Words | None = None
    preferences: tuple[Preference, ...] = ()
    authorised: tuple[str, ...] = ()
    """The relations that may speak for the client. The API looks them up."""
    would_try_first: bool | None = Field(
        default=None,
        description="Whether they would talk it over first. Asked, never required (CS-R-4).",
    )

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Always heard, whatever the case is at, and without a reason (CS-G-1). Whether they would talk it over first is
        asked and demanded of nobody (CS-X-8)."""
        known, policy = case.known, case.policy
        transfer = policy.transfer
        right = transfer.right_clause if transfer else policy.clause
        if self.preferences:
            take_preferences(said, self.preferences, self.authorised)
        by_worker = self.by == "worker"
        talked = any(
            entry.kind == ClientEntry.supervision_held for entry in case.timeline
        )
        if by_worker and not talked and self.reason is None:
            raise said.refused(
                "A worker who asks for it talks it over with the supervisor first (supervision_held), or gives the reason."
            )
        # Of a worker's own reasons nothing stands where the person reads it (CS-X-7).
        kind = (
            ClientEntry.worker_asks_change
            if by_worker
            else ClientEntry.change_requested
        )
        words = said.words(self.reason or "")
        if open_wish := known.change:
            text = f"The {self.by} asks again for another worker."
            said.note(kind, text, right, words=words)
            others = dict.fromkeys((*open_wish.others, self.by))
            against = [each for each in open_wish.against if each != self.by]
            update_wish(said, others=tuple(others), against=tuple(against))
            return
        known.changes.append(
            Change(
                number=len(known.changes) + 1,
                by=self.by,
                asked_at=said.message.event_at,
                asked_of=said.seated.title,
                would_try_first=self.would_try_first,
                supervised=talked,
            )
        )
        said.note(kind, f"The {self.by} asks for another worker.", right, words=words)
        if known.assignment is None:
            text = "There is no worker yet; the wish counts for the assignment."
            said.note(kind, text, right, words=words)
            known.changes[-1] = known.changes[-1].model_copy(
                update={"outcome": "honoured", "ended_at": said.message.event_at}
            )
            return
        if transfer and transfer.procedure is None:
            text, clause = f"This runs by {PRODUCT_DEFAULT}.", transfer.procedure_clause
            case.note(
                ClientEntry.procedure, text, said.now, step=case.step, clause=clause
            )
        case.ask_to_answer_wish(said.message.event_at)


@changing.message(
    "resolution_meeting_held",
    by=who_answers_wishes,
    beside=True,
    when=has_wish,
    example={},
)
class ResolutionMet(Facts):
    """The person, the worker and the supervisor talked it over (CS-X-8)."""

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        said.say(
            "The person, the worker and the supervisor talked it over.", _clause(said)
        )
        update_wish(said, met=True)


@changing.message(
    "change_withdrawn",
    by=all_but_the_worker,
    beside=True,
    when=has_wish,
    example={"by": "client"},
)
class ChangeWithdrawn(Facts):
    """The person no longer wants another worker. Only whoever asked for it can say so (CS-X-8)."""

    by: Literal["client", "guardian", "family", "spokesperson", "worker", "supervisor"]

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Only whoever asked takes it back (CS-X-8). Where the person and who speaks for them disagree, both are on record, and
        whoever answers the wish decides by who may legally say (S-12)."""
        if self.by in ("worker", "supervisor"):
            raise said.refused(
                f"A {self.by} cannot take back what the person asked for; only the client, guardian, family or spokesperson can."
            )
        update_wish(said, against=_against(said, self.by))
        wish = case.known.change
        if wish and wish.wanted_by:
            others = " and ".join(wish.wanted_by)
            text = f"The {self.by} does not want another worker, and the {others} does. Both are on record; it stays to be decided by who may legally say."
            said.note(ClientEntry.change_disputed, text, _clause(said))
            return
        said.say(f"The {self.by} no longer wants another worker.", _clause(said))
        update_wish(said, outcome="withdrawn", ended_at=said.message.event_at)
        said.drop(
            ClientAct.change,
            ClientAct.help_with_change,
            text="Withdrawn by the person.",
        )


def _against(said: ClientSaid, by: str) -> tuple[str, ...]:
    wish = said.case.known.change
    return tuple(dict.fromkeys((*wish.against, by))) if wish else (by,)


def _clause(said: ClientSaid) -> str:
    transfer = said.case.policy.transfer
    return transfer.clause if transfer else said.case.policy.clause


def update_wish(said: ClientSaid, **fields: object) -> None:
    known = said.case.known
    known.changes = [
        each if each.outcome else each.model_copy(update=fields)
        for each in known.changes
    ]


@changing.message(
    "worker_changed",
    discharges=ClientAct.change,
    answers=(ClientAct.help_with_change,),
    looks_up=LookUp("worker", ("title", "organization", "person", "provides")),
    example={
        "assigned": "rsc-2",
        "basis": "preference",
        "matches": [{"kind": "gender", "honoured": "fully"}],
        "considered": ["rsc-2"],
        "explanation": "As was asked for.",
        "handover": "Both workers and the client met.",
    },
)
class WorkerChanged(Facts, Assigned):
    """Another worker takes over, with an explanation to all and a handover on record (CS-V-8, CS-W-6)."""

    handover: Words | None = Field(
        default=None, description="What was handed over, and when they met."
    )

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """Explained to all and handed over on record (CS-V-8); a choice or an explanation of why there was none (CS-W-6)."""
        duties, transfer = said.duties(), case.policy.transfer
        clause = transfer.clause if transfer else case.policy.clause
        if self.explanation is None:
            raise said.refused(
                f"explanation: a change is explained in full ({clause})."
            )
        if self.handover is None:
            raise said.refused(
                f"handover: a change is handed over on record ({clause})."
            )
        current = case.known.assignment
        if current and current.seat == self.assigned:
            raise said.unreadable(
                "assigned: that is who the worker is now; name another."
            )
        honoured = check_match(said, self)
        check_worker(said, self)
        words = "\n".join((self.explanation, self.handover))
        said.discharge("Another worker takes over.", words=words, duties=duties)
        if transfer:
            offered = (
                f"{len(self.considered)} looked at" if self.considered else "explained"
            )
            said.say(
                f"Choices of another worker: {offered}.", transfer.alternatives_clause
            )
        _settle_help(said, "Another worker takes over.")
        before = case.seated[case.policy.coordinator]
        take_worker(said, self)
        case.worker_changed(before, said.now)
        case.notify("relieved", before, step=case.step, clause=clause)
        written = (ClientAct.assignment_record,) if self.record_entry else ()
        case.come(Moment.changed, said.message.event_at, skip=written)
        update_wish(
            said,
            outcome="honoured" if honoured else "partly",
            ended_at=said.message.event_at,
            considered=self.considered,
        )
        explain(said, self, "client_change", honoured)


@changing.message(
    "change_not_granted",
    discharges=ClientAct.change,
    answers=(ClientAct.help_with_change,),
    example={
        "outcome": "unable",
        "considered": ["rsc-2"],
        "explanation": "Nobody who fits has room now.",
        "limited_by": "resources",
        "revisit_on": "2026-04-01",
    },
)
class ChangeNotGranted(Facts):
    """No other worker can be had as asked for; the person gets an explanation and a date to look again (CS-V-1, CS-V-2)."""

    outcome: Literal["partly", "unable"]
    considered: tuple[str, ...] = Field(
        default=(), description="The seats that were considered."
    )
    explanation: Words | None = None
    limited_by: Literal["resources", "other"] = "other"
    revisit_on: date | None = None

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        duties, rules = said.duties(), case.policy.preferences
        check_explained(said, self.explanation, self.considered)
        if self.limited_by == "resources" and self.revisit_on is None:
            clause = rules.resource_clause if rules else case.policy.clause
            raise said.unreadable(
                f"revisit_on: say when a match is looked for again ({clause})."
            )
        stated = "honoured in part" if self.outcome == "partly" else "not honoured"
        text = f"The wish for another worker is {stated}, with an explanation."
        said.discharge(text, words=self.explanation or "", duties=duties)
        _settle_help(said, text)
        update_wish(
            said,
            outcome=self.outcome,
            ended_at=said.message.event_at,
            considered=self.considered,
            explanation=self.explanation,
        )
        owe_explanation(said, "client_change")
        if self.limited_by == "resources":
            clause = rules.resource_clause if rules else _clause(said)
            look_again(said, clause, self.revisit_on)


def _settle_help(said: ClientSaid, text: str) -> None:
    duties = said.case.outstanding(ClientAct.help_with_change)
    said.discharge(text, duties=duties)


def _looks_again(case: ClientCase) -> bool:
    return bool(case.outstanding(ClientAct.revisit))


@changing.message(
    "capacity_freed",
    by=ClientCase.staff,
    beside=True,
    when=_looks_again,
    for_itself=True,
    example={},
)
class CapacityFreed(Facts):
    """A worker who would fit has room again (CS-V-2). The API says so when a worker's profile changes."""

    worker: str

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        """The supervisor is asked to look again (CS-V-2)."""
        for duty in case.outstanding(ClientAct.revisit):
            clause = duty.clause
            said.note(
                ClientEntry.capacity,
                "A worker has room again: look for a match.",
                clause,
            )
            for holder in duty.holders:
                case.notify(
                    "capacity", holder, step=duty.step, clause=clause, what=duty.text
                )


@changing.message(
    "match_looked_for",
    discharges=ClientAct.revisit,
    example={"found": False},
)
class MatchLookedFor(Facts):
    """A worker who fits better was looked for again (CS-V-2)."""

    found: bool

    def apply(self, case: ClientCase, said: ClientSaid) -> None:
        duties = said.duties()
        found = "one was found" if self.found else "none was found"
        text = f"A worker who fits the wish was looked for again: {found}."
        said.discharge(text, duties=duties)
        case.known.look_again_from = case.known.look_again_on = None
        if not self.found:
            look_again(said, duties[0].clause)
