from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from throughcare.case.duty import Basis
from throughcare.case.notice import Notice, ToldDuty
from throughcare.case.parts import PackRef
from throughcare.case.seats import Seated
from throughcare.lifecycles.client.notices import CLIENT_NOTICES, INTAKE_NOTICES
from throughcare.lifecycles.conflict.notices import CONFLICT_NOTICES
from throughcare.lifecycles.conflict.policy import RungLimit
from throughcare.notices.failures import Undeliverable
from throughcare.notices.letters import LetterWriter
from throughcare.notices.texts import DAILY_LETTER, OWN_NOTICES, SEAT_TAKEN_MANY
from throughcare.packs.pack import NOTICE_FIELDS, NoticeText, Pack
from throughcare.packs.reading import load_packs
from throughcare.store.addressees import PRINT_IT, Addressee, LetterCase

PACKS = load_packs(Path(__file__).parents[2] / "policies")
PACK, CARS = PACKS["milwaukee-wraparound"], PACKS["milwaukee-cars"]
assert CARS.intake is not None
NO_NOTICE = CARS.intake.model_copy(update={"recovery": False, "redisclosure": {}})
BARE = CARS.model_copy(update={"policies": {**CARS.policies, "intake": NO_NOTICE}})
"""The pack of a recovery program, where a test is about other words than the notice its letters end with."""
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
    step="A2",
    what="The information goes up",
    due_at=datetime(2026, 1, 12, 20, 5, tzinfo=UTC),
)


def writer(pack: Pack = PACK, zone: str = "America/Chicago") -> LetterWriter:
    ref = PackRef(id=pack.header.id, version=pack.header.version, digest="a1b2")
    about = LetterCase(case_id=CASE, kind="conflict", pack=ref, ladder="A")
    return LetterWriter(about, pack, PEOPLE, ZoneInfo(zone), "https://care.example")


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
        "grievance: ",
        "ladder: Care Coordinator and Human Service Worker",
        "lifecycle: conflict",
        f"link: https://care.example/conflicts/{CASE}",
        "other: Care Coordinator's Supervisor",
        "receiver: Bo Example",
        "receiver_title: Human Service Worker's Supervisor",
        "rung: The supervisors look for a solution",
        "sender: Ana Example",
        "sender_title: Human Service Worker",
        "what: The information goes up",
        "whose: the agency's own",
    ]


def test_a_limit_that_is_the_policys_is_called_so():
    pack = edited("Due", "{whose} limit")
    ladder = pack.conflict_policy.ladder("A")
    limit = RungLimit.model_validate({"within": "P5D", "basis": "source"})
    rungs = tuple(rung.model_copy(update={"limit": limit}) for rung in ladder.rungs)
    ladders = (ladder.model_copy(update={"rungs": rungs}),)
    conflict = pack.conflict_policy.model_copy(update={"ladders": ladders})

    letter = writer(
        pack.model_copy(update={"policies": {"conflict": conflict}})
    ).letter(TOLD)

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


@pytest.mark.parametrize("kind", sorted(CONFLICT_NOTICES))
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
    seats_and_policy = (
        "key kind receiver sender clause step what due_at duty basis duties"
    )

    assert set(Notice.model_fields) == set(seats_and_policy.split())
    assert not NOTICE_FIELDS & {"youth", "subject", "note", "words", "terms"}


@pytest.mark.parametrize(
    "kind", sorted(OWN_NOTICES.keys() - {SEAT_TAKEN_MANY, DAILY_LETTER})
)
def test_what_the_product_itself_writes_names_the_kind_of_case(kind):
    said = Notice(key=kind, kind=kind, receiver=WORKER, what="Word")

    of_conflict = writer().letter(said)
    of_plan = served_writer("care-plan").letter(said)

    assert of_conflict.subject.startswith("Conflict 3FK9AB: ")
    assert of_plan.subject.startswith("Care plan 3FK9AB: ")
    assert "Care Coordinator's side" not in of_plan.body


# -- of cases about a client ------------------------------------------------------------------------------------------


CLIENT = Seated(role="client", title="Client", seat="client", person="c1")
PROVIDER = Seated(role="provider", title="Acorn Demo", seat="provider-p1", person="p1")
WRITTEN_TO = PEOPLE | {
    "client:c1": Addressee(id="c1", name="", email="c@client.example", language="es"),
    "provider:p1": Addressee(id="p1", name="Acorn Demo", email="p@acorn.example"),
}


