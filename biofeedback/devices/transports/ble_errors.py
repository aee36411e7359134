"""What a Bluetooth error means to the person in front of it."""

from __future__ import annotations

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
)

_NO_BLUETOOTH = (
    "This computer has no Bluetooth that can be used. Plug in a Bluetooth adapter, or use a sensor with a cable."
)
_SWITCHED_OFF = "Bluetooth is switched off. Switch it on in the system's settings and try again."
_DENIED = "The program may not use Bluetooth. Allow it in the system's privacy settings and try again."
_ABSENT = (
    "{name} was not found. Switch it on and bring it nearer; a sensor that is connected to a phone or to another "
    "program does not show itself."
)
_UNPAIRED = "{name} wants to be paired first. Pair it in the system's Bluetooth settings and try again."
_HELD = "{name} is in use by another program or by a phone. Disconnect it there and try again."
_FAILED = "{name} did not connect ({text}). Bring it nearer, switch it off and on again, and try once more."

_REASONS = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: _NO_BLUETOOTH,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: _NO_BLUETOOTH,
    BleakBluetoothNotAvailableReason.POWERED_OFF: _SWITCHED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: _DENIED,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: _DENIED,
    BleakBluetoothNotAvailableReason.UNKNOWN: _SWITCHED_OFF,
}
# What BlueZ, WinRT and CoreBluetooth write into their errors, in the order in which it is looked for.
_WORDS = (
    (("NotReady", "not powered", "turned off", "turned on"), _SWITCHED_OFF),
    (("Unreachable",), _ABSENT),
    (("ServiceUnknown", "NameHasNoOwner", "No Bluetooth adapters", "Failed to connect to socket"), _NO_BLUETOOTH),
    (("NotAuthorized", "NotPermitted", "Authentic", "Encryption", "ncrypt"), _UNPAIRED),
    (("AccessDenied", "not allowed"), _DENIED),
    (("InProgress", "AlreadyConnected", "busy", "Access Denied"), _HELD),  # the last: WinRT, on a service in use
)

BLUETOOTH_ERRORS: tuple[type[Exception], ...] = (BleakError, OSError, EOFError)  # a TimeoutError is an OSError


def advice(error: Exception, name: str = "The sensor") -> str:
    """Return one line that tells the person what to do, out of one of the `BLUETOOTH_ERRORS`."""
    if isinstance(error, BleakBluetoothNotAvailableError):
        return _REASONS[error.reason]
    if isinstance(error, BleakDeviceNotFoundError | TimeoutError):
        return _ABSENT.format(name=name)
    text = " ".join(str(error).split())
    if isinstance(error, BleakDBusError):
        text = " ".join([error.dbus_error, error.dbus_error_details or ""]).strip()
    elif isinstance(error, PermissionError):
        return _DENIED
    elif isinstance(error, FileNotFoundError | ConnectionError):  # the system's Bluetooth service is not there
        return _NO_BLUETOOTH
    for words, sentence in _WORDS:
        if any(word in text for word in words):
            return sentence.format(name=name)
    return _FAILED.format(name=name, text=text or type(error).__name__)
