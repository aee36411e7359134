"""Good repetitions apart from others: made-up squats with three sensors, and real shoulders with one."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import rankdata

from biofeedback.measures import catalogue
from biofeedback.measures.likeness import likeness, warped_distance
from tests.dsp.recordings import recording
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

RATE = 100.0
SEGMENTS = {"pelvis": (0.2, 0.0, 1.0), "thigh": (1.0, 0.65, 0.0), "shank": (0.6, -0.3, 0.0)}  # valgus, depth, lean


def stroke(u):
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10 - 15 * u + 6 * u**2)


def squats(seed, fault, n_good=8, n_bad=5):
    """Return samples of three sensors, the (start, end) of each squat, and which were done right."""
    rng = np.random.default_rng(seed)
    right = np.concatenate([np.ones(3), rng.permutation([1] * (n_good - 3) + [0] * n_bad)]).astype(bool)
    n = int(RATE * (4 + 4.5 * len(right)))
    times, at, where = np.arange(n) / RATE, 2.0, []
    usual = np.array([rng.uniform(70, 100), rng.uniform(20, 40), rng.uniform(-3, 3), rng.uniform(1.8, 3.0)])
    angles = np.zeros((3, n, 3))
    for good in right:
        heels = aside = 0.0
        depth, lean, valgus, seconds = usual * rng.normal(1.0, [0.06, 0.08, 0.1, 0.08]) + [0, 0, rng.normal(), 0]
        if not good:
            much = rng.uniform(0.7, 1.3)
            depth *= 1 - 0.3 * much * (fault == "shallow")
            lean += 16 * much * (fault == "lean")
            valgus += 12 * much * (fault == "valgus")
            heels = 9 * much * (fault == "heels up")
            aside = 7 * much * (fault == "to one side")
        way = stroke((times - at) / (seconds / 2)) - stroke((times - at - seconds / 2) / (seconds / 2))
        for place, (of_valgus, of_depth, of_lean) in enumerate(SEGMENTS.values()):
            angles[place, :, 0] += (of_depth * depth + of_lean * lean) * way
            angles[place, :, 1] += of_valgus * valgus * way
        angles[2, :, 0] -= heels * way
        angles[0, :, 1] += aside * way
        where.append((at, at + seconds))
        at += seconds + rng.uniform(0.4, 1.0)
    return {name: worn(rng, angles[i]) for i, name in enumerate(SEGMENTS)}, where, right


def worn(rng, degrees):
    """A sensor on a segment, mounted anyhow, with noise, bias and slow swaying."""
    n = len(degrees)
    slow = np.cumsum(rng.normal(size=(n, 2)), axis=0)
    slow -= np.linspace(slow[0], slow[-1], n)
    full = np.column_stack([degrees[:, :2] + 1.0 * slow / slow.std(axis=0), np.zeros(n)])
    q = Rotation.from_euler("xyz", full, degrees=True) * Rotation.random(random_state=int(rng.integers(1e6)))
    turn = (q[:-1].inv() * q[1:]).as_rotvec() * RATE
    gyr = np.concatenate([turn, turn[-1:]]) + rng.normal(0, 0.03, (n, 3)) + rng.normal(0, 0.01, 3)
    return np.hstack([q.inv().apply([0, 0, 9.81]) + rng.normal(0, 0.2, (n, 3)), gyr])


def area(scores, right):
    ranks, n = rankdata(scores), right.sum()
    return (ranks[right].sum() - n * (n + 1) / 2) / (n * (~right).sum())


def matched(found, where, right):
    """Return the scores and the truth of the repetitions that were not given as good."""
    rows = []
    for one in found.occurrences:
        middle = (one.time_s + one.end_s) / 2
        hit = [good for (a, b), good in zip(where, right, strict=True) if a <= middle <= b]
        if hit and not one.values["good"]:
            rows.append((one.values["score"], hit[0]))
    scores, truth = zip(*rows, strict=True)
    return np.array(scores), np.array(truth)


@pytest.mark.parametrize("given", [False, True], ids=["found", "given"])
def test_squats_done_right_and_wrong(given):
    areas = []
    for fault in ("shallow", "lean", "valgus", "heels up", "to one side") if given else ("shallow", "lean"):
        samples, where, right = squats(1, fault)
        segments = ",".join(f"{a:.2f}-{b:.2f}" for a, b in where) if given else ""
        found = catalogue.run("consistency", samples, RATE, segments=segments)
        assert found.values["repetitions"].value == len(where)
        areas.append(area(*matched(found, where, right)))
    print(f"areas {np.round(areas, 2)}")
    assert min(areas) >= 0.84


@pytest.mark.parametrize("others", [("abd", "fel"), ("trap", "pen")])
def test_one_shoulder_exercise_among_another(others):
    """Movement A twelve times, then B: B's repetitions are unlike the first of A."""
    joined, counts = [], []
    for kind in others:
        with gzip.open(recording(f"shoulder_{kind}_s01.csv.gz"), "rt") as file:
            data = np.genfromtxt(file, delimiter=",", skip_header=1)
        joined.append(np.hstack([data[:, 1:4] * 9.80665, data[:, 4:7]]))
        counts.append(len(data) / 50.0)
    found = catalogue.run("consistency", {"wrist": np.concatenate(joined)}, 50.0)
    rows = [(one.values["score"], one.time_s < counts[0]) for one in found.occurrences if not one.values["good"]]
    scores, first = (np.array(column) for column in zip(*rows, strict=True))
    assert first.sum() >= 10
    assert (~first).sum() >= 10
    assert area(scores, first) >= 0.95


