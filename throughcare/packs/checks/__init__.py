"""What the files of a pack must say about each other: ids that exist, sides that fit, texts that can be filled in."""

from collections.abc import Iterator

from throughcare.packs.checks.client import (
    care_plan_findings,
    competency_findings,
    independence_findings,
    intake_findings,
)
from throughcare.packs.checks.conflict import conflict_findings
from throughcare.packs.checks.notices import notice_findings, translated_findings
from throughcare.packs.checks.wording import (
    Finding,
    Places,
    repeated,
)
from throughcare.packs.pack import Pack
from throughcare.packs.yamlfile import Location

__all__ = ["Finding", "Places", "findings"]


def findings(pack: Pack) -> Iterator[tuple[str, Location, str]]:
    """Every mistake as the file it stands in, the place there, and what is wrong and would be right."""
    if not (pack.conflict or pack.intake or pack.independence or pack.competencies):
        known = "conflict.yaml, intake.yaml, independence.yaml or competencies.yaml"
        yield "pack.yaml", (), f"the pack has no policy; add {known}"
    checks = [("clauses.yaml", _clause_findings(pack))]
    if pack.conflict:
        checks.append(("conflict.yaml", conflict_findings(pack)))
    if pack.intake:
        checks.append(("intake.yaml", intake_findings(pack, pack.intake)))
    if pack.independence:
        rules = independence_findings(pack, pack.independence)
        checks.append(("independence.yaml", rules))
    if pack.care_plan:
        checks.append(("care-plan.yaml", care_plan_findings(pack, pack.care_plan)))
    if pack.competencies:
        skills = competency_findings(pack, pack.competencies)
        checks.append(("competencies.yaml", skills))
    checks.append(("notices.yaml", notice_findings(pack)))
    for language, texts in pack.notices_in.items():
        found = translated_findings(pack, texts)
        checks.append((f"notices.{language}.yaml", found))
    for file, found in checks:
        for location, text in found:
            yield file, location, text


def _clause_findings(pack: Pack) -> Iterator[Finding]:
    return repeated(
        "clause", [(("clauses", n), clause.id) for n, clause in enumerate(pack.clauses)]
    )
