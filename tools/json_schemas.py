"""Write the JSON schemas in docs/schema from the types of the documents: `python tools/json_schemas.py`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from biofeedback.cli.documents import MeasuresDocument, ScoreDocument

FOLDER = Path(__file__).parents[1] / "docs" / "schema"
DOCUMENTS = {"score.json": ScoreDocument, "measures.json": MeasuresDocument}


def schema(document: type[msgspec.Struct]) -> str:
    """Return the schema of a document as text."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | msgspec.json.schema(document), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, document in DOCUMENTS.items():
        (FOLDER / name).write_text(schema(document), encoding="utf-8")
