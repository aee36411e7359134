"""The one door every text a person reads goes through."""

from biofeedback.appearance.language import filled, language, numerals, tr, within

__all__ = ["filled", "language", "numerals", "tr", "within"]
