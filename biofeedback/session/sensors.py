"""Watch the sensors: silence, loss, quality. What is lost is said within a second, and said again when it is back."""

from __future__ import annotations

from collections.abc import Callable

from biofeedback.devices.base import DeviceStatus
from biofeedback.exercises.model import Exercise
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.rates import rate_words
from biofeedback.session.view import BannerAction
from biofeedback.stream import Chunk, Event

_SILENT_S = 0.5
_PATIENT_TOLD_S = 1.5
_BEGINS_S = 5.0  # a sensor may take its time to send its first sample


class SensorWatch:
    """Turns silence and bad signals into lights, events and banners."""

    def __init__(self, exercise: Exercise, pipeline: Pipeline, notices: Notices) -> None:
        self._placements = {p.id: p for p in exercise.placements}
        self._goal = set(exercise.goal_signal.placements)
        self._pipeline, self._notices = pipeline, notices
        self._heard_s: dict[str, float] = {}
        self._lost_s: dict[str, float] = {}
        self._wrong_rate: dict[str, str] = {}
        self.goal_lost = False

    def heard(self, chunk: Chunk, now_s: float) -> None:
        """Note that a stream is alive."""
        self._heard_s[chunk.stream] = now_s

    def watch(self, now_s: float, statuses: dict[str, DeviceStatus], happen: Callable[[Event], None]) -> None:
        """Compare what was heard with the time; call several times a second."""
        lost = {p for p in self._placements if self._is_lost(p, now_s, statuses)}
        for placement in lost - self._lost_s.keys():
            self._lost_s[placement] = now_s
            happen(Event(now_s, "sensor_lost", {"placement": placement}))
        for placement in self._lost_s.keys() - lost:
            gap_s = now_s - self._lost_s.pop(placement)
            happen(Event(now_s, "sensor_back", {"placement": placement, "gap_s": round(gap_s, 2)}))
            name = self._placements[placement].name
            self._notices.back(
                f"lost:{placement}",
                f"{name} is back after {gap_s:.1f} s.",
                "The gap is marked. A repetition it fell into gets no score.",
                now_s,
            )
        for placement in self._placements:
            self._watch_rate(placement, now_s, statuses, happen)
        for placement, since_s in self._lost_s.items():
            self._tell(placement, now_s - since_s + _SILENT_S, statuses)
        without = self._pipeline.settings.without
        self.goal_lost = bool((self._goal & self._wrong_rate.keys()) - without) or any(
            now_s - since_s > _PATIENT_TOLD_S - _SILENT_S
            for placement, since_s in self._lost_s.items()
            if placement in self._goal and placement not in without
        )

    def _watch_rate(
        self, placement: str, now_s: float, statuses: dict[str, DeviceStatus], happen: Callable[[Event], None]
    ) -> None:
        """Say that a sensor sends at another rate than its profile says, and let nothing be scored from it."""
        stream = self._pipeline.sources[placement].stream
        status = statuses.get(stream.device)
        if status is None or status.state != "streaming":
            return  # what was known of it still holds
        ratio, known = status.rate_ratio, placement in self._wrong_rate
        if ratio is None and known:
            del self._wrong_rate[placement]
            happen(Event(now_s, "rate_right", {"placement": placement}))
            self._notices.clear(f"rate:{placement}")
        elif ratio is not None and not known:
            words = self._wrong_rate[placement] = rate_words(ratio, stream.sampling_rate_hz)
            happen(Event(now_s, "rate_wrong", {"placement": placement, "words": words}))
            name = self._placements[placement].name
            self._notices.put(f"rate:{placement}", "fault", f"{name}: wrong rate, no score from it.", words)

    def _is_lost(self, placement: str, now_s: float, statuses: dict[str, DeviceStatus]) -> bool:
        stream = self._pipeline.sources[placement].stream
        heard_s = self._heard_s.setdefault(stream.id, now_s + _BEGINS_S)
        status = statuses.get(stream.device)
        silent = now_s - heard_s > max(_SILENT_S, 4.0 / stream.sampling_rate_hz)
        return silent or (status is not None and status.state == "lost")

    def _tell(self, placement: str, silent_s: float, statuses: dict[str, DeviceStatus]) -> None:
        name = self._placements[placement].name
        if placement in self._pipeline.settings.without:
            self._notices.clear(f"lost:{placement}")
            return
        status = statuses.get(self._pipeline.sources[placement].stream.device)
        action = status.detail if status is not None and status.state == "lost" and status.detail else ""
        goal = placement in self._goal
        self._notices.put(
            f"lost:{placement}",
            "fault",
            f"{name}: no signal for {silent_s:.1f} s. Check the sensor.",
            (action or "Connecting again.")
            + (
                " Cues are off; repetitions get no score." if goal else " The recording goes on; its part has no score."
            ),
            ()
            if goal
            else (BannerAction(command="GoOnWithout", label="Go on without it", key="W", argument=placement),),
        )
