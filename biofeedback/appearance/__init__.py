"""Colours, type and spacing of windows and reports: one set of tokens and the fonts the program ships."""

from biofeedback.appearance.tokens import FONT_FAMILY, Theme, font_files, theme

__all__ = ["FONT_FAMILY", "Theme", "font_files", "theme"]
