"""Drivers explain bytes and do no I/O."""
