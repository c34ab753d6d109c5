"""What closes a conflict without an agreement. No case is closed over a violation that nobody has reported (CR-N-3). Pure."""

from collections.abc import Iterable

from pydantic import Field, JsonValue

from throughcare.case.message import Messages
from throughcare.case.parts import RoleId
from throughcare.case.refusals import Unreadable
from throughcare.lifecycles.conflict.acts import ConflictAct
from throughcare.lifecycles.conflict.conflict import Conflict, ConflictStatus
from throughcare.lifecycles.conflict.facts import EndingFacts
from throughcare.lifecycles.conflict.said import ConflictSaid

endings = Messages()


def _may_close(case: Conflict) -> bool:
    return not case.unreported_violations


def _raisers(case: Conflict) -> Iterable[RoleId]:
    return [role for role in case.everybody() if case.side_of(role) is case.raised_by]


@endings.message(
    "withdraw",
    ends=True,
    by=_raisers,
    when=_may_close,
    example={"reason": "The matter settled itself."},
)
class Withdraw(EndingFacts):
    """The side that raised the conflict takes it back; the other side is told (O-09)."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        text = f"Withdrawn by {said.seated.title}."
        said.close(ConflictStatus.withdrawn, text, self.reason)


@endings.message(
    "opened_in_error",
    ends=True,
    by=_raisers,
    when=_may_close,
    beside=True,
    example={"reason": "It was meant for another youth."},
)
class ConflictOpenedInError(EndingFacts):
    """The conflict should never have been opened. It ends here, nothing counts it, and whoever was told is told so (ruling 21)."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        """A violation that was reported was reported, whatever the case was (CR-N-3)."""
        report = ConflictAct.violation_report
        counted = [duty for duty in case.duties if duty.act != report]
        told = case.take_back(counted, said.by)
        text = "Opened in error: nothing counts it."
        said.close(ConflictStatus.opened_in_error, text, self.reason, told=told)


@endings.message(
    "merge",
    ends=True,
    by=Conflict.correctors,
    when=_may_close,
    beside=True,
    for_itself=True,
    example={
        "into": "01JZ0000000000000000000000",
        "reason": "Both of us opened it on the same morning.",
    },
)
class Merge(EndingFacts):
    """This case is about the same dispute as another one, which goes on with both."""

    into: str = Field(description="The case that goes on.")
    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        if self.into == case.case_id:
            raise Unreadable("into must be another case.", said.allowed)
        case.merge_into(self.into, said.now)
        text = "Merged into another case, which goes on with this dispute."
        said.close(ConflictStatus.merged, text, f"Case {self.into}. {self.reason}")


@endings.message(
    "refile",
    ends=True,
    by=Conflict.correctors,
    when=_may_close,
    beside=True,
    for_itself=True,
    example={},
)
class Refile(EndingFacts):
    """The case was filed on the wrong ladder. It ends here and begins anew on the right one, both tied together."""

    reason: str = Field(min_length=1, max_length=1000)
    case: str
    """The id of the new case."""
    ladder: str
    opening: dict[str, JsonValue]
    """What the new case begins with: the fields of an OpenCase."""

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        case.file_anew(self.case, self.opening)
        text = "Filed anew on the ladder it belongs on."
        words = f"Ladder {self.ladder}, case {self.case}. {self.reason}"
        said.close(ConflictStatus.refiled, text, words)


@endings.message(
    "close",
    ends=True,
    answers=(ConflictAct.closing,),
    by=lambda case: case.ladder.closing_authority,
    when=lambda case: (
        case.status is ConflictStatus.unresolved_at_top and _may_close(case)
    ),
    example={"reason": "Decided by the authority the agency named."},
)
class Close(EndingFacts):
    """An authority the agency named closes a case that is unresolved at the top (Q-20)."""

    reason: str = Field(min_length=1, max_length=1000)

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        text = f"Closed by {said.seated.title}, the authority the agency named."
        done = said.by.model_copy(update={"text": text})
        for duty in case.outstanding(ConflictAct.closing):
            case.replace_duty(duty.discharged(done))
        said.close(ConflictStatus.closed_by_authority, text, self.reason)
