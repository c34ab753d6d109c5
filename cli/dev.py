"""`throughcare dev`: the whole product on one machine, on embedded parts, with a demonstration agency.

Every part is a process of its own, as in production. What they keep is in the state folder, so stopping (Ctrl-C), a
crash or a power cut loses nothing: the next start goes on with every case where it was.
"""

import asyncio
import http.client
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from cli.installation import demo_file, is_prepared, make_state_folder, prepare
from cli.parts import Part, Stopped, end_leftovers, note, only_one
from cli.ports import HERE, check_ports
from throughcare.config import PREFIX, Settings, read_settings
from throughcare.notices.mailbox import Mailbox
from throughcare.packs.reading import (
    load_packs,
    needs_adoption,
    problems,
)
from throughcare.packs.yamlfile import problem_at
from throughcare.temporal.embedded import embedded_server_command
from throughcare.temporal.keys import read, read_or_create

DATA = ("temporal.db", "throughcare.db")
READY_WITHIN_SECONDS = 60.0
ASK_AGAIN_SECONDS = 0.02
SERVER_PATIENCE_SECONDS = 3.0
"""Now and then it does not come to an end by itself. It keeps what it acknowledged even if it is killed."""

DEATHS_COUNT_FOR_SECONDS = 60.0
TOO_MANY_DEATHS = 3
PAUSE_SECONDS = 5.0
"""Before a part that died twice is started once more: what it needs may take a moment to come back."""


def run() -> None:
    """Start everything, say where it is, and keep it running until told to stop. Raises a ThroughcareError."""
    asyncio.run(_until_told_to_stop())


