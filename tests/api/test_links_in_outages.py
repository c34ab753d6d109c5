"""A signed link while workers, Temporal or the database are away: an answer is kept once, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import installation, working
from tests.api.test_answer_links import (
    AGREE,
    MET,
    change,
    links,
    open_page,
    submit,
    timeline,
    token_of,
)
from tests.samples import CASE, case_record, seated
from tests.waiting import until
from tests.workflows.conftest import free_port
from throughcare.case.notice import Notice
from throughcare.case.refusals import Allowed
from throughcare.store.database import open_database
from throughcare.store.links import issue
from throughcare.store.records import apply_record

ALIKE = MET | {"note": "otherwise"}


@pytest.fixture
async def left(idle_service):
    """A case with a link, and its token; the workers are gone again."""
    service = idle_service
    async with working(service):
        case = await service.opened()

        async def is_there():
            return await links(service, case)

        await until(is_there)
    return case, await token_of(service, case)


async def says(service, token, words):
    """Waits until the page says this."""

    async def said():
        return words in (await open_page(service, token)).text

    await until(said)


@pytest.mark.both_databases
async def test_an_answer_without_a_worker_is_kept_and_applied_once(idle_service, left):
    case, token = left

    kept = await submit(idle_service, token, **MET)
    page = await open_page(idle_service, token)
    again = await submit(idle_service, token, **MET)
    other = await submit(idle_service, token, **ALIKE)
    async with working(idle_service):
        await says(idle_service, token, "This link has been used")

    assert kept.status_code == again.status_code == 202
    assert "kept, and applied as soon as it can be" in kept.text
    assert "still to be applied" in page.text
    assert other.status_code == 409
    assert "Another answer was sent" in other.text
    met = [e for e in await timeline(idle_service, case) if e["kind"] == "meeting_held"]
    assert [(each["capacity"], each["note"]) for each in met] == [("link", "")]


async def test_an_answer_kept_and_then_refused_leaves_the_link_for_another(
    idle_service, left
):
    case, token = left

    kept = await submit(idle_service, token, **AGREE)
    async with working(idle_service):
        await says(idle_service, token, "What you sent before was not applied")
        again = await submit(idle_service, token, **AGREE)
        applied = await submit(idle_service, token, **MET)

    assert kept.status_code == 202
    assert again.status_code == 409
    assert applied.status_code == 200
    kinds = [entry["kind"] for entry in await timeline(idle_service, case)]
    assert kinds.count("meeting_held") == kinds.count("refused") == 1


async def test_what_was_refused_late_is_heard_anew_when_its_time_has_come(
    idle_service, left
):
    case, token = left
    await submit(idle_service, token, **AGREE)

    async with working(idle_service):
        await says(idle_service, token, "What you sent before was not applied")
        await idle_service.say(
            "alder", case, "meeting_held", attendees=MET["attendees"]
        )
        now = await submit(idle_service, token, **AGREE)

    assert now.status_code == 200
    kinds = [entry["kind"] for entry in await timeline(idle_service, case)]
    assert "agreement_confirmed" in kinds


@pytest.fixture
async def cut_off(tmp_path, fresh_database, monkeypatch):
    """An installation whose Temporal is down, with a link in its tables, and the token of that."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    async with installation(tmp_path, database_url=fresh_database()) as service:
        _, (pack, *_) = await service.app.state.parts.adopted_packs.in_force()
        seat, now = "human-service-worker", datetime.now(UTC)
        worker = seated(seat, "ironwood").model_copy(update={"seat": seat})
        allowed = Allowed(message="meeting_held", seats=(seat,), titles=("Worker",))
        record = case_record(pack=pack.ref, seats=(worker,), allowed=(allowed,))
        told = Notice(key="told", kind="opened", step="A1", receiver=worker)
        database = service.app.state.parts.database
        await database.write(apply_record, record)
        link = await database.write(issue, CASE, told, now, timedelta(days=1))
        yield service, service.app.state.parts.links.token(link)


async def test_without_temporal_the_answer_is_not_taken_and_the_link_stays_good(
    cut_off,
):
    service, token = cut_off

    page = await submit(service, token, **ALIKE)

    assert page.status_code == 503
    assert "Please send it again in a minute" in page.text
    assert "otherwise</textarea>" in page.text
    (link,) = await links(service, {"id": CASE}, "walnut")
    assert link["used_at"] is None


async def test_without_the_database_a_page_says_so(cut_off, tmp_path):
    service, token = cut_off
    parts, nowhere = service.app.state.parts, tmp_path / "nowhere" / "throughcare.db"
    gone = open_database(f"sqlite:///{nowhere}")
    service.app.state.parts = replace(parts, database=gone)

    page = await open_page(service, token)
    await gone.close()

    assert page.status_code == 503
    assert "This page cannot be shown just now" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_an_answer_cut_off_before_it_was_sent_can_only_be_sent_again(cut_off):
    service, token = cut_off
    await change(service, message_id="another", used_at=datetime.now(UTC))

    page = await submit(service, token, **MET)

    assert page.status_code == 409
    assert "Another answer was sent" in page.text
