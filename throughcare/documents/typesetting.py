"""Makes a PDF of a template and of data: tagged for screen readers (PDF/UA-1), for keeping (PDF/A-2a), and the same bytes
for the same data.

What people wrote goes in as data, so no typst in it ever runs. There is one font and no other is looked for, or the bytes
would depend on the machine.
"""

import json
import struct
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

import typst
from pydantic import JsonValue

HERE = Path(__file__).parent
FONTS = HERE / "fonts"


UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Categories of characters that draw nothing of their own: controls, what turns text round, private use."""

SPELLING = frozenset("\u00ad\u200c\u200d")
"""Of those, what words are spelled with: where one may be broken, and which letters are joined."""


def pdf(template: str, data: dict[str, JsonValue], dated: datetime) -> bytes:
    """`dated` stands in the file as the day it was made. It takes some hundredths of a second of one core, so not on an
    event loop."""
    made = typst.compile(
        HERE / f"{template}.typ",
        format="pdf",
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=int(dated.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def _printable(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return printable(value)
        case list():
            return [_printable(each) for each in value]
        case dict():
            return {key: _printable(each) for key, each in value.items()}
        case _:
            return value


def printable(text: str) -> str:
    """The text, where each character that the font cannot draw, or that cannot be seen and turns what follows round, is told by
    its name: nothing is left out in silence."""
    drawn = _drawn()
    return "".join(
        char if char in drawn else f"[{_name(char)}]"
        for line in text.splitlines(keepends=True)
        for char in line.replace("\r\n", "\n")
    )


def _name(char: str) -> str:
    return unicodedata.name(char, f"U+{ord(char):04X}")


@cache
def _drawn() -> frozenset[str]:
    """Every character of the font that can be seen, and those by which letters are spelled. What the standard forbids (characters
    of private use) is none of them."""
    (font,) = FONTS.glob("*.ttf")
    chars = {chr(code) for code in _codes(font.read_bytes())}
    seen = {each for each in chars if unicodedata.category(each) not in UNSEEN}
    return frozenset(seen | SPELLING & chars | {"\n"})


def _codes(font: bytes) -> set[int]:
    """From the table of an OpenType font that maps characters to glyphs, where it is in format 12."""
    (count,) = struct.unpack_from(">H", font, 4)
    tables = {
        tag: at
        for tag, _, at, _ in (
            struct.unpack_from(">4s3L", font, 12 + 16 * each) for each in range(count)
        )
    }
    start = tables[b"cmap"]
    (maps,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for each in range(maps):
        (offset,) = struct.unpack_from(">L", font, start + 8 + 8 * each)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form != 12:
            continue
        (groups,) = struct.unpack_from(">L", font, start + offset + 12)
        for group in range(groups):
            at = start + offset + 16 + 12 * group
            first, last = struct.unpack_from(">2L", font, at)
            found.update(range(first, last + 1))
    return found
