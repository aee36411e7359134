"""The sensor room: it connects, places, lends its sensors to a session, and is a room again afterwards."""

import asyncio
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from biofeedback.session import commands as say
from biofeedback.session.known import Reference
from biofeedback.session.room.commands import Assign, Begin, Blink, LetGo, Move, Prepare, Use, UseSimulated
from biofeedback.stream import Event, host_time_s


def placed(room):
    return all(place.sensor for place in room.places) and bool(room.places)


def found(view, sensor):
    return next(one for one in view.found if one.id == sensor)


def place(view, placement):
    return next(one for one in view.places if one.id == placement)


def test_simulated_sensors_are_placed_watched_and_lent_to_one_session_after_another(open_room):
    reference = Reference(2e-4, "mvc")

    async def scenario():
        async with open_room() as room:
            await room.ask(UseSimulated())
            view = await room.until(placed)
            assert [one.number for one in view.places] == [1, 2, 3, 4]
            await room.until(lambda v: all(p.light == "good" and p.low for p in v.places))
            devices = {one.device for one in room.sensors.connected.values()}
            for number in (1, 2):
                await room.ask(Begin())
                await room.until(lambda v: v.session == "running")
                await asyncio.sleep(0.5)
                # what a muscle's reference was holds for the next session: its sensor has stayed
                engine, worn = room.board.engines[-1], {} if number == 1 else {"vastus_medialis": reference}
                assert engine.plan.known.references == worn
                measured = {"step": "reference", "placement": "vastus_medialis", "value_v": 2e-4, "method": "mvc"}
                engine.happen(Event(host_time_s(), "reused", measured))
                # and so does how loud the person has it
                assert engine.pipeline.settings.volume == (4 if number == 1 else 2)
                room.board.engines[-1].command(say.SetVolume(2))
                first = {}
                for chunk in room.board.chunks:
                    first.setdefault(chunk.stream, chunk)
                assert set(first) == {"thigh/imu", "shank/imu", "vastus_medialis/emg", "biceps_femoris/emg"}
                assert all((c.first_sample, c.lost_before) == (0, 0) for c in first.values())
                room.command(say.Finish())
                view = await room.until(lambda v, n=number: v.finished is not None and v.finished.number == n)
                assert (view.session, view.finished.failure) == ("none", "")
                assert sum(v["lost"] for v in room.board.documents[-1]["samples"].values()) == 0
                room.board.chunks.clear()
            assert {one.device for one in room.sensors.connected.values()} == devices  # never connected again
            again = await room.until(placed)
            assert all(one.state == "streaming" for one in again.found if one.link == "simulated")

    asyncio.run(scenario())


def test_a_sensor_on_a_real_port_is_tried_as_what_it_may_be_and_placed(open_room, plugged):
    device = plugged("witmotion-wt901")

    async def scenario():
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            await room.ask(Use(f"usb:{device.port}", "witmotion-wt901"))
            view = await room.until(lambda v: bool(place(v, "thigh").sensor))
            one = found(view, f"usb:{device.port}")
            assert (one.state, one.kinds, one.profile) == ("streaming", ("imu",), "witmotion-wt901")
            view = await room.until(lambda v: found(v, one.id).rate_hz is not None)
            assert found(view, one.id).nominal_rate_hz == pytest.approx(100, rel=0.5)
            device.unplug()
            view = await room.until(lambda v: found(v, one.id).state == "lost", seconds=3)
            assert place(view, "thigh").light == "lost"
            assert found(view, one.id).detail
            device.plug()
            await room.until(lambda v: found(v, one.id).state == "streaming")

    asyncio.run(scenario())


def test_an_amplifier_fills_all_muscles_and_channels_can_be_exchanged(open_room, plugged):
    device = plugged("openbci-cyton")
    sensor = f"usb:{device.port}"

    async def scenario():
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            await room.ask(Use(sensor, "openbci-cyton"))
            view = await room.until(lambda v: bool(place(v, "biceps_femoris").sensor))
            vastus, biceps = place(view, "vastus_medialis"), place(view, "biceps_femoris")
            assert (vastus.column, biceps.column) == (0, 1)
            assert len([c for c in found(view, sensor).channels if c.kind == "emg"]) == 8
            await room.ask(Assign("vastus_medialis", sensor, biceps.stream, 1))
            view = await room.until(lambda v: place(v, "vastus_medialis").column == 1)
            assert place(view, "biceps_femoris").column == 0
            await room.ask(UseSimulated())
            await room.until(placed)
            await room.ask(Begin())
            await room.until(lambda v: v.session == "running")
            sources = room.board.engines[0].pipeline.sources
            assert sources["vastus_medialis"].columns == (1,)
            names = [c.name for c in sources["vastus_medialis"].stream.channels]
            assert names[:2] == ["biceps_femoris", "vastus_medialis"]  # the recording says it by itself

    asyncio.run(scenario())


