"""A changed workflow is deployed while cases are open: they go on, and a change that would stop them is found before.

The release that is running is today's code. The next one is a copy of it in which every transition of a conflict has
one more step, as docs/changing-a-workflow.md asks: behind a patch, or, to see it caught, without.
"""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from textwrap import indent

import pytest
from temporalio.api.enums.v1 import EventType

from tests.e2e.product import rehearsal
from tests.faults.installation import PATIENCE, WORKER, Installation
from tests.waiting import until

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
MARKER = EventType.EVENT_TYPE_MARKER_RECORDED
BEFORE = "        await self._record()\n        if not self.case.is_closed:\n"
ACTIVITY = "await self._look_up(Needs())\n"
TIMER = "await workflow.sleep(0.001)\n"
PATCH = "rehearsal-step"
PATCHED = f'if workflow.patched("{PATCH}"):\n{indent(ACTIVITY, "    ")}'
LIMITS = {"A": 4, "B": 3600, "B4": 2, "C": 3600, "top": 3600}

DMCPS, PROVIDER = "dmcps-case-manager", "network-provider"


def met(other, **more):
    return "alder", "meeting_held", {"attendees": ["coordinator-1", other], **more}


def contacted(person):
    return person, "contact_made", {}


def no_agreement(person):
    return person, "agreement_not_reached", {}


UP_B = (
    met(DMCPS, outcome="no_agreement"),
    contacted("birch"),
    no_agreement("birch"),
    contacted("cedar"),
    no_agreement("cedar"),
)
UP_C = met(PROVIDER, outcome="no_agreement"), contacted("birch"), no_agreement("birch")

WAITING = {
    "B1": (DMCPS, (), met(DMCPS)),
    "B2": (DMCPS, UP_B[:1], contacted("birch")),
    "B3": (DMCPS, UP_B[:3], contacted("cedar")),
    # There by the limit of B4, where nobody has anything to decide.
    "B5": (DMCPS, UP_B, contacted("dogwood")),
    "C1": (PROVIDER, (), met(PROVIDER)),
    "C2": (PROVIDER, UP_C[:1], contacted("birch")),
    "C3": (PROVIDER, UP_C, ("alder", "assistance_requested", {})),
}
"""By the rung where a case waits: the other side, what brought it there, and what is said next."""

CLIMBERS = 3


def next_release(folder, step):
    """A copy of what runs inside a workflow, with one more step in every transition."""
    for package in ("workflows", "throughcare"):
        kept = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=kept)
    path = folder / "workflows" / "case.py"
    source = path.read_text()
    assert source.count(BEFORE) == 1
    path.write_text(source.replace(BEFORE, indent(step, " " * 8) + BEFORE))
    return folder


@pytest.fixture(scope="module")
async def deployed(tmp_path_factory):
    """Cases were open on every rung, people went on deciding and limits ending, and the worker runs the next release."""
    folder = tmp_path_factory.mktemp("deploy")
    installation = Installation(folder, rehearsal(folder / "policies", LIMITS))
    patched = next_release(folder / "patched", PATCHED)
    try:
        await installation.set_up()
        yield await Deploy(installation).to(patched)
    finally:
        await installation.put_away()


