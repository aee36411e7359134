"""What holds for every test: an error in the log that nobody expected fails it."""

import logging

import pytest


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
