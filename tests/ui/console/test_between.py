"""The set's summary comes by itself when a set is over, and goes when the next one begins."""

from dataclasses import replace

import pytest

from biofeedback.session import commands as ask
from biofeedback.session.room.view import RoomView
from biofeedback.ui.console.between import Between
from biofeedback.ui.console.home import Home
from biofeedback.ui.console.set_summary import SetSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.welcome import Welcome


class Room:
    """A session that is at whatever phase the test says."""

    def __init__(self, page):
        self.page, self.state, self.sent = page, "running", []

    def room(self):
        return RoomView(version=1, session=self.state)

    def view(self):
        return self.page

    def send(self, command):
        self.sent.append(command)


@pytest.fixture
def begun(qtbot, scripted):
    shell = Shell(theme="light")
    qtbot.addWidget(shell)
    client = Room(scripted.ScriptedSession("live").page)
    shell.add("live", Welcome)  # any page stands for the lanes here
    shell.add("sensors", Home)
    between = Between(shell, client, lambda: shell.go("live"))
    between._timer.stop()
    shell.go("live")

    def phase(name, **changed):
        client.page = replace(client.page, phase=name, **changed)
        between.watch()
        return shell.here

    return shell, client, phase


def test_it_comes_with_the_rest_and_goes_with_the_countdown(begun):
    shell, _, phase = begun
    assert phase("live") == "live"
    assert phase("rest") == "set-summary"
    assert isinstance(shell.page, SetSummary)
    assert phase("ready") == "set-summary"
    assert phase("countdown") == "live"
    assert phase("paused") == "live"
    assert phase("finished") == "set-summary"


def test_who_left_for_the_sensors_is_not_fetched_back(begun):
    shell, _, phase = begun
    phase("live")
    shell.go("sensors")
    assert phase("rest") == "sensors"
    shell.go("live")
    assert phase("rest") == "live"


def test_a_session_taken_up_between_sets_stays_where_it_is(begun):
    _, _, phase = begun
    assert phase("rest") == "live"


def test_what_is_asked_for_there_reaches_the_session(begun):
    shell, client, phase = begun
    phase("live")
    phase("rest")
    shell.page.foot().primary.act()
    shell.page.foot().others[0].act()
    assert client.sent == [ask.Start(), ask.Finish()]


def test_the_set_before_is_remembered_across_sets(begun):
    shell, client, phase = begun
    phase("live", set_number=1)
    phase("rest")
    phase("countdown", set_number=2)
    phase("live", repetitions=client.page.repetitions[1:])
    phase("rest")
    assert shell.page._facts.score_before is not None