def served_writer(
    kind: str = "intake",
    pack: Pack = BARE,
    language: str = "es",
    email: str | None = "c@client.example",
) -> LetterWriter:
    ref = PackRef(id=pack.header.id, version=pack.header.version, digest="a1b2")
    about = LetterCase(case_id=CASE, kind=kind, pack=ref, agency="Our Agency")
    client = Addressee(id="c1", name="", email=email, language=language)
    people = WRITTEN_TO | {"client:c1": client}
    zone = ZoneInfo("America/Chicago")
    return LetterWriter(about, pack, people, zone, "https://care.example")


def to_client(kind: str = "client_decision") -> Notice:
    return Notice(key=kind, kind=kind, receiver=CLIENT)


def saying(body: str) -> Pack:
    text = NoticeText(subject="{lifecycle} {case}", body=body)
    return BARE.model_copy(update={"notices": {**CARS.notices, "reminder": text}})


@pytest.mark.parametrize("kind", sorted(INTAKE_NOTICES))
@pytest.mark.parametrize("pack", ["milwaukee-cars", "southeast-michigan-cmh"])
def test_each_text_of_an_intake_can_be_written_with_nothing_but_a_receiver(kind, pack):
    for receiver in (WORKER, PROVIDER):
        notice = Notice(key=kind, kind=kind, receiver=receiver)
        letter = served_writer(pack=PACKS[pack]).letter(notice)

        assert "{" not in letter.subject + letter.body


@pytest.mark.parametrize(
    ("kind", "path"), [("intake", "intakes"), ("care-plan", "care-plans")]
)
def test_staff_get_the_address_of_the_case_and_its_kind_in_words(kind, path):
    notice = Notice(
        key="k", kind="reminder", receiver=WORKER, step="waiting_for_consents"
    )
    writers = served_writer(kind, saying("The {lifecycle} is {rung}.\n{link}"))

    letter = writers.letter(notice)

    words = kind.replace("-", " ")
    assert letter.subject == f"{words.capitalize()} 3FK9AB"
    assert letter.body.splitlines() == [
        f"The {words} is waiting for consents.",
        f"https://care.example/{path}/{CASE}",
    ]


@pytest.mark.parametrize(
    ("basis", "whose"),
    [
        (Basis.source, "the policy's"),
        (Basis.agency, "the agency's own"),
        (Basis.plan, "the plan's own"),
        (None, "the"),
    ],
)
def test_a_limit_is_called_what_its_duty_says_it_is(basis, whose):
    notice = Notice(key="k", kind="reminder", receiver=WORKER, basis=basis)
    body = "{whose} limit. {whose} limit, or within {whose} limit"

    letter = served_writer(pack=saying(body)).letter(notice)

    begins = whose[0].upper() + whose[1:]
    assert letter.body == f"{begins} limit. {begins} limit, or within {whose} limit"


def todo(number: int, *, days: int | None, basis: Basis = Basis.agency) -> ToldDuty:
    due_at = datetime(2026, 1, days, 18, tzinfo=UTC) if days else None
    return ToldDuty(
        id=f"duty-{number}", text=f"Do thing {number}", due_at=due_at, basis=basis
    )


def telling(kind: str, *duties: ToldDuty) -> Notice:
    return Notice(key="k", kind=kind, receiver=WORKER).left_with(duties)


def test_each_duty_of_a_letter_is_told_with_its_own_limit():
    policys = todo(2, days=9, basis=Basis.source)
    notice = telling("reminder", todo(1, days=12), policys, todo(3, days=None))

    letter = served_writer(pack=saying("{what}\n{whose} limit: {due}")).letter(notice)

    assert letter.body.splitlines() == [
        "- Do thing 1 (the agency's own limit: Monday, January 12, 2026, 12:00 PM CST)",
        "- Do thing 2 (the policy's limit: Friday, January 9, 2026, 12:00 PM CST)",
        "- Do thing 3 (no limit)",
        "The soonest limit: Friday, January 9, 2026, 12:00 PM CST",
    ]


def test_of_one_duty_the_text_says_the_limit():
    notice = telling("reminder", todo(1, days=12))

    letter = served_writer(pack=saying("{what}, {whose} limit: {due}")).letter(notice)

    assert letter.body.startswith("Do thing 1, the agency's own limit: Monday")


