"""Marks that are written where people write freely, and a search for them in whatever bytes there are."""

import base64
import binascii
import re
from itertools import count
from pathlib import Path

PLAIN = re.compile(rb"zebra(\d{4})quill", re.IGNORECASE)
# Where only digits may be written, as in a phone number.
DIGITS = re.compile(rb"80935(\d{4})53908")
# Every other byte: UTF-16 of either order.
WIDE = re.compile(rb"z\0e\0b\0r\0a\0((?:\d\0){4})q\0u\0i\0l\0l")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{20,}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){14,}")
# Within a line that calendars fold, and that mail folds where it is no base64.
FOLDED = re.compile(rb"=\r?\n|\r?\n[ \t]")


class Marks:
    """A mark for every place it is planted in. Marks are plain letters and digits, so that neither an address, nor JSON,
    nor an e-mail writes them in another way; what is around them is not."""

    def __init__(self, first: int = 1) -> None:
        self.places: dict[int, str] = {}
        self._numbers = count(first)

    def word(self, place: str) -> str:
        number = next(self._numbers)
        self.places[number] = place
        return f"zebra{number:04}quill"

    def text(self, place: str) -> str:
        return f"Zoë {self.word(place)}, & d\u2019accord"

    def number(self, place: str) -> str:
        number = next(self._numbers)
        self.places[number] = place
        return f"80935{number:04}53908"

    def found_in(self, data: bytes) -> set[str]:
        return {self.places[number] for number in found(data) & self.places.keys()}


def found(data: bytes, nested: bool = True) -> set[int]:
    """The numbers of all marks in these bytes: as they are, folded or not, in UTF-16, in base64 of either alphabet, and in hex."""
    numbers: set[int] = set()
    for text in {data, FOLDED.sub(b"", data)}:
        numbers |= {int(each[1]) for each in PLAIN.finditer(text)}
        numbers |= {int(each[1]) for each in DIGITS.finditer(text)}
    numbers |= {int(each[1].replace(b"\0", b"")) for each in WIDE.finditer(data)}
    if nested:
        for inner in _decoded(data):
            numbers |= found(inner, nested=False)
    return numbers


def _decoded(data: bytes):
    # Mail folds base64 into lines.
    for text in {data, data.replace(b"\r\n", b"").replace(b"\n", b"")}:
        for run in BASE64.finditer(text):
            # Where it begins is not known: letters before it look the same.
            for start in range(4):
                part = run[0][start:].translate(bytes.maketrans(b"-_", b"+/"))
                yield base64.b64decode(part[: len(part) // 4 * 4])
    for run in HEX.finditer(data):
        yield binascii.unhexlify(run[0])


def files(folder: Path) -> dict[str, bytes]:
    """Every file below, by its name from there, with the name itself in what is searched."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path: str(path.relative_to(folder)) for path in found}
    return {
        name: name.encode() + b"\n" + path.read_bytes() for path, name in names.items()
    }
