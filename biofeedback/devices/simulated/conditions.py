"""How people differ: a condition is a set of plain numbers. Sources of the values are on docs/simulated-person.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What sets one person's movement and muscles apart from another's.

    Attributes
    ----------
    aim
        Share of the healthy excursion the person goes for at first.
    reach
        Share of the whole excursion the person can reach at most.
    amplitude_sd, duration_cv
        Spread from one repetition to the next: of the excursion (1 = whole), of durations (relative).
    slowness
        Factor on the durations of going out and back.
    sub_movements
        Smallest and largest number of strokes a movement out is made of.
    tremor_rad, tremor_hz
        Root mean square of the tremor at full excursion, and where it lies.
    agonist_gain, co_contraction
        Drive of the working muscle relative to a healthy one; drive the opposing muscle adds at full excursion.
    emg_strength
        Amplitude of the working muscle's EMG at its maximum, relative to a healthy one.
    agonist_lead_s, antagonist_lead_s
        From the onset of a muscle's EMG to the onset of movement.
    fatigue
        Share of the way to exhaustion each repetition takes off what is left.
    reaction_s, reaction_sd_s
        From a cue to the first change of EMG.
    step
        Excursion added by the strongest correction (1 = whole movement).
    learning
        Share of a repetition's corrections that is built into the next.
    forgetting
        Share of what was learned that is lost each repetition.
    sway_rad
        Root mean square of the lean of the standing trunk, in each direction.
    other_foot
        Length of the right foot's steps relative to the left one's.
    """

    aim: float = 1.0
    reach: float = 1.04
    amplitude_sd: float = 0.018
    duration_cv: float = 0.07
    slowness: float = 1.0
    sub_movements: tuple[int, int] = (1, 1)
    tremor_rad: float = 0.0015
    tremor_hz: float = 9.0
    agonist_gain: float = 1.0
    co_contraction: float = 0.04
    emg_strength: float = 1.0
    agonist_lead_s: float = 0.08
    antagonist_lead_s: float = 0.05
    fatigue: float = 0.006
    reaction_s: float = 0.25
    reaction_sd_s: float = 0.04
    step: float = 0.10
    learning: float = 0.45
    forgetting: float = 0.01
    sway_rad: float = 0.012
    other_foot: float = 1.0


CONDITIONS: dict[str, Condition] = {
    "healthy": Condition(),
    "weak-quadriceps": Condition(
        aim=0.76,
        reach=0.96,
        amplitude_sd=0.022,
        duration_cv=0.10,
        slowness=1.3,
        sub_movements=(2, 3),
        tremor_rad=0.002,
        tremor_hz=9.0,
        agonist_gain=0.78,
        co_contraction=0.28,
        emg_strength=0.6,
        agonist_lead_s=0.06,
        antagonist_lead_s=0.06,
        fatigue=0.02,
        step=0.05,
        learning=0.35,
    ),
    "stroke-synergy": Condition(
        aim=0.78,
        reach=0.94,
        amplitude_sd=0.035,
        duration_cv=0.15,
        slowness=1.6,
        sub_movements=(5, 7),
        tremor_rad=0.005,
        tremor_hz=5.5,
        agonist_gain=0.85,
        co_contraction=0.18,
        emg_strength=0.5,
        agonist_lead_s=0.02,
        antagonist_lead_s=0.10,
        fatigue=0.015,
        reaction_s=0.33,
        step=0.06,
        learning=0.25,
        forgetting=0.02,
        sway_rad=0.03,
        other_foot=0.72,
    ),
    "unsteady-stance": Condition(sway_rad=0.05, reaction_s=0.33, tremor_rad=0.003),
}


def condition(name: str) -> Condition:
    """Return the condition of that name.

    Raises
    ------
    ValueError
        One line naming the known ones.
    """
    try:
        return CONDITIONS[name]
    except KeyError:
        raise ValueError(f"{name}: no such simulated person; known are {', '.join(CONDITIONS)}") from None
