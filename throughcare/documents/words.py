"""What stands on a paper beside what people and policies wrote, by language. Pure."""

import datetime as dt
from zoneinfo import ZoneInfo

from throughcare.case.base import Frozen
from throughcare.lifecycles.client.plan_facts import (
    MemberStatus,
    RequestStatus,
    VersionKind,
)
from throughcare.lifecycles.client.plan_policy import MemberKind
from throughcare.time.deadline import Span

PLAIN = "en"
"""The language of policies, and of a paper for somebody whose own has no words here."""


class PaperWords(Frozen):
    """`date` is filled in with day, month and year, `time` with hour, minute, half (of the day) and zone."""

    language: str
    date: str
    time: str
    months: tuple[str, ...]
    halves: tuple[str, str]
    plan: str
    version: str
    kinds: dict[VersionKind, str]
    put_forward: str
    reviewed: str
    spans: dict[str, tuple[str, str]]
    """One and several of each unit."""
    in_force: str
    not_in_force: str
    replaced: str
    lacks: str
    digest: str
    page: str
    readings: str
    of: str
    said: str
    nothing: str
    name: str
    part: str
    organization: str
    contact: str
    attended: str
    came: str
    absent: str
    effort: str
    first_meeting: str
    revision: str
    when: str
    where: str
    rank: str
    unranked: str
    who: str
    whose: str
    no_strategy: str
    successes: str
    barriers: str
    client_strengths: str
    natural_supports: str
    signed: str
    how: dict[str, str]
    refused: str
    unavailable: str
    signature: str
    date_signed: str
    team: str
    changed: str
    standing: str
    since: str
    statuses: dict[MemberStatus, str]
    open_places: str
    reason: str
    next_meeting: str
    parts: dict[MemberKind, str]
    request: str
    service: str
    need: str
    provider: str
    cites: str
    submitted: str
    not_submitted: str
    payer: str
    decision: str
    undecided: str
    decisions: dict[RequestStatus, str]
    decided: str
    until: str
    units: str
    extensions: str
    asked: str
    meeting: str
    meeting_place: str
    """What an invitation says instead of a place."""

    def day(self, on: dt.date) -> str:
        month = self.months[on.month - 1]
        return self.date.format(day=on.day, month=month, year=on.year)

    def span(self, span: Span) -> str:
        """Of the frequency of a review, which counts whole days."""
        found = ((unit, int(getattr(span, unit))) for unit in self.spans)
        return ", ".join(
            f"{count} {self.spans[unit][count != 1]}" for unit, count in found if count
        )

    def moment(self, at: dt.datetime, zone: ZoneInfo) -> str:
        local = at.astimezone(zone)
        time = self.time.format(
            hour=local.hour % 12 or 12,
            minute=f"{local.minute:02}",
            half=self.halves[local.hour // 12],
            zone=local.tzname(),
        )
        return f"{self.day(local.date())}, {time}"


def _months(names: str) -> tuple[str, ...]:
    return tuple(names.split())


ENGLISH = PaperWords(
    language="en",
    date="{month} {day}, {year}",
    time="{hour}:{minute} {half} {zone}",
    months=_months(
        "January February March April May June July August September October November December"
    ),
    halves=("AM", "PM"),
    plan="Care plan",
    version="Version",
    kinds={
        VersionKind.preliminary: "preliminary",
        VersionKind.final: "final",
        VersionKind.amended: "amended",
    },
    put_forward="Put forward",
    reviewed="Services are reviewed every",
    spans={
        "years": ("year", "years"),
        "months": ("month", "months"),
        "weeks": ("week", "weeks"),
        "days": ("day", "days"),
    },
    in_force="In force since",
    not_in_force="Not in force",
    replaced="Another version has taken its place",
    lacks="What it lacks",
    digest="Digest",
    page="Page",
    readings="How the policy is read here",
    of="of",
    said="In the family's own words",
    nothing="Nothing is written here.",
    name="Name",
    part="Part",
    organization="Organization",
    contact="Contact",
    attended="Came",
    came="yes",
    absent="no",
    effort="What was done so that they could come",
    first_meeting="First meeting",
    revision="Revision",
    when="When",
    where="Where",
    rank="Need",
    unranked="Need without a rank",
    who="Who",
    whose="Whose",
    no_strategy="No strategy is written for it.",
    successes="What went well",
    barriers="What got in the way",
    client_strengths="Strengths it is built on",
    natural_supports="Natural supports",
    signed="Signed",
    how={"account": "from an account", "link": "by a link", "paper": "on paper"},
    refused="Does not sign",
    unavailable="Could not sign",
    signature="Signature",
    date_signed="Date",
    team="The team",
    changed="As of",
    standing="Standing",
    since="Since",
    statuses={
        MemberStatus.invited: "invited",
        MemberStatus.joined: "on the team",
        MemberStatus.declined_by_client: "not wanted on the team",
        MemberStatus.refused: "does not join",
        MemberStatus.left: "left",
    },
    open_places="Places that stay open",
    reason="Reason",
    next_meeting="The next meeting",
    parts={
        MemberKind.client: "Client",
        MemberKind.coordinator: "Coordinator",
        MemberKind.clinical: "Primary clinical provider",
        MemberKind.family: "Family or community",
        MemberKind.system: "Another system",
        MemberKind.ancillary: "Provider of another service",
    },
    request="Request for a service",
    service="Service",
    need="Need it meets",
    provider="Provider",
    cites="Version of the plan it cites",
    submitted="Sent",
    not_submitted="Not sent yet",
    payer="To",
    decision="Decision",
    undecided="Not decided yet",
    decisions={
        RequestStatus.open: "open",
        RequestStatus.approved: "approved",
        RequestStatus.partly: "approved in part",
        RequestStatus.denied: "denied",
        RequestStatus.expired: "expired",
        RequestStatus.withdrawn: "taken back",
    },
    decided="Decided",
    until="Until",
    units="Units",
    extensions="More time asked for",
    asked="Asked",
    meeting="Team meeting",
    meeting_place="Where it is, and who else is asked, is shown with the case.",
)

SPANISH = PaperWords(
    language="es",
    date="{day} de {month} de {year}",
    time="{hour}:{minute} {half} {zone}",
    months=_months(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    halves=("a. m.", "p. m."),
    plan="Plan de atención",
    version="Versión",
    kinds={
        VersionKind.preliminary: "preliminar",
        VersionKind.final: "final",
        VersionKind.amended: "modificada",
    },
    put_forward="Presentada",
    reviewed="Los servicios se revisan cada",
    spans={
        "years": ("año", "años"),
        "months": ("mes", "meses"),
        "weeks": ("semana", "semanas"),
        "days": ("día", "días"),
    },
    in_force="En vigor desde",
    not_in_force="No está en vigor",
    replaced="Otra versión ha tomado su lugar",
    lacks="Lo que le falta",
    digest="Huella",
    page="Página",
    readings="Cómo se entiende aquí la política",
    of="de",
    said="En palabras de la propia familia",
    nothing="Aquí no hay nada escrito.",
    name="Nombre",
    part="Función",
    organization="Organización",
    contact="Contacto",
    attended="Asistió",
    came="sí",
    absent="no",
    effort="Qué se hizo para que pudiera asistir",
    first_meeting="Primera reunión",
    revision="Revisión",
    when="Cuándo",
    where="Dónde",
    rank="Necesidad",
    unranked="Necesidad sin orden",
    who="Quién",
    whose="De quién",
    no_strategy="No hay ninguna estrategia escrita para ella.",
    successes="Lo que salió bien",
    barriers="Lo que fue un obstáculo",
    client_strengths="Fortalezas en las que se apoya",
    natural_supports="Apoyos naturales",
    signed="Firmado",
    how={"account": "desde una cuenta", "link": "por un enlace", "paper": "en papel"},
    refused="No firma",
    unavailable="No pudo firmar",
    signature="Firma",
    date_signed="Fecha",
    team="El equipo",
    changed="Al",
    standing="Situación",
    since="Desde",
    statuses={
        MemberStatus.invited: "invitación enviada",
        MemberStatus.joined: "en el equipo",
        MemberStatus.declined_by_client: "no deseado en el equipo",
        MemberStatus.refused: "no se une",
        MemberStatus.left: "salió",
    },
    open_places="Lugares que quedan abiertos",
    reason="Motivo",
    next_meeting="La próxima reunión",
    parts={
        MemberKind.client: "Cliente",
        MemberKind.coordinator: "Coordinación",
        MemberKind.clinical: "Proveedor clínico principal",
        MemberKind.family: "Familia o comunidad",
        MemberKind.system: "Otro sistema",
        MemberKind.ancillary: "Proveedor de otro servicio",
    },
    request="Solicitud de un servicio",
    service="Servicio",
    need="Necesidad que atiende",
    provider="Proveedor",
    cites="Versión del plan que cita",
    submitted="Enviada",
    not_submitted="Aún no enviada",
    payer="A",
    decision="Decisión",
    undecided="Aún sin decisión",
    decisions={
        RequestStatus.open: "abierta",
        RequestStatus.approved: "aprobada",
        RequestStatus.partly: "aprobada en parte",
        RequestStatus.denied: "denegada",
        RequestStatus.expired: "vencida",
        RequestStatus.withdrawn: "retirada",
    },
    decided="Decidida",
    until="Hasta",
    units="Unidades",
    extensions="Más tiempo solicitado",
    asked="Solicitado",
    meeting="Reunión del equipo",
    meeting_place="Dónde es, y quién más está invitado, se muestra con el caso.",
)

_SPOKEN = {each.language: each for each in (ENGLISH, SPANISH)}


def words_in(language: str) -> PaperWords:
    """Of `es-MX` as of `es`."""
    return _SPOKEN.get(language.partition("-")[0], ENGLISH)
