"""The documentation as a page: whole, from here alone, and in production for those with a key."""

import re

import pytest
import pytest_asyncio

from tests.api.conftest import installation
from throughcare.temporal.keys import read_or_create

PATHS = ("/docs", "/openapi.json")


@pytest_asyncio.fixture(scope="module")
async def in_production(temporal, fresh_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    keys = folder / "keys.json"
    read_or_create(keys)
    async with installation(
        folder,
        environment="production",
        public_url="https://care.example",
        mail_from="Throughcare <throughcare@care.example>",
        keys=keys,
        database_url=fresh_database(),
    ) as service:
        yield service


async def test_the_page_shows_every_route_and_loads_nothing_from_outside(idle_service):
    async with idle_service.calls(None) as http:
        page = await http.get("/docs")
        document = (await http.get("/openapi.json")).json()

    for path in document["paths"]:
        assert f" {path}</h3>" in page.text
    loaded = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert [
        each for each in loaded if not each.startswith(("/openapi.json", "#"))
    ] == []
    assert "<script" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", PATHS)
async def test_in_production_it_wants_a_key(in_production, path):
    async with in_production.calls(None) as http:
        assert (await http.get(path)).status_code == 401
    assert (await in_production.get("alder", path)).status_code == 200
