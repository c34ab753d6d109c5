"""The ladders of a conflict's policy, drawn."""

from collections.abc import Iterator

from throughcare.case.drawing import label
from throughcare.case.parts import Roles
from throughcare.case.seats import Side
from throughcare.lifecycles.conflict.policy import ConflictPolicy, Ladder, Rung


def ladder_diagrams(policy: ConflictPolicy) -> Iterator[str]:
    return (ladder_diagram(policy, ladder) for ladder in policy.ladders)


def ladder_diagram(policy: ConflictPolicy, ladder: Ladder) -> str:
    """The ladder from its first rung to its ends, a node for each rung."""
    return "\n".join(["flowchart TD", *_nodes(policy, ladder), *_edges(ladder)]) + "\n"


def _nodes(policy: ConflictPolicy, ladder: Ladder) -> Iterator[str]:
    yield f"  start([{label(f'Ladder {ladder.id}', ladder.title)}])"
    for number, rung in enumerate(ladder.rungs, start=1):
        yield f"  rung{number}[{label(*_rung_lines(policy, rung))}]"
    authority = _titles(policy, ladder.closing_authority)
    yield f"  settled([{label('Settled: both sides agree')}])"
    yield f"  top([{label('Unresolved at the top', f'reported; may be closed by {authority}')}])"


def _rung_lines(policy: ConflictPolicy, rung: Rung) -> Iterator[str]:
    sides = [_titles(policy, rung.seats[side]) for side in Side]
    yield f"{rung.id} · {rung.title}"
    yield " — ".join(sides)
    told = {
        (each.clause, each.sender, each.receiver): each
        for each in (*rung.notices, *rung.information)
    }
    for each in told.values():
        acts = [
            name
            for name, known in (
                ("tells", rung.notices),
                ("gives all information to", rung.information),
            )
            if each in known
        ]
        yield f"{policy.roles[each.sender].title} {' and '.join(acts)} {policy.roles[each.receiver].title} ({each.clause})"
    if rung.meeting:
        yield f"they meet ({rung.meeting.clause}, {rung.meeting.strength})"
    if rung.team:
        by = rung.team.reading or rung.team.clause
        yield f"{_titles(policy, (rung.team.convener,))} calls the Team if needed ({by})"
    if rung.contact:
        yield f"first contact: {_titles(policy, rung.contact.initiators)} ({rung.contact.clause}, {rung.contact.strength})"
    if rung.assistance:
        yield f"on request, {_titles(policy, (rung.assistance.helper,))} helps ({rung.assistance.clause})"
    yield f"limit: {_limit(rung)}"


def _limit(rung: Rung) -> str:
    return f"{rung.limit.plain()} ({rung.limit.basis} limit)" if rung.limit else "none"


def _edges(ladder: Ladder) -> Iterator[str]:
    yield "  start --> rung1"
    for number, rung in enumerate(ladder.rungs, start=1):
        if rung.outcome:
            yield f"  rung{number} -->|{label(f'agreement ({rung.outcome.clause})')}| settled"
        above = f"rung{number + 1}" if number < len(ladder.rungs) else "top"
        yield f"  rung{number} -->|{label(_reason(rung))}| {above}"


def _reason(rung: Rung) -> str:
    """What leads from this rung to the next one."""
    done = "no agreement" if rung.outcome else "everything handed over"
    is_timed = rung.limit is not None and rung.limit.then == "escalate"
    return f"{done}, or the limit has passed" if is_timed else done


def _titles(policy: ConflictPolicy, roles: Roles) -> str:
    return " or ".join(policy.roles[role].title for role in roles)
