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
    windows = SessionWindows(client, pictures=tmp_path, until_over=True, offscreen=True, came_back=False)
    windows.patient.resize(480, 270)
    windows.console.resize(800, 500)
    qtbot.waitUntil(lambda: client.asked > 10)
    windows.patient.begins.emit()  # the therapist's window is about to take its turn
    windows.close()
    client.asked = 0
    qtbot.wait(300)  # longer than any of their timers
    assert client.asked == 0


def test_the_therapists_window_goes_on_where_the_patients_was_closed(qtbot, tmp_path):
    client = Left()
    windows = SessionWindows(client, offscreen=True, came_back=False)
    windows.patient.resize(480, 270)
    windows.console.resize(800, 500)
    qtbot.waitUntil(lambda: windows.console.paint_stats().frames > 2)
    windows.patient.close()
    windows.console.reset_paint_stats()
    qtbot.waitUntil(lambda: windows.console.paint_stats().frames > 5)
    windows.close()
