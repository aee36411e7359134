"""From measures to what the person is told: targets, scores, cues, schedule."""
