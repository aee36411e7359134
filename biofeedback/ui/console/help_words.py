"""What helps where one is stuck: three sentences a page, shown with its keys."""

from __future__ import annotations

from biofeedback.ui.language import tr


def help_words(page: str) -> tuple[str, ...]:
    """Return what to know on a page, by its name in the shell; empty for one that explains itself."""
    words = {
        "home": (
            tr("Enter repeats the last session of whoever is chosen."),
            tr("Type to find a person by code, region or plan; arrows go down the list."),
            tr("Nothing to try it with? The demo has a simulated person with simulated sensors."),
        ),
        "exercises": (
            tr("Add what is to be done today; the order on the right is the order of the session."),
            tr("Sets and repetitions hold for today; “Keep as plan” keeps them for the next visit."),
            tr("Each exercise tells which sensors it needs."),
        ),
        "sensors": (
            tr("Give each number on the body a sensor: press “Use”, or drag the number."),
            tr("Move or tense the limb: the sensor that feels it says so."),
            tr("A sensor is missing? Go on without it, or use simulated ones."),
        ),
        "check": (
            tr("Let the person rest, then tense each muscle once."),
            tr("Each row names the one thing to do: press the electrode, move away from the charger."),
            tr("Nothing here stops you; the line below says what going on would cost."),
        ),
        "calibration": (
            tr("Read the sentence on the right aloud; the time runs by itself."),
            tr("Pain or fresh surgery: change to submaximal."),
            tr("Every step can be redone or skipped."),
        ),
        "live": (
            tr("Space starts, pauses and goes on, from everywhere."),
            tr("Drag the handles at the right of a signal to move its target; it holds from the next repetition."),
            tr("A signal is lost? The banner says which sensor and what to do; the recording goes on."),
        ),
        "set-summary": (
            tr("Look at what was seen more than once; that is what to say to the person."),
            tr("Grey could be chance: no need to act on it."),
            tr("The next set starts with Enter; change its target or feedback first, if you like."),
        ),
        "session-summary": (
            tr("Ask for pain and effort, then write A and P of the note: the program leaves them empty."),
            tr("“For the person” is the page to take home, “For the chart” the one to keep."),
            tr("A signed note cannot be changed any more."),
        ),
    }
    return words.get(page, ())
