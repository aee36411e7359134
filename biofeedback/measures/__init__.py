"""Named values with unit, quality and reason, computed from signals."""
