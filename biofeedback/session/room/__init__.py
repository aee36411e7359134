"""The sensors before, during and between sessions: found, connected, watched, placed, and lent to a session."""
