"""Streaming blocks on plain arrays, time first. They know no devices."""
