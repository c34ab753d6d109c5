"""Papers, as pages to print: the letters to a client, and how each due date of a case was found.

A letter has the client's name and address, so it is printed and never mailed. What a worker wrote of themselves, and their
own reasons for a change, are on none of them (CS-V-6, CS-X-7).
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from api import pages
from api.deps import KNOWN_FILTERS, Parts, SignedIn, TheParts
from api.problems import documented
from api.routing import Routes
from throughcare.case.duty import Basis, Duty
from throughcare.case.lifecycle import Lifecycle
from throughcare.case.notice import Notice
from throughcare.case.parts import PackRef, Reading
from throughcare.case.seats import Seated
from throughcare.errors import NotThere
from throughcare.lifecycles.client.facts import Assignment, ClientFacts
from throughcare.lifecycles.client.policy import IntakePolicy
from throughcare.lifecycles.registry import LIFECYCLES
from throughcare.notices.letters import (
    PLAIN,
    SHORT_ID,
    LetterWriter,
    due_words,
    spoken_in,
)
from throughcare.packs.pack import Pack
from throughcare.store.addressees import LetterCase, letter_to_client
from throughcare.store.cases import WholeCase, facts_of, find_case, whole_case
from throughcare.store.client_cases import known_of
from throughcare.store.clients import ClientOnFile, find_client
from throughcare.store.directory import AgencyFacts, agency
from throughcare.store.packs import pack_by_digest
from throughcare.store.tables import CaseRow, NoticeRow
from throughcare.time.deadline import Receipt
from throughcare.usecases.asking import Asking
from throughcare.usecases.plan_documents import zone_of
from throughcare.usecases.readings import readings_for, readings_of

router = Routes()
log = structlog.get_logger("throughcare.api")


class _Words(NamedTuple):
    """What a letter needs beside the pack's text. `date` is filled in with day, month and year."""

    heading: str
    date: str
    months: str


