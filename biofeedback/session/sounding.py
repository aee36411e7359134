"""What is heard: the session's state and cues, as the sound's modes, signals and silences (`outputs` has the rules)."""

from __future__ import annotations

import contextlib
import math
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from biofeedback.appearance import language
from biofeedback.exercises.sounds import sideways
from biofeedback.exercises.views import GOALS, said_in
from biofeedback.feedback.cues import Cue
from biofeedback.outputs.loopback import Measurement
from biofeedback.outputs.singles import Silence
from biofeedback.outputs.sound import Sound
from biofeedback.outputs.speech import VoiceState
from biofeedback.outputs.sustained import FOLLOWING, Steering
from biofeedback.outputs.synth import Family
from biofeedback.outputs.tones import FOLLOW_SEMITONES, NARROW_SEMITONES
from biofeedback.session.again import AsLeft
from biofeedback.session.course import Course
from biofeedback.session.metronome import COUNT_IN, Metronome
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.view import BannerAction
from biofeedback.stream import Event

_REST_WARNING_S = 5.0
_GONE_WORDS = "The session goes on, and every cue has its picture. As soon as one is there, it sounds again."
_LOUD_WORDS = "A first visit begins softly. Play a chime, and set the volume."
_NO_SPEECH: dict[VoiceState, str] = {
    "off: this system has no voice": "Spoken prompts: this system has no voice",
    "off: the system's voice failed": "Spoken prompts: the system's voice failed",
}
_LISTEN_WORDS = "Some six seconds, through the microphone. Keep quiet, and the loudspeaker near."
_UNHEARD_WORDS = "Put the microphone to the loudspeaker, turn the volume up, and measure again."
_NO_INPUT_WORDS = "There is no microphone to listen with."
_MEASURE_S, _MEASURED_S = 6.0, 15.0


