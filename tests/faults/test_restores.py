"""Restores rehearsed: Temporal from an earlier moment than the tables, and the tables from an earlier one than Temporal. Nothing
acknowledged leaves the record, and nobody is mailed twice (ruling 23)."""

import asyncio
import shutil
import sysconfig
from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.product import POLICIES
from tests.faults.installation import API, PATIENCE, SERVER, WORKER, Installation
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

THROUGHCARE = str(Path(sysconfig.get_path("scripts"), "throughcare"))
OTHER_SIDE = "dmcps-case-manager"
Said = tuple[tuple[str, str, dict[str, object]], ...]
BEFORE: Said = (
    ("alder", "meeting_held", {"attendees": ["coordinator-1", OTHER_SIDE]}),
)
SINCE: Said = (
    ("maple", "agreement_not_reached", {}),
    ("alder", "information_provided", {}),
    ("maple", "information_provided", {}),
)
WHY = ("--by", "walnut", "--reason", "the disk was lost")
UNSENT = "SELECT count(*) FROM notices WHERE done_at IS NULL"


class Restored(Installation):
    """An installation whose parts are stopped together, and whose files are put back."""

    def __init__(self, folder):
        super().__init__(folder, POLICIES)
        self.backup = folder / "backup"

    async def say_all(self, address, said):
        for person, name, facts in said:
            answer = await self.say(address, person, name, facts)
            assert answer.status_code == 200, answer.text
        await self.has_told_all()

    async def has_told_all(self):
        async def is_told():
            return self.rows(UNSENT) == [(0,)]

        await until(is_told, PATIENCE)

    async def timeline(self, address):
        answer = await self.asked("GET", f"{address}/timeline?limit=100", "alder")
        assert answer is not None
        return answer.json()["items"]

    async def go_back(self, file, *parts):
        """Its parts stopped, this file of the backup put back, and these parts started."""
        await self.stop_all()
        for each in self.settings.state.glob(f"{file}*"):
            each.unlink()
        for each in self.backup.glob(f"{file}*"):
            shutil.copy(each, self.settings.state)
        await self.start(*parts)

    async def back_up(self):
        await self.stop_all()
        self.backup.mkdir()
        for file in ("temporal.db", "throughcare.db"):
            for each in self.settings.state.glob(f"{file}*"):
                shutil.copy(each, self.backup)
        await self.go_on(SERVER, WORKER, API)

    async def go_on(self, *parts):
        await self.start(*parts)
        await self.is_ready()

    async def stop_all(self):
        for name in (API, WORKER, SERVER):
            await self.stop(name)

    async def records(self, *arguments):
        """The exit status of `throughcare records`, and what it printed."""
        process = await asyncio.create_subprocess_exec(
            THROUGHCARE,
            "records",
            *arguments,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    async def answers(self):
        """Once Temporal does, with no worker yet."""

        async def does():
            return (await self.records("begin", "--dry-run", *WHY))[0] != 2

        await until(does, PATIENCE)


@pytest_asyncio.fixture
async def installation(tmp_path):
    here = Restored(tmp_path)
    await here.set_up()
    yield here
    await here.put_away()


def standing(timeline):
    return [each for each in timeline if not each["superseded_at"]]


def subjects(installation):
    return Counter(
        (mail["To"], mail["Subject"], mail.get_content())
        if not mail.is_multipart()
        else (mail["To"], mail["Subject"], "")
        for mail in installation.mails()
    )


async def lost(installation):
    """Temporal as it was before the last things said in one case, and before another was opened. Their addresses, and their
    timelines."""
    old = await installation.opened(OTHER_SIDE)
    await installation.say_all(old, BEFORE)
    await installation.back_up()
    await installation.say_all(old, SINCE)
    new = await installation.opened(OTHER_SIDE)
    await installation.has_told_all()
    known = {each: await installation.timeline(each) for each in (old, new)}
    return old, new, known


async def test_an_older_temporal_goes_on_from_newer_tables_as_if_nothing_had_been(
    installation,
):
    old, new, known = await lost(installation)
    mails = len(installation.mails())
    await installation.go_back("temporal.db", SERVER)
    await installation.answers()

    status, said = await installation.records("begin", *WHY)

    assert status == 0, said
    assert {line.split("  ")[1] for line in said.splitlines()[:-1]} == {
        "behind",
        "gone",
    }
    assert said.endswith("2 cases begun again.\n")
    await installation.go_on(WORKER, API)
    for address, before in known.items():
        await _has_begun_again(installation, address)
        after = await installation.timeline(address)
        assert after[: len(before)] == before
        (again,) = after[len(before) :]
        assert (again["kind"], again["note"]) == ("begun_again", "the disk was lost")
        assert again["person"]["id"] == "walnut"
    assert len(installation.mails()) == mails
    assert (await installation.records("check", "--timers"))[0] == 0
    # Both go on from where people left them.
    await installation.say_all(old, (("birch", "contact_made", {}),))
    await installation.say_all(new, BEFORE)


async def _has_begun_again(installation, address):
    async def has():
        kinds = [each["kind"] for each in await installation.timeline(address)]
        return "begun_again" in kinds

    await until(has, PATIENCE)


async def test_tables_rebuilt_from_an_older_temporal_keep_what_was_acknowledged(
    installation,
):
    old, new, known = await lost(installation)
    mails = subjects(installation)
    await installation.go_back("temporal.db", SERVER, WORKER, API)
    await installation.is_ready()

    found, shown = await installation.records("check")
    declared, number = await installation.records("restored", *WHY)
    _, rebuilt = await installation.records("rebuild")

    assert (found, declared, number) == (1, 0, "Restore 1 is declared.\n")
    assert "  ahead  " in shown
    assert "knows nothing of it" in rebuilt
    after = await installation.timeline(old)
    assert len(after) == len(known[old])
    superseded = [each for each in after if each["superseded_at"]]
    told = {"superseded_at", "superseded_why"}
    assert [without(each, told) for each in after] == [
        without(each, told) for each in known[old]
    ]
    assert {each["superseded_why"] for each in superseded} == {
        "its case was restored from a moment before it (restore 1)"
    }
    assert any(each["kind"] == "agreement_not_reached" for each in superseded)
    # Said again, the step begins anew, and whoever it concerns is told anew.
    await installation.say_all(old, SINCE[:1])
    again = subjects(installation) - mails
    assert sum(again.values()) > 0
    assert len(standing(await installation.timeline(old))) > len(after) - len(
        superseded
    )
    assert await installation.timeline(new) == known[new]
    (begun, said) = await installation.records("begin", *WHY)
    assert (begun, said.count("gone")) == (0, 1)
    assert (await installation.records("check"))[0] == 0


def without(entry, names):
    return {name: value for name, value in entry.items() if name not in names}


async def test_older_tables_are_brought_up_to_a_newer_temporal(installation):
    old, _, known = await lost(installation)
    mails = len(installation.mails())
    await installation.go_back("throughcare.db", SERVER, WORKER, API)
    await installation.is_ready()

    status, said = await installation.records("begin", *WHY)
    assert (status, said) == (0, "0 cases begun again.\n")
    _, said = await installation.records("rebuild")

    assert "2 mended" in said
    for address, before in known.items():
        assert await installation.timeline(address) == before
    assert len(installation.mails()) == mails
    assert (await installation.records("check"))[0] == 0
    await installation.say_all(old, (("birch", "contact_made", {}),))
