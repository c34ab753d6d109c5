"""No part of the product starts without the keys that its data was written under, or on another installation's data."""

import asyncio
import os
import sys
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.e2e.product import free_ports
from tests.workflows.conftest import binary
from throughcare.config import Settings
from throughcare.store.database import Database, open_database, upgrade
from throughcare.store.installation import OtherInstallation, claim
from throughcare.temporal.keys import KeyRing, read_or_create
from throughcare.usecases.belonging import hold_together

PYTHON = (sys.executable, "-m")
COMMANDS = {
    "worker": (*PYTHON, "worker"),
    "api": (*PYTHON, "api"),
    "dev": (str(Path(sysconfig.get_path("scripts"), "throughcare")), "dev"),
}
KEYS = KeyRing(active="test", keys={"test": bytes(32)})


@pytest_asyncio.fixture(scope="module")
async def server() -> AsyncIterator[WorkflowEnvironment]:
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary("temporal")
    )
    async with env:
        yield env


async def written(folder: Path, keys: KeyRing | None = None) -> Settings:
    """An installation whose database somebody has used."""
    settings = Settings(state=folder)
    await upgrade(settings.database)
    database = open_database(settings.database)
    await database.write(claim, keys or read_or_create(settings.keys), "installed")
    await database.close()
    return settings


async def started(name: str, state: Path, address: str) -> tuple[int, str]:
    """The exit status of this part, and what it said."""
    ports = {f"THROUGHCARE_{each}": str(port) for each, port in free_ports().items()}
    here = {"THROUGHCARE_STATE": str(state), "TEMPORAL_ADDRESS": address}
    process = await asyncio.create_subprocess_exec(
        *COMMANDS[name],
        env=os.environ | ports | here,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize("name", COMMANDS)
async def test_without_its_keys_nothing_starts_and_no_new_key_is_made(
    name: str, tmp_path: Path, server: WorkflowEnvironment
) -> None:
    settings = await written(tmp_path)
    settings.keys.unlink()

    status, said = await started(
        name, tmp_path, server.client.service_client.config.target_host
    )

    assert status != 0
    assert "keys.json cannot be used: No such file" in said
    assert "Restore it from a backup" in said
    assert not settings.keys.exists()


@pytest.mark.parametrize("name", ["worker", "api"])
async def test_under_other_keys_nothing_starts(
    name: str, tmp_path: Path, server: WorkflowEnvironment
) -> None:
    settings = await written(tmp_path, KEYS)
    read_or_create(settings.keys)

    status, said = await started(
        name, tmp_path, server.client.service_client.config.target_host
    )

    assert status != 0
    assert "written under the key 'test'" in said
    assert "Put back the key file" in said


async def test_a_database_of_another_installation_is_refused_by_its_namespace(
    tmp_path: Path, server: WorkflowEnvironment
) -> None:
    async with _database(tmp_path / "one") as one, _database(tmp_path / "two") as two:
        await two.write(claim, KEYS, "of-two")
        await hold_together(server.client, one, KEYS)
        await hold_together(server.client, one, KEYS)

        with pytest.raises(OtherInstallation, match="of another installation"):
            await hold_together(server.client, two, KEYS)

    async with _database(tmp_path / "new") as new:
        await hold_together(server.client, new, KEYS)


class _database:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.settings = Settings(state=folder)

    async def __aenter__(self) -> Database:
        await upgrade(self.settings.database)
        self.database = open_database(self.settings.database)
        return self.database

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()
