"""The examples of the guide run, and print what it says they print."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "notebook.md"


def test_the_examples_print_what_the_guide_says() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    said = [line.rsplit("  # ", 1)[1].strip() for block in blocks for line in block.splitlines() if "print(" in line]
    printed = io.StringIO()
    names: dict[str, object] = {}
    with redirect_stdout(printed):
        for block in blocks:
            exec(compile(block, PAGE.name, "exec"), names)
    assert len(said) == 6
    assert printed.getvalue().splitlines() == said
