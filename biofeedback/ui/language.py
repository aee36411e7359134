"""The one door every text a person reads goes through."""

from biofeedback.appearance.language import filled, numerals, tr, within

__all__ = ["filled", "numerals", "tr", "within"]