async def _until_told_to_stop() -> None:
    told = asyncio.Event()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # As under nohup.
        numbers.append(signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    product = asyncio.create_task(_product())
    telling = asyncio.create_task(told.wait())
    await asyncio.wait({product, telling}, return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    if not product.done():
        # Cancelled once, however often Ctrl-C is pressed: stopping in order is not cut short.
        product.cancel()
        typer.echo("\nStopping. Every case goes on at the next start.")
    with suppress(asyncio.CancelledError):
        await product


async def _product() -> None:
    settings = read_settings()
    _look_through(settings.policies)
    make_state_folder(settings.state)
    with only_one(settings.state):
        # In a thread, because it waits for each to end.
        await asyncio.to_thread(end_leftovers, _noted(settings))
        check_ports(settings)
        _need_keys(settings)
        parts = _parts(settings)
        typer.echo("Starting Temporal, the worker and the API.")
        with _mailbox(settings):
            try:
                await _start(parts, settings)
                await _wait_until_ready(parts, settings)
                _say_where(settings)
                await _keep_running(parts, settings)
            finally:
                # The API first and the server last, so that none works without what it needs.
                for part in reversed(parts):
                    await part.stop()
                _noted(settings).unlink(missing_ok=True)


def _look_through(policies: Path) -> None:
    """Say which packs are sound but may not go live (CR-M-2). Raises where one is not sound. Which ones the agency adopted
    itself is in its database (CS-M-1)."""
    for name, pack in load_packs(policies).items():
        for said in () if needs_adoption(pack) else problems(pack):
            place = problem_at(policies / name / "pack.yaml", ("version",), said)
            typer.echo(f"Not in force: {place}")


def _need_keys(settings: Settings) -> None:
    """Makes them at the first start alone: data written under others could never be read again. Raises KeysUnreadable."""
    is_new = not any((settings.state / file).exists() for file in DATA)
    (read_or_create if is_new else read)(settings.keys)


def _noted(settings: Settings) -> Path:
    return settings.state / "parts.json"


def _parts(settings: Settings) -> list[Part]:
    logs = settings.state / "log"
    server = embedded_server_command(
        settings.state / "temporal.db",
        port=settings.temporal_port,
        ui_port=settings.temporal_ui_port,
        codec=f"{settings.public_url}/codec",
    )
    # -P: a file called worker.py or api.py in the folder this runs from is not ours.
    python = (sys.executable, "-P", "-m")
    return [
        Part("Temporal server", server, logs / "temporal.log", SERVER_PATIENCE_SECONDS),
        Part("worker", (*python, "worker"), logs / "worker.log"),
        Part("API", (*python, "api"), logs / "api.log"),
    ]


@contextmanager
def _mailbox(settings: Settings) -> Iterator[None]:
    mailbox = Mailbox(settings.state / "mailbox")
    mailbox.start(HERE, settings.mailbox_port)
    try:
        yield
    finally:
        mailbox.stop()


async def _start(parts: Sequence[Part], settings: Settings) -> None:
    server, worker, api = parts
    # All at once: each is busy importing, and waits for those it needs. Only the API reads the tables as it starts.
    for part in (server, worker):
        await _launch(part, parts, settings)
    if not is_prepared(settings):
        await prepare(settings)
    await _launch(api, parts, settings)


async def _launch(part: Part, parts: Sequence[Part], settings: Settings) -> None:
    await part.start(_environment(settings))
    note(parts, _noted(settings))


def _environment(settings: Settings) -> dict[str, str]:
    """Our own Temporal server and mailbox, whatever else the environment or Temporal's own files name."""
    others = ("TEMPORAL_", f"{PREFIX}SMTP_")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(others)
    }
    return kept | {
        "TEMPORAL_ADDRESS": f"{HERE}:{settings.temporal_port}",
        "TEMPORAL_CONFIG_FILE": os.devnull,
        # The locked time zone data, not whatever this machine has.
        "PYTHONTZPATH": "",
        # As in the Dockerfile, which says why.
        "MALLOC_ARENA_MAX": "2",
    }


async def _wait_until_ready(parts: Sequence[Part], settings: Settings) -> None:
    """Until the API says that every part is there. Raises Stopped where one died or it takes too long."""
    try:
        async with asyncio.timeout(READY_WITHIN_SECONDS):
            while not await asyncio.to_thread(_is_ready, settings):
                for part in parts:
                    if part.has_ended:
                        raise Stopped(
                            f"The {part.name} did not start {part.obituary()}"
                        )
                await asyncio.sleep(ASK_AGAIN_SECONDS)
    except TimeoutError:
        raise Stopped(
            f"Not ready after {READY_WITHIN_SECONDS:.0f} s. See the logs in {settings.state / 'log'}."
        ) from None


def _is_ready(settings: Settings) -> bool:
    asked = http.client.HTTPConnection(settings.api_host, settings.api_port, timeout=5)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _say_where(settings: Settings) -> None:
    state = settings.state
    rows = {
        "API": f"{settings.public_url}  (try {settings.public_url}/docs)",
        "Temporal UI": f"{settings.temporal_ui_url}/namespaces/default/workflows",
        "E-mails sent": f"{state / 'mailbox'}",
        "People and API keys": f"{demo_file(settings)}",
        "Policies": f"{settings.policies}",
        "Logs": f"{state / 'log'}",
    }
    width = max(map(len, rows))
    listed = "\n".join(f"  {name:<{width}}  {where}" for name, where in rows.items())
    typer.echo(f"Throughcare runs. Stop it with Ctrl-C.\n\n{listed}\n")


async def _keep_running(parts: Sequence[Part], settings: Settings) -> None:
    """For good. Raises Stopped where a part keeps dying."""
    try:
        async with asyncio.TaskGroup() as watching:
            for part in parts:
                watching.create_task(_revive(part, parts, settings))
    except* Stopped as several:
        raise several.exceptions[0] from None


async def _revive(part: Part, parts: Sequence[Part], settings: Settings) -> None:
    """Say plainly when a part died, and start it again."""
    deaths: list[float] = []
    while True:
        await part.ended()
        now = time.monotonic()
        deaths = [at for at in deaths if now - at < DEATHS_COUNT_FOR_SECONDS] + [now]
        told = f"The {part.name} died {part.obituary()}"
        if len(deaths) == TOO_MANY_DEATHS:
            raise Stopped(
                f"{told}\nThat was the third time in a minute, so everything stops. No case is lost."
            )
        pause = PAUSE_SECONDS if len(deaths) > 1 else 0.0
        when = f"in {pause:.0f} s" if pause else "now"
        typer.echo(f"{told}\nNo case is lost. It is started again {when}.")
        await asyncio.sleep(pause)
        await _launch(part, parts, settings)
        typer.echo(f"Started the {part.name} again.")
