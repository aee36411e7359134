"""The one door every text a person reads goes through."""

from biofeedback.appearance.language import numerals, tr, within

__all__ = ["numerals", "tr", "within"]
