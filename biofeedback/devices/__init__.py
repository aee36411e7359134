"""Devices: what brings samples. Transport moves bytes, driver explains them, device is both."""
