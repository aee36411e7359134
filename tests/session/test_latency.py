"""Percentiles of how long things take: the last minute, and the whole session."""

from __future__ import annotations

from biofeedback.session.latency import Percentiles


def test_the_last_minute_forgets_what_was_before_it_and_the_session_does_not() -> None:
    late = Percentiles()
    for at_s in range(100, 130):
        late.add(0.200, float(at_s))
    for at_s in range(130, 220):
        late.add(0.004, float(at_s))
    assert late.recent_ms(99) == (4.0,)
    assert late.all_ms(50, 99) == (4.1, 200.1)


def test_nothing_is_said_before_the_first() -> None:
    assert Percentiles().recent_ms(50, 99) == Percentiles().all_ms(50, 99) == (None, None)
