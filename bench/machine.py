"""What processes cost, and what else the machine was busy with: read from /proc, so Linux only."""

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
PATIENCE_SECONDS = 15.0

HERE = "127.0.0.1"


def free_ports(number: int) -> list[int]:
    """They are held together, so that no two are the same."""
    held = [socket.create_server((HERE, 0)) for _ in range(number)]
    ports: list[int] = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def launch(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C reaches only us, and we stop what we started in order."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=None if environment is None else {**os.environ, **environment},
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], *, at_once: bool = False) -> None:
    if process.poll() is not None:
        return
    with suppress(subprocess.TimeoutExpired):
        if not at_once:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
            return
    process.kill()
    process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(f"process {pid} is gone")


def _busy_seconds() -> float:
    """CPU time of everything on this machine so far, time taken by its host included."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, irq, soft, steal, *_ = map(int, fields)
    return (user + nice + system + irq + soft + steal) / TICKS


@dataclass
class Meter:
    """CPU seconds by process name since it was made, and the share of the machine that others used meanwhile."""

    pids: Mapping[str, int]
    began: float = field(default_factory=time.perf_counter)
    busy: float = field(default_factory=_busy_seconds)
    before: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.began

    def used(self) -> dict[str, float]:
        return {
            name: cpu_seconds(pid) - self.before[name]
            for name, pid in self.pids.items()
        }

    def others(self, *known: int) -> float:
        """As a share of all cores, between 0 and 1. `known` are processes that are ours too."""
        ours = sum(self.used().values())
        return max(0.0, (_busy_seconds() - self.busy - ours) / self.seconds / CORES)
