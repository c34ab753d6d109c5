"""What is measured, started as processes of their own: the bare engine, stock or tuned, and the product."""

import asyncio
import json
import signal
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio.client import Client

from bench.callers import Line
from bench.machine import HERE, end, free_ports, launch
from throughcare.config import Settings
from throughcare.temporal.client import connect
from throughcare.temporal.embedded import embedded_server_command
from throughcare.temporal.keys import read_or_create

SCRIPTS = Path(sysconfig.get_path("scripts"))
ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory(
        prefix="throughcare-bench-", ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


async def until(holds: Callable[[], Awaitable[bool]], what: str, within: float) -> None:
    """Raises TimeoutError, saying for what it waited."""
    try:
        async with asyncio.timeout(within):
            # What is waited for happens in other processes.
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TimeoutError(f"waited {within:.0f} s for: {what}") from None


@dataclass(frozen=True)
class Bare:
    client: Client
    pids: dict[str, int]
    notes: Path


def server_command(kind: str, database: Path, port: int, ui_port: int) -> list[str]:
    """`tuned` is what `throughcare dev` starts; `stock` is what Temporal's own documentation says."""
    if kind == "tuned":
        return embedded_server_command(database, port=port, ui_port=ui_port)
    temporal = [str(SCRIPTS / "temporal"), "server", "start-dev", "--ip", HERE]
    ports = ["--port", str(port), "--ui-port", str(ui_port)]
    return [*temporal, *ports, "--db-filename", str(database), "--log-level", "warn"]


@asynccontextmanager
async def bare(kind: str) -> AsyncIterator[Bare]:
    """A server and a worker, both `stock` or both `tuned`."""
    with folder() as at:
        port, ui_port = free_ports(2)
        address, ready, notes = f"{HERE}:{port}", at / "ready", at / "notes"
        command = server_command(kind, at / "temporal.db", port, ui_port)
        server = launch(command, at / "server.log")
        worker = launch(
            [sys.executable, "-m", "bench.bare", address, kind, str(ready)],
            at / "worker.log",
            {"BENCH_NOTES": str(notes), "PYTHONPATH": str(ROOT)},
        )
        try:

            async def is_ready() -> bool:
                if worker.poll() is not None:
                    raise RuntimeError((at / "worker.log").read_text())
                return ready.exists()

            await until(is_ready, "the bare worker", START_SECONDS)
            client = await Client.connect(address)
            pids = {"server": server.pid, "worker": worker.pid}
            yield Bare(client, pids, notes)
        finally:
            end(worker)
            end(server, at_once=True)


@dataclass
class Product:
    """`throughcare dev` in a folder of its own, with everybody's key."""

    state: Path
    policies: Path = ROOT / "policies"
    process: subprocess.Popen[bytes] | None = None
    ports: list[int] = field(default_factory=lambda: free_ports(4))
    _keys: dict[str, str] = field(default_factory=dict)

    def launch(self) -> None:
        api, temporal, ui, mailbox = self.ports
        chosen = {
            "STATE": str(self.state),
            "POLICIES": str(self.policies),
            "CALENDARS": str(ROOT / "calendars"),
            "API_PORT": str(api),
            "TEMPORAL_PORT": str(temporal),
            "TEMPORAL_UI_PORT": str(ui),
            "MAILBOX_PORT": str(mailbox),
        }
        self.process = launch(
            [str(SCRIPTS / "throughcare"), "dev"],
            self.log,
            {f"THROUGHCARE_{name}": value for name, value in chosen.items()},
        )

    @property
    def log(self) -> Path:
        return self.state.parent / "dev.log"

    async def start(self) -> None:
        said = self.log.stat().st_size if self.log.exists() else 0
        self.launch()

        async def runs() -> bool:
            if self.process and self.process.poll() is not None:
                raise RuntimeError(self.log.read_text())
            with self.log.open() as log:
                log.seek(said)
                return "Throughcare runs." in log.read()

        await until(runs, "throughcare dev", START_SECONDS)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                end(self.process)

    @property
    def pids(self) -> dict[str, int]:
        """Of its parts; the mailbox is a thread of `throughcare dev` itself."""
        parts = json.loads((self.state / "parts.json").read_text())
        names = {"Temporal server": "server", "worker": "worker", "API": "API"}
        pids = {names[part["name"]]: part["pid"] for part in parts}
        return pids | ({"mailbox": self.process.pid} if self.process else {})

    def key(self, person: str) -> str:
        if not self._keys:
            people = json.loads((self.state / "demo.json").read_text())["people"]
            self._keys = {each["id"]: each["api_key"] for each in people}
        return self._keys[person]

    def line(self) -> Line:
        return Line(self.ports[0])

    @property
    def settings(self) -> Settings:
        return Settings(state=self.state, policies=self.policies)

    async def client(self) -> Client:
        keys = read_or_create(self.settings.keys)
        where = f"{HERE}:{self.ports[1]}"
        return await connect(keys, service="bench", target_host=where)


@asynccontextmanager
async def product(policies: Path = ROOT / "policies") -> AsyncIterator[Product]:
    with folder() as at:
        started = Product(at / "state", policies)
        try:
            await started.start()
            yield started
        finally:
            await asyncio.to_thread(started.stop)
