from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from biofeedback.outputs.arbiter import Silence
from biofeedback.outputs.synth import SAMPLING_RATE_HZ as RATE_HZ
from biofeedback.outputs.synth import Synth
from biofeedback.outputs.tones import CUES, LEVEL_DBFS, Cue

SILENCES: tuple[Silence, ...] = ("rest", "paused", "estimate", "sensor", "summary", "closed", "probe", "faded")


def test_nothing_asked_for_is_silence(ear: Any) -> None:
    assert ear.peak_db(ear.full_volume().render(RATE_HZ)) < -90


@pytest.mark.parametrize("state", SILENCES)
def test_silent_states(ear: Any, state: Silence) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 0.0))
    synth.silent(state)

    def go_on(at_s: float) -> None:
        synth.sustain("follow", 0.5, 0.0)
        if round(at_s * 100) % 40 == 0:
            for cue in ("tick", "chime", "limit", "phase_up", "set_done"):
                synth.play(cue)

    sound = ear.rendered(synth, 2.0, go_on)
    assert ear.peak_db(sound[: round(0.05 * RATE_HZ)]) > -25  # a fade, not a cut
    assert ear.peak_db(sound[round(0.21 * RATE_HZ) :]) < -90
    synth.silent(None)
    assert ear.peak_db(ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 0.0))) > -20


@pytest.mark.parametrize("state", ["paused", "sensor", "estimate", "closed"])
def test_a_pause_fades_what_still_sounds(ear: Any, state: Silence) -> None:
    synth = ear.full_volume()
    synth.play("set_done")
    ear.rendered(synth, 0.3)
    synth.silent(state)
    assert ear.peak_db(ear.rendered(synth, 1.0)[round(0.21 * RATE_HZ) :]) < -90


@pytest.mark.parametrize("cue", CUES)
def test_each_cue_sounds_at_its_level_and_ends(ear: Any, cue: Cue) -> None:
    synth = ear.full_volume()
    synth.play(cue)
    sound = ear.rendered(synth, 1.5)
    assert ear.peak_db(sound) == pytest.approx(LEVEL_DBFS[cue], abs=0.05)
    assert ear.peak_db(sound[round(1.25 * RATE_HZ) :]) < -90
    assert synth.counts() == {cue: 1}


@pytest.mark.parametrize(("volume", "headphones", "expected_db"), [(10, False, -12), (6, False, -24), (10, True, -24)])
def test_volume(ear: Any, volume: int, headphones: bool, expected_db: float) -> None:
    synth = Synth()
    synth.volume, synth.headphones = volume, headphones
    synth.render(4800)
    synth.play("chime")
    assert ear.peak_db(ear.rendered(synth, 0.7)) == pytest.approx(expected_db, abs=0.05)


def test_volume_is_clipped_and_has_a_default() -> None:
    synth = Synth()
    assert synth.volume == 6
    synth.volume = 17
    assert synth.volume == 10
    synth.headphones = True
    assert synth.volume == 8
    synth.volume = -3
    assert synth.volume == 0


@pytest.mark.parametrize("how", ["muted", "volume"])
def test_muted_is_silent_and_counts_nothing(ear: Any, how: str) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.3, lambda _: synth.sustain("follow", 0.5, 0.0))
    setattr(synth, how, True if how == "muted" else 0)
    synth.play("chime")
    sound = ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 0.0))
    assert ear.peak_db(sound[round(0.04 * RATE_HZ) :]) < -90
    assert synth.counts() == {}
    assert [(one.fate, one.reason) for one in synth.take_events()] == [("dropped", "switched off")]


def test_families(ear: Any) -> None:
    synth = ear.full_volume()
    synth.family("signals", gain_db=-20)
    synth.family("metronome", on=False)
    synth.family("own movement", on=False)
    synth.render(2560)
    synth.play("tick")
    synth.render(2560)
    synth.play("chime")
    sound = ear.rendered(synth, 0.7, lambda _: synth.sustain("follow", 0.5, 0.0))
    assert ear.peak_db(sound) == pytest.approx(-18, abs=0.6)  # 6 dB at most, and no follow below it
    assert synth.counts() == {"chime": 1}


def level_db(sound: Any, hz: float) -> float:
    times_s = np.arange(len(sound)) / RATE_HZ
    return 20 * np.log10(2 * abs(np.mean(sound * np.hanning(len(sound)) * 2 * np.exp(-2j * np.pi * hz * times_s))))


