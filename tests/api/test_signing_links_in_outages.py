"""A link to sign while no worker is there: the answer is kept once, and applied when one is."""

from tests.api.conftest import working
from tests.api.test_signing_links import (
    REFUSE,
    SIGN,
    open_page,
    signatures,
    submit,
    token_of,
    with_sister,
)
from tests.waiting import until


async def test_a_name_that_comes_without_a_worker_is_kept_and_applied_once(
    idle_service,
):
    async with working(idle_service):
        plan, _ = await with_sister(idle_service)
    token = await token_of(idle_service, plan)

    kept = await submit(idle_service, token, **SIGN)
    page = await open_page(idle_service, token)
    again = await submit(idle_service, token, **SIGN)
    other = await submit(idle_service, token, **REFUSE)

    assert kept.status_code == again.status_code == 202
    assert "kept, and applied as soon as it can be" in kept.text
    assert "still to be applied" in page.text
    assert other.status_code == 409

    async def is_applied():
        return await signatures(idle_service, plan)

    async with working(idle_service):
        await until(is_applied)
    (signature,) = await signatures(idle_service, plan)
    assert signature["how"] == "link"
