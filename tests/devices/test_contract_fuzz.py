"""No bytes break a decoder: no exception, nothing that grows, and clean frames are found behind any rubbish.

``BIOFEEDBACK_FUZZ_BYTES=1000000`` feeds every decoder a million bytes of each kind.
"""

from __future__ import annotations

import gc
import os
import sys
import types
from dataclasses import dataclass

import numpy as np
import pytest

from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.registry import profile_folders, profiles

N_BYTES = int(os.environ.get("BIOFEEDBACK_FUZZ_BYTES", "12000"))
MOST_GROWN = 20_000
CLEAN_TICKS = 48
PROFILES = {name: one.configured() for name, one in profiles((profile_folders()[0],)).items()}
EVERY_PROFILE = pytest.mark.parametrize("name", list(PROFILES))


def most_waiting(profile) -> int:
    """Return a number of bytes above all that may be kept while a frame is not complete."""
    most = 2 if profile.stuffing else 1  # every byte may be escaped
    return max(len(one.sync) + most * one.in_a_row * one.length + 1 for one in profile.messages)


def held_bytes(thing) -> int:
    """Return how much memory hangs on an object."""
    seen, todo, total = set(), [thing], 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        todo += gc.get_referents(one)
    return total


@dataclass
class Rubbish:
    """Pieces that no device sends, made of what it does send."""

    profile: object
    pieces: list
    random: np.random.Generator

    def noise(self, n_bytes: int):
        """Yield random bytes, from any characteristic if there are some."""
        link = self.profile.ble
        origins = [one.id for one in link.characteristics] if link else [""]
        while n_bytes > 0:
            piece = self.random.bytes(int(self.random.integers(1, 60 if link else 4000)))
            n_bytes -= len(piece)
            yield origins[int(self.random.integers(len(origins)))], piece

    def changed(self, n_bytes: int):
        """Yield what a device says, a few bytes in each hundred changed, in any order."""
        for origin, data in self._some(n_bytes):
            damaged = np.frombuffer(data, np.uint8).copy()
            at = self.random.integers(0, len(damaged), 1 + len(damaged) // 50)
            damaged[at] = self.random.integers(0, 256, len(at))
            yield origin, damaged.tobytes()

    def torn(self, n_bytes: int):
        """Yield what a device says with the end, or the begin, cut off."""
        for origin, data in self._some(n_bytes):
            at = int(self.random.integers(len(data)))
            yield origin, data[:at] if self.random.random() < 0.5 else data[at:]

    def headers(self, n_bytes: int):
        """Yield the begin of a frame over and over."""
        sync = bytes(self.profile.messages[0].sync) or b"\x00"
        origin = self.pieces[-1].origin
        for _ in range(0, n_bytes, 200):
            yield origin, sync * (200 // len(sync))

    def _some(self, n_bytes: int):
        while n_bytes > 0:
            piece = self.pieces[int(self.random.integers(len(self.pieces)))]
            n_bytes -= len(piece.data)
            if piece.data:
                yield piece.origin, piece.data


@EVERY_PROFILE
@pytest.mark.parametrize("kind", ["noise", "changed", "torn", "headers"])
@pytest.mark.timeout(60 + N_BYTES / 2_000)
def test_rubbish_breaks_nothing_and_hides_nothing(known, name, kind):
    profile = PROFILES[name]
    truth = known(profile)
    greeting, clean = truth.speech.greeting(), truth.pieces(0, CLEAN_TICKS)
    rubbish = Rubbish(profile, [*greeting, *clean], np.random.default_rng(7))
    decoder = ProfiledDecoder(profile)
    grown = [held_bytes(decoder)]
    for _ in range(4):
        for origin, data in getattr(rubbish, kind)(N_BYTES // 4):
            for batch in decoder.feed(data, 0.0, origin):
                assert (np.diff(batch.ticks) > 0).all()
            assert decoder.waiting_bytes < most_waiting(profile)
        grown.append(held_bytes(decoder))
        assert_found(truth, decoder, [*greeting, *clean])
    assert max(grown[1:]) < grown[0] + MOST_GROWN


def assert_found(truth, decoder, pieces) -> None:
    """Check that the samples in clean pieces are found; what went before may swallow the first of them."""
    batches = [batch for piece in pieces for batch in decoder.feed(piece.data, 0.0, piece.origin)]
    if truth.profile.messages[0].aligned:
        return  # nothing tells where a frame begins: its link loses no bytes
    sent = truth.counts(0, CLEAN_TICKS)
    for stream in truth.profile.streams:
        found = np.concatenate([one.streams[stream.id].counts for one in batches if stream.id in one.streams])
        apart = np.abs(sent[stream.id][:, None] - found[None]).max(axis=2).min(axis=1)
        n_missing = np.count_nonzero(apart > truth.step(stream))
        assert n_missing <= 2 + 13 * bool(truth.profile.ble), stream.id
