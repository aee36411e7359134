"""Several motion sensors in one stream, as a base station sends them, each take a place of their own."""

from __future__ import annotations

from biofeedback.cli.simulate import Speaker
from biofeedback.devices.registry import load_profile
from biofeedback.devices.simulated import SimulatedPerson
from biofeedback.exercises import model
from biofeedback.session.placing import candidates, place
from biofeedback.stream import Channel, StreamInfo

KNEE = model.find("knee-extension-seated")


def motion(*names: str) -> StreamInfo:
    kinds = (("acc", "acceleration"), ("gyr", "angular_velocity"))
    channels = [Channel(f"{name}_{word}_{axis}", kind) for name in names for word, kind in kinds for axis in "xyz"]
    return StreamInfo("base/motion", "base", tuple(channels), 148.0)


def test_each_sensor_of_a_stream_is_a_candidate():
    stream = motion("left", "right", "trunk")
    found = candidates("imu", [stream])
    assert [source.columns for source in found] == [tuple(range(at, at + 6)) for at in (0, 6, 12)]


def test_sensors_of_one_stream_are_placed_by_their_names():
    emg = StreamInfo("base/emg", "base", (Channel("biceps_femoris", "emg"), Channel("vastus_medialis", "emg")), 2000.0)
    placed = place(KNEE, [motion("other", "shank", "thigh"), emg])
    assert placed["thigh"].columns == tuple(range(12, 18))
    assert placed["shank"].columns == tuple(range(6, 12))
    assert placed["vastus_medialis"].columns == (1,)


def test_the_name_of_a_file_places_no_sensor_that_says_where_it_is():
    axes = motion("s").channels
    streams = [StreamInfo(f"{at}/imu", "thigh and shank.csv", axes, 100.0) for at in ("shank", "thigh")]
    streams += [StreamInfo(f"{m}/emg", "a", (Channel("emg", "emg"),), 1000.0) for m in ("biceps", "vastus")]
    placed = place(KNEE, streams)
    assert (placed["thigh"].stream.id, placed["shank"].stream.id) == ("thigh/imu", "shank/imu")


def test_a_sensor_that_lacks_an_axis_is_no_candidate():
    stream = motion("whole", "half")
    short = StreamInfo(stream.id, stream.device, stream.channels[:-1], 148.0)
    assert [source.columns for source in candidates("imu", [short])] == [tuple(range(6))]
    assert candidates("imu", [StreamInfo("a/b", "a", stream.channels[:3], 100.0)]) == []


def test_a_simulated_person_wears_two_sensors_of_a_base_station():
    profile = load_profile("delsys-trigno")
    person = SimulatedPerson(KNEE)
    samples = Speaker(person, profile)(3.0, 260)["motion"]
    placed = place(KNEE, profile.stream_infos("base"))
    for name in ("thigh", "shank"):
        felt = person.samples(name, 3.0, 260, profile.stream("emg").rate_hz)
        assert (samples[:, placed[name].columns] == felt).all()
    assert (samples[:, 12:] == 0).all()  # slots without a sensor
