"""Providers, and the agencies a client can choose among."""

import asyncio

import pytest

NEW = {
    "name": "Grove Demo Treatment",
    "organization": "CEDAR demo recovery",
    "services": ["treatment"],
    "email": "grove@cedar.example",
}


async def made(service, **changed):
    answer = await service.post("walnut", "/providers", NEW | changed)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def patch(service, person, provider_id, body, tag=None):
    headers = {"If-Match": tag} if tag else {}
    async with service.calls(person) as http:
        return await http.patch(f"/providers/{provider_id}", json=body, headers=headers)


async def listed(office, **wanted):
    answer = await office.get("beech", "/providers", **wanted)
    return [each["id"] for each in answer.json()["items"]]


async def test_the_administrator_enters_a_provider_and_everybody_sees_whose_it_is(
    idle_service,
):
    provider = await made(idle_service)

    seen = await idle_service.get("beech", f"/providers/{provider['id']}")

    assert seen.json() == provider
    assert provider["organization"] == "Cedar Demo Recovery"


async def test_a_provider_that_ended_is_offered_no_longer_and_stays_readable(
    idle_service,
):
    provider = await made(idle_service, name="Brook Demo Treatment")

    ended = await patch(
        idle_service, "walnut", provider["id"], {"ended_at": "2026-01-01T06:00:00Z"}
    )

    assert ended.json()["services"] == ["treatment"]
    assert provider["id"] not in await listed(idle_service)
    assert provider["id"] in await listed(idle_service, ended=True)
    still = await idle_service.get("beech", f"/providers/{provider['id']}")
    assert still.status_code == 200


@pytest.mark.both_databases
async def test_providers_are_narrowed_by_what_they_are(idle_service):
    assert await listed(idle_service, organization="hearth demo services") == [
        "hearth",
        "lantern",
    ]
    assert await listed(idle_service, service="housing") == ["harbor"]
    assert await listed(idle_service, language="Spanish", qualified=True) == [
        "hearth",
        "lantern",
    ]


@pytest.mark.both_databases
async def test_a_page_of_providers_leads_to_the_next(idle_service):
    first = (await idle_service.get("beech", "/providers", limit=1)).json()
    second = (await idle_service.get("beech", first["next"])).json()

    assert first["items"][0]["name"] < second["items"][0]["name"]


@pytest.mark.parametrize("person", ["aspen", "beech", "spruce"])
async def test_nobody_else_keeps_the_providers(idle_service, person):
    entered = await idle_service.post(person, "/providers", NEW)
    changed = await patch(idle_service, person, "hearth", {"qualified": False})

    assert (entered.status_code, changed.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"organization": "Nowhere"}, "no organization 'Nowhere'"),
        ({"person": "nobody"}, "no person 'nobody'"),
        ({"email": "at the desk"}, "email"),
    ],
    ids=["organization", "person", "email"],
)
async def test_a_provider_of_nobody_the_directory_knows_is_refused(
    idle_service, changed, says
):
    answer = await idle_service.post("walnut", "/providers", NEW | changed)

    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.clause("CP-I-1")
async def test_the_agencies_a_client_can_choose_are_those_that_have_workers(
    idle_service,
):
    answer = await idle_service.get("aspen", "/agencies", program="cars")

    assert answer.json()["items"] == [
        {
            "id": "birchwood-recovery",
            "name": "Birchwood Demo Recovery",
            "programs": ["cars"],
            "languages": ["English", "Hmong"],
            "workers": 1,
        },
        {
            "id": "cedar-recovery",
            "name": "Cedar Demo Recovery",
            "programs": ["cars"],
            "languages": ["English", "Spanish"],
            "workers": 2,
        },
    ]


@pytest.mark.both_databases
async def test_two_changes_of_different_facts_at_once_both_stay(idle_service):
    provider = await made(idle_service, name="Glen Demo Treatment")
    for pair in range(5):
        email = f"glen-{pair}@cedar.example"

        answers = await asyncio.gather(
            patch(idle_service, "walnut", provider["id"], {"email": email}),
            patch(
                idle_service, "walnut", provider["id"], {"qualified": bool(pair % 2)}
            ),
        )

        assert [each.status_code for each in answers] == [200, 200]
        seen = await idle_service.get("beech", f"/providers/{provider['id']}")
        assert (seen.json()["email"], seen.json()["qualified"]) == (
            email,
            bool(pair % 2),
        )


@pytest.mark.both_databases
async def test_the_services_of_a_provider_are_replaced_by_one_of_two_who_read_them(
    idle_service,
):
    provider = await made(idle_service, name="Dale Demo Treatment")
    path = f"/providers/{provider['id']}"
    unread = await patch(idle_service, "walnut", provider["id"], {"services": ["a"]})
    assert unread.status_code == 428
    for pair in range(5):
        tag = (await idle_service.get("walnut", path)).headers["etag"]

        answers = await asyncio.gather(
            *(
                patch(idle_service, "walnut", provider["id"], {"services": [each]}, tag)
                for each in (f"housing {pair}", f"treatment {pair}")
            )
        )

        done, refused = sorted(answers, key=lambda each: each.status_code)
        assert (done.status_code, refused.status_code) == (200, 412)
        assert refused.json()["current"] == done.json()
