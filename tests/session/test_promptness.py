"""Garbage is found when asked for, also among what was left out of searches before."""

import gc
import os
import subprocess
import sys
import weakref

import pytest

from biofeedback.session.promptness import settle


class Ring:
    """Something only a search for garbage can clear away."""

    def __init__(self):
        self.self = self


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()


def test_what_stands_is_left_out_until_it_is_garbage(thawed):
    ring = Ring()
    alive = weakref.ref(ring)
    settle()
    assert not any(found is ring for found in gc.get_objects())  # searches do not look at it
    del ring
    gc.collect()
    assert alive() is not None
    settle()
    assert alive() is None


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system has no such priorities")
def test_the_engine_goes_first_where_it_may():
    code = (
        "import os; from biofeedback.session.promptness import go_first; before = os.nice(0); go_first();"
        "print(before, os.nice(0))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, ran.stdout.split())
    assert after in (min(before, -10), before)
