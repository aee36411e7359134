"""The two windows of one session ask nothing of it once it is left."""

from biofeedback.cli.session_windows import SessionWindows
from biofeedback.ui.showcase.playing import PlayingSession


class Left(PlayingSession):
    """A session that notes what is asked of it; pages and rows are in memory that may be gone."""

    def __init__(self):
        super().__init__("column")
        self.asked = 0

    def view(self):
        self.asked += 1
        return super().view()

    def ticks(self, since):
        self.asked += 1
        return super().ticks(since)

    def ended(self):
        self.asked += 1
        return False


def test_windows_that_are_closed_ask_nothing_more(qtbot, tmp_path):
    client = Left()
    windows = SessionWindows(client, pictures=tmp_path, offscreen=True, came_back=False)
    windows.patient.resize(480, 270)
    windows.console.resize(800, 500)
    qtbot.waitUntil(lambda: client.asked > 10)
    windows.patient.pulled.emit()  # the therapist's window is about to follow
    windows.patient.pulled.emit()
    windows.close()
    client.asked = 0
    qtbot.wait(300)  # longer than any of their timers
    assert client.asked == 0
