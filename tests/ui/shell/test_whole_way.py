"""The whole way by keyboard alone, in the real program with a real engine: a new person to the report, then again."""

import pytest

from benchmarks.way import Therapist, add_person, choose_exercise, to_calibration, to_live, to_report
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records import sessions
from biofeedback.storage.records.store import Records


@pytest.mark.timeout(600)
def test_from_the_first_start_to_the_report_and_once_more_in_five_presses(tmp_path, monkeypatch, qapp):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    one = Therapist(by="keys")
    add_person(one)
    choose_exercise(one, "biceps con", 1)
    to_calibration(one, known=False)
    to_live(one, skip=True)
    to_report(one, tmp_path / "report.pdf")
    assert one.session is None  # else the patient's display goes on saying how the last set went
    one.close()

    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    (recording,) = (tmp_path / "recordings").glob("*.recording")
    with Records.open(tmp_path, StoreKey.load_or_create(tmp_path)) as records:
        session = sessions.of_recording(records, recording.name)
    assert session is not None
    assert session.ratings == {("pain", "after"): 2, ("effort", "after"): 4}
    assert session.note is not None
    assert session.note.signed is not None

    again = Therapist(by="keys")
    again.until(lambda: again.here == "home" and again.page.tiles, "who is next")
    again.press("Repeat last session")
    to_calibration(again, known=True)
    to_live(again, skip=True)
    assert again.session is not None
    assert (again.session.person, again.session.set_count) == ("P-001", 1)
    assert again.presses <= 5
    again.close()
