"""What is one name, one phone and one reference, however it is typed; and what is nearly one name."""

import pytest

from throughcare.lifecycles.client.names import (
    are_similar,
    is_found_by,
    name_key,
    phone_key,
    reference_keys,
    search_words,
)

SAME = [
    ("Demo-Clóver, Client", "client demo clover"),
    ("O'Demo", "odemo"),
    ("O\u2019Demo", "O\u02bcDemo"),
    ("O\u00b4Demo", "O`Demo"),
    ("Łukasz", "lukasz"),
    ("Ørsted", "Orsted"),
    ("Đorđe", "Dorde"),
    ("K\u0131l\u0131ç", "KILIC"),
    ("İbrahim", "ibrahim"),
    ("Æsa", "aesa"),
    ("\ufb01ona", "Fiona"),
    ("Strauß", "STRAUSS"),
    ("Þóra", "Thora"),
    ("Clo\u00adver", "Clover"),
    ("Clo\u2060ver\ufe0f", "Clover"),
    ("Client\u00a0Demo", "Demo Client"),
    ("\uff23lover", "Clover"),
    ("Mun\u0303oz", "Muñoz"),
]
SIMILAR = [
    ("Anne-Marie Demo", "Demo, Annemarie"),
    ("Maria De La Cruz", "Maria Delacruz"),
    ("Brandy Demo", "Brandi Demo"),
    ("Jon Demo", "John Demo"),
    ("Jhon Demo", "John Demo"),
    ("John Demo Jr.", "John Demo Sr."),
    ("Dr. John Demo", "John Demo"),
    ("J. Demo", "John Demo"),
    ("John A. Demo", "John Albert Demo"),
    ("John Albert Demo", "Demo John"),
    ("Müller Demo", "Mueller Demo"),
    ("山田太郎", "山田 太郎"),
]
APART = [
    ("Ann Demo", "Dan Demo"),
    ("Client Demo-1", "Client Demo-2"),
    ("Clover Demo", "Fern Demo"),
    ("J. D.", "John Demo"),
    ("Demo", "John Demo"),
    ("Brandy Demos", "Brandi Demo"),
    ("...", "John Demo"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_name_is_the_same_in_any_order_and_spelling(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)
    assert are_similar(one, other)
    assert is_found_by(search_words(one), other, name_key(other))


@pytest.mark.parametrize(("one", "other"), SIMILAR)
def test_names_can_be_nearly_the_same(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)
    assert are_similar(one, other)
    assert are_similar(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_names_are_not(one: str, other: str) -> None:
    assert not are_similar(one, other)
    assert not are_similar(other, one)


@pytest.mark.parametrize(
    "phone",
    [
        "414 555 0142",
        "+1 (414) 555-0142",
        "14145550142",
        "001 414 555 0142",
        "414-555-0142 x7",
        "414-555-0142 ext. 7",
        "414/555-0142",
        "414-555-0142 / 0143",
    ],
)
def test_a_phone_is_its_digits_without_country_and_extension(phone: str) -> None:
    assert phone_key(phone) == "4145550142"


def test_a_reference_is_the_same_with_any_dash_space_and_accent() -> None:
    assert reference_keys(["É-1", "E\u0301-1", "e\u20111 "]) == ["e-1"]
