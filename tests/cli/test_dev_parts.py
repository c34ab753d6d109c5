"""The processes of `throughcare dev`."""

import os
import signal
import sys

import pytest

from cli.parts import Part, Stopped, end_leftovers, note, only_one
from tests.waiting import until

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"


@pytest.fixture
async def part(tmp_path):
    """A process that waits until it is ended."""
    code = "import signal; print('up', flush=True); signal.pause()"
    part = Part("part", [sys.executable, "-c", code], tmp_path / "part.log")
    await part.start(os.environ)
    yield part
    await part.stop()


async def test_what_was_left_running_is_ended(part, tmp_path, capsys):
    note([part], tmp_path / "parts.json")
    pid = part.process.pid

    end_leftovers(tmp_path / "parts.json")

    assert await part.ended() == -signal.SIGTERM
    said = f"Stopping the part (process {pid}), left over from before.\n"
    assert capsys.readouterr().out == said
    assert not (tmp_path / "parts.json").exists()


async def test_a_process_that_is_another_one_by_now_is_left_alone(
    part, tmp_path, capsys
):
    other = Part("other", ["temporal", "server"], part.log, process=part.process)
    note([other], tmp_path / "parts.json")

    end_leftovers(tmp_path / "parts.json")

    assert not part.has_ended
    assert capsys.readouterr().out == ""


async def test_a_part_that_does_not_end_by_itself_is_killed(tmp_path):
    log = tmp_path / "part.log"
    stubborn = Part("part", [sys.executable, "-c", STUBBORN], log, patience_seconds=0.1)
    await stubborn.start(os.environ)

    async def ignores_us():
        return "up" in log.read_text()

    await until(ignores_us)
    await stubborn.stop()

    assert await stubborn.ended() == -signal.SIGKILL


async def test_a_part_that_ended_tells_how_and_its_last_words(tmp_path):
    code = "print(*range(20), sep=chr(10)); raise SystemExit(3)"
    part = Part("part", [sys.executable, "-c", code], tmp_path / "part.log")
    await part.start(os.environ)
    await part.ended()

    assert part.obituary() == "\n".join(
        [
            f"(exit status 3). The end of {part.log}:",
            *(f"    {number}" for number in range(15, 20)),
        ]
    )


def test_one_state_folder_is_for_one_product(tmp_path):
    with (
        only_one(tmp_path),
        pytest.raises(Stopped, match="already runs from"),
        only_one(tmp_path),
    ):
        pass

    with only_one(tmp_path):
        pass
