"""What somebody might say to a conflict: facts for any message there is, made from the fields of its model."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from throughcare.lifecycles.conflict.conflict import Conflict
from throughcare.lifecycles.conflict.lifecycle import conflict as conflict_messages
from throughcare.lifecycles.conflict.policy import ConflictPolicy

SECRET = "Zebra-7731"
"""In everything that is written freely: whatever an operator or an e-mail shows must not have it."""

WORDS = st.sampled_from([SECRET, f"{SECRET} and more", f"Said {SECRET}."])


def facts_for(name: str, conflict: Conflict, now: datetime) -> st.SearchStrategy[Any]:
    """Facts of a message, as JSON: most of them fit the case, some do not."""
    fields = conflict_messages[name].facts.model_fields
    values = {
        each: _value(each, field, conflict, now) for each, field in fields.items()
    }
    needed = {each: values[each] for each, f in fields.items() if f.is_required()}
    others = {each: values[each] for each in values if each not in needed}
    return st.fixed_dictionaries(needed, optional=others)


def fitting(
    name: str, policy: ConflictPolicy, seats: Iterable[str], role: str
) -> dict[str, Any]:
    """Facts nothing can be said against but by whose turn it is; the same every time. `role` has a part just now."""
    known = {
        "attendees": list(seats),
        "entry": 1,
        "into": "another-case",
        "policy": policy.model_dump(mode="json"),
        "recipient": policy.violation.recipients[0],
        "role": role,
        "waiver": SECRET,
    }
    return {
        each: known.get(each, _example(field))
        for each, field in conflict_messages[name].facts.model_fields.items()
        if field.is_required() or each == "waiver"
    }


def fitting_now(name: str, conflict: Conflict) -> dict[str, Any]:
    seats = (seated.seat for seated in conflict.seated.values() if seated.seat)
    role = next(iter(conflict.parts_now()), "")
    return fitting(name, conflict.policy, seats, role)


def _example(field: FieldInfo) -> Any:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return {int: 1, str: SECRET}.get(kind, {}) if isinstance(kind, type) else {}


def _value(
    name: str, field: FieldInfo, conflict: Conflict, now: datetime
) -> st.SearchStrategy[Any]:
    seats = [seated.seat or "" for seated in conflict.seated.values()]
    a_seat = st.sampled_from([*seats, "seat-of-nobody", SECRET])
    everybody = st.permutations(seats).map(list)
    known: dict[str, st.SearchStrategy[Any]] = {
        "attendees": st.one_of(everybody, st.lists(a_seat, max_size=4)),
        "initiated_by": a_seat,
        "assigned": st.one_of(a_seat, st.just("seat-another")),
        "entry": st.integers(1, len(conflict.timeline) + 2),
        "into": st.sampled_from([conflict.case_id, "another-case"]),
        "case": st.just("a-new-case"),
        "ladder": st.sampled_from("ABC"),
        "pack": st.just("pack"),
        "digest": st.just("0123456789ab"),
        "recipient": st.sampled_from([*conflict.policy.violation.recipients, SECRET]),
        "role": st.sampled_from([*conflict.seated, *conflict.parts_now(), SECRET]),
        "rung": st.sampled_from([*conflict.reached, None, SECRET]),
    }
    if name in known:
        return known[name]
    return _of_kind(field.annotation, conflict, now)


def _of_kind(kind: Any, conflict: Conflict, now: datetime) -> st.SearchStrategy[Any]:
    """A field nobody has named above: by its type alone, so that a new message is tried without a word here."""
    if get_origin(kind) in (Union, UnionType):
        parts = [_of_kind(each, conflict, now) for each in get_args(kind)]
        return st.one_of(parts)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(_of_kind(get_args(kind)[0], conflict, now), max_size=3)
    if kind is ConflictPolicy:
        return policies(conflict).map(lambda policy: policy.model_dump(mode="json"))
    if kind in (datetime, AwareDatetime):
        return instants(conflict, now).map(datetime.isoformat)
    if get_origin(kind) is dict:
        return st.just({})
    if kind is str:
        return WORDS
    return st.from_type(kind)


def instants(conflict: Conflict, now: datetime) -> st.SearchStrategy[datetime]:
    """Around everything that time decides here."""
    marks = [now, conflict.opened_at, conflict.step_began_at, conflict.step_due_at]
    near = st.sampled_from([mark for mark in marks if mark])
    minutes = st.sampled_from([-60 * 24 * 40, -60 * 24, -1, 0, 1, 4, 60 * 24])
    return st.builds(lambda at, by: at + timedelta(minutes=by), near, minutes)


def policies(conflict: Conflict) -> st.SearchStrategy[ConflictPolicy]:
    """The case's own policy, with its limits, without one of them, or with its rungs in another order."""
    ladder = conflict.ladder

    def changed(change: str, index: int) -> ConflictPolicy:
        rungs = list(ladder.rungs)
        if change == "unlimited":
            rungs[index] = rungs[index].model_copy(update={"limit": None})
        elif change == "turned":
            rungs.reverse()
        other = ladder.model_copy(update={"rungs": tuple(rungs)})
        return conflict.policy.model_copy(update={"ladders": (other,)})

    changes = st.sampled_from(["none", "unlimited", "unlimited", "turned"])
    return st.builds(changed, changes, st.integers(0, len(ladder.rungs) - 1))
