"""A version of a care plan on paper: every section in the policy's order, and a place for every name under it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from throughcare.case.base import Frozen
from throughcare.case.parts import Reading
from throughcare.documents.readings import UnderPolicy
from throughcare.documents.typesetting import pdf
from throughcare.documents.words import PLAIN, PaperWords, words_in
from throughcare.lifecycles.client.plan_facts import (
    Content,
    Listed,
    PlanNeed,
    ServiceAsked,
    Signature,
    Version,
)
from throughcare.lifecycles.client.plan_policy import (
    CarePlanPolicy,
    Section,
    SectionKind,
)

JsonObject = dict[str, JsonValue]
Standing = Literal["proposed", "in_force", "replaced", "lapsed", "ended"]
"""What has become of a version: `lapsed` was never in force, `ended` was when its case was closed."""


class Printed(Frozen):
    """A section of the policy and what the version has in it. Sections that are not written by anybody have no content."""

    section: Section
    content: Content = Content()


class PlanPaper(UnderPolicy):
    """All that is known of one version, for whichever form it is given out in."""

    case: str
    agency: str
    client: str
    """Their opaque id."""
    client_name: str
    language: str
    zone: str
    version: Version
    standing: Standing
    sections: tuple[Printed, ...]
    signatures: tuple[Signature, ...] = ()
    """What each signer last said of it."""
    services: tuple[ServiceAsked, ...] = ()
    """Those that were asked for under it."""

    @property
    def needs(self) -> list[PlanNeed]:
        """In their order; those without a rank come last."""
        found = [need for each in self.sections for need in each.content.needs]
        return sorted(found, key=lambda need: (need.rank is None, need.rank or 0))

    def signature(self, member: str) -> Signature | None:
        found = [each for each in self.signatures if each.member == member]
        return found[-1] if found else None

    @property
    def signers(self) -> list[Listed]:
        known = {each.member: each for each in self.version.members}
        return [known[each] for each in self.version.signers if each in known]


def plan_paper(
    policy: CarePlanPolicy,
    version: Version,
    contents: Mapping[str, Content],
    signatures: Sequence[Signature],
    *,
    standing: Standing,
    case: str,
    agency: str,
    client: str,
    client_name: str,
    language: str,
    zone: str,
    services: Sequence[ServiceAsked] = (),
    readings: Sequence[Reading] = (),
    redisclosure: str = "",
) -> PlanPaper:
    return PlanPaper(
        case=case,
        agency=agency,
        client=client,
        client_name=client_name,
        language=language,
        zone=zone,
        version=version,
        standing=standing,
        sections=tuple(
            Printed(section=each, content=contents.get(each.id, Content()))
            for each in policy.plan.sections
        ),
        signatures=tuple(e for e in signatures if e.version == version.number),
        services=tuple(e for e in services if e.plan == version.number),
        readings=tuple(readings),
        redisclosure=redisclosure,
    )


def plan_pdf(paper: PlanPaper) -> bytes:
    words, version = words_in(paper.language), paper.version
    data: JsonObject = {
        "words": words.model_dump(mode="json"),
        **paper.policy_words,
        "policy_language": PLAIN,
        "title": words.plan,
        "agency": paper.agency,
        "client": paper.client_name,
        "version": version.number,
        "digest": version.digest,
        "facts": [list(each) for each in _facts(paper, words)],
        "missing": list(version.missing),
        "sections": [_section(each, paper, words) for each in paper.sections],
    }
    return pdf("plan", data, version.put_forward_at)


def _facts(paper: PlanPaper, words: PaperWords) -> Iterator[tuple[str, str]]:
    version, zone = paper.version, ZoneInfo(paper.zone)
    yield words.version, f"{version.number} ({words.kinds[version.kind]})"
    yield words.put_forward, words.moment(version.put_forward_at, zone)
    if version.review_every:
        yield words.reviewed, words.span(version.review_every)
    if version.final_at:
        yield words.in_force, words.moment(version.final_at, zone)
    else:
        yield words.standing, words.not_in_force
    if paper.standing in ("replaced", "lapsed"):
        yield words.standing, words.replaced
    yield words.digest, version.digest


def _section(printed: Printed, paper: PlanPaper, words: PaperWords) -> JsonObject:
    section, content = printed.section, printed.content
    said: JsonObject = {
        "title": section.title,
        "clause": section.clause,
        "quotes": list(content.quotes),
        "text": content.text,
        "items": [],
        "table": None,
        "signers": [],
    }
    match section.kind:
        case SectionKind.strengths:
            said["items"] = [_strengths(e, content) for e in _whose(content)]
        case SectionKind.needs:
            said["items"] = [_need(each, words) for each in paper.needs]
        case SectionKind.strategies:
            said["items"] = [_strategies(e, content, words) for e in paper.needs]
        case SectionKind.updates if not content.is_empty:
            said["items"] = [
                {"title": words.successes, "lines": list(content.successes)},
                {"title": words.barriers, "lines": list(content.barriers)},
            ]
        case SectionKind.safety if not content.is_empty:
            said["items"] = [
                _titled(words.client_strengths, content.client_strengths),
                _titled(words.natural_supports, content.natural_supports),
            ]
        case SectionKind.signatures:
            said["signers"] = [_signer(e, paper, words) for e in paper.signers]
        case _:
            said |= _derived(section, paper, words)
    return said


def _derived(section: Section, paper: PlanPaper, words: PaperWords) -> JsonObject:
    """What follows from the team and its meetings."""
    version, zone = paper.version, ZoneInfo(paper.zone)
    match section.kind:
        case SectionKind.members:
            head = (words.name, words.part, words.organization, words.contact)
            rows = [
                (e.name, words.parts[e.kind], e.organization or "", e.contact or "")
                for e in version.members
            ]
            return {"table": _table(head, rows)}
        case SectionKind.attendance:
            head = (words.name, words.part, words.attended, words.effort)
            rows = [
                (
                    e.name,
                    words.parts[e.kind],
                    words.came if e.attended else words.absent,
                    e.effort,
                )
                for e in version.attendance
            ]
            return {"table": _table(head, rows)}
        case SectionKind.dates:
            # Where nobody has met yet, every date is that of a revision.
            has_met = bool(version.attendance)
            return {
                "items": [
                    _titled(
                        words.revision
                        if number or not has_met
                        else words.first_meeting,
                        words.day(at.astimezone(zone).date()),
                    )
                    for number, at in enumerate(version.dates)
                ]
            }
        case SectionKind.follow_up if version.follow_up:
            at = words.moment(version.follow_up.at, zone)
            where = version.follow_up.place
            return {"items": [_titled(words.when, at), _titled(words.where, where)]}
        case _:
            return {}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> JsonValue:
    if not rows:
        return None
    return {"head": list(head), "rows": [list(row) for row in rows]}


def _titled(title: str, text: str | None) -> JsonObject:
    return {"title": title, "lines": [text] if text else []}


def _whose(content: Content) -> list[str]:
    return list(dict.fromkeys(each.whose for each in content.strengths))


def _strengths(whose: str, content: Content) -> JsonObject:
    lines: list[JsonValue] = [e.text for e in content.strengths if e.whose == whose]
    return {"title": whose, "lines": lines}


def _ranked(need: PlanNeed, words: PaperWords) -> str:
    return words.unranked if need.rank is None else f"{words.rank} {need.rank}"


def _need(need: PlanNeed, words: PaperWords) -> JsonObject:
    return _titled(f"{_ranked(need, words)} ({need.whose})", need.text)


def _strategies(need: PlanNeed, content: Content, words: PaperWords) -> JsonObject:
    """The strategies under the need they are to meet (CP-C-g)."""
    lines: list[JsonValue] = [
        f"{each.text} ({words.who}: {each.who})" if each.who else each.text
        for each in content.strategies
        if each.need == need.id
    ]
    title = f"{_ranked(need, words)}: {need.text}"
    return {"title": title, "lines": lines or [words.no_strategy]}


def _signer(member: Listed, paper: PlanPaper, words: PaperWords) -> JsonObject:
    """Signed when and how, or why not, or a line to sign on (CP-C-j)."""
    said: JsonObject = {
        "name": member.name,
        "part": words.parts[member.kind],
        "said": None,
    }
    signature = paper.signature(member.member)
    if signature is None:
        return said
    at = words.moment(signature.at, ZoneInfo(paper.zone))
    if signature.outcome == "signed":
        how = words.how.get(signature.how, signature.how)
        return said | {"said": f"{words.signed}: {at}, {how}"}
    why = words.refused if signature.outcome == "refused" else words.unavailable
    return said | {"said": f"{why}: {signature.reason or ''} ({at})"}
