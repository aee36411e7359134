"""When a person who takes part by program begins, and when they come to rest."""

import pytest

from biofeedback.session.companion import tell
from biofeedback.stream import Event


class Person:
    def __init__(self):
        self.told = []

    def go(self, time_s):
        self.told.append(("go", time_s))

    def stop(self, time_s):
        self.told.append(("stop", time_s))

    def contract(self, placement, time_s):
        self.told.append((placement, time_s))


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("live", {}, [("go", 7.0)]),
        ("paused", {}, [("stop", 7.0)]),
        ("set_ended", {}, [("stop", 7.0)]),
        ("calibrating", {"step": "reference", "placement": "biceps"}, [("biceps", 7.0)]),
        ("calibrating", {"step": "movement"}, [("go", 7.0)]),
        ("calibrated", {"step": "movement"}, [("stop", 7.0)]),
        ("calibration_left", {"step": "movement"}, [("stop", 7.0)]),
        ("calibrating", {"step": "rest"}, []),
        ("calibrated", {"step": "pose"}, []),
        ("mark", {}, []),
    ],
)
def test_an_event_tells_the_person_what_to_do(kind, values, told):
    person = Person()
    tell(person, Event(7.0, kind, values))
    assert person.told == told
