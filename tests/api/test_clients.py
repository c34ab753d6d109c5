"""Clients: entered, found, changed and told apart by who may, and known to nobody else."""

import asyncio

import pytest

CLOVER = {
    "name": "Client Demo-Clover",
    "born_on": "1990-04-12",
    "references": ["old-system-77"],
}
STAFF = [
    pytest.param("aspen", id="the intake unit"),
    pytest.param("hawthorn", id="the supervisor"),
    pytest.param("walnut", id="the administrator"),
]


def somebody(name, **changed):
    return {"name": f"Client Demo-{name}"} | changed


async def entered(service, body, person="aspen", key=None):
    answer = await service.post(person, "/clients", body, key)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(service, client, person="aspen"):
    answer = await service.get(person, f"/clients/{client['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tag_of(service, client):
    answer = await service.get("aspen", f"/clients/{client['id']}")
    return answer.headers["etag"]


async def patch(service, person, client_id, body, tag=None):
    headers = {"If-Match": tag} if tag else {}
    async with service.calls(person) as http:
        return await http.patch(f"/clients/{client_id}", json=body, headers=headers)


async def settle(service, client, other, same=True, person="aspen"):
    path = f"/clients/{client['id']}/likeness"
    return await service.post(person, path, {"other": other["id"], "same": same})


@pytest.mark.parametrize("person", STAFF)
async def test_a_client_is_entered_by_those_who_take_people_in(idle_service, person):
    made = await entered(idle_service, somebody("Reed", phone="414-555-0100"), person)

    seen = await read(idle_service, made, person)

    assert (seen["name"], seen["phone"]) == ("Client Demo-Reed", "414-555-0100")
    assert seen["language"] == "en"
    assert (seen["cases"], seen["consents"]) == ([], [])


@pytest.mark.both_databases
async def test_a_client_entered_ten_times_at_once_with_one_key_is_entered_once(
    idle_service,
):
    body = somebody("Teasel")

    answers = await asyncio.gather(
        *(
            idle_service.post("aspen", "/clients", body, "ten-at-once")
            for _ in range(10)
        )
    )

    assert {answer.status_code for answer in answers} == {201}
    (client,) = {answer.json()["id"] for answer in answers}
    seen = await read(idle_service, {"id": client})
    assert seen["name"] == "Client Demo-Teasel"


@pytest.mark.both_databases
async def test_one_key_ten_times_at_once_with_different_bodies_is_taken_by_one(
    idle_service,
):
    bodies = [somebody(f"Vetch-{number}") for number in range(10)]

    answers = await asyncio.gather(
        *(idle_service.post("aspen", "/clients", each, "of-one") for each in bodies)
    )

    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 9]


@pytest.mark.parametrize("person", ["alder", "beech", "tamarack", "mulberry"])
async def test_nobody_else_enters_or_sees_a_client(idle_service, person):
    made = await entered(idle_service, somebody("Sorrel"))
    path = f"/clients/{made['id']}"

    answers = [
        await idle_service.post(person, "/clients", somebody("Tansy")),
        await idle_service.get(person, path),
        await patch(idle_service, person, made["id"], {"phone": "414-555-0101"}),
        await settle(idle_service, made, made, person=person),
        await idle_service.get(person, "/consents", client=made["id"]),
    ]

    assert [each.status_code for each in answers] == [403, 404, 404, 404, 404]
    for each in answers:
        assert each.headers["content-type"] == "application/problem+json"
        assert "Sorrel" not in each.text
    listed = (await idle_service.get(person, "/clients", limit=100)).json()["items"]
    assert made["id"] not in [each["id"] for each in listed]
    found = await idle_service.post(person, "/clients/search", {"name": "Sorrel"})
    assert found.json() == {"items": [], "more": False, "elsewhere": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"born_on": "2090-01-01"},
        {"born_on": "0090-04-12"},
        {"name": "\u200b\u200b"},
        {"name": "Demo\nSecond Line"},
        {"name": "..."},
        {"phone": "xxx"},
        {"phone": "414-555-0142 ext. 7"},
        {"email": "a@b"},
        {"language": "EN"},
    ],
    ids=repr,
)
async def test_what_cannot_be_true_is_refused_in_words(idle_service, wrong):
    answer = await idle_service.post("aspen", "/clients", somebody("Rue") | wrong)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == next(iter(wrong))
    assert "pattern" not in error["problem"]
    assert "^" not in error["problem"]


