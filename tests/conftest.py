"""What holds for every test: an error in the log that nobody expected fails it, and streams stay on this machine."""

import logging
import os
import uuid

import pytest
from hypothesis import settings

LSL_SETTINGS = """
[multicast]
ResolveScope = machine
[lab]
SessionID = {session}
[tuning]
TimeProbeInterval = 0.005
TimeProbeMaxRTT = 0.1
[log]
level = -3
"""


os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
settings.register_profile("loaded machine", deadline=None)  # a slow example is not a wrong one
settings.load_profile("loaded machine")


@pytest.fixture(scope="session", autouse=True)
def _one_application(qapp):
    """Make Qt's application of the kind that windows need, before a test that only draws a page makes a smaller one."""


@pytest.fixture(scope="session", autouse=True)
def _own_network(tmp_path_factory):
    """Keep Lab Streaming Layer to a session of this worker; liblsl reads this once, with its first call."""
    path = tmp_path_factory.mktemp("lsl") / "lsl_api.cfg"
    path.write_text(LSL_SETTINGS.format(session=uuid.uuid4()))
    os.environ["LSLAPICFG"] = str(path)
    yield
    del os.environ["LSLAPICFG"]


@pytest.fixture(autouse=True)
def _no_unexpected_error_logs(caplog, request):
    yield
    if request.node.get_closest_marker("logs_errors"):
        return
    errors = [
        f"{record.name}: {record.getMessage()}"
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.ERROR
    ]
    assert not errors, f"unexpected errors in the log: {errors}"
