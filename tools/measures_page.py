"""Write the list of measures in docs/measures.md from the catalogue: `python tools/measures_page.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biofeedback.measures.catalogue import catalogue
from biofeedback.measures.described import described

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
BEGIN, END = "<!-- from here on written by tools/measures_page.py -->\n", "<!-- up to here -->\n"


def page(before: str) -> str:
    """Return the page with its list of measures made anew."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{listed()}\n{END}{tail}"


def listed() -> str:
    """Return the measures, domain by domain."""
    parts: list[str] = []
    domain = ""
    for measure in catalogue().values():
        document = described(measure)
        if document["domain"] != domain:
            domain = document["domain"]
            parts.append(f"### {domain.capitalize() if domain != 'emg' else 'EMG'}")
        parts.append(_measure(document))
    return "\n\n".join(parts) + "\n"


def _measure(document: dict[str, Any]) -> str:
    needs = ", ".join(
        f"`{role['role']}` ({', '.join([role['kind'], *(word for word in ('several', 'optional') if role[word])])})"
        for role in document["needs"]
    )
    lines = [
        f"#### `{document['name']}`: {document['title']}",
        "",
        document["definition"],
        "",
        f"Needs {needs}. Delay {document['group_delay_s']:g} s, warm-up {document['warm_up_s']:g} s. "
        f"Source: {document['source']}."
        + (f" Reliability: {document['reliability']}." if document["reliability"] else ""),
        "",
        "| value | unit | is |",
        "|---|---|---|",
        *(f"| `{one['name']}` | {one['unit']} | {one['definition']} |" for one in document["gives"]),
    ]
    if document["occurrences"]:
        lines += ["", "| occurrence | of | is | its values |", "|---|---|---|---|"]
        lines += [
            f"| {_kind(one['kind'])} | {_shown(one['of'])} | {one['definition']} | {_values(one['values'])} |"
            for one in document["occurrences"]
        ]
    if document["signals"]:
        lines += ["", "| signal | unit | is |", "|---|---|---|"]
        lines += [f"| {_names(one['name'])} | {one['unit']} | {one['definition']} |" for one in document["signals"]]
    if document["settings"]:
        lines += ["", "| setting | default | may be | is |", "|---|---|---|---|"]
        lines += [
            f"| `{one['name']}` | {_shown(one['default'])} | {one['values']} | {one['definition']} |"
            for one in document["settings"]
        ]
    return "\n".join(lines)


def _kind(text: str) -> str:
    return f"`{text}`" if text.isidentifier() else text


def _names(text: str) -> str:
    return ", ".join(f"`{name}`" for name in text.split(", "))


def _values(values: list[dict[str, str]]) -> str:
    return "; ".join(f"`{one['name']}` ({one['unit']}): {one['definition']}" for one in values) or "–"


def _shown(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
