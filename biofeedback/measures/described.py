"""What is known of a measure as plain values: for the list of measures, the page about them, and other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from biofeedback.measures.catalogue import Output, StreamingMeasure
from biofeedback.measures.settings import settings_described


def described(measure: type[StreamingMeasure]) -> dict[str, Any]:
    """Return everything that is known of a measure."""
    definition = measure.definition
    return {
        "name": definition.name,
        "title": definition.title,
        "domain": definition.domain,
        "definition": definition.definition,
        "source": definition.source,
        "group_delay_s": definition.group_delay_s,
        "warm_up_s": definition.warm_up_s,
        "reliability": definition.reliability,
        "needs": [
            {"role": role.name, "kind": role.kind, "several": role.several, "optional": role.optional}
            for role in definition.roles
        ],
        "gives": _outputs(definition.outputs),
        "occurrences": [
            {"kind": one.kind, "of": one.of, "definition": one.definition, "values": _outputs(one.values)}
            for one in definition.occurrences
        ],
        "signals": _outputs(definition.signals),
        "settings": settings_described(measure.Settings),
    }


def _outputs(outputs: Iterable[Output]) -> list[dict[str, str]]:
    return [{"name": one.name, "unit": one.unit, "definition": one.definition} for one in outputs]
