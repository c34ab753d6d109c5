"""`throughcare dev` as a process of its own, spoken to as its people do: by HTTP, by e-mail and by what it prints."""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sysconfig
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx2

from tests.api.intakes import PLAN
from tests.receiver import Receiver
from tests.waiting import until

THROUGHCARE = Path(sysconfig.get_path("scripts"), "throughcare")
POLICIES = Path(__file__).parents[2] / "policies"
PORTS = ("API_PORT", "TEMPORAL_PORT", "TEMPORAL_UI_PORT", "MAILBOX_PORT")

START = 60.0
"""Seconds within which it runs, on a machine that is busy with other things."""


def free_ports():
    """One for each setting. They are held together, so that no two are the same."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = [probe.getsockname()[1] for probe in held]
    for probe in held:
        probe.close()
    return dict(zip(PORTS, ports, strict=True))


def rehearsal(folder, limits):
    """A copy of the policies in which days have become seconds. `limits` are by rung, or by ladder for the others."""
    shutil.copytree(POLICIES, folder)
    path = folder / "milwaukee-wraparound" / "conflict.yaml"
    place, lines = "", []
    for line in path.read_text().splitlines():
        if named := re.match(r" +- id: ([A-C]\d?)$", line):
            place = named[1]
        elif line.startswith("top_reminder"):
            place = "top"
        seconds = limits.get(place) or limits.get(place[:1], 3600)
        line = re.sub(r"within: P\w+", f"within: PT{seconds}S", line)
        lines.append(re.sub(r"remind: P\w+", "remind: PT1S", line))
    path.write_text("\n".join(lines) + "\n")
    return folder


def hurried(policies, limits, file="intake.yaml"):
    """The same copy with intakes or care plans in seconds, by the clause of a duty, or `above` for whoever sees to what was
    missed below."""
    path = policies / "milwaukee-cars" / file
    place, lines = "", []
    for line in path.read_text().splitlines():
        if named := re.search(r"\bclause: (CP-[\w-]+)", line):
            place = named[1]
        elif line.startswith("escalation:"):
            place = "above"
        if place in limits:
            short = rf"within: PT{limits[place]}S, basis: \1"
            line = re.sub(r"within: \w+(?:, days: \w+)?, basis: (\w+)", short, line)
            line = re.sub(r"remind: \w+", "remind: PT1S", line)
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")
    return policies


def somebody(**known):
    """Whoever comes for the first time, and is taken for nobody else."""
    name = f"Client Demo-{secrets.token_hex(6)}"
    return {"name": name, "email": "client@client.example"} | known


class Product:
    """One installation, which may be started, stopped and killed again and again."""

    process: asyncio.subprocess.Process
    reading: asyncio.Task[None]
    traces: Receiver
    """Where it sends traces, if anywhere."""

    def __init__(self, folder, policies=POLICIES, **settings):
        self.state = folder / "state"
        self.ports = free_ports()
        chosen = {"STATE": self.state, "POLICIES": policies, **self.ports, **settings}
        ours = {f"THROUGHCARE_{name}": str(value) for name, value in chosen.items()}
        self.environment = os.environ | ours
        self.said = ""
        # What a restarted API left open is not tried again.
        self.http = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports['API_PORT']}",
            limits=httpx2.Limits(max_keepalive_connections=0),
            timeout=30,
            trust_env=False,
        )

    async def launch(self):
        self.said = ""
        self.process = await asyncio.create_subprocess_exec(
            THROUGHCARE,
            "dev",
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.reading = asyncio.create_task(self._read())

    async def _read(self):
        assert self.process.stdout
        async for line in self.process.stdout:
            self.said += line.decode()

    async def says(self, words, times=1):
        async def has_said():
            said = self.said.count(words) >= times
            assert said or not self.reading.done(), self.said
            return said

        await until(has_said, START)

    async def start(self):
        await self.launch()
        await self.says("Throughcare runs.")

    async def ends(self):
        """Its exit status, once it is gone."""
        async with asyncio.timeout(START):
            await self.reading
            return await self.process.wait()

    async def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return await self.ends()

    async def put_away(self):
        """After a test, whatever state it was left in."""
        with suppress(AttributeError, ProcessLookupError):
            await self.stop()
        await self.http.aclose()

    def pids(self):
        parts = json.loads((self.state / "parts.json").read_text())
        return {part["name"]: part["pid"] for part in parts}

    # -- its people --------------------------------------------------------------------------------------------

    def key(self, person):
        people = json.loads((self.state / "demo.json").read_text())["people"]
        found = next(each["api_key"] for each in people if each["id"] == person)
        return {"Authorization": f"Bearer {found}"}

    async def get(self, person, path, **params):
        answer = await self.http.get(path, params=params, headers=self.key(person))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, person, path, body):
        return await self.http.post(path, json=body, headers=self.key(person))

    async def opened(self, counterpart="human-service-worker", youth="Y-1"):
        """The id of a new case."""
        body = {
            "coordinator_seat": "coordinator-1",
            "counterpart_seat": counterpart,
            "youth": youth,
            "subject": "Who drives to school",
        }
        address = await self._begun("alder", "/conflicts", body)
        return address.rpartition("/")[2]

    async def referred(self, by="aspen", **referral):
        """The address of a new intake."""
        body = {"program": "cars", "source": "walked in"} | referral
        if "client" not in body:
            body.setdefault("person", somebody())
        return await self._begun(by, "/intakes", body)

    async def _begun(self, person, path, body):
        answer = await self.post(person, path, body)
        # 202 where a part that was killed is still coming back: it is kept, and begins later.
        assert answer.status_code in (201, 202), answer.text
        address: str = answer.headers["Location"]

        async def has_begun():
            begun = await self.http.get(address, headers=self.key(person))
            return begun.status_code == 200

        await until(has_begun, START)
        return address

    async def say(self, person, case, name, **facts):
        return await self.post(person, f"/conflicts/{case}/messages/{name}", facts)

    async def tell(self, person, address, name, /, **facts):
        """A message that is taken, at once or as soon as somebody works who can hear it. The case as it then is."""
        answer = await self.post(person, f"{address}/messages/{name}", facts)
        assert answer.status_code in (200, 202), (name, answer.text)
        if answer.status_code == 202:

            async def is_heard():
                left = await self.get(person, answer.headers["Location"])
                assert left["outcome"] != "refused", left
                return left["outcome"] == "applied"

            await until(is_heard, START)
        return await self.get(person, address)

    async def assigned(self):
        """The address of an ordinary intake, with its worker."""
        case = await self.referred(screen={"emergency": False})
        await self.tell("aspen", case, "consents_received")
        await self.tell("hawthorn", case, "intake_reviewed")
        await self.tell("hawthorn", case, "coordinator_assigned", assigned="rsc-2")
        return case

    async def enrolled(self):
        """The address of the care plan of somebody who was just taken in."""
        case = await self.assigned()
        await self.tell("cypress", case, "initial_plan_filed", **PLAN)
        intake = await self.tell("cypress", case, "enroll")
        (link,) = [e for e in intake["links"] if e["relation"] == "care_plan"]
        address = f"/care-plans/{link['case']}"

        async def has_begun():
            begun = await self.http.get(address, headers=self.key("cypress"))
            return begun.status_code == 200

        await until(has_begun, START)
        return address

    async def case(self, case):
        return await self.get("tamarack", f"/conflicts/{case}")

    async def timeline(self, case):
        entries, address = [], f"/conflicts/{case}/timeline"
        while address:
            page = await self.get("tamarack", address)
            entries += page["items"]
            address = page["next"]
        return entries

    def mails(self, case=None):
        """What arrived, in order; those of one case, if asked."""
        files = sorted((self.state / "mailbox").glob("*.eml"))
        found = [
            message_from_bytes(file.read_bytes(), policy=default) for file in files
        ]
        # The subject has the end of the case's id; a link that somebody may answer by does not name it.
        return [mail for mail in found if case is None or case[-6:] in mail["Subject"]]

    def count_mails(self, words):
        """Those whose subject has these words, joined with hyphens."""
        return len(list((self.state / "mailbox").glob(f"*{words}*.eml")))


def is_alive(pid):
    """A process that ended and that nobody has waited for is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
