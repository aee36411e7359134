"""A session page written from its version, so that a torn one would show."""

import pytest

from biofeedback.session.view import FeedbackView, LatencyView, PatientView, SessionView


def _view(version: int = 1) -> SessionView:
    return SessionView(
        version=version,
        person="P" * (version % 50),
        person_note="",
        exercise_id="knee-extension-seated",
        exercise_name="Knee extension, seated",
        exercise_number=1,
        exercise_count=1,
        phase="live",
        movement="out",
        set_number=1,
        set_count=3,
        repetition=1,
        repetition_count=8,
        probes=2,
        active_s=0.0,
        active_since_s=None,
        active_goal_s=900.0,
        recording_since_s=None,
        saved_s=None,
        lanes=(),
        repetitions=(),
        sensors=(),
        events=(),
        banner=None,
        feedback=FeedbackView(
            cues=True,
            sound=True,
            volume=6,
            sound_mode="follow",
            sound_device="",
            vibration=None,
            schedule="each",
            bandwidth_percent=12.0,
        ),
        latency=LatencyView(),
        loss_percent=0.0,
        loss_name="",
        patient=PatientView(
            screen="live",
            view="column",
            limb="leg",
            mirror=False,
            side="right",
            goal="Bring the bar into the band",
            praise="",
            low=0.8,
            high=0.9,
            band=(0.0, 12.0),
            done=0,
            of=8,
        ),
    )


@pytest.fixture
def make_view():
    return _view
