"""What commands print."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np


def print_json(document: Any) -> None:
    """Print one JSON document, and nothing else, on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document, enc_hook=_plain), indent=1).decode() + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    """Turn a number of numpy's into a plain one."""
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"{type(value).__name__} is no JSON value")


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [
        max(len(head[i]), *(len(row[i]) for row in cells), 0) if cells else len(head[i]) for i in range(len(head))
    ]
    numeric = [bool(rows) and all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(head))]
    for row in [list(head), *cells]:
        line = "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric, strict=True))
        print(line.rstrip())