def test_what_sat_where_is_filled_in_the_next_time(open_room, plugged):
    device = plugged("witmotion-wt901")
    sensor = f"usb:{device.port}"

    async def first():
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            await room.ask(Use(sensor, "witmotion-wt901,rate=200"))
            await room.until(lambda v: bool(place(v, "thigh").sensor))
            view = await room.until(lambda v: found(v, sensor).channels != ())
            assert found(view, sensor).nominal_rate_hz == 200
            channel = found(view, sensor).channels[0]
            await room.ask(Assign("shank", sensor, channel.stream, channel.column))
            await room.ask(Move("vastus_medialis", "rectus_femoris", "left"))
            await room.ask(UseSimulated())
            await room.until(placed)
            await room.ask(Begin())
            await room.until(lambda v: v.session == "running")
            exercise = room.board.plans[0].exercise
            assert exercise.signal("vastus_medialis").name == "Rectus femoris"

    async def second():
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            view = await room.until(lambda v: placed(v) and v.as_last_time)
            assert place(view, "shank").sensor == sensor
            assert found(view, sensor).profile == "witmotion-wt901,rate=200"
            assert (place(view, "vastus_medialis").place, place(view, "vastus_medialis").side) == (
                "rectus_femoris",
                "left",
            )

    asyncio.run(first())
    asyncio.run(second())


def test_what_cannot_be_done_is_one_sentence_and_the_room_goes_on(open_room):
    async def scenario():
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            for command, words in (
                (Use("usb:/dev/no-such-port", "witmotion-wt901"), None),
                (Use("usb:/dev/ttyXYZ"), "what kind of sensor"),
                (Use("nonsense"), "no such sensor"),
                (Use("usb:/dev/x", "no-such-profile"), "no such profile"),
                (Assign("elbow", "x", "y", 0), "no placement"),
                (Assign("thigh", "x", "y", 0), "does not give"),
                (Prepare(exercise="no-such-exercise"), "no such exercise"),
                (Begin(), "Thigh"),
            ):
                await room.ask(command)
                if words is not None:
                    view = await room.until(lambda v: bool(v.problem))
                    assert words in view.problem, command
                    assert "\n" not in view.problem
            view = await room.until(lambda v: found(v, "usb:/dev/no-such-port").state == "failed")
            assert "no-such-port" in found(view, "usb:/dev/no-such-port").detail
            await room.ask(LetGo("usb:/dev/no-such-port"))
            await room.ask(UseSimulated())
            await room.until(placed)

    asyncio.run(scenario())


def test_an_exercise_goes_on_without_a_muscle_but_not_without_its_goal(open_room):
    async def scenario():
        async with open_room() as room:
            await room.ask(UseSimulated())
            await room.until(placed)
            await room.ask(Assign("biceps_femoris"))
            await room.ask(Begin())
            await room.until(lambda v: v.session == "running")
            exercise = room.board.plans[0].exercise
            assert [s.id for s in exercise.signals] == ["knee_angle", "vastus_medialis"]
            assert all(part.signal != "biceps_femoris" for part in exercise.score)
            room.command(say.Finish())
            await room.until(lambda v: v.session == "none")
            await room.ask(Assign("thigh"))
            await room.ask(Begin())
            view = await room.until(lambda v: bool(v.problem))
            assert "cannot go without Thigh" in view.problem
            assert view.session == "none"

    asyncio.run(scenario())


def test_a_bad_electrode_gets_a_light_and_after_two_seconds_an_action(open_room):
    async def scenario():
        async with open_room(faults=("hum:biceps_femoris@0=2",)) as room:
            await room.ask(UseSimulated())
            view = await room.until(lambda v: placed(v) and place(v, "biceps_femoris").light == "weak")
            assert not place(view, "biceps_femoris").action
            view = await room.until(lambda v: bool(place(v, "biceps_femoris").action))
            assert place(view, "biceps_femoris").cause == "mains"
            assert place(view, "biceps_femoris").figures["mains_percent"] > 5
            assert place(view, "vastus_medialis").light == "good"

    asyncio.run(scenario())


