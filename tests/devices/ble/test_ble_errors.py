"""Every Bluetooth error becomes one line that says what the person can do."""

from __future__ import annotations

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)

from biofeedback.devices.transports.ble_errors import BLUETOOTH_ERRORS, advice

REASON = BleakBluetoothNotAvailableReason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BleakBluetoothNotAvailableError("", REASON.NO_BLUETOOTH), "has no Bluetooth"),
        (BleakBluetoothNotAvailableError("", REASON.NO_BLE_CENTRAL_ROLE), "has no Bluetooth"),
        (BleakBluetoothNotAvailableError("", REASON.POWERED_OFF), "is switched off"),
        (BleakBluetoothNotAvailableError("", REASON.DENIED_BY_USER), "privacy settings"),
        (BleakBluetoothNotAvailableError("", REASON.DENIED_BY_SYSTEM), "privacy settings"),
        (BleakBluetoothNotAvailableError("", REASON.UNKNOWN), "is switched off"),
        (BleakDeviceNotFoundError("AA", "not found"), "AA was not found. Switch it on"),
        (TimeoutError(), "AA was not found. Switch it on"),
        (FileNotFoundError(2, "No such file or directory"), "has no Bluetooth"),
        (ConnectionRefusedError(111, "Connection refused"), "has no Bluetooth"),
        (OSError(121, "The semaphore timeout period has expired"), "did not connect ([Errno 121] The semaphore"),
        (EOFError(), "did not connect (EOFError)"),
        (PermissionError(13, "Permission denied"), "privacy settings"),
        (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), "is switched off"),
        (BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["no such name"]), "has no Bluetooth"),
        (BleakDBusError("org.bluez.Error.InProgress", []), "in use by another program or by a phone"),
        (BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", ["rejected"]), "privacy settings"),
        (BleakDBusError("org.bluez.Error.NotPermitted", ["Not paired"]), "wants to be paired"),
        (BleakError("Insufficient Authentication"), "wants to be paired"),
        (BleakError("Could not get GATT services: Access Denied"), "in use by another program or by a phone"),
        (BleakError("Could not get GATT services: Unreachable"), "AA was not found. Switch it on"),
        (BleakError("Failed to start scanner. Is Bluetooth turned on?"), "is switched off"),
        (BleakError("le-connection-abort-by-local"), "did not connect (le-connection-abort-by-local)"),
        (BleakError(), "did not connect (BleakError)"),
    ],
)
def test_advice(error, expected):
    assert isinstance(error, BLUETOOTH_ERRORS)
    line = advice(error, "AA")
    assert expected in line
    assert "\n" not in line
