from datetime import UTC, datetime

from sqlalchemy import Connection

from tests.databases import add_rows
from throughcare.case.seats import Seated
from throughcare.store.addressees import address_key, addressees
from throughcare.store.clients import add_client
from throughcare.store.identity import Identity
from throughcare.store.tables import PersonRow, ProviderRow

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


def people(connection: Connection, **emails: str | None) -> None:
    named = [
        {"id": key, "name": key.title(), "email": email}
        for key, email in emails.items()
    ]
    add_rows(connection, PersonRow, *named)


async def test_addressees_are_looked_up_by_person_and_may_have_no_address(database):
    await database.write(people, p1="ana@example.org", p2=None)

    found = await database.read(addressees, {"p1", "p2", "nobody"})

    assert {id: (each.name, each.email) for id, each in found.items()} == {
        "p1": ("P1", "ana@example.org"),
        "p2": ("P2", None),
    }


async def test_clients_and_providers_are_found_by_their_part_and_a_client_without_a_name(
    database,
):
    seats = [
        Seated(role=role, title=role, seat=role, person="p1")
        for role in ("worker", "client", "provider")
    ]
    await database.write(people, p1="a@a.example")
    identity = Identity(name="Client Demo-Alder", email="c@c.example", language="es")
    await database.write(add_client, "p1", identity, by="p1", at=NOW)
    provider = {
        "id": "p1",
        "name": "Acorn Demo",
        "organization": "Acorn Demo Provider",
        "services": [],
        "email": "p@p.example",
        "languages": [],
        "qualified": True,
    }
    await database.write(add_rows, ProviderRow, provider)

    keys = {address_key("intake", each) or "" for each in seats}
    found = await database.read(addressees, keys)
    same = await database.read(addressees, {address_key("conflict", seats[2]) or ""})

    assert {key: (e.name, e.email, e.language) for key, e in found.items()} == {
        "p1": ("P1", "a@a.example", None),
        "client:p1": ("", "c@c.example", "es"),
        "provider:p1": ("Acorn Demo", "p@p.example", None),
    }
    assert same == {"p1": found["p1"]}
