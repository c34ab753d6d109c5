"""A version of a care plan as FHIR R4: a Bundle of a CarePlan, its CareTeam, a Goal for each need and a ServiceRequest for
each service that was asked for under it. Needs the extra `fhir`.

The models are those of R4B, which has these resources as R4 has them. They take any code where the standard binds one, so
every code here is of an enumeration. Whatever FHIR has no place for is a note, under its title in the plan.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from fhir.resources.R4B.bundle import Bundle

from throughcare.documents.plan import JsonObject, PlanPaper, Printed, Standing
from throughcare.documents.words import PLAIN, words_in
from throughcare.lifecycles.client.plan_facts import (
    Listed,
    PlanNeed,
    PlanStrategy,
    RequestStatus,
    ServiceAsked,
)
from throughcare.lifecycles.client.plan_policy import MemberKind, SectionKind


class RequestCode(StrEnum):
    """http://hl7.org/fhir/request-status"""

    draft = "draft"
    active = "active"
    revoked = "revoked"
    completed = "completed"


class GoalCode(StrEnum):
    """http://hl7.org/fhir/goal-status"""

    proposed = "proposed"
    accepted = "accepted"
    active = "active"


class TeamCode(StrEnum):
    """http://hl7.org/fhir/care-team-status"""

    proposed = "proposed"
    active = "active"
    inactive = "inactive"


class ActivityCode(StrEnum):
    """http://hl7.org/fhir/care-plan-activity-status"""

    unknown = "unknown"
    """A plan says what is to be done, not how far it is."""


class Intent(StrEnum):
    """http://hl7.org/fhir/request-intent"""

    plan = "plan"
    order = "order"


PLANS: dict[Standing, RequestCode] = {
    "proposed": RequestCode.draft,
    "in_force": RequestCode.active,
    "replaced": RequestCode.revoked,
    "lapsed": RequestCode.revoked,
    "ended": RequestCode.completed,
}
# Whether a goal was reached no version of a plan says.
GOALS: dict[Standing, GoalCode] = {
    "proposed": GoalCode.proposed,
    "in_force": GoalCode.active,
    "replaced": GoalCode.accepted,
    "lapsed": GoalCode.proposed,
    "ended": GoalCode.accepted,
}
TEAMS: dict[Standing, TeamCode] = {
    "proposed": TeamCode.proposed,
    "in_force": TeamCode.active,
    "replaced": TeamCode.inactive,
    "lapsed": TeamCode.inactive,
    "ended": TeamCode.inactive,
}
REQUESTS: dict[RequestStatus, RequestCode] = {
    RequestStatus.open: RequestCode.active,
    RequestStatus.approved: RequestCode.active,
    RequestStatus.partly: RequestCode.active,
    RequestStatus.denied: RequestCode.revoked,
    RequestStatus.expired: RequestCode.completed,
    RequestStatus.withdrawn: RequestCode.revoked,
}


SECURITY = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
"""Labels of what may be done with a record; one is that 42 CFR part 2 protects it."""


def plan_bundle(paper: PlanPaper, base: str) -> str:
    """As JSON. `base` is the address of this installation, which its identifiers are of. Raises ValidationError for what is
    not FHIR."""
    return _Writer(paper, base).bundle().model_dump_json(indent=2)


