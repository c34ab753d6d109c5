"""What the files of a pack must say about each other: ids that exist, sides that fit, texts that can be filled in."""

from collections.abc import Collection, Iterator, Mapping
from string import Formatter

from throughcare.case.findings import Finding, Location, repeated, unknown
from throughcare.case.policyfile import PolicyFile
from throughcare.lifecycles.registry import policy_files
from throughcare.notices.texts import OWN_NOTICES
from throughcare.packs.pack import NOTICE_FIELDS, NoticeText, Pack


def findings(pack: Pack) -> Iterator[tuple[str, Location, str]]:
    """Every mistake as the file it stands in, the place there, and what is wrong and would be right."""
    files = [each for each in policy_files().values() if each.name in pack.policies]
    if not any(each.stands_alone for each in files):
        yield "pack.yaml", (), f"the pack has no policy; add {_policies_known()}"
    checks = [("clauses.yaml", _clause_findings(pack))]
    for each in files:
        checks.append((each.file, each.findings(pack, pack.policies[each.name])))
    checks.append(("notices.yaml", _notice_findings(pack, files)))
    for language, texts in pack.notices_in.items():
        # In another language the person themselves is written to, and nobody else.
        found = _text_findings(texts, _to_clients(files))
        checks.append((f"notices.{language}.yaml", found))
    for file, found in checks:
        for location, text in found:
            yield file, location, text


def _policies_known() -> str:
    *others, last = [each.file for each in policy_files().values() if each.stands_alone]
    return f"{', '.join(others)} or {last}"


def _clause_findings(pack: Pack) -> Iterator[Finding]:
    return repeated(
        "clause", [(("clauses", n), clause.id) for n, clause in enumerate(pack.clauses)]
    )


def _notice_findings(pack: Pack, files: Collection[PolicyFile]) -> Iterator[Finding]:
    needed = _to_clients(files).union(*(each.notices for each in files))
    for kind in sorted(needed - pack.notices.keys()):
        yield (
            ("notices",),
            f"the text of {kind} is missing; add it with a subject and a body",
        )
    yield from _text_findings(pack.notices, needed | OWN_NOTICES.keys())


def _to_clients(files: Collection[PolicyFile]) -> frozenset[str]:
    return frozenset[str]().union(*(each.client_notices for each in files))


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
