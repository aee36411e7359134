"""Exercises: the model and the library of TOML files."""
