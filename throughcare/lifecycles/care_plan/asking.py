"""Services a care plan asks for, and what becomes of them. Pure."""

from pydantic import Field

from throughcare.case.message import Facts, LookUp, Messages
from throughcare.case.wording import listed
from throughcare.lifecycles.care_plan.care_plan import CarePlan
from throughcare.lifecycles.care_plan.conditions import asks_for_services
from throughcare.lifecycles.care_plan.said import rules_of
from throughcare.lifecycles.client.acts import ClientEntry
from throughcare.lifecycles.client.facts import ProviderUsed
from throughcare.lifecycles.client.fields import Name, Slug, Words
from throughcare.lifecycles.client.plan_facts import ServiceAsked
from throughcare.lifecycles.client.relations import ClientRelation
from throughcare.lifecycles.client.said import ClientSaid

asking = Messages()


@asking.message(
    "service_asked_for",
    by=CarePlan.staff,
    beside=True,
    when=asks_for_services,
    looks_up=LookUp("service", ("request", "provider_title", "organization")),
    example={
        "service": "shelter",
        "need": "housing",
        "provider": "harbor",
        "chosen_by_client": True,
        "plan": "2",
    },
)
class ServiceAskedFor(Facts):
    """A request for one service from the provider the client chose (CP-R-1, CP-R-2, CP-P-3)."""

    service: Slug
    need: Slug
    provider: Slug
    chosen_by_client: bool
    plan: Name = Field(description="The version of the plan it follows from.")
    request: str = ""
    """The case the request becomes. The API makes it."""
    provider_title: str = ""
    organization: str = ""
    exception: Words | None = Field(
        default=None,
        description="Why it may be a provider that the worker belongs to, where it is so.",
    )

    def apply(self, case: CarePlan, said: ClientSaid) -> None:
        """One request for one service, from the provider the client chose; it cites the need and the plan (CP-R-1, CP-R-2,
        CP-P-3)."""
        rules = rules_of(said).services
        assert rules is not None
        word = case.policy.client_word
        if not self.chosen_by_client:
            raise said.refused(
                f"chosen_by_client: the {word} chooses the provider of each service ({rules.choice_clause})."
            )
        said.plan_named(self.plan)
        needs = _needs(case)
        if self.need not in needs:
            raise said.unreadable(
                f"need must be one of the plan's ({rules.plan_clause}): {listed(needs)}."
            )
        own = said.seated.organization
        if case.independence and own and self.organization == own:
            about = f"{said.seated.title} asks for a service of their own organization."
            said.flag(case.independence.coordinator, about, exception=self.exception)
        case.life.services.append(
            ServiceAsked(
                case=self.request,
                service=self.service,
                need=self.need,
                provider=self.provider,
                provider_title=self.provider_title,
                plan=self.plan,
                asked_at=said.message.event_at,
            )
        )
        case.known.providers.append(
            ProviderUsed(
                provider=self.provider,
                organization=self.organization,
                need=self.need,
                referred=True,
            )
        )
        case.begin_request(case.life.services[-1], said.opens)
        said.link(self.request, ClientRelation.service_request)
        said.note(
            ClientEntry.provider_chosen,
            f"The {word} chose a provider.",
            rules.choice_clause,
        )
        text = "A request for one service begins; it is a case of its own."
        said.say(text, rules.request_clause, f"{self.service}\n{self.provider_title}")


def _needs(case: CarePlan) -> list[str]:
    """Those of the version in force, and those the intake named."""
    current = case.life.current
    contents = case.content_of(current).values() if current else ()
    written = [need.id for content in contents for need in content.needs]
    return list(
        dict.fromkeys([*written, *(each.id for each in case.known.standing_needs)])
    )
