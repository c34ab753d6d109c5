"""Messages beside the ladder: mending what was entered, who sits where, and which case or pack it belongs to. Pure."""

from throughcare.case.correcting import CorrectEntry, correct
from throughcare.case.entry import CaseLink, Relation
from throughcare.case.parts import RoleId
from throughcare.case.refusals import CannotMove, Unreadable
from throughcare.lifecycles.conflict.acts import (
    AgreementBroken,
    AssignSeat,
    Merge,
    MoveToVersion,
    Recuse,
    Refile,
    Reopen,
)
from throughcare.lifecycles.conflict.conflict import Status
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.lifecycles.conflict.said import ConflictSaid
from throughcare.lifecycles.conflict.turns import (
    parts_now,
    violation_first,
    violations,
)

MENDS = (
    CorrectEntry,
    Recuse,
    AssignSeat,
    Reopen,
    AgreementBroken,
    Merge,
    Refile,
    MoveToVersion,
)


class Mending(ConflictSaid):
    def apply(self) -> None:
        match self.message.facts:
            case CorrectEntry() as facts:
                correct(self, facts, self.conflict.opened_at, self._clause())
            case Recuse() as facts:
                self._recuse(facts)
            case AssignSeat() as facts:
                self._assign(facts)
            case Reopen(reason=reason):
                self._take_up("reopened", "taken up again", reason)
            case AgreementBroken(reason=reason):
                text = "the agreement is not kept; the case is taken up again"
                self._take_up("agreement_broken", text, reason)
            case Merge() as facts:
                self._merge(facts)
            case Refile() as facts:
                self._refile(facts)
            case MoveToVersion() as facts:
                self._move(facts)
        self.tell_of_attested()

    def _clause(self) -> str:
        here = self.conflict.rung
        return here.main_clause if here else self.conflict.ladder.clause

    # -- seats ---------------------------------------------------------------------------------------------------

    def _part(self, role: RoleId) -> RoleId:
        parts = parts_now(self.conflict)
        if role not in parts:
            raise Unreadable(
                f"role must be a part on the current rung: {', '.join(parts)}.",
                self.allowed,
            )
        return role

    def _recuse(self, facts: Recuse) -> None:
        """The seat is then asked for as an empty one is, and no clock stops (ruling 5)."""
        role = self._part(facts.role)
        seated = self.conflict.seated[role]
        administrator = self.conflict.policy.administrator
        if role not in self.roles and administrator not in self.roles:
            raise Unreadable(
                "You recuse yourself; the Agency Administrator recuses others.",
                self.allowed,
            )
        if seated.person is None:
            raise Unreadable(f"Nobody sits as {seated.title} now.", self.allowed)
        known = self.conflict.recused.get(role, [])
        self.conflict.recused[role] = [*known, seated.person]
        text = f"{seated.title}: whoever sits there is recused from this case."
        clause = self.conflict.clause_needing(role)
        self.note("recused", text, clause, words=self.words(facts.reason))

    def _assign(self, facts: AssignSeat) -> None:
        role = self._part(facts.role)
        title = self.conflict.seated[role].title
        self.conflict.chosen[role] = facts.assigned
        text = f"{title}: another seat takes this part in this case."
        clause = self.conflict.clause_needing(role)
        self.note("seat_assigned", text, clause, words=self.words(facts.reason))

    # -- the case itself -----------------------------------------------------------------------------------------

    def _take_up(self, kind: str, what: str, reason: str) -> None:
        was = self.conflict.status.replace("_", " ")
        text = f"{self.seated.title}: {what}. It was closed as {was}."
        self.conflict.take_up()
        clause = self._clause()
        self.note(kind, text, clause, words=self.words(reason))
        roles = [
            role
            for each in self.conflict.reached
            for role in self.conflict.rung_named(each).roles
        ]
        told = {self.conflict.seated[role].seat: role for role in roles}
        for role in told.values():
            self.conflict.tell(
                "reopened",
                self.conflict.seated[role],
                rung=self.conflict.moving_to or "",
                clause=clause,
                what=text,
            )

    def _merge(self, facts: Merge) -> None:
        if facts.into == self.conflict.case_id:
            raise Unreadable("into must be another case.", self.allowed)
        text = "Merged into another case, which goes on with this dispute."
        self.conflict.links.append(
            CaseLink(case=facts.into, relation=Relation.merged_into)
        )
        self._end(Status.merged, text, f"Case {facts.into}. {facts.reason}")

    def _refile(self, facts: Refile) -> None:
        text = "Filed anew on the ladder it belongs on."
        self.conflict.links.append(
            CaseLink(case=facts.case, relation=Relation.refiled_as)
        )
        words = f"Ladder {facts.ladder}, case {facts.case}. {facts.reason}"
        self._end(Status.refiled, text, words)

    def _end(self, status: Status, text: str, reason: str) -> None:
        if violations(self.conflict):
            raise violation_first(self.conflict, self.message, self.allowed)
        self.conflict.close(
            status,
            text + self.by_right(),
            self.now,
            self.by,
            self.conflict.ladder.clause,
            self.words(reason),
            capacity=self.capacity,
            message_id=self.message.message_id,
            attested=self.message.actor.attestation,
        )

    def _move(self, facts: MoveToVersion) -> None:
        if reason := misfit(self.conflict.policy, facts.policy, self.conflict.reached):
            raise CannotMove(facts.version, reason)
        self.conflict.take_policy(facts.policy)
        text = (
            f"From here on the case is judged by version {facts.version} of its pack."
        )
        words = self.words(f"{facts.pack} ({facts.digest}). {facts.reason}")
        self.note("moved_to_version", text, self._clause(), words=words)


def misfit(old: ConflictPolicy, new: ConflictPolicy, reached: list[str]) -> str:
    """Why a case that reached these rungs cannot go on under the new version; empty where it can."""
    before, after = old.ladders[0], new.ladders[0]
    rungs = {rung.id: rung for rung in after.rungs}
    order = [rung.id for rung in after.rungs][: len(reached)]
    if order != reached:
        return f"its ladder begins with {', '.join(order)}, and the case reached {', '.join(reached)}."
    for rung in before.rungs[: len(reached)]:
        if rungs[rung.id].roles != rung.roles:
            return f"other seats have a part on rung {rung.id}."
    missing = [role for role in old.roles if role not in new.roles]
    return f"it has no part named {missing[0]}." if missing else ""
