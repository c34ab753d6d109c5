"""The record of a case: what is new since the last one, with all that a reader of the tables needs. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from throughcare.case.case import Case
from throughcare.case.duty import Duty
from throughcare.case.permissions import allowed_now, answers_to, seats_of
from throughcare.case.seats import Seated
from throughcare.case.wire import (
    Answer,
    CarriedCase,
    CaseRecord,
    CaseRun,
    OpenCase,
    RecordedDuty,
    RecordedSeat,
)


class Recorder:
    """What of a case is on record already. A record counts as written only when `written` is told so."""

    def __init__(
        self, opening: OpenCase[Any], carried: CarriedCase[Any] | None, case: Case
    ) -> None:
        self.opening = opening
        self.entries = carried.recorded_entries if carried else 0
        self.at = carried.recorded_at if carried else opening.received_at
        self.writings = carried.recorded_writings if carried else 0
        self._seated = dict(case.seated)
        self._settled = _settled(case) if carried else {}

    def is_behind(self, case: Case) -> bool:
        return bool(
            case.entries > self.entries or case.unsent or self._seats_differ(case)
        )

    def _seats_differ(self, case: Case) -> bool:
        """A seat may be called otherwise, or be somebody's only until a day, and nobody has anything to say of it. What is
        carried on is on record."""
        return not case.is_of_before and case.seated != self._seated

    def next(
        self, case: Case, heard: Sequence[Answer], now: datetime
    ) -> CaseRecord | None:
        """The next record, numbered; None where nothing is new."""
        if not (heard or self.is_behind(case)):
            return None
        case.version += 1
        new: dict[str, object] = {
            "entries": case.entries_after(self.entries),
            "notices": tuple(case.unsent),
            "answers": tuple(heard),
            "follows_at": self.at,
            "entries_before": self.entries,
        }
        duties = case.duties
        if case.lives_long:
            duties = [d for d in duties if self._settled.get(d.id) is not d]
            new["settled"] = tuple(self._settled)
            # Said before the first one too: what a task that was cut off wrote then gives way.
            fresh = [each for each in case.written if each.seq > self.writings]
            new["writings"] = _written_out(fresh)
            new["writings_before"] = self.writings
        return self.snapshot(case, now, duties).model_copy(update=new)

    def written(self, case: Case, record: CaseRecord) -> None:
        """It is in the tables. Of what was queued it took the first ones; more may have come meanwhile."""
        del case.unsent[: len(record.notices)]
        self.entries += len(record.entries)
        self.writings = _last(case)
        self.at = record.at
        self._settled = _settled(case)
        self._seated = dict(case.seated)
        case.let_go_of_entries(self.entries)
        case.let_go_of_writings()
        case.grown += record.size
        if not case.is_closed:
            case.measure(record.at)

    def snapshot(
        self, case: Case, now: datetime, duties: Sequence[Duty] | None = None
    ) -> CaseRecord:
        """The case as it now is, without its timeline; with all its duties, or with these."""
        opening = self.opening
        return CaseRecord(
            case_id=case.case_id,
            kind=case.kind,
            agency=opening.agency,
            program=opening.program,
            pack=case.pack or opening.pack,
            client=case.client,
            opened_by=opening.opened_by,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            status=case.status,
            step=case.step,
            step_title=case.step_title,
            program_title=case.program_title(opening.program),
            level=case.level,
            due_at=case.due_at,
            overdue=case.is_overdue,
            version=case.version,
            at=now,
            seats=tuple(_seat(case, each) for each in case.seated.values()),
            duties=recorded_duties(case, case.duties if duties is None else duties),
            allowed=allowed_now(case),
            links=tuple(case.links),
            recused=tuple(
                sorted({each for out in case.recused.values() for each in out})
            ),
            facts=case.facts.model_dump(mode="json"),
        )

    def whole(self, case: Case, answers: Sequence[Answer], now: datetime) -> CaseRecord:
        """The case as it now is, with the entries it still carries and the answers it remembers: what the tables must say."""
        on_record = self.entries - case.entries_before
        said: dict[str, object] = {
            "entries": tuple(case.timeline[: max(on_record, 0)]),
            "entries_before": case.entries_before,
            "answers": tuple(answers),
            "writings": _written_out(
                [each for each in case.written if each.seq <= self.writings]
            ),
            "writings_before": self.writings,
        }
        return self.snapshot(case, now).model_copy(update=said)

    def carried(self, case: Case, answers: Mapping[str, Answer]) -> CaseRun[Any, Any]:
        """All there is to know of the case, once everything of it is recorded."""
        state = case.model_copy(update={"unsent": [], "seats_wanted": True})
        return CaseRun(
            opening=self.opening,
            carried=CarriedCase(
                state=state,
                answers=dict(answers),
                recorded_entries=case.entries,
                recorded_at=self.at,
                recorded_writings=_last(case),
            ),
        )


def _seat(case: Case, seated: Seated) -> RecordedSeat:
    return RecordedSeat.model_construct(
        **dict(seated), on_side=case.is_on_side(seated.role)
    )


def recorded_duties(case: Case, duties: Sequence[Duty]) -> tuple[RecordedDuty, ...]:
    return tuple(_recorded(case, duty) for duty in duties)


def _recorded(case: Case, duty: Duty) -> RecordedDuty:
    said = dict(duty)
    if duty.is_outstanding:
        said["answers"] = answers_to(case, duty)
        said["answered_from"] = seats_of(case, case.discharged_by(duty))
        said["after"] = tuple(each.id for each in case.in_the_way_of(duty))
    return RecordedDuty.model_construct(**said)


def _settled(case: Case) -> dict[str, Duty]:
    """What is over stays as it is, unless somebody corrects it."""
    return {duty.id: duty for duty in case.duties if not duty.is_outstanding}


def _last(case: Case) -> int:
    """The number of the last writing."""
    return max((each.seq for each in case.written), default=0)


def _written_out(writings: Sequence[BaseModel]) -> tuple[Any, ...]:
    return tuple(each.model_dump(mode="json") for each in writings)