@pytest.mark.both_databases
async def test_the_same_person_entered_again_is_noticed_and_nothing_is_merged(
    idle_service,
):
    first = await entered(idle_service, CLOVER)
    second = await entered(idle_service, CLOVER)

    assert second["alike"] == [
        {
            "client": first["id"],
            "reasons": ["same name and birth date", "same reference"],
        }
    ]
    (likeness,) = (await read(idle_service, first))["likenesses"]
    assert (likeness["client"], likeness["settled"]) == (second["id"], None)
    waiting = await idle_service.get("aspen", "/clients", unsettled=True)
    assert {first["id"], second["id"]} <= {e["id"] for e in waiting.json()["items"]}


async def test_somebody_says_whether_two_records_are_one_person_and_both_stay(
    idle_service,
):
    first = await entered(idle_service, somebody("Yarrow", phone="414-555-0110"))
    second = await entered(idle_service, somebody("Y Arrow", phone="4145550110"))

    same = await settle(idle_service, second, first)
    tied = await read(idle_service, second)
    apart = await settle(idle_service, first, second, same=False)

    assert same.json() == {
        "client": second["id"],
        "other": first["id"],
        "settled": "same",
    }
    assert tied["same_as"] == first["id"]
    assert tied["likenesses"][0]["settled_by"]["id"] == "aspen"
    assert apart.json()["settled"] == "different"
    again = await read(idle_service, second)
    assert (again["same_as"], again["name"]) == (None, "Client Demo-Y Arrow")


@pytest.mark.parametrize(
    ("other", "status"), [("nobody", 404), ("themself", 422)], ids=str
)
async def test_a_likeness_is_between_two_records_that_are_there(
    idle_service, other, status
):
    made = await entered(idle_service, somebody("Vetch"))
    named = made["id"] if other == "themself" else other

    answer = await settle(idle_service, made, {"id": named})

    assert answer.status_code == status


async def test_only_what_is_named_changes_and_the_rest_stays(idle_service):
    made = await entered(idle_service, somebody("Rue", email="rue@home.example"))

    answer = await patch(idle_service, "aspen", made["id"], {"language": "es"})

    assert answer.status_code == 200
    assert answer.json() == {"id": made["id"], "alike": []}
    seen = await read(idle_service, made)
    assert (seen["language"], seen["email"]) == ("es", "rue@home.example")


@pytest.mark.parametrize(
    "wrong",
    [{"name": None}, {"name": ""}, {"phone": "none"}, {"nickname": "R"}],
    ids=["no name", "an empty name", "no number", "a word nobody knows"],
)
async def test_a_change_that_cannot_be_is_refused_at_its_field(idle_service, wrong):
    made = await entered(idle_service, somebody("Rue"))

    answer = await patch(idle_service, "aspen", made["id"], wrong)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == list(wrong)


@pytest.mark.both_databases
async def test_one_key_enters_one_client_and_the_answer_says_not_who(idle_service):
    first = await entered(idle_service, somebody("Mallow"), key="mallow")
    again = await entered(idle_service, somebody("Mallow"), key="mallow")
    other = await idle_service.post("aspen", "/clients", somebody("Marjoram"), "mallow")

    assert first == again
    assert "Mallow" not in str(first)
    assert other.status_code == 409


@pytest.mark.both_databases
async def test_a_client_is_found_by_what_is_known_of_them(idle_service):
    made = await entered(
        idle_service, somebody("Cóneflower", references=["hospital-9"])
    )

    for wanted in ({"name": "coneflower demo"}, {"reference": "HOSPITAL-9"}):
        found = await idle_service.post("aspen", "/clients/search", wanted)
        assert [each["id"] for each in found.json()["items"]] == [made["id"]]
    nothing = await idle_service.post("aspen", "/clients/search", {})
    assert nothing.status_code == 422


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "%"},
        {"name": "*"},
        {"name": "."},
        {"name": '" "'},
        {"name": "_"},
        {"name": "\u200b"},
        {"name": "'", "born_on": "1990-04-12"},
        {"phone": "(...)"},
        {"phone": "xxx"},
        {"reference": "--%"},
    ],
    ids=str,
)
async def test_what_has_no_word_in_it_finds_nobody_and_says_so(idle_service, wanted):
    await entered(idle_service, CLOVER)

    answer = await idle_service.post("aspen", "/clients/search", wanted)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == next(iter(wanted))
    assert "no word in it" in error["problem"]


async def test_a_sign_beside_a_word_stands_for_nothing(idle_service):
    made = await entered(idle_service, somebody("Woodruff"))

    for name, ids in (("%Woodruff_", [made["id"]]), ("%Woodbine", [])):
        found = await idle_service.post("aspen", "/clients/search", {"name": name})
        assert [each["id"] for each in found.json()["items"]] == ids


