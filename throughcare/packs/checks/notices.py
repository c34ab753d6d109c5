"""Which texts a pack has, and what can be filled in."""

from collections.abc import Collection, Iterator, Mapping
from string import Formatter

from throughcare.notices.texts import OWN_NOTICES
from throughcare.packs.checks.wording import Finding, unknown
from throughcare.packs.pack import (
    CARE_PLAN_CLIENT_NOTICE_KINDS,
    CARE_PLAN_NOTICE_KINDS,
    CLIENT_NOTICE_KINDS,
    INTAKE_NOTICE_KINDS,
    NOTICE_FIELDS,
    NOTICE_KINDS,
    NoticeText,
    Pack,
)


def notice_findings(pack: Pack) -> Iterator[Finding]:
    needed: frozenset[str] = frozenset()
    if pack.conflict:
        needed |= NOTICE_KINDS
    if pack.intake:
        needed |= INTAKE_NOTICE_KINDS | _kinds_to_clients(pack)
    if pack.care_plan:
        needed |= CARE_PLAN_NOTICE_KINDS
    for kind in sorted(needed - pack.notices.keys()):
        yield (
            ("notices",),
            f"the text of {kind} is missing; add it with a subject and a body",
        )
    yield from _text_findings(pack.notices, needed | OWN_NOTICES.keys())


def _kinds_to_clients(pack: Pack) -> frozenset[str]:
    own = CARE_PLAN_CLIENT_NOTICE_KINDS if pack.care_plan else frozenset()
    return CLIENT_NOTICE_KINDS | own


def translated_findings(
    pack: Pack, texts: Mapping[str, NoticeText]
) -> Iterator[Finding]:
    """In another language the person themselves is written to, and nobody else."""
    return _text_findings(texts, _kinds_to_clients(pack))


def _text_findings(
    texts: Mapping[str, NoticeText], known: Collection[str]
) -> Iterator[Finding]:
    for kind, notice in texts.items():
        if kind not in known:
            yield ("notices", kind), unknown("notice", kind, known, "leave it out")
        for part, text in (("subject", notice.subject), ("body", notice.body)):
            for said in _placeholder_findings(text):
                yield ("notices", kind, part), said


def _placeholder_findings(text: str) -> Iterator[str]:
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        yield f"a brace has no partner ({error}); write {{{{ or }}}} for a brace that stays one"
        return
    for _, name, layout, conversion in pieces:
        if name is not None and (name not in NOTICE_FIELDS or layout or conversion):
            yield f"{{{name}}} cannot be filled in; write one of {', '.join(sorted(NOTICE_FIELDS))}, in braces and nothing else"