class Deploy:
    def __init__(self, installation):
        self.installation = installation
        self.waiting: dict[str, str] = {}
        """The address of a case, by the rung where it waits."""
        self.answers: dict[str, int] = {}
        self.new = ""
        self.saved: list[Path] = []
        """The histories of all open cases, as they were under the release before."""

    async def to(self, release):
        installation = self.installation
        for rung, (counterpart, said, _) in WAITING.items():
            self.waiting[rung] = await installation.opened(counterpart)
            for message in said:
                answer = await installation.say(self.waiting[rung], *message)
                assert answer.status_code == 200, answer.text
        for _ in range(CLIMBERS):
            await installation.opened("human-service-worker")
        await until(self.are_at_their_rungs, PATIENCE)
        for case, history in (await installation.histories()).items():
            path = installation.settings.state / f"{case}.json"
            path.write_text(history.to_json())
            self.saved.append(path)
        assert await installation.stop(WORKER) == 0
        installation.environment["PYTHONPATH"] = str(release)
        await installation.start(WORKER)
        for rung, (_, _, message) in WAITING.items():
            answer = await installation.say(self.waiting[rung], *message)
            self.answers[rung] = answer.status_code
        self.new = await installation.opened(PROVIDER)
        return self

    async def are_at_their_rungs(self):
        found = dict(self.installation.rows("SELECT id, step FROM cases"))
        return all(found[id_of(case)] == rung for rung, case in self.waiting.items())

    async def replayed(self, release):
        """The exit status of replaying the open cases through a release, before it is deployed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            Path(__file__).with_name("replaying.py"),
            self.installation.settings.keys,
            *self.saved,
            env={**os.environ, "PYTHONPATH": str(release)},
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        return process.returncode, said.decode()


def id_of(address):
    return address.rpartition("/")[2]


def is_marker_of(patch, event):
    """Whether this says that the case takes the new way of this very patch: a run has the markers of others beside it."""
    marker = event.marker_recorded_event_attributes
    if event.event_type != MARKER or marker.marker_name != "core_patch":
        return False
    (said,) = marker.details["patch-data"].payloads
    found: bool = json.loads(said.data)["id"] == patch
    return found


async def test_people_go_on_deciding_on_every_rung(deployed):
    # 202 where the new worker was not there yet: kept, and applied once it is.
    assert set(deployed.answers.values()) <= {200, 202}

    async def all_are_heard():
        query = "SELECT count(*) FROM messages WHERE applied AND case_id = ?"
        return all(
            deployed.installation.rows(query, id_of(deployed.waiting[rung]))
            == [(len(said) + 1,)]
            for rung, (_, said, _) in WAITING.items()
        )

    await until(all_are_heard, PATIENCE)


async def test_limits_go_on_ending_rung_by_rung(deployed):
    query = "SELECT status FROM cases JOIN conflict_cases ON case_id = id WHERE ladder = 'A'"

    async def are_at_the_top():
        found = deployed.installation.rows(query)
        return found == [("unresolved_at_top",)] * CLIMBERS

    await until(are_at_the_top, PATIENCE)
    lapses = deployed.installation.rows(
        "SELECT case_id, body ->> 'step' FROM timeline WHERE kind = 'lapsed' AND body ->> 'step' LIKE 'A%' AND supersession = 0"
    )
    assert len(lapses) == len(set(lapses)) == 5 * CLIMBERS


async def test_no_case_is_stuck_and_only_new_ones_take_the_new_way(deployed):
    patched = {}
    for case, history in (await deployed.installation.histories()).items():
        assert FAILED not in [event.event_type for event in history.events]
        patched[case] = any(is_marker_of(PATCH, event) for event in history.events)
    assert [case for case, is_new in patched.items() if is_new] == [id_of(deployed.new)]


async def test_a_change_behind_a_patch_replays_with_every_open_case(deployed, tmp_path):
    release = next_release(tmp_path, PATCHED)
    assert await deployed.replayed(release) == (0, "")


@pytest.mark.parametrize("step", [TIMER, ACTIVITY], ids=("timer", "activity"))
async def test_the_same_change_without_a_patch_is_caught_before_it_is_deployed(
    deployed, tmp_path, step
):
    release = next_release(tmp_path, step)

    status, said = await deployed.replayed(release)

    assert status == 1
    assert said.endswith(" does not go with this code: NondeterminismError\n")


@pytest.mark.parametrize("step", [TIMER, ACTIVITY], ids=("timer", "activity"))
async def test_the_saved_histories_catch_it_too(tmp_path, step):
    release = next_release(tmp_path, step)
    process = await asyncio.create_subprocess_exec(
        # -P: the release comes first, not the folder this runs in.
        *(sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
        ROOT / "tests" / "replay",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(release)},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 1
    assert b"1 failed" in said
