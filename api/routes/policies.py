"""The policies in force: what they are, who approved them, and their ladders drawn."""

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.errors import NotThere
from api.problems import documented
from api.shelf import InForce
from throughcare.domain.pack import Approval, Clause, ConflictPolicy, Source
from throughcare.mermaid import ladder_diagram
from throughcare.packs import warnings

router = APIRouter(prefix="/policies", tags=["policies"])


class PolicySummary(BaseModel):
    id: str
    title: str
    version: int
    digest: str
    adopted_at: datetime
    source: Source
    approvals: tuple[Approval, ...] = Field(
        description="Who let a version go live, by title"
    )
    ladders: tuple[str, ...]
    warnings: tuple[str, ...] = Field(
        description="What to know of it, such as a review that is overdue; it stays in force all the same"
    )


class PolicyView(PolicySummary):
    clauses: tuple[Clause, ...]
    conflict: ConflictPolicy


class Policies(BaseModel):
    items: tuple[PolicySummary, ...]


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_policies(asking: SignedIn, parts: TheParts) -> Policies:
    """The packs the agency adopted. New cases are opened under these; an open case keeps its own."""
    _, packs = await parts.shelf.in_force()
    return Policies(items=tuple(_summary(each) for each in packs))


@router.get("/{policy_id}", responses=documented(401, 404))
async def read_policy(policy_id: str, asking: SignedIn, parts: TheParts) -> PolicyView:
    """One pack: its clauses in our words, and its ladders with every limit and whose it is."""
    found = await _find(policy_id, parts)
    return PolicyView(
        **_summary(found).model_dump(),
        clauses=found.pack.clauses,
        conflict=found.pack.conflict,
    )


@router.get(
    "/{policy_id}/ladders/{ladder_id}",
    response_class=PlainTextResponse,
    responses=documented(401, 404),
)
async def draw_ladder(
    policy_id: str, ladder_id: str, asking: SignedIn, parts: TheParts
) -> str:
    """A ladder as Mermaid text."""
    policy = (await _find(policy_id, parts)).pack.conflict
    for ladder in policy.ladders:
        if ladder.id == ladder_id:
            return ladder_diagram(policy, ladder)
    raise NotThere("ladder")


async def _find(policy_id: str, parts: Parts) -> InForce:
    _, packs = await parts.shelf.in_force()
    for each in packs:
        if each.ref.id == policy_id:
            return each
    raise NotThere("policy")


def _summary(found: InForce) -> PolicySummary:
    header = found.pack.header
    return PolicySummary(
        id=header.id,
        title=header.title,
        version=header.version,
        digest=found.ref.digest,
        adopted_at=found.adopted_at,
        source=header.source,
        approvals=header.approvals,
        ladders=tuple(ladder.id for ladder in found.pack.conflict.ladders),
        warnings=warnings(found.pack, datetime.now(UTC).date()),
    )