def test_a_room_that_closes_ends_its_session_in_order(open_room):
    async def scenario():
        async with open_room() as room:
            await room.ask(UseSimulated())
            await room.until(placed)
            await room.ask(Begin())
            await room.until(lambda v: v.session == "running")
        assert room.board.documents[0]["failure"] is None
        assert room.board.latest.finished.number == 1

    asyncio.run(scenario())


def test_a_sensor_that_can_blinks_when_it_is_asked(open_room):
    async def scenario():
        async with open_room() as room:
            await room.ask(Blink())
            view = await room.until(lambda v: bool(v.problem))
            assert "shake it" in view.problem
            await room.ask(UseSimulated())
            view = await room.until(placed)
            assert all(one.blinks for one in view.found if one.link == "simulated")
            await room.ask(Blink("simulated:shank"))
            device = room.sensors.connected["simulated:shank"].device
            await room.until(lambda v: bool(device.told))
            assert device.told[0][0] == "identify"
            assert not room.sensors.connected["simulated:thigh"].device.told

    asyncio.run(scenario())


def test_which_one_moves_shows(open_room):
    async def scenario():
        async with open_room() as room:
            await room.ask(UseSimulated())
            await room.until(lambda v: placed(v) and all(place.low for place in v.places))
            await room.until(lambda v: not any(c.moving for one in v.found for c in one.channels))
            person = room.sensors.companion(room._places.seats)
            person.go(room.sensors.connected["simulated:shank"].device.clock.session_s())
            await room.until(lambda v: any(c.moving for c in found(v, "simulated:shank").channels))
            await room.until(lambda v: any(c.moving for c in found(v, "simulated:vastus_medialis").channels))
            assert not any(c.moving for c in found(room.board.latest, "simulated:thigh").channels)

    asyncio.run(scenario())


def test_streams_of_the_network_are_sensors_too(open_room):
    pylsl = pytest.importorskip("pylsl")
    info = pylsl.StreamInfo("room-test-emg", "EMG", 2, 500.0, pylsl.cf_float32, "room-test")
    for name in ("left", "right"):
        channel = info.desc().append_child("channels" if name == "left" else "more").append_child("channel")
        channel.append_child_value("label", name)
    outlet = pylsl.StreamOutlet(info, 16)

    async def sending():
        while True:
            outlet.push_chunk(np.random.default_rng(3).normal(0, 5e-6, (16, 2)).astype(np.float32).tolist())
            await asyncio.sleep(16 / 500)

    async def scenario():
        flow = asyncio.create_task(sending())
        async with open_room() as room:
            await room.until(lambda v: not v.scanning)
            room.sensors._look_once("network", room.sensors._listen_on_network())
            await room.until(lambda v: any(one.id == "lsl:room-test-emg" for one in v.found), seconds=8)
            await room.ask(Use("lsl:room-test-emg"))
            view = await room.until(lambda v: place(v, "vastus_medialis").sensor == "lsl:room-test-emg", seconds=15)
            assert found(view, "lsl:room-test-emg").state == "streaming"
        flow.cancel()

    asyncio.run(scenario())


def test_while_a_session_has_the_sensors_its_lights_are_shown_and_no_traces(open_room):
    async def scenario():
        async with open_room() as room:
            await room.ask(UseSimulated())
            await room.until(lambda v: placed(v) and all(p.low for p in v.places))
            await room.ask(Begin())
            view = await room.until(lambda v: v.session == "running" and not any(p.low for p in v.places))
            await room.until(lambda v: all(p.light == "good" for p in v.places))
            await room.ask(Move("thigh", "thigh", "left"))
            view = await room.until(lambda v: bool(v.problem))
            assert "A session is going on" in view.problem
            room.command(say.Finish())
            await room.until(lambda v: v.session == "none" and all(p.low for p in v.places))

    asyncio.run(scenario())


def test_an_exercise_the_simulated_person_cannot_do_says_so(open_room, tmp_path):
    library = Path(str(files("biofeedback.exercises").joinpath("library", "shoulder-flexion.toml")))
    odd = tmp_path / "odd.toml"
    odd.write_text(library.read_text("utf-8").replace('place = "wrist"', 'place = "head"'), "utf-8")

    async def scenario():
        async with open_room(str(odd)) as room:
            await room.until(lambda v: any("no 'head'" in note for note in v.notes))
            await room.ask(UseSimulated())
            view = await room.until(lambda v: bool(v.problem))
            assert "no 'head'" in view.problem
            assert not any(one.link == "simulated" for one in view.found)

    asyncio.run(scenario())
