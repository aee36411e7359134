"""A table's rows and their cells, from a text file that may be compressed, in any usual encoding and dialect.

A file may be as long as it likes: rows are read as they are asked for, and no line may be longer than `LONGEST_LINE`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from biofeedback.storage.errors import FileError

LONGEST_LINE = 1 << 20  # a thousand columns fit many times; a file without line ends must not fill the memory
_ENCODED = 1 << 16  # bytes from which the encoding is told


class Line(NamedTuple):
    """A row of the file, its number from 1, and its cells."""

    number: int
    cells: list[str]


@contextmanager
def lines_of(path: Path, header_rows: int) -> Iterator[tuple[list[str], Iterator[Line]]]:
    """Open the file; give its column names, from as many header rows, and its rows of samples.

    Raises
    ------
    FileError
        If it cannot be read as text in rows; reading on may raise it as well.
    """
    try:
        with _open(path) as file:
            lines = _cells(path, _shortlines_of(path, file))
            head = [next(lines, None) for _ in range(max(1, header_rows))]
            present = [line for line in head if line is not None]
            if len(present) < len(head):
                raise FileError(f"{path}: ends before its samples; expected {header_rows} header rows and then samples")
            if header_rows == 0:
                yield [""] * len(present[0].cells), itertools.chain(present, lines)
            else:
                yield _names(present), lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{path}: the compressed file is damaged or cut off; copy it again") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the name") from error


def _names(head: list[Line]) -> list[str]:
    """Join several header rows, column by column, with a slash."""
    columns = itertools.zip_longest(*(line.cells for line in head), fillvalue="")
    return ["/".join(cell.strip() for cell in column if cell.strip()) for column in columns]


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        start = file.read(4)
    opened = gzip.open if start[:2] == b"\x1f\x8b" else open
    with opened(path, "rb") as file:
        start = file.read(_ENCODED)
    return opened(path, "rt", encoding=_encoding(start), errors="replace", newline="")


def _encoding(start: bytes) -> str:
    """Tell the encoding: what is no UTF-8 is taken for what Windows writes, for the sake of ° and µ."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _shortlines_of(path: Path, file: TextIO) -> Iterator[str]:
    """Give line by line, without the comments before the first."""
    begun = False
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE or "\0" in line:
            raise FileError(f"{path}: row {number} is no line of text; expected a CSV file")
        begun = begun or not line.startswith(("#", "sep="))
        yield line if begun else "\n"


def _cells(path: Path, lines: Iterator[str]) -> Iterator[Line]:
    """Cut lines at the sign that the first one uses; a comma that is no such sign is a decimal point."""
    skipped, first = next(((number, line) for number, line in enumerate(lines) if line.strip()), (0, ""))
    sign = max(",;\t", key=first.count)
    plain = lines if sign == "," else (line.replace(",", ".") for line in lines)
    reader = csv.reader(itertools.chain([first], plain), delimiter=sign)
    try:
        for cells in reader:
            if cells:
                yield Line(skipped + reader.line_num, cells)
    except csv.Error as error:
        raise FileError(f"{path}: row {skipped + reader.line_num}: {error}; expected a CSV file") from error
