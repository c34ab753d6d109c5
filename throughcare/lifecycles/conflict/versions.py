"""Another version of the pack, which a case is judged by from then on (ruling 9). Pure."""

from pydantic import Field

from throughcare.case.message import Messages
from throughcare.case.parts import PackRef
from throughcare.case.refusals import CannotMove
from throughcare.lifecycles.conflict.acts import ConflictEntry
from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.facts import RungFacts
from throughcare.lifecycles.conflict.policy import ConflictPolicy, SharedConflictPolicy
from throughcare.lifecycles.conflict.said import ConflictSaid

versions = Messages()


@versions.message(
    "move_to_version",
    by=lambda case: (case.policy.administrator,),
    beside=True,
    for_itself=True,
    example={},
)
class MoveToVersion(RungFacts):
    """From here on the case is judged by another version of its pack (ruling 9)."""

    reason: str = Field(min_length=1, max_length=1000)
    pack: str
    version: int
    digest: str
    policy: SharedConflictPolicy
    """The case's own ladder as that version has it."""

    def apply(self, case: Conflict, said: ConflictSaid) -> None:
        if reason := misfit(case.policy, self.policy, case.reached):
            raise CannotMove(self.version, reason)
        pack = PackRef(id=self.pack, version=self.version, digest=self.digest)
        case.take_policy(self.policy, pack)
        text = f"From here on the case is judged by version {self.version} of its pack."
        words = said.words(f"{self.pack} ({self.digest}). {self.reason}")
        said.note(ConflictEntry.moved_to_version, text, case.main_clause, words=words)


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
