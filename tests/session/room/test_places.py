"""Who sits where: assigned, exchanged, remembered; and the file that remembers, whatever stands in it."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.exercises.model import find
from biofeedback.session.placing import PlacementError
from biofeedback.session.room.fitting import Spot, fitted, usual_spots
from biofeedback.session.room.places import Memories, Memory, Places, Seat

KNEE = find("knee-extension-seated")


def seats(places):
    return {placement: (seat.sensor, seat.column) for placement, seat in places.seats.items()}


def test_sensors_fill_the_first_places_they_fit():
    places = Places(KNEE, {})
    places.fill("a", [("imu", "a/imu", 0), ("emg", "a/emg", 0)])
    places.fill("b", [("imu", "b/imu", 0)])
    assert seats(places) == {"thigh": ("a", 0), "vastus_medialis": ("a", 0), "shank": ("b", 0)}
    assert places.missing == ["biceps_femoris"]


def test_what_belongs_to_a_sensor_on_its_way_is_left_to_it():
    remembered = {"thigh": Memory("old", "", "", "old/imu", 0), "shank": Memory("b", "", "", "b/imu", 0)}
    places = Places(KNEE, remembered)
    places.fill("new", [("imu", "new/imu", 0)], expected={"old", "b"})
    assert seats(places) == {}
    places.fill("b", [("imu", "b/imu", 0)], expected={"old"})
    assert seats(places) == {"shank": ("b", 0)}
    places.fill("new", [("imu", "new/imu", 0)])
    assert seats(places)["thigh"] == ("new", 0)
    assert not places.as_last_time


@given(st.lists(st.tuples(st.sampled_from(["thigh", "shank"]), st.sampled_from(["a", "b", ""])), max_size=12))
def test_no_channel_ever_sits_on_two_places(steps):
    places = Places(KNEE, {})
    for placement, sensor in steps:
        places.assign(placement, Seat(sensor, f"{sensor}/imu", 0) if sensor else None)
        taken = list(places.seats.values())
        assert len(taken) == len(set(taken))
        assert (placement in places.seats) == bool(sensor)


def test_to_take_anothers_channel_exchanges_them():
    places = Places(KNEE, {})
    places.assign("thigh", Seat("a", "a/imu", 0))
    places.assign("shank", Seat("b", "b/imu", 0))
    places.assign("thigh", Seat("b", "b/imu", 0))
    assert seats(places) == {"thigh": ("b", 0), "shank": ("a", 0)}


def test_what_is_remembered_is_what_was_kept(tmp_path):
    file = tmp_path / "placements.json"
    memory = Memory("usb:/dev/x", "WitMotion", "witmotion-wt901", "x/imu", 0, "thigh", "left")
    Memories(file).keep("knee", {"thigh": memory})
    assert Memories(file).of("knee") == {"thigh": memory}
    assert Memories(file).of("other") == {}


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | JSON.map(msgspec.json.encode))
def test_whatever_stands_in_the_file_costs_at_most_the_memory(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("home") / "placements.json"
    file.write_bytes(content)
    memories = Memories(file)
    assert isinstance(memories.of("knee"), dict)
    memories.keep("knee", {"thigh": Memory("a")})
    assert Memories(file).of("knee") == {"thigh": Memory("a")}


def test_a_folder_that_cannot_be_written_costs_only_the_memory(tmp_path, caplog):
    memories = Memories(tmp_path / "gone" / "placements.json")
    memories.keep("knee", {"thigh": Memory("a")})
    assert memories.of("knee") == {"thigh": Memory("a")}
    assert "could not be kept" in caplog.text


def test_another_side_and_muscle_are_those_of_the_exercise_from_then_on():
    spots = usual_spots(KNEE) | {"vastus_medialis": Spot("rectus_femoris", "right")}
    moved = fitted(KNEE, spots)
    assert moved.signal("vastus_medialis").name == "Rectus femoris"
    assert moved.side == "right"
    left = fitted(KNEE, {placement: Spot(spot.place, "left") for placement, spot in spots.items()})
    assert left.side == "left"
    mixed = fitted(KNEE, spots | {"thigh": Spot("thigh", "left")})
    assert mixed.side == "both"


def test_without_its_goal_there_is_no_session():
    with pytest.raises(PlacementError, match="Shank"):
        fitted(KNEE, usual_spots(KNEE), ["shank"])
    less = fitted(KNEE, usual_spots(KNEE), ["biceps_femoris"])
    assert [p.id for p in less.placements] == ["thigh", "shank", "vastus_medialis"]
    assert {part.signal for part in less.score} <= {None, "vastus_medialis"}
