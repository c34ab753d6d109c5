"""Providers, the preliminary plan and the requests that follow from it: what messages about them do. Pure."""

from datetime import date

from pydantic import Field

from throughcare.case.base import Frozen
from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.wording import listed
from throughcare.lifecycles.client.acts import ClientAct
from throughcare.lifecycles.client.facts import PlanKind, ProviderUsed, ServiceNeeded
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.plans import LIVE_PLAN, OnlyPlan, add_plan
from throughcare.lifecycles.client.policy import Moment
from throughcare.lifecycles.client.said import ClientSaid
from throughcare.lifecycles.intake.intake import Intake

services = Messages()


@services.message(
    "providers_considered",
    discharges=ClientAct.provider_search,
    about="need",
    looks_up=LookUp("providers", ("organizations",)),
    example={
        "need": "housing",
        "providers": ["hearth", "harbor"],
    },
)
class ProvidersConsidered(Facts):
    """The providers looked at with the client for one need (CP-E-4, CF-K-2b)."""

    need: Slug
    providers: tuple[str, ...] = Field(
        min_length=1, description="Ids of providers, as GET /providers lists them."
    )
    organizations: tuple[str, ...] = ()
    """Whose they are, as the directory names it. The API looks this up."""
    none_outside: Words | None = Field(
        default=None,
        description="Why no provider outside the worker's own agency is among them.",
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        (duty,) = said.duties()
        rules, own = case.independence, case.seated[case.worker]
        outside = [each for each in self.organizations if each != own.organization]
        if rules and not outside and self.none_outside is None:
            raise said.refused(
                f"Only providers of the worker's own agency are named ({rules.outside_options}). Name one from outside, or say in `none_outside` why there is none."
            )
        known = case.known
        for provider, organization in zip(
            self.providers, self.organizations, strict=True
        ):
            used = ProviderUsed(
                provider=provider, organization=organization, need=self.need
            )
            if used not in known.providers:
                known.providers.append(used)
        count = len(self.providers)
        text = f"{count} provider{'s' if count > 1 else ''} looked at with the client."
        said.discharge(text, words=self.none_outside or "", duties=[duty])
        if rules and not outside:
            text = "None is from outside the worker's own agency, for a reason."
            said.say(text, rules.outside_options, self.none_outside or "")


@services.message(
    "referral_made",
    discharges=ClientAct.referral,
    about="need",
    looks_up=LookUp("provider", ("organization",)),
    example={"need": "housing", "provider": "hearth"},
)
class ReferralMade(Facts):
    """The client was referred to a provider for a need; held until a consent for that provider is on file (CP-E-5)."""

    need: Slug
    provider: str = Field(description="The provider's id, as GET /providers lists it.")
    organization: str = ""
    """Whose it is. The API looks this up."""
    emergency_reason: Words | None = Field(
        default=None,
        description="Why it could not wait for a consent, where this agency's setting allows that.",
    )
    exception: Words | None = Field(
        default=None,
        description="Why it may be a provider that the worker, or whoever decided, belongs to, where it is so.",
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        (duty,) = said.duties()
        known = case.known
        considered = [each for each in known.providers if each.need == self.need]
        if self.provider not in [each.provider for each in considered]:
            listed = ", ".join(each.provider for each in considered)
            raise said.unreadable(
                f"provider must be one that was looked at for this need: {listed}."
            )
        known.providers = [
            each.model_copy(update={"referred": True})
            if (each.provider, each.need) == (self.provider, self.need)
            else each
            for each in known.providers
        ]
        _check_independent(said, self.organization, self.exception)
        if said.may_go_to(
            self.provider,
            self.organization,
            duty,
            self.emergency_reason,
            provider=self.provider,
        ):
            said.discharge("The client was referred to a provider.", duties=[duty])
            title = self.organization
            case.notify_provider("referral", self.provider, title, duty)


def _check_independent(
    said: ClientSaid, organization: str, exception: str | None
) -> None:
    """A provider was added: whoever coordinates, and whoever decided, is looked at again (CF-S-1a, CF-S-2a)."""
    case, rules = said.case, said.case.independence
    if rules is None:
        return
    worker = case.seated[case.worker]
    if organization == worker.organization:
        about = f"{worker.title} belongs to an organization that delivers services to this client."
        said.flag(rules.coordinator, about, exception=exception)
    decided = case.known.determined
    if decided and decided.organization == organization:
        about = "Whoever decided on eligibility belongs to an organization that delivers services to this client."
        said.flag(rules.decider, about, exception=exception)


class Service(Frozen):
    service: Slug
    need: Slug
    needed_on: date | None = None


@services.message(
    "preliminary_plan_filed",
    discharges=ClientAct.preliminary_plan,
    looks_up=LIVE_PLAN,
    example={
        "reference": "plans/1042",
        "safety_crisis_plan": "Whom to call, and where to go tonight.",
        "strengths": "Keeps every appointment.",
        "natural_supports": "A sister in town.",
        "services": [{"service": "shelter", "need": "housing"}],
    },
)
class PreliminaryPlanFiled(Facts, OnlyPlan):
    """The preliminary plan with its safety and crisis plan (CP-E-6a, CP-E-6b)."""

    reference: Name = Field(description="Where the plan is kept.")
    safety_crisis_plan: Words
    strengths: Words = Field(description="The client's strengths it builds on.")
    natural_supports: Words = Field(description="The natural supports it builds on.")
    services: tuple[Service, ...] = Field(
        default=(), description="What is needed; each gets a request of its own."
    )

    def apply(self, case: Intake, said: ClientSaid) -> None:
        self.check_only(said)
        at = said.message.event_at
        for service in self.services:
            need = case.known.need(service.need)
            if need is None or need.confirmed is not True:
                confirmed = [each.id for each in case.known.needs if each.confirmed]
                raise said.unreadable(
                    f"services: {service.service} must be for a need the client confirmed: {listed(confirmed)}."
                )
        said.discharge(
            "The preliminary plan is on file, with its safety and crisis plan."
        )
        contents = {
            "safety_crisis_plan": self.safety_crisis_plan,
            "strengths": self.strengths,
            "natural_supports": self.natural_supports,
        }
        add_plan(said, PlanKind.preliminary, self.reference, contents)
        for service in self.services:
            needed = ServiceNeeded.model_validate(service.model_dump())
            case.known.services.append(needed)
            about = f"service {len(case.known.services)}"
            case.come(Moment.service_named, at, target=service.service, about=about)
        if self.services:
            case.come(Moment.services_named, at)
        case.come(Moment.preliminary_plan, at)


@services.message(
    "service_requested",
    discharges=ClientAct.service_request,
    about="service",
    example={
        "service": "shelter",
        "need": "housing",
        "plan": "1",
        "reference": "request-7",
    },
)
class ServiceRequested(Facts):
    """A service authorization request for one service (CP-E-7); it cites the need it is for (CP-P-3)."""

    service: Slug
    need: Slug = Field(description="The need it is for.")
    plan: Name = Field(description="The version of the plan it follows from.")
    reference: Name

    def apply(self, case: Intake, said: ClientSaid) -> None:
        (duty,) = said.duties()
        plan, known = said.plan_named(self.plan), case.known
        if known.need(self.need) is None:
            needs = listed(each.id for each in known.standing_needs)
            raise said.unreadable(f"need must be one of this case: {needs}.")
        known.services = [
            each.model_copy(update={"request": self.reference, "plan": plan.version})
            if each.service == self.service and each.request is None
            else each
            for each in known.services
        ]
        said.discharge(
            "A service was requested, on a request of its own.", duties=[duty]
        )


@services.message(
    "requests_sent",
    discharges=ClientAct.requests_sent,
    example={"plan_attached": True, "to": "the authorization desk"},
)
class RequestsSent(Facts):
    """The service requests went out together with a copy of the plan (CP-E-8)."""

    plan_attached: bool
    to: Name = Field(description="Where they were sent, as the agency routes them.")

    def apply(self, case: Intake, said: ClientSaid) -> None:
        (duty, *_) = said.duties()
        if not self.plan_attached:
            raise said.refused(
                "The requests go out together with a copy of the plan: attach it and send `plan_attached: true`."
            )
        payer = case.policy.payer or self.to
        if said.may_go_to("payer", payer, duty):
            said.discharge(
                "The requests went out with a copy of the plan.", words=self.to
            )


@services.message(
    "treatment_provider_told",
    discharges=ClientAct.treatment_provider,
    looks_up=LookUp("provider", ("organization",)),
    example={"provider": "hearth", "how": "by secure fax"},
)
class TreatmentProviderTold(Facts):
    """The treatment provider knows who the worker is and how to reach them (CP-N-5); held until a consent is on file."""

    provider: str
    organization: str = ""
    how: Name

    def apply(self, case: Intake, said: ClientSaid) -> None:
        (duty, *_) = said.duties()
        title = self.organization or "the treatment provider"
        recipient, provider = "treatment-provider", self.provider
        if said.may_go_to(recipient, title, duty, provider=provider):
            text = (
                "The treatment provider knows who the worker is and how to reach them."
            )
            said.discharge(text, words=self.how)
            case.notify_provider("treatment_provider", provider, title, duty)
