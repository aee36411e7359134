"""The score is what its definition says, and nothing can be bought back."""

import numpy as np
import pytest

from biofeedback.exercises.model import ScorePart
from biofeedback.feedback.results import MeasureResult, Reason, RepetitionResult, score_summary
from biofeedback.feedback.scoring import composite_of_z, rate, share

PARTS = [
    ScorePart(measure=f"m{i}", domain=domain, target=0.0, limit=1.0, mdc=0.0)
    for i, domain in enumerate(("range", "control", "timing", "symmetry", "muscle"))
]
EQUAL = {part.domain: 1.0 for part in PARTS}


def measures(shares, parts=PARTS):
    return [
        MeasureResult(
            name=part.measure,
            signal=None,
            domain=part.domain,
            value=None if s is None else 1 - s,
            unit="1",
            share=s,
        )
        for s, part in zip(shares, parts, strict=True)
    ]


def test_weighted_geometric_mean_of_the_sheet():
    assert rate(measures([0.8, 0.5, 1.0, 0.9, 0.6]), PARTS, EQUAL).total == pytest.approx(73.602, abs=1e-3)


def test_z_values_of_the_sheet():
    assert composite_of_z([-0.5, -1.2, 0.3], [0.4, 0.4, 0.2]) == pytest.approx(15.0724, abs=1e-4)
    assert composite_of_z([0.0, 0.0], [1.0, 3.0]) == pytest.approx(50.0)


def test_a_zero_cannot_be_bought_back():
    assert rate(measures([1.0, 1.0, 1.0, 1.0, 0.0]), PARTS, EQUAL).total == 0.0


def test_weights_count():
    weights = EQUAL | {"range": 9.0}
    low_range = rate(measures([0.5, 1.0, 1.0, 1.0, 1.0]), PARTS, weights).total
    assert low_range == pytest.approx(100 * 0.5 ** (9 / 13))


def test_no_total_below_sixty_percent_coverage():
    score = rate(measures([0.9, None, None, 0.9, None]), PARTS, EQUAL)
    assert score.coverage == pytest.approx(0.4)
    assert score.total is None
    assert score.error is None


def test_what_is_missing_is_left_out_and_said():
    score = rate(measures([0.9, 0.9, 0.9, 0.9, None]), PARTS, EQUAL)
    assert score.coverage == pytest.approx(0.8)
    assert score.total == pytest.approx(90.0)
    assert score.domains["muscle"] is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-5.0, 1.0), (0.0, 1.0), (3.0, 1.0), (21.5, 0.5), (40.0, 0.0), (99.0, 0.0)],
)
def test_share_has_a_dead_zone_and_a_limit(value, expected):
    part = ScorePart(measure="shortfall", domain="range", target=0.0, limit=40.0, mdc=3.0)
    assert share(value, part) == pytest.approx(expected)


def test_share_where_less_is_worse():
    part = ScorePart(measure="smoothness", domain="control", target=-1.6, limit=-4.0, mdc=0.3)
    assert share(-1.4, part) == 1.0
    assert share(-4.0, part) == 0.0
    assert 0.0 < share(-3.0, part) < 1.0


def test_the_error_follows_the_measures_own():
    exact = rate(measures([0.5] * 5), PARTS, EQUAL)
    noisy_parts = [ScorePart(measure=p.measure, domain=p.domain, target=0.0, limit=1.0, mdc=0.2) for p in PARTS]
    noisy = rate(measures([0.5] * 5, noisy_parts), noisy_parts, EQUAL)
    assert exact.error == pytest.approx(0.0, abs=1e-9)
    assert 1.0 < noisy.error < 10.0
    assert noisy.error == rate(measures([0.5] * 5, noisy_parts), noisy_parts, EQUAL).error


def repetition(score, error=4.0, probe=False, undone=False):
    return RepetitionResult(
        number=1,
        set_number=1,
        start_s=0.0,
        peak_s=1.0,
        end_s=2.0,
        peak=80.0,
        range=80.0,
        reached=True,
        result="in",
        score=score,
        error=None if score is None else error,
        coverage=0.8,
        reason=Reason("In target"),
        parts={},
        measures=(),
        band=(0.0, 1.0),
        feedback=True,
        probe=probe,
        undone=undone,
    )


def test_a_set_says_how_sure_its_mean_is():
    scores = [60.0, 70.0, 80.0, 90.0, 75.0, 75.0]
    found = score_summary([repetition(s) for s in scores] + [repetition(None), repetition(10.0, undone=True)], False)
    assert found.mean == pytest.approx(75.0)
    expected = np.std(scores) / np.sqrt(6)
    assert found.sem == pytest.approx(expected, rel=0.1)
    assert found.detectable == pytest.approx(2.7718 * found.sem, rel=1e-3)
    assert found.low == pytest.approx(75.0 - 1.96 * expected, abs=1.0)
    assert found.high == pytest.approx(75.0 + 1.96 * expected, abs=1.0)
    assert (found.scored, found.unscored) == (6, 1)
    assert found.noise == pytest.approx(16.0 / np.var(scores, ddof=1))
    assert "mostly real" in str(found.words)
    assert found == score_summary([repetition(s) for s in scores] + [repetition(None)], False)


def test_differences_within_the_error_are_noise():
    found = score_summary([repetition(s, error=6.0) for s in (70.0, 74.0, 72.0, 71.0)], False)
    assert found.noise == 1.0
    assert found.sem == pytest.approx(6.0 / np.sqrt(4), rel=0.1)
    assert score_summary([repetition(70.0, error=6.0)], False).sem == pytest.approx(6.0, rel=0.1)
    assert "mostly noise" in str(found.words)
    assert score_summary([repetition(70.0), repetition(75.0)], False).noise is None


def test_without_a_score_there_is_no_summary_and_probes_stand_apart():
    assert score_summary([repetition(None), repetition(50.0, probe=True)], probe=False) is None
    assert score_summary([repetition(None), repetition(50.0, probe=True)], probe=True).mean == 50.0
