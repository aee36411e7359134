"""What presents a cue off-screen: sound, later vibration and network."""
