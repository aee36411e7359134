"""The therapist's window: the pages of a session, and the live console."""