@pytest.mark.parametrize(("cue", "ducked_db"), [("chime", -6), ("counted", -6), ("set_done", -6), ("tick", 0)])
def test_the_lasting_sound_steps_back(ear: Any, cue: Cue, ducked_db: float) -> None:
    synth = ear.full_volume()

    def quiet(_: float) -> None:
        synth.sustain("quiet", 1.0, 2.0)

    before = ear.rendered(synth, 0.6, quiet)[-4800:, 0]
    synth.play(cue)
    during = ear.rendered(synth, 0.16, quiet)[-4800:, 0]
    after = ear.rendered(synth, 1.8, quiet)[-4800:, 0]
    # The third partial of 330 Hz, 990 Hz, is one that none of these cues has.
    assert level_db(after, 990) == pytest.approx(level_db(before, 990), abs=0.1)
    assert level_db(during, 990) - level_db(before, 990) == pytest.approx(ducked_db, abs=1.0)


@pytest.mark.parametrize(("cue", "ducked_db"), [("limit", -6), ("chime", -6), ("phase_up", 0)])
def test_how_deep_the_lasting_sound_falls(ear: Any, cue: Cue, ducked_db: float) -> None:
    """What is left of the mixture when the single sound is taken off."""
    both, alone, without = (ear.full_volume() for _ in range(3))
    both.play(cue)
    alone.play(cue)

    def heard(synth: Synth, lasting: bool) -> Any:
        return ear.rendered(synth, 0.25, lambda _: synth.sustain("follow", 0.5, 3.0) if lasting else None)

    left = heard(both, True) - heard(alone, False)
    undisturbed = heard(without, True)
    from_s = round(0.1 * RATE_HZ)
    assert ear.peak_db(left[from_s:]) - ear.peak_db(undisturbed[from_s:]) == pytest.approx(ducked_db, abs=0.1)


def test_a_tick_under_speech_is_6_db_softer(ear: Any) -> None:
    synth = ear.full_volume()
    synth.speaking(True)
    synth.play("tick")
    assert ear.peak_db(ear.rendered(synth, 0.2)) == pytest.approx(LEVEL_DBFS["tick"] - 6, abs=0.05)


def test_speech_ducks_by_12_db(ear: Any) -> None:
    synth = ear.full_volume()
    before = ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))[-4800:]
    synth.speaking(True)
    synth.play("tick")
    during = ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))[-4800:]
    assert ear.peak_db(during) - ear.peak_db(before) == pytest.approx(-12, abs=0.1)


def test_ducking_takes_30_and_250_ms(ear: Any) -> None:
    synth = ear.full_volume()
    ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))
    synth.speaking(True)
    down = ear.envelope(ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))[:, 0], 0.0025)
    synth.speaking(False)
    up = ear.envelope(ear.rendered(synth, 0.5, lambda _: synth.sustain("follow", 0.5, 2.0))[:, 0], 0.0025)
    filled = round(0.0025 * RATE_HZ)  # before that the window holds less than a period
    assert (filled + np.argmax(down[filled:] <= down[-1] * 1.01)) / RATE_HZ == pytest.approx(0.030, abs=0.004)
    assert np.argmax(up >= up[-1] * 0.99) / RATE_HZ == pytest.approx(0.250, abs=0.01)


def script(generator: random.Random, synth: Synth) -> None:
    """Do something a session might do, and what it never should."""
    choice = generator.random()
    if choice < 0.5:
        synth.sustain(
            generator.choice(["follow", "steps", "guide", "quiet", "side"]),
            generator.random(),
            generator.uniform(-4, 4),
        )
    elif choice < 0.95:
        synth.play(generator.choice(CUES))
    elif choice < 0.97:
        synth.next_repetition()
    else:
        synth.silent(generator.choice([None, None, None, "rest", "probe"]))


def test_the_peak_of_random_scripts_leaves_the_limiter_idle(ear: Any) -> None:
    generator = random.Random(11)
    synth, highest = ear.full_volume(), 0.0
    for _ in range(1000):  # each goes on where the one before it left off, which makes more coincidences, not fewer
        for _ in range(generator.randint(1, 4)):
            script(generator, synth)
        highest = max(highest, float(np.abs(synth.render(256 * generator.randint(1, 20))).max()))
    assert sum(synth.counts().values()) > 50
    assert -14 < 20 * np.log10(synth.peak) < -3
    assert highest == pytest.approx(synth.peak, rel=1e-4)


