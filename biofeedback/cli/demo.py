"""The demonstration: an engine process, both windows (on a screen or off it), and the files of the session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.output import print_table
from biofeedback.cli.plan import EnginePlan
from biofeedback.cli.sources import open_file
from biofeedback.exercises import model


class Demo:
    """One demonstration."""

    def __init__(self, plan: EnginePlan, out: Path, headless: bool, language: str = "") -> None:
        self._plan, self._out, self._headless, self._language = plan, out, headless, language
        self._exercise = model.find(plan.exercise)
        self._written: list[Path] = []

    def run(self) -> dict[str, Any]:
        """Run it; return the session document, which is also written as ``session.json``."""
        try:
            self._out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{self._out}: cannot be made ({error.strerror}); choose another folder with --out"
            ) from error
        from biofeedback.cli.windows import show

        show(self._plan, pictures=self._out, until_over=True, offscreen=self._headless, language=self._language)
        return self._write()

    def _write(self) -> dict[str, Any]:
        from biofeedback.cli.scored import write_report

        path = Path(self._plan.recording or "")
        opened = open_file(path)
        if "repetitions" not in opened.summary:
            raise UserError(
                f"{path.name}: the session broke off; what happened stands in {folders.home() / 'engine.log'}"
            )
        document = {"recording": str(path)} | opened.summary
        target = self._out / "session.json"
        target.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))
        write_report(opened, self._exercise, self._out / "report.pdf")
        names = ("session.json", "console.png", "patient.png", "report.pdf")
        self._written = [self._out / name for name in names if (self._out / name).exists()]
        return document

    def print_summary(self, document: dict[str, Any]) -> None:
        """Print the repetitions and a short table of figures."""
        from biofeedback.cli.recordings import print_repetitions

        print_repetitions(document)
        latency, samples = document["latency_ms"], document["samples"].values()
        lost = sum(s["lost"] for s in samples)
        rows = [
            ("repetitions counted / true", f"{document['count']} / {document['true_repetitions']}"),
            ("sample to cue p50 / p99", f"{_ms(latency['cue_p50'])} / {_ms(latency['cue_p99'])}"),
            ("sample to picture p50 / p95", f"{_ms(latency['painted_p50'])} / {_ms(latency['painted_p95'])}"),
            ("cue to sound p95", _ms(latency["sound_p95"]) + ("" if document["sound"] else " (no sound device)")),
            ("samples received / lost", f"{sum(s['received'] for s in samples)} / {lost}"),
            ("files", ", ".join(str(path) for path in self._written)),
            ("recording", document["recording"]),
        ]
        print()
        print_table(("figure", "value"), rows)
        print("A research and education toolkit, not a medical device.")


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"
