"""Ids that a person would take for others: letters of another alphabet, and slips of the pen.

The table of letters is a selection of Unicode's confusables (UTS 39) for what ids are made of; what is not
in it is still seen where it stands among letters of another script.
"""

import unicodedata
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

_LOOKS_LIKE: Final = {
    # Cyrillic
    **dict(zip("асеіјорѕухԁԛԝһӏьѵгпт", "aceijopsyxdqwhlbvrnt", strict=True)),
    **dict(zip("АВСЕНІЈКМОРЅТХУЗҮԌ", "abcehijkmopstxy3yg", strict=True)),
    # Greek
    **dict(zip("αγινορτυωχκε", "ayivoptuwxke", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx", strict=True)),
    # Armenian, Latin beyond ASCII, signs
    **dict(zip("օսհոցզ", "ouhngq", strict=True)),
    **dict(zip("ıȷɑɡɩʟɴʀᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢłøđ", "ijagilnracdejkmoptuvwzlod", strict=True)),
    **dict.fromkeys("‐‑‒–—−﹣", "-"),
    **dict.fromkeys("⁄∕", "/"),
    "․": ".",
    "∶": ":",
    "ˍ": "_",
}
_ALIKE_IN_ASCII: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "_": "-"})
_MOST_COMPARED: Final = 20_000
_CLOSE_ENOUGH: Final = 0.8


def looks_like(text: str) -> str:
    """`text` as it looks at a glance: lower case, without marks, in ASCII letters where there are such."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(_LOOKS_LIKE.get(c, _LOOKS_LIKE.get(c.lower(), c.lower())) for c in plain)


def oddity(text: str) -> str | None:
    """Why an id may be taken for another by its letters; None where nothing speaks for it."""
    if text.isascii():
        return None
    scripts = scripts_of(text)
    if len(scripts) > 1:
        return f"mixes {' and '.join(sorted(scripts))} letters"
    seen = looks_like(text)
    return f"looks like {seen!r} and is not" if seen.isascii() else None


def mixed_word(text: str) -> str | None:
    """The first word of a line for people whose letters are of several alphabets; None where there is none."""
    return next((word for word in text.split() if len(scripts_of(word) - {"mathematical", "modifier"}) > 1), None)


def scripts_of(text: str) -> frozenset[str]:
    """The alphabets that the letters of `text` are of, by their names in Unicode; Japanese's three count as one."""
    found = {unicodedata.name(c, "unnamed").split()[0].lower() for c in text if c.isalpha()}
    east_asian = {"hiragana", "katakana", "cjk", "katakana-hiragana"}
    return frozenset({"cjk" if script in east_asian else script for script in found})


def meant(text: str, known: Collection[str]) -> tuple[str, ...]:
    """At most three of the `known` ids that were probably meant by one that is not among them, likeliest first."""
    seen = looks_like(text).translate(_ALIKE_IN_ASCII)
    compared = sorted(islice(known, _MOST_COMPARED))
    same = [each for each in compared if looks_like(each).translate(_ALIKE_IN_ASCII) == seen]
    close = get_close_matches(looks_like(text), compared, n=3, cutoff=_CLOSE_ENOUGH)
    return tuple(dict.fromkeys([*same, *close]))[:3]


def twins(ids: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of different ids that look the same at a glance, each id with the first before it."""
    first: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for each in dict.fromkeys(ids):
        before = first.setdefault(looks_like(each), each)
        if before != each:
            found.append((before, each))
    return tuple(found)
