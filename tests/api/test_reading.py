"""Reading over HTTP: HEAD, and what a reader has already."""


def addresses(service, case_id):
    """Every address that can be read, where it needs no more than a case's id."""
    for path, operations in service.app.openapi()["paths"].items():
        address = path.replace("{case_id}", case_id)
        if "get" in operations and "{" not in address:
            yield address


async def test_head_is_answered_wherever_get_is_and_brings_no_body(service):
    case_id = (await service.opened())["id"]

    async with service.calls("yew") as http:
        for address in addresses(service, case_id):
            read, asked = await http.get(address), await http.head(address)
            assert (address, asked.status_code) == (address, read.status_code)
            assert asked.content == b""
            assert asked.headers["content-type"] == read.headers["content-type"]


async def test_what_cannot_be_read_cannot_be_asked_for_by_head(service):
    async with service.calls("yew") as http:
        answer = await http.head("/conflicts/none/messages/close")

    assert answer.status_code == 404
