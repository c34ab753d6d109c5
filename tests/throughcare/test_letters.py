from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from throughcare.domain.casefile import Notice
from throughcare.domain.pack import (
    NOTICE_FIELDS,
    NOTICE_KINDS,
    NoticeText,
    Pack,
    RungLimit,
)
from throughcare.domain.seats import Seated
from throughcare.letters import LetterWriter
from throughcare.mail import Undeliverable
from throughcare.messages import NoticesToSend, PackRef
from throughcare.packs import load_packs
from throughcare.store.notices import Addressee

PACK = load_packs(Path(__file__).parents[2] / "policies")["milwaukee-wraparound"]
CASE = "01JGZQ5W3V8X9Y2T4R6N3FK9AB"
PEOPLE = {
    person: Addressee(id=person, name=f"{person.title()} Example", email=email)
    for person, email in (("ana", "ana@example.org"), ("bo", "bo@example.org"))
}
WORKER = Seated(
    role="human-service-worker",
    title="Human Service Worker",
    seat="seat-hsw",
    person="ana",
)
BOSS = Seated(
    role="human-service-worker-supervisor",
    title="Human Service Worker's Supervisor",
    seat="seat-hsw-sup",
    person="bo",
)
TOLD = Notice(
    key=f"{CASE}:A1:told:CR-A-2b:seat-hsw-sup:1",
    kind="told",
    receiver=BOSS,
    sender=WORKER,
    clause="CR-A-2b",
    rung="A2",
    what="The information goes up",
    due_at=datetime(2026, 1, 12, 20, 5, tzinfo=UTC),
)


def writer(pack: Pack = PACK, zone: str = "America/Chicago") -> LetterWriter:
    ref = PackRef(id=pack.header.id, version=pack.header.version, digest="a1b2")
    order = NoticesToSend(case_id=CASE, pack=ref, ladder="A", notices=(TOLD,))
    return LetterWriter(order, pack, PEOPLE, ZoneInfo(zone), "https://care.example")


def edited(subject: str, body: str) -> Pack:
    """The pack with another text for `told`, as an agency might write it that skips the check."""
    text = NoticeText(subject=subject, body=body)
    return PACK.model_copy(update={"notices": {**PACK.notices, "told": text}})


def test_every_field_of_a_text_is_filled_in():
    body = "\n".join(f"{name}: {{{name}}}" for name in sorted(NOTICE_FIELDS))

    letter = writer(edited("About {case}", body)).letter(TOLD)

    assert (letter.to, letter.subject) == ("bo@example.org", "About 3FK9AB")
    assert letter.body.splitlines() == [
        "case: 3FK9AB",
        "clause: CR-A-2b",
        "due: Monday, January 12, 2026, 02:05 PM CST",
        "ladder: Care Coordinator and Human Service Worker",
        f"link: https://care.example/conflicts/{CASE}",
        "other: Care Coordinator's Supervisor",
        "receiver: Bo Example",
        "receiver_title: Human Service Worker's Supervisor",
        "rung: The supervisors look for a solution",
        "sender: Ana Example",
        "sender_title: Human Service Worker",
        "what: The information goes up",
        "whose: The agency's own",
    ]


def test_a_limit_that_is_the_policys_is_called_so():
    pack = edited("Due", "{whose} limit")
    ladder = pack.conflict.ladder("A")
    limit = RungLimit.model_validate({"within": "P5D", "basis": "source"})
    rungs = tuple(rung.model_copy(update={"limit": limit}) for rung in ladder.rungs)
    ladders = (ladder.model_copy(update={"rungs": rungs}),)
    conflict = pack.conflict.model_copy(update={"ladders": ladders})

    letter = writer(pack.model_copy(update={"conflict": conflict})).letter(TOLD)

    assert letter.body == "The policy's limit"


def test_a_due_time_names_its_zone_and_where_there_is_none_says_so():
    writers = writer(edited("Due", "{due}"), zone="UTC")

    assert writers.letter(TOLD).body == "Monday, January 12, 2026, 08:05 PM UTC"
    assert writers.letter(TOLD.model_copy(update={"due_at": None})).body == "none"


def test_the_same_notice_is_the_same_letter_and_another_notice_another_letter():
    again = writer().letter(TOLD.model_copy())
    other = writer().letter(TOLD.model_copy(update={"key": "another"}))

    assert writer().letter(TOLD) == again
    assert again.message_id != other.message_id


def test_the_message_id_says_nothing_of_the_case():
    message_id = writer().letter(TOLD).message_id

    assert not any(part in message_id for part in (CASE, "A1", "told", "seat"))


@pytest.mark.parametrize("kind", sorted(NOTICE_KINDS))
def test_each_text_of_the_pack_can_be_written_with_nothing_but_a_receiver(kind):
    letter = writer().letter(Notice(key=kind, kind=kind, receiver=WORKER))

    assert f"https://care.example/conflicts/{CASE}" in letter.body
    assert "{" not in letter.subject + letter.body


@pytest.mark.parametrize("receiver", [None, "nobody"])
def test_somebody_without_an_address_cannot_be_written_to(receiver):
    notice = TOLD.model_copy(
        update={"receiver": BOSS.model_copy(update={"person": receiver})}
    )

    with pytest.raises(Undeliverable, match="no e-mail address"):
        writer().letter(notice)


@pytest.mark.parametrize("body", ["{youth}", "{", "{}", "{case.youth}", "{case:%d}"])
def test_a_text_that_cannot_be_filled_in_is_undeliverable(body):
    with pytest.raises(Undeliverable, match=r"the text for told in .* cannot be"):
        writer(edited("About {case}", body)).letter(TOLD)


def test_a_subject_of_two_lines_is_undeliverable():
    notice = TOLD.model_copy(update={"what": "one\nBcc: bo@example.org"})

    with pytest.raises(Undeliverable, match="cannot be filled in"):
        writer(edited("About {what}", "Hello.")).letter(notice)


def test_a_notice_has_no_field_for_anything_about_a_client():
    seats_and_policy = "key kind receiver sender clause rung what due_at duty"

    assert set(Notice.model_fields) == set(seats_and_policy.split())
    assert not NOTICE_FIELDS & {"youth", "subject", "note", "words", "terms"}
