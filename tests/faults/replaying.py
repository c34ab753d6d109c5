"""Replays histories through the code on the path, as before a deploy: `python replaying.py KEYS HISTORY…`.

A process of its own, because one process has one code. Ends with 1 where a history does not go with the code.
"""

import asyncio
import sys
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.sandbox import sandbox
from throughcare.case.wire import workflow_id
from throughcare.temporal.codec import data_converter
from throughcare.temporal.ending import end_process
from throughcare.temporal.keys import read_or_create
from worker import case_workflows


async def main(keys: Path, histories: list[Path]) -> str:
    """What does not go with the code; empty where all of it does."""
    replayer = Replayer(
        workflows=case_workflows(),
        workflow_runner=sandbox(),
        data_converter=data_converter(read_or_create(keys)),
    )
    for path in histories:
        case = workflow_id("conflict", path.stem)
        history = WorkflowHistory.from_json(case, path.read_text())
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if error := result.replay_failure:
            kind = type(error).__name__
            return f"{path.stem} does not go with this code: {kind}"
    return ""


if __name__ == "__main__":
    found = asyncio.run(main(Path(sys.argv[1]), [*map(Path, sys.argv[2:])]))
    end_process(1 if found else 0, found)
