"""Providers: whose each is, and that none is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.samples import NOW
from throughcare.store.changes import NoSuchPerson
from throughcare.store.directory import NoSuchOrganization
from throughcare.store.providers import (
    Provider,
    ProviderFilter,
    ProviderKey,
    list_providers,
    provided_by,
    provider_facts,
    providers_named,
    put_provider,
)
from throughcare.store.tables import DirectoryChangeRow

DAY = timedelta(days=1)
NEW = Provider(name="Grove Demo Treatment", organization="cedar demo recovery")


async def put(session, provider_id, provider):
    return await put_provider(session, provider_id, provider, by="walnut", at=NOW)


async def listed(session, **wanted):
    filters = ProviderFilter.model_validate(wanted)
    found = await list_providers(session, filters, after=None, limit=9)
    return [each.id for each in found]


async def test_a_provider_belongs_to_an_organization_as_the_directory_names_it(session):
    found = await put(session, "grove", NEW)

    assert found.organization == "Cedar Demo Recovery"
    assert await provider_facts(session, "grove") == found
    (change,) = await session.scalars(select(DirectoryChangeRow))
    assert (change.what, change.person_id) == ("provider_added", "walnut")


async def test_a_change_of_a_provider_is_in_the_trail_and_no_change_is_not(session):
    await put(session, "grove", NEW)
    qualified = NEW.model_copy(update={"qualified": True})

    await put(session, "grove", qualified)
    await put(session, "grove", qualified)

    whats = sorted(await session.scalars(select(DirectoryChangeRow.what)))
    assert whats == ["provider_added", "provider_changed"]


async def test_an_organization_or_person_nobody_knows_is_refused(session):
    with pytest.raises(NoSuchOrganization, match="'Nowhere'"):
        await put(session, "x", NEW.model_copy(update={"organization": "Nowhere"}))
    with pytest.raises(NoSuchPerson, match="'nobody'"):
        await put(session, "x", NEW.model_copy(update={"person": "nobody"}))


async def test_providers_are_listed_by_name_and_narrowed_by_what_they_are(session):
    assert await listed(session) == ["harbor", "hearth", "lantern"]
    assert await listed(session, organization="HEARTH DEMO SERVICES") == [
        "hearth",
        "lantern",
    ]
    assert await listed(session, service="Housing") == ["harbor"]
    assert await listed(session, language="spanish") == ["hearth", "lantern"]
    await put(session, "grove", NEW)
    assert "grove" not in await listed(session, qualified=True)


async def test_a_page_goes_on_where_the_one_before_ended(session):
    first = await list_providers(session, ProviderFilter(), after=None, limit=1)
    after = ProviderKey(name=first[0].name, id=first[0].id)

    rest = await list_providers(session, ProviderFilter(), after=after, limit=5)

    assert len(first) == 2
    assert [each.id for each in rest] == ["hearth", "lantern"]


async def test_a_provider_that_ended_is_found_by_id_and_no_longer_offered(session):
    await put(session, "grove", NEW.model_copy(update={"ended_at": NOW}))

    assert "grove" in await listed(session, here_at=NOW - DAY)
    assert "grove" not in await listed(session, here_at=NOW)
    (found,) = await providers_named(session, ["grove", "nobody"])
    assert not found.is_here(NOW)


@pytest.mark.clause("CF-S-2c")
async def test_a_person_who_delivers_a_service_themself_is_known_by_it(session):
    await put(session, "grove", NEW.model_copy(update={"person": "cypress"}))

    assert await provided_by(session, "cypress") == ("grove",)
    assert await provided_by(session, "beech") == ()
