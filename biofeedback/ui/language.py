"""The one door every text a person reads goes through."""

from biofeedback.appearance.language import day, filled, language, numerals, tr, within

__all__ = ["day", "filled", "language", "numerals", "tr", "within"]
