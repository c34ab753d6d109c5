"""The policies in force: what they are, who approved them, and their ladders drawn."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Body, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.etag import put_tag
from api.examples import ADOPTION
from api.once import AnsweredOnce, reply
from api.problems import documented
from api.routing import Routes
from throughcare.errors import BadRequestValue, NotForYou, NotThere
from throughcare.lifecycles.client.policy import Independence, IntakePolicy
from throughcare.lifecycles.conflict.drawing import ladder_diagram
from throughcare.lifecycles.conflict.policy import ConflictPolicy
from throughcare.packs.pack import (
    Approval,
    Clause,
    Source,
)
from throughcare.packs.reading import NoPacks, warnings
from throughcare.store.idempotency import Reply
from throughcare.store.packs import Adoption, PackInForce
from throughcare.usecases.storable import Storable

router = Routes(prefix="/policies", tags=["policies"])


class PolicySummary(BaseModel):
    id: str
    title: str
    version: int
    digest: str
    adopted_at: datetime
    source: Source
    approvals: tuple[Approval, ...] = Field(
        description="Who let a version go live, by title; where the text names nobody, as the agency recorded it"
    )
    advisory: bool = Field(
        description="Whether it only advises, and binds as far as the agency says so"
    )
    ladders: tuple[str, ...]
    warnings: tuple[str, ...] = Field(
        description="What to know of it, such as a review that is overdue; it stays in force all the same"
    )


class PolicyView(PolicySummary):
    clauses: tuple[Clause, ...]
    conflict: ConflictPolicy | None
    intake: IntakePolicy | None
    independence: Independence | None


class Adopted(Storable, Adoption):
    pass


class Policies(BaseModel):
    items: tuple[PolicySummary, ...]


@router.get("", responses=documented(401, 422), dependencies=KNOWN_FILTERS)
async def list_policies(asking: SignedIn, parts: TheParts) -> Policies:
    """The packs the agency adopted. New cases are opened under these; an open case keeps its own."""
    _, packs = await parts.adopted_packs.in_force()
    return Policies(items=tuple(_summary(each) for each in packs))


@router.get("/{policy_id}", responses=documented(401, 404))
async def read_policy(
    policy_id: str, asking: SignedIn, parts: TheParts, response: Response
) -> PolicyView:
    """One pack: its clauses in our words, and its ladders with every limit and whose it is."""
    found = await find_policy(policy_id, parts)
    view = PolicyView(
        **_summary(found).model_dump(),
        clauses=found.pack.clauses,
        conflict=found.pack.conflict,
        intake=found.pack.intake,
        independence=found.pack.independence,
    )
    put_tag(response, view)
    return view


@router.post(
    "/{policy_id}/adoption",
    status_code=201,
    response_model=PolicySummary,
    responses=documented(401, 403, 404, 409, 413, 422),
)
async def adopt_policy(
    policy_id: str,
    body: Annotated[Adopted, Body(examples=[ADOPTION])],
    asking: SignedIn,
    parts: TheParts,
    once: AnsweredOnce,
) -> Response:
    """The agency adopts a version: on which day, and who approved it, by title. A pack whose source names nobody goes live
    by this and by nothing else (CS-M-1). For the administrator."""
    if not asking.is_administrator:
        raise NotForYou("A pack is adopted from the Agency Administrator's seat.")
    if body.on > datetime.now(UTC).date():
        raise BadRequestValue("on", "That day has not come yet.")
    agency, _ = await parts.adopted_packs.in_force()
    if policy_id not in agency.packs:
        raise NotThere("policy")

    async def act(_id: str) -> Reply:
        adoption = Adoption.model_validate(body.model_dump())
        try:
            await parts.adopted_packs.adopt_here(
                parts.settings.policies, policy_id, adoption, asking.person_id
            )
        except NoPacks:
            raise NotThere("policy") from None
        found = await find_policy(policy_id, parts)
        return reply(201, _summary(found), location=f"/policies/{policy_id}")

    return await once.answer(body, act)


@router.get(
    "/{policy_id}/ladders/{ladder_id}",
    response_class=PlainTextResponse,
    responses=documented(401, 404),
)
async def draw_ladder(
    policy_id: str, ladder_id: str, asking: SignedIn, parts: TheParts
) -> str:
    """A ladder as Mermaid text."""
    policy = (await find_policy(policy_id, parts)).pack.conflict
    for ladder in policy.ladders if policy else ():
        if policy and ladder.id == ladder_id:
            return ladder_diagram(policy, ladder)
    raise NotThere("ladder")


async def find_policy(policy_id: str, parts: Parts) -> PackInForce:
    _, packs = await parts.adopted_packs.in_force()
    for each in packs:
        if each.ref.id == policy_id:
            return each
    raise NotThere("policy")


def _summary(found: PackInForce) -> PolicySummary:
    header, conflict = found.pack.header, found.pack.conflict
    return PolicySummary(
        id=header.id,
        title=header.title,
        version=header.version,
        digest=found.ref.digest,
        adopted_at=found.adopted_at,
        source=header.source,
        approvals=found.approvals,
        advisory=header.advisory,
        ladders=tuple(each.id for each in conflict.ladders) if conflict else (),
        warnings=warnings(found.pack, datetime.now(UTC).date()),
    )
