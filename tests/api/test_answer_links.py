"""People of other agencies answer through the signed link in their e-mail, without an account."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from tests.api.conftest import OPENING
from tests.waiting import until
from throughcare.notices.links import LinkSigner
from throughcare.store.tables import LinkRow
from throughcare.temporal.keys import KeyRing

SUBJECT = "whether Zebra may stay overnight"
AGREE = {"message": "agreement_reached", "terms": "as discussed"}
MET = {
    "message": "meeting_held",
    "attendees": ["coordinator-1", "human-service-worker"],
    "outcome": "no_agreement",
}


async def links(service, case, person="alder"):
    answer = await service.get(person, f"/conflicts/{case['id']}/links")
    return answer.json()["items"]


@pytest.fixture
async def opened(service):
    case = await service.opened(subject=SUBJECT)

    async def is_there():
        return await links(service, case)

    await until(is_there)
    return case


async def token_of(service, case):
    (link,) = await links(service, case)
    return service.app.state.parts.links.token(link["id"])


async def open_page(service, token):
    async with service.calls() as http:
        return await http.get(f"/answer/{token}")


async def submit(service, token, **said):
    async with service.calls() as http:
        return await http.post(f"/answer/{token}", data=said)


async def timeline(service, case):
    answer = await service.get("alder", f"/conflicts/{case['id']}/timeline")
    return answer.json()["items"]


async def change(service, **values):
    change_all = update(LinkRow).values(**values)
    database = service.app.state.parts.database
    await database.write(lambda connection: connection.execute(change_all))


class Sound(HTMLParser):
    """Finds inputs without a label, tags left open, ids used twice and boxes to tick, and counts headings."""

    def __init__(self):
        super().__init__()
        self.inputs, self.labelled, self.ids, self.boxes = [], set(), [], []
        self.open, self.inside, self.h1, self.lang = [], 0, 0, ""

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        self.lang = facts.get("lang", self.lang)
        self.h1 += tag == "h1"
        self.ids += [facts["id"]] if "id" in facts else []
        self.boxes += [facts["value"]] if facts.get("type") == "checkbox" else []
        if tag not in ("meta", "input"):
            self.open.append(tag)
        if tag == "label":
            self.inside += 1
            self.labelled.add(facts.get("for"))
        is_field = tag in ("input", "textarea") and facts.get("type") != "hidden"
        if is_field and not self.inside:
            self.inputs.append(facts.get("id"))

    def handle_endtag(self, tag):
        self.inside -= tag == "label"
        assert self.open.pop() == tag


async def test_the_page_says_what_is_asked_of_whom_and_nothing_of_the_client(
    service, opened
):
    page = await open_page(service, await token_of(service, opened))

    assert page.status_code == 200
    for said in ("Worker Demo-Ironwood", "Care Coordinator", opened["id"], "We met"):
        assert said in page.text
    assert "Zebra" not in page.text
    assert "the agency&#39;s own limit" in page.text
    assert "script" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_page_says_what_happens_if_nothing_is_entered(service, opened):
    page = await open_page(service, await token_of(service, opened))

    goes_on = "the case goes on to the next step, A2: The supervisors look for"
    assert f"If nothing is entered by then, {goes_on}" in page.text


async def test_the_page_is_sound_and_every_field_has_a_label(service, opened):
    page = await open_page(service, await token_of(service, opened))

    sound = Sound()
    sound.feed(page.text)

    assert (sound.lang, sound.h1, sound.open) == ("en", 1, [])
    assert "<title>Your answer is asked for</title>" in page.text
    assert sound.inputs
    assert set(sound.inputs) <= sound.labelled
    assert len(sound.ids) == len(set(sound.ids))
    # Those of the rung, and not all who may come to have a part in the case.
    assert sound.boxes == ["coordinator-1", "human-service-worker"]


async def test_opening_the_page_twice_changes_nothing(service, opened):
    token = await token_of(service, opened)
    before = await timeline(service, opened)

    first, second = await open_page(service, token), await open_page(service, token)

    assert first.text == second.text
    assert await timeline(service, opened) == before
    assert (await links(service, opened))[0]["used_at"] is None


@pytest.mark.both_databases
async def test_an_answer_is_applied_once_and_marked_as_come_by_a_link(service, opened):
    token = await token_of(service, opened)

    first = await submit(service, token, **MET)
    again = await submit(service, token, **MET)
    other = await submit(service, token, **AGREE)

    assert first.status_code == 200, first.text
    assert "recorded" in first.text
    assert again.status_code == other.status_code == 410
    assert "This link has been used" in again.text
    met = [e for e in await timeline(service, opened) if e["kind"] == "meeting_held"]
    assert [(e["capacity"], e["person"]["id"]) for e in met] == [("link", "ironwood")]
    assert "through a signed link" in met[0]["text"]


async def test_what_the_case_refuses_leaves_the_link_as_good_as_before(service, opened):
    token = await token_of(service, opened)

    refused = await submit(service, token, **AGREE)
    assert refused.status_code == 409
    assert "“My side agrees” comes after: " in refused.text
    assert "agreement_reached" not in refused.text
    assert (await links(service, opened))[0]["used_at"] is None
    assert (await submit(service, token, **MET)).status_code == 200


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"message": "withdraw", "reason": "no"}, "Choose one of the answers"),
        ({"message": "meeting_held"}, "Please fill in: Who was there"),
        (MET | {"event_at": "yesterday"}, "a date and a time"),
        (MET | {"event_at": "9999-12-31T23:59"}, "look at this again: When it was"),
        (MET | {"note": "\0"}, "look at this again: In your own words"),
        ({}, "Choose one of the answers"),
    ],
    ids=["not offered", "nobody there", "no date", "no year", "no text", "empty"],
)
async def test_an_answer_that_cannot_be_read_is_sent_back_in_plain_words(
    service, opened, said, says
):
    page = await submit(service, await token_of(service, opened), **said)

    assert page.status_code == 422
    assert says in page.text


async def test_nobody_has_to_write_an_answer_twice(service, opened):
    token = await token_of(service, opened)

    page = await submit(service, token, **MET | {"note": '"<b>', "event_at": "soon"})

    assert page.text.count(" checked") == 3
    assert "&#34;&lt;b&gt;</textarea>" in page.text
    assert "<b>" not in page.text


@pytest.mark.parametrize("times", [2, 6])
@pytest.mark.both_databases
async def test_clicks_at_once_send_one_answer(service, opened, times):
    token = await token_of(service, opened)
    said = [MET | {"note": f"click {n}"} for n in range(times)]

    pages = await asyncio.gather(*(submit(service, token, **each) for each in said))

    codes = [page.status_code for page in pages]
    assert codes.count(200) == 1
    assert set(codes) <= {200, 409, 410}
    met = [e for e in await timeline(service, opened) if e["kind"] == "meeting_held"]
    assert [e["note"] for e in met] == [f"click {codes.index(200)}"]


@pytest.mark.both_databases
async def test_a_double_click_is_one_answer(service, opened):
    token = await token_of(service, opened)

    pages = await asyncio.gather(*(submit(service, token, **MET) for _ in range(3)))

    assert {page.status_code for page in pages} <= {200, 410}
    assert pages[0].status_code == 200 or "recorded in case" in pages[0].text
    kinds = [entry["kind"] for entry in await timeline(service, opened)]
    assert kinds.count("meeting_held") == 1


async def test_a_used_link_says_what_was_recorded_with_it(service, opened):
    token = await token_of(service, opened)
    await submit(service, token, **MET)

    page = await open_page(service, token)

    assert page.status_code == 410
    assert f"“We met”: recorded in case {opened['id']} on " in page.text
    assert "brings a new link" in page.text


async def test_a_link_offers_nothing_of_a_step_that_is_over(service, opened):
    token = await token_of(service, opened)
    seats = MET["attendees"]
    await service.say("alder", opened, "meeting_held", attendees=seats)
    await service.say("alder", opened, "agreement_not_reached")

    page = await open_page(service, token)

    assert "We met" not in page.text
    assert "There is no agreement" not in page.text
    # Those two may still come to terms.
    assert "My side agrees" in page.text
    assert "If nothing is entered by then" not in page.text


async def test_a_link_of_a_step_with_nothing_left_says_so(service, opened):
    token = await token_of(service, opened)
    await change(service, step="A4")

    page = await open_page(service, token)

    assert page.status_code == 200
    assert "Nothing is asked of you now" in page.text
    assert "<form" not in page.text


async def test_a_link_is_in_no_log(service, opened):
    token = await token_of(service, opened)
    with capture_logs() as lines:
        await submit(service, token, **AGREE)
        await submit(service, token, **MET)

    link, signature = token.split(".")
    events = {each["event"] for each in lines if each.get("link_id") == link}
    assert {"link.refused", "link.used"} <= events
    assert signature not in str(lines)


async def test_a_page_that_is_too_large_is_refused_on_a_page(service, opened):
    page = await submit(
        service, await token_of(service, opened), **MET | {"note": "x" * 300_000}
    )

    assert page.status_code == 413
    assert "Nothing was changed" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_link_that_was_tampered_with_or_never_made_is_not_found(
    service, opened
):
    token = await token_of(service, opened)
    forged = LinkSigner(KeyRing(active="x", keys={"x": bytes(32)}))

    for bad in (token[:-2] + "xx", "nonsense", forged.token(token.split(".")[0])):
        page = await open_page(service, bad)
        assert page.status_code == 404
        assert "not one of ours" in page.text


async def test_an_expired_link_says_so_and_takes_no_answer(service, opened):
    token = await token_of(service, opened)
    await change(service, expires_at=datetime.now(UTC) - timedelta(minutes=1))

    page = await submit(service, token, **MET)

    assert page.status_code == 410
    assert "expired" in page.text


async def test_a_link_is_taken_away_by_the_coordination_side_and_by_no_other(
    service, opened
):
    token = await token_of(service, opened)
    (link,) = await links(service, opened)
    path = f"/conflicts/{opened['id']}/links/{link['id']}/revoke"

    assert (await service.post("elm", path)).status_code == 404
    refused = await service.post("ironwood", path)
    assert refused.status_code == 403
    assert "coordination side" in refused.json()["detail"]
    assert (await links(service, opened))[0]["revoked_at"] is None
    assert (await service.post("alder", path)).json()["revoked_by"]["id"] == "alder"
    page = await submit(service, token, **MET)

    assert page.status_code == 410
    assert "withdrawn" in page.text


@pytest.mark.both_databases
async def test_a_link_taken_away_as_it_is_used_is_used_or_withdrawn(service, opened):
    token = await token_of(service, opened)
    (mine,) = await links(service, opened)
    link_id = mine["id"]
    path = f"/conflicts/{opened['id']}/links/{link_id}/revoke"

    *pages, revoked = await asyncio.gather(
        *(submit(service, token, **MET) for _ in range(3)),
        service.post("alder", path),
    )

    # The answer may have brought a notice with a link of its own by now.
    found = await links(service, opened)
    (link,) = [each for each in found if each["id"] == link_id]
    kinds = [entry["kind"] for entry in await timeline(service, opened)]
    assert revoked.status_code == 200
    assert {page.status_code for page in pages} <= {200, 410}
    is_answered = link["used_at"] is not None
    assert kinds.count("meeting_held") == is_answered
    assert any("recorded in case" in page.text for page in pages) == is_answered


async def test_the_administrator_takes_a_link_away_and_doing_it_again_changes_nothing(
    service, opened
):
    (link,) = await links(service, opened)
    path = f"/conflicts/{opened['id']}/links/{link['id']}/revoke"

    first = (await service.post("walnut", path)).json()
    again = (await service.post("alder", path)).json()

    assert first["revoked_by"]["id"] == "walnut"
    assert again == first
    elsewhere = f"/conflicts/{opened['id']}/links/0{link['id'][1:]}x/revoke"
    assert (await service.post("walnut", elsewhere)).status_code == 404


async def test_a_link_dies_when_somebody_else_takes_the_seat(service, opened):
    token = await token_of(service, opened)
    await change(service, person_id="juniper")

    page = await open_page(service, token)

    assert page.status_code == 403
    assert "Somebody else has this seat now" in page.text


async def test_a_link_into_a_closed_case_says_how_it_ended(service, opened):
    token = await token_of(service, opened)
    await service.say("alder", opened, "withdraw", reason="settled")

    page = await open_page(service, token)

    assert page.status_code == 410
    assert "It ended as withdrawn" in page.text


async def test_links_go_only_to_agencies_that_answer_by_them_and_outlive_a_rotation(
    service, opened
):
    (link,) = await links(service, opened)
    assert (link["seat"], link["person"]["id"]) == ("human-service-worker", "ironwood")

    old = KeyRing(active="a", keys={"a": bytes(32)})
    new = KeyRing(active="b", keys={"a": bytes(32), "b": bytes(range(32))})
    assert LinkSigner(new).link_id(LinkSigner(old).token("x")) == "x"
    assert LinkSigner(old).link_id(LinkSigner(new).token("x")) is None
    assert OPENING["counterpart_seat"] == link["seat"]
    assert re.fullmatch(r"[0-9a-f]{32}", link["id"])
