"""By what names, phones and references are the same, however they are typed. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import takewhile

COUNTRY_CODE = "1"
"""A phone number is the same with it and without."""

LOCAL_DIGITS = 10

LONG_WORD = 4
"""Letters of a word from which on one of them may differ: among shorter words there are too many others."""

# Every sign that is typed for an apostrophe, and the dot within a Catalan word.
_WITHIN_WORDS = dict.fromkeys(map(ord, "'`´‘’‚‛ʹʻʼʽʾʿˈ′‵＇·"))  # noqa: RUF001
# They are seen by nobody, though Unicode counts them among letters, signs or marks.
_UNSEEN = {0x034F, 0x115F, 0x1160, 0x2800, 0x3164, *range(0x180B, 0x180F), *range(0xFE00, 0xFE10), 0xFFA0}  # fmt: skip
_LETTERS = {"ı": "i", "ð": "d", "þ": "th", "ŋ": "n", "œ": "oe"}  # noqa: RUF001
_LATIN = re.compile(r"LATIN SMALL LETTER ([A-Z]{1,2})(?: WITH .*)?")
_BESIDE_NAMES = {"mr", "mrs", "ms", "mx", "dr", "jr", "sr", "junior", "senior", "ii", "iii", "iv"}  # fmt: skip


def folded(text: str) -> str:
    """Without accents, strokes, ligatures, apostrophes, case and whatever is seen by nobody."""
    plain = unicodedata.normalize("NFKD", text.translate(_WITHIN_WORDS)).casefold()
    return "".join(map(_plain, unicodedata.normalize("NFKD", plain)))


@cache
def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    kind = unicodedata.category(letter)
    if unicodedata.combining(letter) or kind == "Cf" or ord(letter) in _UNSEEN:
        return ""
    latin = _LATIN.fullmatch(unicodedata.name(letter, ""))
    return _LETTERS.get(letter) or (latin[1].lower() if latin else letter)


def name_words(name: str) -> list[str]:
    """Letters and digits alone, in their order."""
    return re.findall(r"[^\W_]+", folded(name))


def name_key(name: str) -> str:
    """Its words; their order does not matter."""
    return " ".join(sorted(name_words(name)))


def phone_key(phone: str | None) -> str | None:
    """Its digits, without the country and the extension."""
    # After four digits a slash ends the number; after three it ends the area code.
    number = re.split(r"[^\W\d_]|(?<=[0-9]{4}) */", folded(phone or ""), maxsplit=1)[0]
    digits = re.sub(r"[^0-9]", "", number).removeprefix("00").removeprefix("011")
    if len(digits) == LOCAL_DIGITS + 1:
        digits = digits.removeprefix(COUNTRY_CODE)
    return digits or None


def email_key(email: str | None) -> str | None:
    return (email or "").strip().casefold() or None


def reference_keys(references: Iterable[str]) -> list[str]:
    """Every dash is one, and so is every space."""
    keys = (" ".join(re.sub(r"[‐-―−]", "-", folded(e)).split()) for e in references)  # noqa: RUF001
    return list(dict.fromkeys(filter(None, keys)))


# -- nearly the same ---------------------------------------------------------------------------------------------------


def are_similar(one: str, other: str) -> bool:
    """Whether two names may be two spellings of one: equal but for Jr. or Dr., for a space or hyphen within, for one letter,
    for initials, or for words that only one of them has. Names that are equal are similar."""
    first, second = _names_alone(one), _names_alone(other)
    if not first or not second:
        return False
    if is_one_letter_off("".join(first), "".join(second)):
        return True
    return any(
        _have_same_words(mine, theirs)
        for mine in _with_two_joined(first)
        for theirs in _with_two_joined(second)
    )


def search_words(wanted: str) -> list[str]:
    """The words by which a name is looked for. An initial beside two names only says which of several Johns it is, and a
    record may leave it out."""
    words = _names_alone(wanted)
    return [e for e in words if not _may_be_initial(e)] if len(words) > 2 else words


def is_found_by(words: Sequence[str], name: str, key: str) -> bool:
    """Whether each of the `search_words` is in a name, whose key this is: whole or in part, with one letter differing, or as
    its initial."""
    rest = [word for word in words if word not in key]
    there = key.split() if rest else []
    rest = [
        word
        for word in rest
        if not any(is_one_letter_off(word, e) or _is_initial(e, word) for e in there)
    ]
    # What is written here as one word may be two there.
    joined = "".join(name_words(name)) if rest else ""
    return bool(words) and all(word in joined for word in rest)


def is_one_letter_off(one: str, other: str) -> bool:
    """Or equal, or two neighbours in each other's place. A digit that differs is another number."""
    if one == other:
        return True
    if abs(len(one) - len(other)) > 1 or max(len(one), len(other)) < LONG_WORD:
        return False
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    start = _as_far_as_equal(one, other)
    mine, theirs = one[start:], other[start:]
    end = _as_far_as_equal(mine[::-1], theirs[::-1])
    mine, theirs = mine[: len(mine) - end], theirs[: len(theirs) - end]
    is_near = max(len(mine), len(theirs)) == 1 or (
        len(mine) == 2 and mine == theirs[::-1]
    )
    return is_near and (mine + theirs).isalpha()


def _as_far_as_equal(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _names_alone(name: str) -> list[str]:
    words = name_words(name)
    return [each for each in words if each not in _BESIDE_NAMES] or words


def _with_two_joined(words: Sequence[str]) -> list[list[str]]:
    """As they are, and with each two neighbours as one: Anne-Marie, Annemarie."""
    joined = (
        [*words[:n], words[n] + words[n + 1], *words[n + 2 :]]
        for n in range(len(words) - 1)
    )
    return [list(words), *joined]


def _have_same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    mine, theirs = list(one), list(other)
    same = 0
    for word in one:
        if word in theirs:
            mine.remove(word)
            theirs.remove(word)
            same += 1
    for word in tuple(mine):
        initials = (e for e in theirs if _is_initial(word, e) or _is_initial(e, word))
        if found := next(initials, None):
            mine.remove(word)
            theirs.remove(found)
            same += bool(same)
    if not mine or not theirs:
        left = mine + theirs
        needed = 2 if left else 1
        return same >= needed and not any(map(str.isdigit, left))
    return len(mine) == len(theirs) == 1 and is_one_letter_off(mine[0], theirs[0])


def _is_initial(word: str, of: str) -> bool:
    return _may_be_initial(word) and of.startswith(word)


def _may_be_initial(word: str) -> bool:
    return len(word) == 1 and word.isalpha()
