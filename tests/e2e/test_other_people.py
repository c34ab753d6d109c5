"""Operators at the Temporal CLI, and people of other agencies with nothing but an e-mail, on the whole product."""

import asyncio
import re
import sysconfig
from base64 import b64decode
from pathlib import Path

from tests.waiting import until

TEMPORAL = Path(sysconfig.get_path("scripts"), "temporal")
SECRET = "Youth-Zebra-17"


async def history(product, case, person):
    """What the Temporal CLI shows of a case with the codec endpoint and this person's key."""
    port = product.ports
    process = await asyncio.create_subprocess_exec(
        TEMPORAL,
        *("workflow", "show", "--output", "json"),
        *("--workflow-id", f"conflict-{case}"),
        *("--address", f"127.0.0.1:{port['TEMPORAL_PORT']}"),
        *("--codec-endpoint", f"http://127.0.0.1:{port['API_PORT']}/codec"),
        *("--codec-auth", product.key(person)["Authorization"]),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "", "HOME": str(product.state)},
    )
    said, _ = await process.communicate()
    payloads = re.findall(r'"data": "([^"]+)"', said.decode())
    return b"\n".join(b64decode(each) for each in payloads).decode(errors="replace")


async def test_an_operator_decodes_a_history_with_the_cli_and_another_person_does_not(
    product,
):
    case = await product.opened(youth=SECRET)

    assert SECRET in await history(product, case, "yew")
    refused = await history(product, case, "walnut")
    assert SECRET not in refused


async def test_the_other_agencys_worker_answers_by_the_link_in_the_e_mail(product):
    case = await product.opened()

    def link():
        for mail in product.mails():
            if "ironwood" in mail["To"] and case[-6:] in mail["Subject"]:
                return re.search(r"/answer/\S+", mail.get_content())
        return None

    async def has_come():
        return link()

    await until(has_come)
    said = {
        "message": "meeting_held",
        "attendees": ["coordinator-1", "human-service-worker"],
        "outcome": "agreement",
    }
    answer = await product.http.post(link()[0], data=said)

    assert answer.status_code == 200, answer.text
    (waiting,) = (await product.case(case))["facts"]["agreements"]
    assert waiting["agreed"] == ["counterpart"]
    (met,) = [e for e in await product.timeline(case) if e["kind"] == "meeting_held"]
    assert met["capacity"] == "link"
