"""Providers: whose each is, and that none is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.store.changes import NoSuchPerson
from throughcare.store.directory import NoSuchOrganization
from throughcare.store.providers import (
    NoSuchProvider,
    Provider,
    ProviderChange,
    ProviderFilter,
    ProviderKey,
    add_provider,
    change_provider,
    list_providers,
    provided_by,
    provider_facts,
    providers_named,
)
from throughcare.store.rows import rows
from throughcare.store.tables import DirectoryChangeRow

DAY = timedelta(days=1)
NEW = Provider(name="Grove Demo Treatment", organization="cedar demo recovery")


def add(connection, provider_id, provider):
    return add_provider(connection, provider_id, provider, by="walnut", at=NOW)


def change(connection, provider_id, **changed):
    given = ProviderChange.model_validate(changed)
    return change_provider(connection, provider_id, given, by="walnut", at=NOW)


def listed(connection, **wanted):
    filters = ProviderFilter.model_validate(wanted)
    found = list_providers(connection, filters, after=None, limit=9)
    return [each.id for each in found]


def test_a_provider_belongs_to_an_organization_as_the_directory_names_it(connection):
    found = add(connection, "grove", NEW)

    assert found.organization == "Cedar Demo Recovery"
    assert provider_facts(connection, "grove") == found
    (added,) = rows(connection, select(DirectoryChangeRow))
    assert (added.what, added.person_id) == ("provider_added", "walnut")


def test_a_change_of_a_provider_is_in_the_trail_and_no_change_is_not(connection):
    add(connection, "grove", NEW)

    change(connection, "grove", qualified=True)
    change(connection, "grove", qualified=True)

    whats = sorted(connection.scalars(select(DirectoryChangeRow.what)))
    assert whats == ["provider_added", "provider_changed"]


def test_only_what_is_given_changes(connection):
    add(connection, "grove", NEW.model_copy(update={"services": ("treatment",)}))

    found = change(connection, "grove", organization="Hearth Demo Services")

    assert found == provider_facts(connection, "grove")
    assert (found.organization, found.services) == (
        "Hearth Demo Services",
        ("treatment",),
    )
    with pytest.raises(NoSuchProvider):
        change(connection, "nowhere", qualified=True)


def test_an_organization_or_person_nobody_knows_is_refused(connection):
    with pytest.raises(NoSuchOrganization, match="'Nowhere'"):
        add(connection, "x", NEW.model_copy(update={"organization": "Nowhere"}))
    with pytest.raises(NoSuchPerson, match="'nobody'"):
        add(connection, "x", NEW.model_copy(update={"person": "nobody"}))


def test_providers_are_listed_by_name_and_narrowed_by_what_they_are(connection):
    assert listed(connection) == ["harbor", "hearth", "lantern"]
    assert listed(connection, organization="HEARTH DEMO SERVICES") == [
        "hearth",
        "lantern",
    ]
    assert listed(connection, service="Housing") == ["harbor"]
    assert listed(connection, language="spanish") == ["hearth", "lantern"]
    add(connection, "grove", NEW)
    assert "grove" not in listed(connection, qualified=True)


def test_a_page_goes_on_where_the_one_before_ended(connection):
    first = list_providers(connection, ProviderFilter(), after=None, limit=1)
    after = ProviderKey(name=first[0].name, id=first[0].id)

    rest = list_providers(connection, ProviderFilter(), after=after, limit=5)

    assert len(first) == 2
    assert [each.id for each in rest] == ["hearth", "lantern"]


def test_a_provider_that_ended_is_found_by_id_and_no_longer_offered(connection):
    add(connection, "grove", NEW.model_copy(update={"ended_at": NOW}))

    assert "grove" in listed(connection, here_at=NOW - DAY)
    assert "grove" not in listed(connection, here_at=NOW)
    (found,) = providers_named(connection, ["grove", "nobody"])
    assert not found.is_here(NOW)


@pytest.mark.clause("CF-S-2c")
def test_a_person_who_delivers_a_service_themself_is_known_by_it(connection):
    add(connection, "grove", NEW.model_copy(update={"person": "cypress"}))

    assert provided_by(connection, "cypress") == ("grove",)
    assert provided_by(connection, "beech") == ()
