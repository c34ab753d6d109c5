"""`throughcare dev` where it cannot run, or cannot go on: what it says, and that it leaves nothing running."""

import os
import signal
import socket

import pytest

from tests.e2e.product import Product, is_alive, rehearsal
from tests.waiting import until

PARTS = {
    "API_PORT": "the API",
    "TEMPORAL_PORT": "the Temporal server",
    "TEMPORAL_UI_PORT": "the Temporal UI",
    "MAILBOX_PORT": "the mailbox",
}


async def refused(product):
    """What it says, having ended with status 2."""
    await product.launch()
    assert await product.ends() == 2, product.said
    return product.said


async def test_every_port_that_is_taken_is_named_with_its_part_and_its_setting(
    installation,
):
    held = [
        socket.create_server(("127.0.0.1", port))
        for port in installation.ports.values()
    ]
    said = await refused(installation)
    for each in held:
        each.close()

    assert said == "".join(
        f"Port {installation.ports[name]}, for {part}, is taken. "
        f"Stop what uses it, or set THROUGHCARE_{name} to a free one.\n"
        for name, part in PARTS.items()
    )


async def test_two_settings_that_name_the_same_port_are_refused(installation):
    shared = str(installation.ports["API_PORT"])
    installation.environment["THROUGHCARE_MAILBOX_PORT"] = shared

    said = await refused(installation)

    assert said.startswith(f"Port {shared}, for the mailbox, is taken. ")


async def test_an_address_of_no_machine_of_ours_is_not_called_taken(installation):
    installation.environment["THROUGHCARE_API_HOST"] = "192.0.2.1"

    said = await refused(installation)

    port = installation.ports["API_PORT"]
    assert said.startswith(
        f"Port {port} of 192.0.2.1, for the API, cannot be listened on: "
    )


async def test_a_broken_policy_is_shown_with_its_place_before_anything_starts(tmp_path):
    policies = rehearsal(tmp_path / "policies", {})
    path = policies / "milwaukee-wraparound" / "conflict.yaml"
    path.write_text(path.read_text().replace("then: escalate", "then: escalte", 1))
    product = Product(tmp_path, policies)

    said = await refused(product)

    line = path.read_text()[: path.read_text().index("escalte")].count("\n") + 1
    assert said.startswith(f"{path}:{line}:")
    assert not product.state.exists()


@pytest.mark.clause("CR-M-2")
async def test_a_version_that_nobody_approved_is_said_not_to_be_in_force(tmp_path):
    policies = rehearsal(tmp_path / "policies", {})
    path = policies / "milwaukee-wraparound" / "pack.yaml"
    path.write_text(path.read_text().replace("\nversion: 1\n", "\nversion: 2\n"))
    product = Product(tmp_path, policies)

    await product.launch()
    await product.says(f"Not in force: {path}:")
    await product.says("version 2 has no approval of its own")
    await product.put_away()


async def test_told_to_stop_while_it_starts_it_stops_and_leaves_nothing_running(
    installation,
):
    await installation.launch()

    async def has_parts():
        return (installation.state / "parts.json").exists()

    await until(has_parts)
    parts = installation.pids().values()

    assert await installation.stop(signal.SIGTERM) == 0, installation.said
    assert "Throughcare runs." not in installation.said
    assert not any(is_alive(pid) for pid in parts)
    assert not (installation.state / "parts.json").exists()


async def test_a_part_that_keeps_dying_stops_everything(installation):
    await installation.start()
    parts = set()
    for count in range(3):
        await installation.says("Started the API again", times=count)
        parts |= set(installation.pids().values())
        os.kill(installation.pids()["API"], signal.SIGKILL)

    assert await installation.ends() == 2
    assert installation.said.count("The API died (killed by SIGKILL). The end of ") == 3
    assert (
        "That was the third time in a minute, so everything stops." in installation.said
    )
    assert not any(is_alive(pid) for pid in parts)
