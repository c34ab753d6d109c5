"""E-mail addresses in what people typed."""

import pytest

from throughcare.lifecycles.client.addresses import address_in, is_address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jo@family.example", "jo@family.example"),
        ("Jo Demo <jo@family.example>", "jo@family.example"),
        ("555 0100, jo@family.example", "jo@family.example"),
        ("jo@family.example; after 5 pm", "jo@family.example"),
        ("call first, else jo.demo+x@mail.family.example.", "jo.demo+x@mail.family.example"),
        ("mailto:jo@family.example", "jo@family.example"),
        ("o'demo@family.example", "o'demo@family.example"),
        ("jo@family.example or ann@family.example", "jo@family.example"),
        ("414-555-0142", None),
        ("", None),
    ],
)  # fmt: skip
def test_an_address_is_found_beside_other_words(text, found):
    assert address_in(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "josé.demo-pérez@correo.example",
        "john@gmail",
        "john @gmail.example",
        "john@ gmail.example",
        "john@gmail .example.",
        "jo\u2019demo@family.example",
        "jo@famíly.example",
        "jo\u200b@family.example",
        "jo\uff20family.example",
        "jo@@family.example",
        "ann@jo@family.example",
        ".jo@family.example",
        "jo..demo@family.example",
        "jo@family..example",
        "jo@-family.example",
        "jo@family.e",
        "jo@10.0.0.1",
        "555-0142/jo@family.example",
        "jo@family.example/555-0142",
        '"jo demo"@family.example',
        "“jo@family.example”",
        "josé@family.example or jo@family.example",
        "jo@family.example and josé@family.example",
        f"{'j' * 200}@family.example",
    ],
)
def test_no_part_of_what_was_meant_as_an_address_is_taken_for_one(text):
    assert address_in(text) is None


@pytest.mark.parametrize("text", ["a@b", "Jo <jo@family.example>", " jo@family.example"])  # fmt: skip
def test_where_only_an_address_belongs_nothing_stands_beside_it(text):
    assert not is_address(text)