class Sounding:
    """Drives the sound of a session; does nothing where there is none."""

    def __init__(self, sound: Sound | None, pipeline: Pipeline, course: Course, left: AsLeft | None = None) -> None:
        self._sound, self._pipeline, self._course = sound, pipeline, course
        self._silence: Silence | None = None
        self._warned_of_rest_end_s = 0.0
        self._metronome = Metronome(pipeline.exercise.tempo)
        self._told: str | None = None
        self._beyond = False
        self._measuring: tuple[str, Measurement] | None = None
        self._told_late = self._told_gone = self._asked = False
        self._language = language.Catalogue()
        self._first_heard = left is not None and "volume" not in left.settings
        self._adjust()

    def cue(self, cue: Cue, row: NDArray[np.void], decided_s: float) -> None:
        """Sound one cue, with the row of its tick: own movement, the chime at the goal, and "less" beyond it."""
        if self._sound is None or not self._pipeline.live:
            return
        synth, shown = self._sound.synth, bool(row["cue"])
        beats = self._metronome.beats(cue.time_s, self._pipeline.moving_since_s)
        if beats is not None:
            synth.beats(beats)
        steering = self._steering(cue, row) if shown and self._pipeline.settings.sound else None
        if steering is None:
            synth.sustain(None)
        else:
            synth.sustain(
                steering.mode, steering.x, steering.e, inside=steering.inside, band=steering.band,
                semitones=steering.semitones, decided_s=decided_s,
            )  # fmt: skip
        if cue.reached and shown:
            synth.play("chime", decided_s)
        beyond = shown and cue.state == "above"
        if beyond and not self._beyond and (steering is None or steering.mode in FOLLOWING):
            synth.play("limit", decided_s)  # the other sounds say so themselves
        self._beyond = beyond

    def _steering(self, cue: Cue, row: NDArray[np.void]) -> Steering | None:
        """Return what the lasting sound says; None where there is none.

        The modes that sound outside the band only are silent while the screen asks for nothing, as between two
        repetitions, and as near to the band as the bandwidth of the feedback.
        """
        settings = self._pipeline.settings
        mode = settings.sound_mode
        if mode == "off" or self._sound is None or self._sound.late or math.isnan(cue.level):
            return None
        inside, error = cue.state in ("in", "hold"), cue.error
        if mode not in FOLLOWING:
            inside = inside or cue.state == "idle" or abs(error) <= 1.0 + settings.bandwidth_percent / 100.0
        if mode == "side":
            error = self._sideways(cue, row)
        semitones = FOLLOW_SEMITONES if settings.sound_range == "wide" else NARROW_SEMITONES
        return Steering(mode, cue.level, error, inside, self._pipeline.level_band, semitones)

    def _sideways(self, cue: Cue, row: NDArray[np.void]) -> float:
        """Return how far the person has gone to the right, in half widths of the band; NaN where nobody knows."""
        exercise = self._pipeline.exercise
        signal = sideways(exercise)
        if signal is None or signal is exercise.goal_signal:
            return math.nan if signal is None else cue.error
        band = self._pipeline.bands[exercise.target.signal]
        edge = max(abs(band.low or 0.0), abs(band.high or 0.0))
        return float(row["value"][exercise.signals.index(signal)]) / edge if edge else math.nan

    def counted(self, decided_s: float) -> None:
        """Sound a counted repetition: the end of a probe, or the note for one without a chime."""
        if self._sound is None:
            return
        number = self._pipeline.done_in_set
        self._sound.synth.next_repetition()
        if self._pipeline.is_probe(number):
            self._sound.synth.play("probe_end", decided_s)
        elif not (self._pipeline.goal_reached and self._pipeline.shows(number)):
            self._sound.synth.play("counted", decided_s)

    def apply(self, event: Event) -> None:
        """Follow the session's events."""
        if self._sound is None:
            return
        synth = self._sound.synth
        if event.kind == "setting":
            self._adjust()
        elif event.kind == "countdown":
            synth.beats(COUNT_IN)
            goal = self._pipeline.exercise.feedback.goal
            self._speak(said_in(self._pipeline.settings.view, goal, GOALS))
        elif event.kind == "set_ended":
            if self._silence in ("probe", "faded"):
                self._enter(None)  # the last repetition is over, and with it its silence
            synth.play("set_done")
        if event.kind in ("countdown", "finished") and self._measuring is not None:
            self._measuring[1].stop()
        if event.kind in ("paused", "set_ended", "finished", "sensor_lost"):
            synth.sustain(None)
            self._sound.voice.hush()
        if event.kind in ("paused", "set_ended", "finished"):
            synth.beats([])
            self._metronome.stop()

    def sample(self) -> None:
        """Play a chime, so that the person can say whether it is loud enough."""
        if self._sound is not None and not self._pipeline.live:
            self._sound.synth.play("chime", by_hand=True)

    def measure(self, notices: Notices) -> None:
        """Measure how late the sound is heard, between sets; what came of it is a notice."""
        if self._sound is None or self._measuring is not None or self._course.phase in ("countdown", "live"):
            return
        if self._sound.state != "on" or self._sound.synth.level_db == -math.inf:
            notices.put("delay", "warn", "The sound is off.", "Switch it on, and measure again.")
            return
        self._measuring = self._sound.device, Measurement(self._sound, _MEASURE_S)
        notices.put("delay", "info", "Listening for chimes…", _LISTEN_WORDS)

    def _tell_measured(self, notices: Notices, now_s: float) -> None:
        if self._sound is None or self._measuring is None or not self._measuring[1].over:
            return
        (device, measured), self._measuring = self._measuring, None
        if measured.stopped:
            notices.clear("delay")
            return
        if measured.delay_ms is None:
            words = _NO_INPUT_WORDS if measured.failure else _UNHEARD_WORDS
            notices.put("delay", "warn", "No chime was heard.", words)
            return
        self._sound.heard_after(device, measured.delay_ms)
        self._told_late = False
        if not self._sound.late:
            notices.clear("sound")
            words = f"{measured.delay_ms:.0f} ms after it was asked for: soon enough to follow a movement."
            notices.put("delay", "info", "The sound was heard.", words, until_s=now_s + _MEASURED_S)
        else:
            notices.clear("delay")  # `watch` says that it is late

    def speak_language(self, code: str) -> None:
        """Speak another language from now on; one that is not known changes nothing."""
        with contextlib.suppress(language.UnknownLanguageError):
            self._language = language.catalogue(code)

    def prompt(self, text: str | None) -> None:
        """Speak what the person's display asks for, once for each text and not before speech is on; None: nothing."""
        if text != self._told and (text is None or self._speaks):
            self._told = text
            if text is not None:
                self._speak(text)

    @property
    def note(self) -> str:
        """What is switched on and still not heard, in words; empty if nothing."""
        speech = self._pipeline.settings.families["speech"] is not None
        if self._sound is not None and self._sound.late:
            return f"{self._sound.delay_ms:.0f} ms late: only single sounds. Use a wired loudspeaker."
        if self._sound is not None and speech and self._sound.voice.state != "on":
            return _NO_SPEECH[self._sound.voice.state]
        return ""

    @property
    def voice(self) -> bool:
        """Whether the system can speak."""
        return self._sound is not None and self._sound.voice.state == "on"

    @property
    def _speaks(self) -> bool:
        settings = self._pipeline.settings
        return settings.sound and settings.families["speech"] is not None

    def _speak(self, text: str) -> None:
        if self._sound is not None and self._speaks:
            spoken = self._language
            code = language.ENGLISH if spoken.code == language.PSEUDO else spoken.code
            level_db = self._sound.synth.level_db + (self._pipeline.settings.families["speech"] or 0.0)
            self._sound.voice.say(language.translated(text, spoken), level_db, code)

    def _adjust(self) -> None:
        if self._sound is None:
            return
        settings, synth = self._pipeline.settings, self._sound.synth
        synth.muted = not settings.sound
        synth.volume, synth.headphones = settings.volume, settings.headphones
        for family in get_args(Family):
            gain_db = settings.families[family]
            synth.family(family, gain_db is not None, gain_db or 0.0)

    def watch(self, notices: Notices, now_s: float) -> None:
        """Follow the time: the end of a rest, and what must be silent now."""
        if self._sound is None:
            return
        self._enter(self._silence_now(notices))
        self._tell_measured(notices, now_s)
        if self._sound.late and not self._told_late:
            self._told_late = True
            notices.put("sound", "warn", "The sound comes late.", self.note)
        self._tell_whether_heard(notices, now_s)
        self._ask_whether_loud_enough(notices)
        ending = (
            self._course.rest_end_s - now_s <= _REST_WARNING_S and self._warned_of_rest_end_s != self._course.rest_end_s
        )
        if self._course.phase == "rest" and ending:
            self._warned_of_rest_end_s = self._course.rest_end_s
            self._sound.synth.play("rest_over")

    def _tell_whether_heard(self, notices: Notices, now_s: float) -> None:
        """Say when the device was lost in mid-session, and when another one took over."""
        assert self._sound is not None
        gone = self._sound.state == "off: sound server gone"
        if gone and not self._told_gone:
            dismiss = BannerAction(command="DismissBanner", label="Go on without", key="L")
            notices.put("silent", "warn", "The loudspeaker is gone.", _GONE_WORDS, (dismiss,))
        elif self._told_gone and not gone:
            notices.back("silent", "The loudspeaker is back.", "The sound goes on.", now_s)
        self._told_gone = gone

    def _ask_whether_loud_enough(self, notices: Notices) -> None:
        """Ask once, before the first set of a person whose volume nobody has chosen yet."""
        if not self._first_heard or self._sound is None or not self._sound.device or not self._pipeline.settings.sound:
            return
        if self._course.phase == "ready":
            if not self._asked:
                self._asked = True
                play = BannerAction(command="PlaySample", label="Play a chime", key="P")
                enough = BannerAction(command="DismissBanner", label="Loud enough", key="L")
                notices.put("loud", "info", "Is the sound loud enough?", _LOUD_WORDS, (play, enough))
        else:
            self._first_heard = False
            notices.clear("loud")

    def _enter(self, silence: Silence | None) -> None:
        if self._sound is not None and silence != self._silence:
            self._silence = silence
            self._sound.synth.silent(silence)

    def _silence_now(self, notices: Notices) -> Silence | None:
        if notices.goal_lost:
            return "sensor"
        if self._course.phase == "paused":
            return "paused"
        if self._course.phase == "rest":
            return "rest"
        if self._course.phase == "live" and not self._pipeline.shown:
            return "probe" if self._pipeline.probe else "faded"
        return None