class _Writer:
    def __init__(self, paper: PlanPaper, base: str) -> None:
        self._paper = paper
        self._base = base
        self._words = words_in(PLAIN)

    def bundle(self) -> Bundle:
        version = self._paper.version
        resources = [
            ("plan", self._plan()),
            ("team", self._team()),
            *((need.id, self._goal(need)) for need in self._paper.needs),
            *((each.case, self._request(each)) for each in self._paper.services),
        ]
        data: JsonObject = {
            "resourceType": "Bundle",
            "type": "collection",
            "identifier": self._identifier("plan-versions", self._version_id),
            "timestamp": _instant(version.final_at or version.put_forward_at),
            "entry": [
                {"fullUrl": self._url(part), "resource": resource}
                for part, resource in resources
            ],
        }
        if said := self._paper.redisclosure:
            label: JsonObject = {
                "system": SECURITY,
                "code": "42CFRPart2",
                "display": _text(said),
            }
            data["meta"] = {"security": [label]}
        return Bundle.model_validate(data)

    # -- resources ----------------------------------------------------------------------------------------------------

    def _plan(self) -> JsonObject:
        paper, version = self._paper, self._paper.version
        said = [_text(paper.redisclosure)] if paper.redisclosure else []
        plan: JsonObject = {
            "resourceType": "CarePlan",
            "identifier": [
                self._identifier("care-plans", paper.case),
                self._identifier("plan-versions", self._version_id),
            ],
            "status": PLANS[paper.standing],
            "intent": Intent.plan,
            "title": f"{self._words.plan}, {self._words.version.lower()} {version.number}",
            "subject": self._client,
            "created": _instant(version.put_forward_at),
            "careTeam": [self._reference("CareTeam", "team")],
            "goal": [self._reference("Goal", need.id) for need in paper.needs],
            "activity": [self._activity(each) for each in self._strategies()],
            "note": [{"text": each} for each in (*said, *self._notes())],
        }
        if version.final_at:
            plan["period"] = {"start": _instant(version.final_at)}
        return _without_empty(plan)

    def _activity(self, strategy: PlanStrategy) -> JsonObject:
        by = f" ({self._words.who}: {strategy.who})" if strategy.who else ""
        return {
            "detail": {
                "status": ActivityCode.unknown,
                "description": _text(f"{strategy.text}{by}"),
                "goal": [self._reference("Goal", strategy.need)],
            }
        }

    def _team(self) -> JsonObject:
        paper = self._paper
        return {
            "resourceType": "CareTeam",
            "status": TEAMS[paper.standing],
            "subject": self._client,
            "participant": [self._participant(e) for e in paper.version.members],
            "managingOrganization": [{"display": _text(paper.agency)}],
        }

    def _participant(self, member: Listed) -> JsonObject:
        # Whether somebody is a practitioner or a relative nobody knows here, so they are named and not referred to.
        of = f", {member.organization}" if member.organization else ""
        is_client = member.kind is MemberKind.client
        who: JsonObject = {"display": _text(f"{member.name}{of}")}
        return {
            "role": [{"text": self._words.parts[member.kind]}],
            "member": self._client if is_client else who,
        }

    def _goal(self, need: PlanNeed) -> JsonObject:
        goal: JsonObject = {
            "resourceType": "Goal",
            "identifier": [
                self._identifier("needs", f"{self._paper.case}/{need.id}"),
            ],
            "lifecycleStatus": GOALS[self._paper.standing],
            "description": {"text": _text(need.text)},
            "subject": self._client,
            "note": [{"text": _text(f"{self._words.whose}: {need.whose}")}],
        }
        if need.rank is not None:
            goal["priority"] = {"text": str(need.rank)}
        return goal

    def _request(self, asked: ServiceAsked) -> JsonObject:
        request: JsonObject = {
            "resourceType": "ServiceRequest",
            "identifier": [self._identifier("service-requests", asked.case)],
            "basedOn": [self._reference("CarePlan", "plan")],
            "status": REQUESTS[asked.status],
            "intent": Intent.order,
            "code": {"text": _text(asked.service)},
            "subject": self._client,
            "authoredOn": _instant(asked.asked_at),
            "performer": [
                {
                    "identifier": self._identifier("providers", asked.provider),
                    "display": _text(asked.provider_title),
                }
            ],
        }
        need = next((e for e in self._paper.needs if e.id == asked.need), None)
        if need:
            request["reasonCode"] = [{"text": _text(need.text)}]
        if asked.until:
            request["occurrencePeriod"] = {"end": asked.until.isoformat()}
        return request

    # -- parts --------------------------------------------------------------------------------------------------------

    @property
    def _version_id(self) -> str:
        return f"{self._paper.case}/{self._paper.version.number}"

    @property
    def _client(self) -> JsonObject:
        return {
            "type": "Patient",
            "identifier": self._identifier("clients", self._paper.client),
            "display": _text(self._paper.client_name),
        }

    def _identifier(self, of: str, value: str) -> JsonObject:
        return {"system": f"{self._base}/{of}", "value": value}

    def _url(self, part: str) -> str:
        """The same whenever the same version is written."""
        said = f"{self._base}/plan-versions/{self._version_id}/{part}"
        return uuid5(NAMESPACE_URL, said).urn

    def _reference(self, kind: str, part: str) -> JsonObject:
        return {"reference": self._url(part), "type": kind}

    def _strategies(self) -> Iterator[PlanStrategy]:
        needs = {need.id for need in self._paper.needs}
        for printed in self._paper.sections:
            yield from (e for e in printed.content.strategies if e.need in needs)

    def _notes(self) -> Iterator[str]:
        for printed in self._paper.sections:
            lines = [_text(each) for each in self._lines(printed) if each.strip()]
            if lines:
                yield "\n".join([f"{printed.section.title}:", *lines])

    def _lines(self, printed: Printed) -> Iterator[str]:
        content, words = printed.content, self._words
        if content.text:
            yield content.text
        yield from (f"{each.whose}: {each.text}" for each in content.strengths)
        yield from (f"{words.successes}: {each}" for each in content.successes)
        yield from (f"{words.barriers}: {each}" for each in content.barriers)
        if content.client_strengths:
            yield f"{words.client_strengths}: {content.client_strengths}"
        if content.natural_supports:
            yield f"{words.natural_supports}: {content.natural_supports}"
        yield from (f"{words.said}: “{each}”" for each in content.quotes)
        following = self._paper.version.follow_up
        if printed.section.kind is SectionKind.follow_up and following:
            yield f"{_instant(following.at)}, {following.place}"


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _text(said: str) -> str:
    """FHIR has no control characters but line ends and tabs."""
    return "".join(
        each if each >= " " or each in "\t\r\n" else "\N{REPLACEMENT CHARACTER}"
        for each in said
    ).strip()


def _without_empty(resource: JsonObject) -> JsonObject:
    """FHIR has no empty lists."""
    return {name: value for name, value in resource.items() if value != []}
