"""The benchmark of opening opens the program itself."""

import os

from biofeedback.cli.bench_start import _add_person, _open


def test_the_program_opens_and_answers(tmp_path):
    _add_person(tmp_path)
    opening = _open(os.environ | {"BIOFEEDBACK_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"})
    assert 0 < opening.painted_ms < opening.usable_ms
    assert not (tmp_path / "engine.json").exists()  # it closed in order