def test_an_angle_and_a_column_that_marks_repetitions():
    times = np.arange(0.0, 30.0, 0.01)
    number = np.where(times % 3.0 < 2.0, times // 3.0 + 1.0, 0.0)
    height = np.where(number == 6, 25.0, 50.0)
    angle = height * (1 - np.cos(np.pi * (times % 3.0))) / 2 * (times % 3.0 < 2.0)
    found = catalogue.run(
        "consistency", {"knee": angle, "repetition": number}, 100.0, roles={"angle": "knee", "repetition": "repetition"}
    )
    scores = [one.values["score"] for one in found.occurrences]
    assert len(scores) == 10
    assert np.argmin(scores) == 5
    assert scores[5] < 30 < 95 < min(scores[:5])
    assert found.values["score"].value > 95


def test_good_ones_by_number_and_reasons():
    samples, where, _ = squats(1, "lean")
    found = catalogue.run("consistency", samples, RATE, good_numbers="2,3,4,5")
    assert [one.values["good"] for one in found.occurrences][:6] == [0, 1, 1, 1, 1, 0]
    still = {"thigh": np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (500, 1))}
    assert "good" in catalogue.run("consistency", still, RATE).values["score"].reason
    for wrong in (
        {"segments": "3-2"},
        {"segments": "a-b"},
        {"segments": "1..2-3"},
        {"good_numbers": "1;2"},
        {"good": 1},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            catalogue.run("consistency", samples, RATE, **wrong)
    assert len(where) == 13


def test_any_pieces_give_the_same():
    samples, _, _ = squats(2, "valgus")
    lossy = {"thigh": with_losses(samples["thigh"][:2500], RATE, np.random.default_rng(3), bursts=1)}
    rates = {"thigh": RATE}
    whole = catalogue.run("consistency", lossy, rates)
    assert len(whole.occurrences) >= 3
    assert_the_same(whole, run_in_pieces("consistency", lossy, rates, 300))


def test_published_warping():
    """Squared local cost, the root of the sum; metrics sheet, I10."""
    curves = np.array([[0.0, 1.0, 2.0, 2.0]])[:, :, None]
    template = np.array([0.0, 0.0, 1.0, 3.0])[:, None]
    assert warped_distance(curves, template, band=1.0)[0] == pytest.approx(1.414214, abs=1e-6)


def test_neither_units_nor_a_sensor_that_lies_still_decide():
    rng = np.random.default_rng(0)
    curve = np.sin(np.linspace(0, np.pi, 101))
    group = (curve * rng.normal(1.0, 0.05, (8, 1)))[:, :, None]
    group[7] *= 0.5
    good, lasted = np.arange(8) < 3, np.full(8, 2.0)
    alone = likeness([group], lasted, good)
    np.testing.assert_allclose(likeness([group * 57.3], lasted, good).score, alone.score, rtol=1e-9)
    np.testing.assert_allclose(likeness([group, np.zeros((8, 101, 3))], lasted, good).score, alone.score)
    assert np.argmin(alone.score) == 7
    with pytest.raises(ValueError, match="two good"):
        likeness([group], lasted, np.arange(8) < 1)
    with pytest.raises(ValueError, match="nothing moves"):
        likeness([np.zeros((8, 101, 3))], lasted, good)