def test_the_limiter_bends_but_never_clips(ear: Any) -> None:
    synth = ear.full_volume()
    loud = np.linspace(-3.0, 3.0, 600).reshape(-1, 2)
    limited = synth._limited(loud)
    assert np.abs(limited).max() <= 1.0
    assert (np.diff(limited[:, 0]) >= 0).all()
    quiet = np.abs(loud) < 0.7
    assert limited[quiet] == pytest.approx(loud[quiet])


def test_as_many_chimes_as_repetitions_reached(ear: Any) -> None:
    generator = random.Random(2)
    synth = ear.full_volume()
    due: list[tuple[float, Cue]] = []
    reached = counted = 0
    at_s = 0.5
    for _ in range(30):
        seconds = generator.uniform(1.6, 3.0)
        due += [(at_s, "phase_up"), (at_s + 0.4 * seconds, "phase_hold"), (at_s + 0.6 * seconds, "phase_down")]
        outcome: Cue = "chime" if generator.random() < 0.6 else "counted"
        reached, counted = reached + (outcome == "chime"), counted + (outcome == "counted")
        at_s += seconds
        due.append((at_s - generator.choice([0.0, 0.03, 0.3]), outcome))
    due.sort()
    script = iter(due)
    ahead = next(script, None)

    while ahead is not None or synth.render(256 * 200).any():
        while ahead is not None and ahead[0] <= synth._frame / RATE_HZ:
            synth.play(ahead[1])
            ahead = next(script, None)
        synth.render(256)
    counts = synth.counts()
    assert (counts["chime"], counts["counted"]) == (reached, counted)


def test_events_tell_what_became_of_each_cue() -> None:
    synth = Synth()
    synth.play("tick", decided_s=99.990)
    synth.play("chime", decided_s=99.998)
    synth.render(256, now_s=100.0)
    chime, tick = synth.take_events()
    assert (tick.cue, tick.fate, tick.handed_over_s) == ("tick", "dropped", None)
    assert "chime" in tick.reason
    assert (chime.cue, chime.fate, chime.decided_s, chime.handed_over_s) == ("chime", "sounded", 99.998, 100.0)
    assert synth.take_events() == []


def test_latency_is_decision_to_hand_over() -> None:
    synth = Synth()
    assert synth.latency() is None
    synth.play("go", decided_s=9.990)
    synth.sustain("follow", 0.5, 0.0, decided_s=9.995)
    synth.render(256, now_s=10.0)
    assert synth.latency() == pytest.approx((10.0, 10.0))
    assert synth.latency("values") == pytest.approx((5.0, 5.0))
    synth.render(256, now_s=10.1)  # nothing new: nothing to measure
    assert synth.latency("values") == pytest.approx((5.0, 5.0))


def test_a_wait_the_rules_ask_for_is_no_latency() -> None:
    synth = Synth()
    synth.play("phase_up", decided_s=0.0)
    synth.play("chime", decided_s=0.0)
    for block in range(60):
        synth.render(256, now_s=0.001 + block * 256 / RATE_HZ)
    assert synth.counts() == {"phase_up": 1, "chime": 1}
    assert synth.latency() == pytest.approx((1.0, 1.0))
    assert [event.handed_over_s for event in synth.take_events()] == pytest.approx([0.001, 0.201])


def test_a_withdrawn_sound_is_gone_at_once(ear: Any) -> None:
    synth = ear.full_volume()
    synth.play("set_done")
    ear.rendered(synth, 0.04)
    synth.play("phase_up")
    gone = ear.rendered(synth, 0.15)[round(0.02 * RATE_HZ) :, 0]
    alone = ear.full_volume()
    alone.play("phase_up")
    expected = ear.rendered(alone, 0.15)[round(0.02 * RATE_HZ) :, 0]
    assert gone == pytest.approx(expected, abs=1e-6)
    assert [event.fate for event in synth.take_events()] == ["sounded", "withdrawn", "sounded"]


def test_hand_over_counts_from_the_place_in_a_long_block() -> None:
    synth = Synth()
    synth.play("phase_up", decided_s=0.0)
    synth.play("chime", decided_s=0.0)
    synth.render(RATE_HZ, now_s=5.0)
    assert [event.handed_over_s for event in synth.take_events()] == pytest.approx([5.0, 5.2])