@pytest.mark.parametrize("pack", ["milwaukee-cars", "southeast-michigan-cmh"])
def test_whoever_is_assigned_reads_in_one_letter_what_is_theirs(pack):
    notice = telling("assigned", todo(1, days=9), todo(2, days=12))

    body = served_writer(pack=PACKS[pack]).letter(notice).body

    assert "Do thing 1" in body
    assert "January 12" in body
    assert body.index("Do thing 2") < body.index("https://")


@pytest.mark.parametrize("kind", sorted(CLIENT_NOTICES))
@pytest.mark.parametrize("pack", ["milwaukee-cars", "southeast-michigan-cmh"])
def test_a_client_is_written_to_in_their_language_and_without_an_address_to_open(
    kind, pack
):
    spanish = served_writer(pack=PACKS[pack]).letter(to_client(kind))
    english = served_writer(pack=PACKS[pack], language="en").letter(to_client(kind))

    assert (spanish.to, english.to) == ("c@client.example", "c@client.example")
    assert "Hola" in spanish.body
    assert "Hello" in english.body
    for said in (spanish, english):
        assert "https://" not in said.body
        assert CASE[-6:] not in said.subject + said.body


def test_a_language_the_pack_does_not_have_falls_back_to_its_own():
    letter = served_writer(language="hmn").letter(to_client())

    assert letter == served_writer(language="en").letter(to_client())


def test_whoever_is_refused_is_told_in_their_language_where_to_turn():
    assert CARS.intake is not None
    routes = CARS.intake.endings.grievance

    assert routes["es"] in served_writer().letter(to_client()).body
    assert routes["en"] in served_writer(language="en").letter(to_client()).body


def test_a_letter_to_a_client_without_e_mail_is_to_be_printed():
    with pytest.raises(Undeliverable, match=PRINT_IT):
        served_writer(email=None).letter(to_client())


def test_clients_and_providers_are_given_the_agency_to_call_and_no_address():
    for receiver in (CLIENT, PROVIDER):
        notice = Notice(key="k", kind="reminder", receiver=receiver)

        letter = served_writer(pack=saying("Call {link}.")).letter(notice)

        assert letter.body == "Call Our Agency."


def test_a_client_is_called_by_no_name():
    notice = Notice(key="k", kind="reminder", receiver=CLIENT)

    assert served_writer(pack=saying("{receiver},")).letter(notice).body == "Client,"


@pytest.mark.parametrize(
    ("language", "when"),
    [
        ("en", "Wednesday, March 4, 2026, 02:10 PM CST"),
        ("es", "4 de marzo de 2026"),
    ],
)
def test_a_client_reads_when_a_meeting_is_in_their_own_language(language, when):
    at = datetime(2026, 3, 4, 20, 10, tzinfo=UTC)
    invited = to_client("client_meeting").model_copy(update={"due_at": at})

    letter = served_writer("care-plan", language=language).letter(invited)

    assert when in letter.body


# -- 42 CFR 2.32 ----------------------------------------------------------------------------------------------------------

NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."


def of_intake(pack: Pack) -> LetterWriter:
    ref = PackRef(id=pack.header.id, version=pack.header.version, digest="a1b2")
    about = LetterCase(case_id=CASE, kind="intake", pack=ref, agency="The agency")
    zone = ZoneInfo("America/Chicago")
    return LetterWriter(about, pack, PEOPLE, zone, "https://care.example")


@pytest.mark.parametrize(
    "kind", sorted(INTAKE_NOTICES | CLIENT_NOTICES | {"taken_back"})
)
def test_every_letter_about_a_client_of_a_recovery_program_carries_the_notice(kind):
    notice = TOLD.model_copy(update={"kind": kind})

    _, body = of_intake(CARS).words(notice, "en")

    assert body.endswith(f"\n\n{NOTICE}\n")


def test_in_another_language_it_stands_there_in_both():
    notice = TOLD.model_copy(update={"kind": "client_worker"})

    _, body = of_intake(CARS).words(notice, "es")

    assert NOTICE in body
    assert "prohíbe" in body


def test_no_other_letter_carries_it():
    notice = TOLD.model_copy(update={"kind": "duty_opened"})
    others = PACKS["southeast-michigan-cmh"]

    assert "42 CFR" not in of_intake(others).words(notice, "en")[1]
    assert "42 CFR" not in writer().letter(TOLD).body
