"""A request for one service on paper: what for, by which need and under which version of the plan, and what was decided
(CP-R-2, CP-P-3)."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from throughcare.documents.readings import UnderPolicy
from throughcare.documents.typesetting import pdf
from throughcare.documents.words import PaperWords, words_in
from throughcare.lifecycles.client.plan_facts import (
    Extension,
    RequestStatus,
    ServiceRequest,
)


class RequestPaper(UnderPolicy):
    case: str
    agency: str
    client_name: str
    language: str
    zone: str
    request: ServiceRequest
    need_text: str | None
    """What the need says in the plan; None where the plan is not kept here."""
    asked_at: datetime


def request_pdf(paper: RequestPaper) -> bytes:
    words = words_in(paper.language)
    data: dict[str, JsonValue] = {
        "words": words.model_dump(mode="json"),
        **paper.policy_words,
        "title": words.request,
        "agency": paper.agency,
        "client": paper.client_name,
        "case": paper.case,
        "version": paper.request.plan,
        "facts": [list(each) for each in _facts(paper, words)],
        "extensions": [_extension(e, paper, words) for e in paper.request.extensions],
    }
    return pdf("request", data, paper.asked_at)


def _facts(paper: RequestPaper, words: PaperWords) -> Iterator[tuple[str, str]]:
    request, zone = paper.request, ZoneInfo(paper.zone)
    yield words.service, request.service
    yield words.need, paper.need_text or request.need
    yield words.provider, request.provider_title
    yield words.cites, request.plan
    yield words.asked, words.moment(paper.asked_at, zone)
    sent = request.submitted_at
    yield words.submitted, words.moment(sent, zone) if sent else words.not_submitted
    if request.to:
        yield words.payer, request.to
    yield words.decision, _decision(request.decision, words)
    if request.decided_at:
        yield words.decided, words.moment(request.decided_at, zone)
    if request.until:
        yield words.until, words.day(request.until)
    if request.units:
        yield words.units, request.units


def _decision(decision: str | None, words: PaperWords) -> str:
    if decision is None:
        return words.undecided
    return words.decisions[RequestStatus(decision)]


def _extension(asked: Extension, paper: RequestPaper, words: PaperWords) -> JsonValue:
    at = words.moment(asked.asked_at, ZoneInfo(paper.zone))
    return {
        "title": f"{words.until} {words.day(asked.until)}",
        "facts": [
            [words.asked, at],
            [words.cites, asked.plan],
            [words.decision, _decision(asked.decision, words)],
        ],
    }
