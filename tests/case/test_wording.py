"""How lists are said in texts."""

from throughcare.case.wording import listed


def test_a_list_of_nothing_says_so() -> None:
    assert f"need must be one of: {listed([])}." == "need must be one of: none."
    assert listed(["bed", "car"]) == "bed, car"
