"""`throughcare directory import` and `throughcare apikeys`: how an operator makes people, seats and keys."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from throughcare.store.database import open_database, upgrade
from throughcare.store.rows import rows
from throughcare.store.tables import (
    ApiKeyRow,
    DirectoryChangeRow,
    OutboxRow,
    PackAdoptionRow,
    PersonRow,
    SeatRow,
)

AGENCY = (Path(__file__).parents[2] / "demo" / "agency.yaml").read_text()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "agency.yaml"
    path.write_text(AGENCY)
    return path


@pytest.fixture
def throughcare(tmp_path, monkeypatch):
    """The command, on an empty database."""
    url = f"sqlite:///{tmp_path / 'throughcare.db'}"
    monkeypatch.setenv("THROUGHCARE_DATABASE_URL", url)
    asyncio.run(upgrade(url))

    def run(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    def left(table):
        async def read():
            database = open_database(url)
            found = await database.read(rows, select(table))
            await database.close()
            return found

        return asyncio.run(read())

    run.rows = left  # type: ignore[attr-defined]  # What it left behind.
    return run


def test_a_dry_run_shows_what_would_be_made_and_makes_nothing(throughcare, file):
    said = throughcare("directory", "import", "--dry-run", file)

    assert said.exit_code == 0, said.output
    assert "added person alder" in said.output
    assert "would be made" in said.output
    assert throughcare.rows(PersonRow) == []


def test_a_file_is_imported_once_and_again_it_changes_nothing(throughcare, file):
    first = throughcare("directory", "import", file)
    again = throughcare("directory", "import", file)

    assert first.exit_code == again.exit_code == 0
    assert "0 changes made." in again.output
    assert {row.id for row in throughcare.rows(PersonRow)} >= {"alder", "yew"}


def test_a_changed_holder_is_in_the_trail_and_waits_to_be_told_to_open_cases(
    throughcare, file
):
    throughcare("directory", "import", file)
    file.write_text(AGENCY.replace("    person: alder\n", "    person: elm\n", 1))

    said = throughcare("directory", "import", "--by", "walnut", file)

    assert "changed holder of coordinator-1: alder to elm" in said.output
    (seat,) = [s for s in throughcare.rows(SeatRow) if s.id == "coordinator-1"]
    assert seat.person_id == "elm"
    (change,) = [
        row for row in throughcare.rows(DirectoryChangeRow) if row.person_id == "walnut"
    ]
    assert change.seat_ids == ["coordinator-1"]
    last = throughcare.rows(OutboxRow)[-1]
    assert last.seat_ids == ["coordinator-1"]


def test_a_changed_profile_and_provider_are_told_with_what_they_were(throughcare, file):
    throughcare("directory", "import", file)
    file.write_text(
        AGENCY.replace("capacity: 40", "capacity: 41").replace(
            "services: [treatment]", "services: [treatment, detox]"
        )
    )

    said = throughcare("directory", "import", "--by", "walnut", file)

    assert (
        "changed profile case-manager-cars: capacity was 40, becomes 41" in said.output
    )
    assert (
        "changed provider lantern: services was [treatment], becomes [treatment, detox]"
        in said.output
    )
    whats = {
        row.what
        for row in throughcare.rows(DirectoryChangeRow)
        if row.person_id == "walnut"
    }
    assert whats == {"profile_changed", "provider_changed"}


def test_nobody_who_is_missing_from_the_file_is_deleted(throughcare, file):
    throughcare("directory", "import", file)
    line = "  - {id: yew, name: Operator Demo-Yew, email: yew@wraparound.example}\n"
    seat = "  - {id: operator, organization: Wraparound Milwaukee, role: operator, title: Operator, person: yew}\n"
    file.write_text(AGENCY.replace(line, "").replace(seat, ""))

    said = throughcare("directory", "import", file)

    assert "kept person yew" in said.output
    assert "yew" in {row.id for row in throughcare.rows(PersonRow)}


@pytest.mark.clause("CS-M-1")
def test_an_adoption_is_recorded_at_set_up_with_its_date_and_who_approved_it(
    throughcare, file
):
    said = throughcare("directory", "import", file)

    assert "added adoption southeast-michigan-cmh v1" in said.output
    adoptions = {row.pack_id: row for row in throughcare.rows(PackAdoptionRow)}
    found = adoptions["southeast-michigan-cmh"]
    assert (found.version, found.recorded_by) == (1, "operator")
    assert (found.title, found.adopted_on.isoformat()) == (
        "Director of Community Mental Health",
        "2026-01-05",
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("on: 2026-01-05", "on: 2026-01-06", "is on record as adopted on 2026-01-05"),
        ("on: 2026-01-05", "on: 2999-01-05", "that day has not come yet"),
        ("{pack: milwaukee-cars,", "{pack: milwaukee-car,", "'milwaukee-car' is no"),
    ],
    ids=["another-day", "a-day-to-come", "no-pack"],
)
def test_an_adoption_that_cannot_stand_is_named_at_its_line(
    throughcare, file, old, new, says
):
    throughcare("directory", "import", file)
    file.write_text(AGENCY.replace(old, new, 1))

    said = throughcare("directory", "import", file)

    assert said.exit_code == 2
    assert f"{file}:11:" in said.output
    assert says in said.output


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("person: alder", "person: aldr", "'aldr' is no person; write alder"),
        ("calendar: milwaukee-county", "calendar: nowhere", "'nowhere' is no calendar"),
        ("alder@coordination.example", "alder at home", "cannot be sent to this"),
        ("shelter@hearth.example", "at the door", "cannot be sent to this"),
        (
            "Shelter\n    organization: Hearth Demo Services",
            "Shelter\n    organization: Heart Demo Services",
            "'Heart Demo Services' is no organization; write Hearth Demo Services",
        ),
        ("capacity: 25", "capacity: many", "capacity"),
    ],
    ids=["person", "calendar", "address", "provider's address", "whose", "profile"],
)
def test_every_mistake_is_named_at_its_line_and_stops_it_all(
    throughcare, file, old, new, says
):
    file.write_text(AGENCY.replace(old, new, 1))

    said = throughcare("directory", "import", file)

    assert said.exit_code == 2
    assert says in said.output
    assert f"{file.name}:" in said.output
    assert throughcare.rows(PersonRow) == []


@pytest.fixture
def nobody_signed_in(monkeypatch):
    """As in a container."""

    def fail():
        raise OSError

    monkeypatch.setattr(os, "getlogin", fail)


BY_YEW = ("--by", "yew")


@pytest.mark.usefixtures("nobody_signed_in")
def test_a_change_of_keys_names_who_made_it(throughcare, file):
    throughcare("directory", "import", file)

    made = throughcare("apikeys", "create", "alder", *BY_YEW).output.split("_")[1]
    renewed = throughcare("apikeys", "renew", made, *BY_YEW).output.split("_")[1]
    throughcare("apikeys", "revoke", renewed, "--by", "walnut")

    trail = [
        (each.what, each.person_id, (each.after or each.before)["key"])
        for each in throughcare.rows(DirectoryChangeRow)
        if each.what.startswith("key_")
    ]
    assert sorted(trail) == sorted(
        [
            ("key_created", "yew", made),
            ("key_revoked", "yew", made),
            ("key_created", "yew", renewed),
            ("key_revoked", "walnut", renewed),
        ]
    )


@pytest.mark.usefixtures("nobody_signed_in")
@pytest.mark.parametrize(
    "words",
    [("create", "alder"), ("create", "alder", "--by", "nobody")],
    ids=["nobody", "a stranger"],
)
def test_a_change_of_keys_that_nobody_makes_is_refused(throughcare, file, words):
    throughcare("directory", "import", file)

    said = throughcare("apikeys", *words)

    assert said.exit_code == 2
    assert "--by PERSON" in said.output or "no person 'nobody'" in said.output
    assert throughcare.rows(ApiKeyRow) == []


def test_whoever_signed_in_to_the_machine_is_named_where_no_person_is(
    throughcare, file, monkeypatch
):
    monkeypatch.setattr(os, "getlogin", lambda: "frances")
    throughcare("directory", "import", file)

    throughcare("apikeys", "create", "alder")
    throughcare("apikeys", "create", "elm", *BY_YEW)

    made = trail_of(throughcare, "key_created")
    assert {each.person_id for each in made} == {"system:frances", "yew"}
    assert {each.after["system_user"] for each in made} == {"frances"}


def test_a_key_is_made_shown_once_listed_and_revoked(throughcare, file):
    throughcare("directory", "import", file)

    made = throughcare("apikeys", "create", "alder", *BY_YEW).output.strip()
    key_id = made.split("_")[1]
    listed = throughcare("apikeys", "list").output
    ended = throughcare("apikeys", "revoke", key_id, *BY_YEW)
    after = throughcare("apikeys", "list").output

    assert made.startswith("tc_")
    assert f"{key_id}  alder" in listed
    assert made not in listed
    assert ended.exit_code == 0
    assert listed != after


@pytest.mark.parametrize(
    "words", [("create", "nobody"), ("revoke", "0123")], ids=["person", "key"]
)
def test_a_key_for_nobody_or_that_is_none_is_refused_in_a_line(
    throughcare, file, words
):
    throughcare("directory", "import", file)

    said = throughcare("apikeys", *words, *BY_YEW)

    assert said.exit_code == 2
    assert said.output.count("\n") == 1


# -- administrators and operators ------------------------------------------------------------------------------------


def trail_of(throughcare, what):
    return [each for each in throughcare.rows(DirectoryChangeRow) if each.what == what]


def test_a_first_installation_seats_administrator_and_operator_and_says_so(
    throughcare, file
):
    throughcare("directory", "import", file)

    seated = trail_of(throughcare, "seated_at_installation")
    assert {each.after["person"] for each in seated} == {"walnut", "yew"}
    assert {each.person_id for each in seated} == {"operator"}


def test_a_later_import_proposes_an_operator_and_a_second_person_confirms(
    throughcare, file
):
    throughcare("directory", "import", file)
    file.write_text(AGENCY.replace("person: yew}", "person: elm}"))

    said = throughcare("directory", "import", "--by", "walnut", file)
    again = throughcare("directory", "import", "--by", "walnut", file)
    waiting = throughcare("directory", "seatings").output
    seating = waiting.split()[0]
    alone = throughcare("directory", "confirm", seating, "--by", "walnut")
    confirmed = throughcare("directory", "confirm", seating, "--by", "tamarack")

    assert "proposed holder of operator: yew to elm" in said.output
    assert waiting.count("elm") == 1 and again.exit_code == 0
    assert alone.exit_code != 0 and "another administrator" in alone.output
    assert "elm sits in operator." in confirmed.output
    (seat,) = (each for each in throughcare.rows(SeatRow) if each.id == "operator")
    assert seat.person_id == "elm"


def test_an_import_that_makes_a_seat_an_operators_takes_a_second_person_too(
    throughcare, file
):
    throughcare("directory", "import", file)
    spruce = "role: provider-network"
    assert spruce in AGENCY
    file.write_text(AGENCY.replace(spruce, "role: operator"))

    said = throughcare("directory", "import", file)

    assert said.exit_code == 0, said.output
    changed = [each for each in throughcare.rows(SeatRow) if each.role == "operator"]
    assert {each.person_id for each in changed} == {"yew", None}
    assert "spruce" in throughcare("directory", "seatings").output


def test_an_import_that_leaves_no_administrator_is_refused(throughcare, file):
    throughcare("directory", "import", file)
    file.write_text(AGENCY.replace("person: walnut}", "person: null}"))

    said = throughcare("directory", "import", file)

    assert said.exit_code != 0
    assert "Nobody would be left who sits as administrator" in said.output
