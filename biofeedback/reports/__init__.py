"""From a stored session to a page."""
