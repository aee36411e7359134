"""The score is what its definition says, and nothing can be bought back."""

import pytest

from biofeedback.exercises.model import ScorePart
from biofeedback.feedback.results import MeasureResult
from biofeedback.feedback.scoring import rate, share

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
