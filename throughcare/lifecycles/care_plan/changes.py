"""What is different in a newer version of the plan, for those who signed an older one. Pure."""

from collections.abc import Iterator
from enum import StrEnum

from throughcare.case.base import Frozen
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.client.plan_facts import (
    Content,
    FollowUp,
    Listed,
    Version,
)


class HowChanged(StrEnum):
    added = "added"
    changed = "changed"
    removed = "removed"


class SectionChange(Frozen):
    """A section that says something else now. `old` is None where it is new, and `new` where it is no longer there."""

    section: str
    title: str
    how: HowChanged
    old: Content | None = None
    new: Content | None = None


class FollowUpMoved(Frozen):
    """The next meeting as the older version had it, and as the newer one has it."""

    old: FollowUp | None
    new: FollowUp | None


class Changes(Frozen):
    """`older` and `newer` are the numbers of the two versions."""

    older: str
    newer: str
    sections: tuple[SectionChange, ...] = ()
    joined: tuple[Listed, ...] = ()
    left: tuple[Listed, ...] = ()
    follow_up: FollowUpMoved | None = None

    @property
    def are_none(self) -> bool:
        return not (self.sections or self.joined or self.left or self.follow_up)


def changes_since(case: CarePlan, older: Version, newer: Version) -> Changes:
    """What changed since whoever signed the older version read it. A section written anew in the same words did not."""
    had = {each.member for each in older.members}
    has = {each.member for each in newer.members}
    moved = FollowUpMoved(old=older.follow_up, new=newer.follow_up)
    return Changes(
        older=older.number,
        newer=newer.number,
        sections=tuple(_sections(case, older, newer)),
        joined=tuple(each for each in newer.members if each.member not in had),
        left=tuple(each for each in older.members if each.member not in has),
        follow_up=moved if moved.old != moved.new else None,
    )


def _sections(
    case: CarePlan, older: Version, newer: Version
) -> Iterator[SectionChange]:
    """In the order the plan is printed in."""
    before, after = case.content_of(older), case.content_of(newer)
    for section, title in _titles(case, [*before, *after]).items():
        old, new = before.get(section), after.get(section)
        if old == new:
            continue
        how = HowChanged.changed
        if old is None:
            how = HowChanged.added
        if new is None:
            how = HowChanged.removed
        yield SectionChange(section=section, title=title, how=how, old=old, new=new)


def _titles(case: CarePlan, written: list[str]) -> dict[str, str]:
    """Of every section; one the policy no longer has comes last, under its own id."""
    sections = case.rules.plan.sections if case.rules else ()
    titles = {each.id: each.title for each in sections}
    return titles | {each: each for each in written if each not in titles}
