"""The processes that `throughcare dev` runs, and what an earlier one left running."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from throughcare.case.base import Frozen
from throughcare.errors import ThroughcareError

PATIENCE_SECONDS = 25.0
"""More than the worker and the API give themselves to finish what they are at."""

LOOK_AGAIN_SECONDS = 0.05
LOG_TAIL_BYTES = 10_000
LOG_LINES_SHOWN = 5


class Stopped(ThroughcareError):
    """Why the product cannot run here, in words for the person who started it."""


@dataclass
class Part:
    """One process of the product. What it prints goes to its log."""

    name: str
    command: Sequence[str]
    log: Path
    patience_seconds: float = PATIENCE_SECONDS
    process: Process | None = None

    async def start(self, environment: Mapping[str, str]) -> None:
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches only us, and we stop the parts in order.
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    async def ended(self) -> int:
        """Its exit status, once it has ended; negative where a signal did that."""
        if self.process is None:
            raise ValueError(f"{self.name} was never started")
        return await self.process.wait()

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    async def stop(self) -> None:
        """Ask it to end, and after a while make it."""
        if self.process is None or self.has_ended:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self.ended()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.ended()

    def obituary(self) -> str:
        """How it ended, and the last it said on lines of their own."""
        code = self.process.returncode if self.process else None
        how = f"exit status {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
        return "\n".join([f"({how}). The end of {self.log}:", *self._last_words()])

    def _last_words(self) -> list[str]:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return [f"    {line[:200]}" for line in lines[-LOG_LINES_SHOWN:]]


class _Noted(Frozen):
    """A running part, for a start after this one was cut off."""

    name: str
    pid: int
    command: str


@contextmanager
def only_one(state: Path) -> Iterator[None]:
    """One product per state folder. Raises Stopped where another runs from it."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stopped(
                f"Throughcare already runs from {state}. Stop it there, or set THROUGHCARE_STATE to another folder."
            ) from None
        yield


def note(parts: Sequence[Part], file: Path) -> None:
    """Write down which processes the parts are."""
    noted = [
        _Noted(name=part.name, pid=part.process.pid, command=" ".join(part.command))
        for part in parts
        if part.process
    ]
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps([each.model_dump() for each in noted], indent=2))
    draft.replace(file)


def end_leftovers(file: Path) -> None:
    """End the parts that outlived a `throughcare dev` which was killed; never a process that is another one by now."""
    if not file.exists():
        return
    noted = [_Noted.model_validate(each) for each in json.loads(file.read_text())]
    for left in reversed(noted):
        if _is_running(left):
            typer.echo(
                f"Stopping the {left.name} (process {left.pid}), left over from before."
            )
            _end(left)
    file.unlink()


def _end(left: _Noted) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(left.pid, number)
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up_at:
            if not _is_running(left):
                return
            time.sleep(LOOK_AGAIN_SECONDS)


def _is_running(left: _Noted) -> bool:
    return _command_of(left.pid) == left.command


def _command_of(pid: int) -> str:
    """Empty where there is no such process."""
    if not Path("/proc/self/cmdline").exists():
        asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        shown = subprocess.run(asked, capture_output=True, text=True, check=False)
        return shown.stdout.strip()
    # A small container has no ps.
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return ""
    return os.fsdecode(b" ".join(words))
