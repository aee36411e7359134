"""Find the line of a TOML text on which a value stands: the standard reader does not tell."""

from __future__ import annotations

import re

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_PLAIN = re.compile(r"[^,\]\}\n#]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)


def line_of(text: str, place: str) -> int:
    """Return the line, from 1, of ``streams[0].rate_hz``, or of the nearest table around it that is in the text."""
    lines = _Scanner(text).scan()
    while place and place not in lines:
        place = re.sub(r"(\.?[^.\[\]]+|\[[^\]]*\])$", "", place)
    return lines.get(place, 1)


class _Scanner:
    """Walks through a text that is known to be valid TOML, and notes where each key and element begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[str, int] = {}
        self._elements: dict[str, int] = {}

    def scan(self) -> dict[str, int]:
        """Return the line of every place in the text."""
        prefix = ""
        self._skip_space()
        while self._at < len(self._text):
            if self._peek("["):
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip_space()
        return self._lines

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _note(self, place: str) -> None:
        self._lines.setdefault(place, self._text.count("\n", 0, self._at) + 1)

    def _keys(self) -> list[str]:
        """Read ``a.b.c`` and leave the position behind it."""
        keys: list[str] = []
        while found := _KEY.match(self._text, self._at):
            keys.append(found[1].strip("\"'"))
            self._at = found.end()
            if not self._peek("."):
                break
            self._at += 1
        return keys

    def _header(self) -> str:
        """Read ``[table]`` or ``[[array of tables]]`` and return the place it opens."""
        start, n_brackets = self._at, 2 if self._peek("[[") else 1
        self._at += n_brackets
        keys = self._keys()
        end, self._at = self._at + n_brackets, start
        place = ""
        for number, key in enumerate(keys, start=1):
            place = f"{place}.{key}".lstrip(".")
            if n_brackets == 2 and number == len(keys):
                self._elements[place] = self._elements.get(place, -1) + 1
            if place in self._elements:
                place = f"{place}[{self._elements[place]}]"
            self._note(place)
        self._at = end
        return place

    def _pair(self, prefix: str) -> None:
        """Read ``key = value``."""
        start = self._at
        keys = self._keys()
        end, self._at = self._at, start
        place = prefix
        for key in keys:
            place = f"{place}.{key}".lstrip(".")
            self._note(place)
        self._at = end + 1
        self._value(place)

    def _value(self, place: str) -> None:
        self._skip_space()
        if self._peek("["):
            self._list(place)
        elif self._peek("{"):
            self._inline_table(place)
        elif found := _STRING.match(self._text, self._at) or _PLAIN.match(self._text, self._at):
            self._at = found.end()

    def _list(self, place: str) -> None:
        self._at += 1
        self._skip_space()
        index = 0
        while not self._peek("]"):
            self._note(f"{place}[{index}]")
            self._value(f"{place}[{index}]")
            index += 1
            self._separator()
        self._at += 1

    def _inline_table(self, place: str) -> None:
        self._at += 1
        self._skip_space()
        while not self._peek("}"):
            self._pair(place)
            self._separator()
        self._at += 1

    def _separator(self) -> None:
        self._skip_space()
        if self._peek(","):
            self._at += 1
            self._skip_space()