@pytest.mark.parametrize("text", ["%", " ", '" "', "*", "\u200b"], ids=repr)
async def test_cases_are_searched_for_by_words_too(idle_service, text):
    answer = await idle_service.post("aspen", "/cases/search", {"text": text})

    assert answer.status_code == 422
    assert "no word in it" in answer.json()["errors"][0]["problem"]


@pytest.mark.both_databases
async def test_clients_are_listed_page_by_page_newest_first(idle_service):
    made = [await entered(idle_service, somebody("Pages")) for _ in range(3)]

    first = (await idle_service.get("aspen", "/clients", limit=2)).json()
    rest = (await idle_service.get("aspen", first["next"])).json()

    assert [each["id"] for each in first["items"]] == [made[2]["id"], made[1]["id"]]
    assert rest["items"][0]["id"] == made[0]["id"]


async def test_a_filter_nobody_knows_is_refused(idle_service):
    answer = await idle_service.get("aspen", "/clients", name="Clover")

    assert answer.status_code == 422
    assert "unsettled" in answer.text
    assert "Clover" not in answer.text


async def test_a_change_of_what_has_changed_since_it_was_read_is_shown_it(idle_service):
    made = await entered(idle_service, somebody("Borage"))
    tag = await tag_of(idle_service, made)
    await patch(idle_service, "walnut", made["id"], {"language": "es"}, tag)

    answer = await patch(idle_service, "aspen", made["id"], {"language": "hmn"}, tag)

    assert answer.status_code == 412
    assert answer.json()["current"]["language"] == "es"
    assert (await read(idle_service, made))["language"] == "es"


async def test_a_list_is_replaced_by_who_has_read_it(idle_service):
    made = await entered(idle_service, somebody("Chervil", references=["one"]))
    more = {"references": ["one", "two"]}

    unread = await patch(idle_service, "aspen", made["id"], more)
    assert unread.status_code == 428
    assert (await read(idle_service, made))["references"] == ["one"]

    tag = await tag_of(idle_service, made)
    answer = await patch(idle_service, "aspen", made["id"], more, tag)
    assert answer.status_code == 200
    assert (await read(idle_service, made))["references"] == ["one", "two"]


async def test_an_empty_list_is_filled_by_whoever_is_first(idle_service):
    made = await entered(idle_service, somebody("Lovage"))

    first = await patch(idle_service, "aspen", made["id"], {"references": ["one"]})
    second = await patch(idle_service, "aspen", made["id"], {"references": ["two"]})

    assert (first.status_code, second.status_code) == (200, 428)


async def test_a_likeness_is_settled_by_who_has_read_what_stands_there(idle_service):
    first = await entered(idle_service, somebody("Savory", phone="414-555-0190"))
    second = await entered(idle_service, somebody("S Avory", phone="414-555-0190"))
    tag = await tag_of(idle_service, first)
    await settle(idle_service, first, second, person="walnut")

    async with idle_service.calls("aspen") as http:
        answer = await http.post(
            f"/clients/{first['id']}/likeness",
            json={"other": second["id"], "same": False},
            headers={"If-Match": tag},
        )

    assert answer.status_code == 412
    (likeness,) = (await read(idle_service, first))["likenesses"]
    assert likeness["settled"] == "same"


@pytest.mark.both_databases
async def test_two_changes_of_different_facts_at_once_both_stay(idle_service):
    for pair in range(5):
        made = await entered(idle_service, somebody("Orache"))
        address = f"{pair} Demo Street"

        answers = await asyncio.gather(
            patch(idle_service, "aspen", made["id"], {"language": "es"}),
            patch(idle_service, "walnut", made["id"], {"address": address}),
        )

        assert [each.status_code for each in answers] == [200, 200]
        seen = await read(idle_service, made)
        assert (seen["language"], seen["address"]) == ("es", address)


@pytest.mark.both_databases
async def test_of_two_changes_at_once_of_one_list_that_was_read_one_is_made(
    idle_service,
):
    for _ in range(5):
        made = await entered(idle_service, somebody("Orpine", references=["one"]))
        tag = await tag_of(idle_service, made)

        answers = await asyncio.gather(
            *(
                patch(idle_service, "aspen", made["id"], {"references": [each]}, tag)
                for each in ("two", "three")
            )
        )

        assert sorted(each.status_code for each in answers) == [200, 412]