WORDS = {
    "en": _Words(
        "What we decided, and why",
        "{month} {day}, {year}",
        "January February March April May June July August September October November December",
    ),
    "es": _Words(
        "Qué decidimos y por qué",
        "{day} de {month} de {year}",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
}


PaperEndpoint = Callable[..., Awaitable[HTMLResponse]]


def _prints_letter(kind: str) -> PaperEndpoint:
    async def print_letter(
        case_id: str, key: str, asking: SignedIn, parts: TheParts
    ) -> HTMLResponse:
        found = await parts.database.read(_letter, kind, case_id, key, asking, parts)
        log.info("letter.printed", case_id=case_id, kind=found.notice.kind)
        return _letter_page(found, parts)

    return print_letter


def _prints_due_dates(kind: str) -> PaperEndpoint:
    async def print_due_dates(
        case_id: str, asking: SignedIn, parts: TheParts
    ) -> HTMLResponse:
        whole, zone, pack = await parts.database.read(
            _case, kind, case_id, asking, parts
        )
        return pages.page(
            "due-dates.html",
            title=f"Due dates of {kind.replace('-', ' ')} {case_id[-SHORT_ID:]}",
            now=due_words(datetime.now(UTC), zone),
            dues=list(_dues(whole, zone)),
            readings=_readings(whole.row, pack),
            redisclosure=pack.redisclosure(kind, PLAIN),
        )

    return print_due_dates


def _add_routes(lifecycle: Lifecycle) -> None:
    kind, path = lifecycle.kind, f"{lifecycle.path}/{{case_id}}"
    name = kind.replace("-", "_")
    is_conflict = kind == "conflict"
    shared: dict[str, Any] = {
        "methods": ["GET"],
        "tags": ["cases"],
        "response_class": HTMLResponse,
        "responses": documented(401, 403, 404, 422),
        "dependencies": KNOWN_FILTERS,
    }
    if not is_conflict:
        router.add_api_route(
            f"{path}/letters/{{key}}",
            _prints_letter(kind),
            name=f"print_{name}_letter",
            description="One letter to the client, by the key of its notice, in their language where the pack has it; to be "
            "printed and sent or handed over.",
            **shared,
        )
    router.add_api_route(
        f"{path}/due-dates",
        _prints_due_dates(kind),
        name=f"print_{name}_due_dates",
        description="Every due date of the case: whose it is, whose limit, and how it was found, with the days that were "
        "skipped and why.",
        **shared,
    )


for _lifecycle in LIFECYCLES.values():
    _add_routes(_lifecycle)


# -- letters ----------------------------------------------------------------------------------------------------------


class FoundLetter(NamedTuple):
    row: CaseRow
    notice: NoticeRow
    client: ClientOnFile
    here: AgencyFacts
    pack: Pack


def _letter(
    connection: Connection,
    kind: str,
    case_id: str,
    key: str,
    asking: Asking,
    parts: Parts,
) -> FoundLetter:
    row = find_case(connection, asking.scope, case_id, kind=kind)
    if row is None:
        raise NotThere(kind.replace("-", " "))
    notice = letter_to_client(connection, case_id, key)
    client = find_client(connection, row.client_id or "")
    pack = pack_by_digest(connection, row.pack_digest)
    if notice is None or client is None or pack is None:
        raise NotThere("letter")
    return FoundLetter(row, notice, client, agency(connection), pack)


def _letter_page(found: FoundLetter, parts: Parts) -> HTMLResponse:
    row, said, client, here, pack = found
    assert pack.intake is not None
    policy, zone = pack.intake, ZoneInfo(zone_of(here, parts.calendars))
    notice = Notice(
        key=said.key,
        kind=said.kind,
        receiver=Seated(
            role="client",
            title=policy.client_word.capitalize(),
            seat=said.receiver_seat,
            person=said.receiver_person,
        ),
        clause=said.clause,
        step=said.step,
    )
    ref = PackRef(id=row.pack_id, version=row.pack_version, digest=row.pack_digest)
    about = LetterCase(case_id=row.id, kind=row.kind, pack=ref, agency=here.name)
    writer = LetterWriter(about, pack, {}, zone, parts.settings.public_url)
    subject, body = writer.words(notice, client.language)
    language = spoken_in(pack, said.kind, client.language)
    words = WORDS.get(language, WORDS[PLAIN])
    return pages.page(
        "letter.html",
        language=language,
        subject=subject,
        agency=here.name,
        date=_dated(said.queued_at.astimezone(zone), words),
        address=[client.name, *_lines(client.address)],
        body=_lines(body),
        heading=words.heading,
        why=_lines(_why(said, known_of(row))),
        signed_by=_signed_by(said.kind, policy),
    )


def _why(said: NoticeRow, known: ClientFacts) -> str | None:
    """The words for the person that an e-mail must not have."""
    match said.kind:
        case "client_explanation":
            worker = _worker_at(said.queued_at, known)
            return worker.explanation if worker else None
        case "client_decision":
            return known.determined.reasons if known.determined else None
        case "client_change":
            return _answer_at(said.queued_at, known)
        case _:
            return None


def _worker_at(at: datetime, known: ClientFacts) -> Assignment | None:
    before = [
        each for each in known.assignments if each.from_at <= at and not each.taken_back
    ]
    return before[-1] if before else None


def _answer_at(at: datetime, known: ClientFacts) -> str | None:
    """What was last answered to a wish for another worker: why not, or with the change itself."""
    answered = [e for e in known.changes if e.ended_at and e.ended_at <= at]
    if answered and answered[-1].explanation:
        return answered[-1].explanation
    worker = _worker_at(at, known)
    return worker.explanation if worker else None


def _signed_by(kind: str, policy: IntakePolicy) -> str:
    is_workers = kind == "client_worker"
    role = policy.coordinator if is_workers else policy.supervisor
    return policy.roles[role].title


def _dated(at: datetime, words: _Words) -> str:
    month = words.months.split()[at.month - 1]
    return words.date.format(day=at.day, month=month, year=at.year)


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


# -- due dates ----------------------------------------------------------------------------------------------------------


class ReceiptPaper(NamedTuple):
    rule: str
    started: str
    calendar: str
    steps: tuple[str, ...]


class DuePaper(NamedTuple):
    """A duty that has a due date, in words."""

    clause: str
    what: str
    holders: str
    at: str
    whose: str
    status: str
    receipt: ReceiptPaper | None


def _case(
    connection: Connection, kind: str, case_id: str, asking: Asking, parts: Parts
) -> tuple[WholeCase, ZoneInfo, Pack]:
    whole = whole_case(connection, asking.scope, case_id, kind=kind)
    if whole is None:
        raise NotThere(kind.replace("-", " "))
    zone = ZoneInfo(zone_of(agency(connection), parts.calendars))
    pack = pack_by_digest(connection, whole.row.pack_digest)
    assert pack is not None, "a pack is kept once a case was opened under it"
    return whole, zone, pack


def _readings(row: CaseRow, pack: Pack) -> tuple[Reading, ...]:
    if row.kind != "conflict":
        return readings_of(row.kind, pack)
    policy = pack.conflict_policy
    return readings_for(policy, policy.ladder(facts_of(row).ladder))


def _dues(whole: WholeCase, zone: ZoneInfo) -> Iterator[DuePaper]:
    dated = [(duty.due_at, duty) for duty in whole.duties if duty.due_at]
    for due_at, duty in sorted(dated, key=lambda each: each[0]):
        receipt = duty.receipt
        there = ZoneInfo(receipt.zone) if receipt else zone
        yield DuePaper(
            clause=duty.clause,
            what=duty.text,
            holders=_holders(duty, whole.names),
            at=due_words(due_at, there),
            whose=(duty.basis or Basis.agency).whose,
            status=duty.status.replace("_", " "),
            receipt=_receipt(receipt, there) if receipt else None,
        )


def _holders(duty: Duty, names: dict[str, str]) -> str:
    """Title and name; a seat where nobody sits has no name."""
    held = (
        f"{each.title} ({names[each.person]})"
        if each.person in names
        else f"{each.title} (nobody)"
        for each in duty.holders
    )
    return ", ".join(dict.fromkeys(held))


def _receipt(receipt: Receipt, zone: ZoneInfo) -> ReceiptPaper:
    return ReceiptPaper(
        rule=receipt.rule.plain(),
        started=due_words(receipt.started_at, zone),
        calendar=f"{receipt.calendar}, version {receipt.calendar_version}; times in {receipt.zone} by the zone data of {receipt.tzdata}",
        steps=tuple(step.text for step in receipt.steps),
    )
