"""The language of windows and reports: English in the code, every other language in one TOML file.

A catalogue, ``languages/de.toml``, has these tables:

``[about]``
    ``name``, as its speakers write it; ``decimal``, the mark between whole and part of a number; ``nouns_capital``,
    where names keep their capitals within a sentence.
``[words]``
    English text on the left, translation on the right. Names in braces stay as they are: ``"{count} min"``.
``[said]``
    The same for sentences that come from the engine with their figures filled in. They are recognised by what
    stands between the braces. What a sentence is about may stand before it, as ``/dev/ttyUSB0: ``.
``[in.NAME]``
    Words that another text of the same English spelling means differently: ``tr("Back", "body")`` looks into
    ``[in.body]``, then into ``[words]``.

Anything without a translation stays English. No Qt here: reports are drawn in threads of their own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

ENGLISH = "en"
PSEUDO = "ar-pseudo"  # English, longer, from right to left: to see what another script would do to a window
_FOLDER = files("biofeedback.appearance").joinpath("languages")
_SLOT = re.compile(r"\\\{(\w*)\\\}")
_HARDLY_A_WORD = 3  # letters
_POINT = re.compile(r"(?<=\d)\.(?=\d)")


class UnknownLanguageError(ValueError):
    """There is no catalogue for a language. One line says which there are."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language. ``said`` are patterns of whole sentences with their translations."""

    code: str = ENGLISH
    name: str = "English"
    decimal: str = "."
    nouns_capital: bool = False
    right_to_left: bool = False
    words: dict[str, str] = field(default_factory=dict[str, str])
    contexts: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    said: tuple[tuple[re.Pattern[str], str], ...] = ()


_now = Catalogue()


def catalogue(code: str) -> Catalogue:
    """Read the catalogue of a language.

    Raises
    ------
    UnknownLanguageError
        If there is none.
    """
    if code == ENGLISH:
        return Catalogue()
    if code == PSEUDO:
        return Catalogue(PSEUDO, "Pseudo, right to left", right_to_left=True)
    if code not in languages():
        raise UnknownLanguageError(f"{code}: there is no such language; known are {', '.join(languages())}")
    tables: dict[str, Any] = tomllib.loads(_FOLDER.joinpath(f"{code}.toml").read_text("utf-8"))
    return Catalogue(
        code,
        tables["about"]["name"],
        tables["about"]["decimal"],
        tables["about"].get("nouns_capital", False),
        words=tables["words"],
        contexts=tables["in"],
        said=tuple((pattern(english), other) for english, other in tables["said"].items()),
    )


def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are, English first."""
    return (ENGLISH, *sorted(one.name.removesuffix(".toml") for one in _FOLDER.iterdir() if one.name.endswith(".toml")))


def language_for(wanted: str) -> str:
    """Return the language to use for a locale such as ``de_AT``: the nearest there is, else English."""
    code = re.split(r"[-_.]", wanted)[0].casefold()
    return code if code in languages() else ENGLISH


def pattern(english: str) -> re.Pattern[str]:
    """Return what recognises a sentence whose slots, ``{name}``, are filled in.

    One with hardly a word of its own, ``{lost} of {count}``, takes figures only: anything else would be like it.
    """
    own = sum(letter.isalpha() for letter in re.sub(r"\{\w*\}", "", english))
    slot = r"(?P<\1>.+)" if own > _HARDLY_A_WORD else r"(?P<\1>[0-9.,]+)"
    return re.compile(_SLOT.sub(slot, re.escape(english)), re.DOTALL)


def use(code: str) -> None:
    """Speak a language from now on; what is shown already must be made anew.

    Raises
    ------
    UnknownLanguageError
        If there is no such language.
    """
    global _now
    _now = catalogue(code)
    _found.cache_clear()


def language() -> Catalogue:
    """Return the language that is spoken."""
    return _now


def tr(text: str, context: str = "") -> str:
    """Return ``text`` in the language of the program; untranslated text comes back as it is."""
    return text if _now.code == ENGLISH else _found(text, context)


def translated(text: str, known: Catalogue) -> str:
    """Return ``text`` in a language that need not be the program's; untranslated text comes back as it is."""
    if known.code == PSEUDO:
        return _longer(text)
    return known.words.get(text) or _by_pattern(text, known)


def filled(text: str, values: Mapping[str, float | str]) -> str:
    """Return a sentence with its figures, in the language of the program; names among the figures too."""
    spoken = {name: tr(value) if isinstance(value, str) else value for name, value in values.items()}
    return numerals(tr(text).format(**spoken))


def within(name: str) -> str:
    """Return a name as it stands within a sentence: German keeps the capitals of nouns."""
    return name if _now.nouns_capital else name.lower()


def day(when: datetime) -> str:
    """Write a day here in the way of the language: ``2026-11-20``, ``20.11.2026``."""
    here = when.astimezone()
    return tr("{year}-{month}-{day}").format(year=here.year, month=f"{here:%m}", day=f"{here:%d}")


def numerals(text: str) -> str:
    """Return numbers in ``text`` with the language's decimal mark."""
    return text if _now.decimal == "." else _POINT.sub(_now.decimal, text)


@lru_cache(maxsize=4096)
def _found(text: str, context: str) -> str:
    if _now.code == PSEUDO:
        return _longer(text)
    word = _now.contexts.get(context, {}).get(text) or _now.words.get(text)
    if word is not None:
        return word
    return _by_pattern(text, _now)


def _by_pattern(text: str, known: Catalogue) -> str:
    for sentence, other in known.said:
        if (match := sentence.fullmatch(text)) is not None:
            values = {name: _POINT.sub(known.decimal, value) for name, value in match.groupdict().items()}
            return other.format(**{name: translated(value, known) for name, value in values.items()})
    about, colon, sentence = text.partition(": ")
    return f"{about}: {translated(sentence, known)}" if colon else text


def _longer(text: str) -> str:
    """Return a text 40 % longer, as translations are."""
    return text + "·" * round(0.4 * len(re.sub(r"\{\w*\}", "", text)))
