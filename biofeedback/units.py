"""Units as people and programs write them: nobody keeps a register of spellings, so be lenient.

Spellings: the EEG and MoCap meta-data pages of sccn/xdf, mne-tools/mne-lsl (a power of ten alone means volts), EDF and
CSV files, and what makers' programs send.
"""

from __future__ import annotations

import math
import re
import unicodedata

from biofeedback.stream import Quantity

_G = 9.80665
_DEGREE = math.pi / 180
_WORDS = {"micro": "u", "milli": "m", "nano": "n", "kilo": "k"}
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "k": 1e3}
# what may stand behind a prefix → every quantity it may mean, with the unit of `biofeedback.stream` that it is
_BASES: dict[str, tuple[tuple[Quantity, float], ...]] = {
    "v": (("emg", 1.0),),
    "volt": (("emg", 1.0),),
    "g": (("acceleration", _G), ("magnetic_field", 100.0)),  # gravity, or gauss: the channel's kind decides
    "g0": (("acceleration", _G),),
    "gn": (("acceleration", _G),),
    "gforce": (("acceleration", _G),),
    "m/s2": (("acceleration", 1.0),),
    "mps2": (("acceleration", 1.0),),
    "dps": (("angular_velocity", _DEGREE),),
    "deg/s": (("angular_velocity", _DEGREE),),
    "rad/s": (("angular_velocity", 1.0),),
    "radps": (("angular_velocity", 1.0),),
    "t": (("magnetic_field", 1e6),),
    "tesla": (("magnetic_field", 1e6),),
    "gauss": (("magnetic_field", 100.0),),
    "ga": (("magnetic_field", 100.0),),
    "deg": (("angle", _DEGREE),),
    "rad": (("angle", 1.0),),
    "n": (("force", 1.0),),
    "newton": (("force", 1.0),),
}
_IN_THOUSANDS = ("n", "newton")  # kg is no gravity
_LONG = (  # longer spellings → the one above
    (r"(metre|meter|m)s?(/|per)s(ec(ond)?)?(\^|\*\*)?(2|squared|/s)", "m/s2"),
    (r"m[.*·⋅]?s(\^|\*\*)?[-−]2", "m/s2"),
    (r"(degree|deg|°)s?", "deg"),
    (r"(degree|deg|°)s?(/|per)s(ec(ond)?)?", "deg/s"),
    (r"(degree|deg|°)s?[.*·⋅]?s(\^|\*\*)?[-−]1", "deg/s"),
    (r"(radian|rad)s?", "rad"),
    (r"(radian|rad|r)s?(/|per)s(ec(ond)?)?", "rad/s"),
    (r"(radian|rad)s?[.*·⋅]?s(\^|\*\*)?[-−]1", "rad/s"),
    (r"(volt|newton|tesla)s", r"\1"),
    (r"gs", "g"),
    (r"g[-_]force", "gforce"),
)
_USUAL: dict[Quantity, tuple[str, ...]] = {
    "emg": ("V", "mV", "uV", "nV"),
    "emg_counts": ("1",),
    "emg_envelope": ("1", "V", "mV", "uV", "nV"),
    "acceleration": ("m/s2", "mps2", "g", "mg"),
    "angular_velocity": ("rad/s", "radps", "deg/s", "dps"),
    "magnetic_field": ("uT", "nT", "gauss", "mG", "1"),  # 1: counts; only its direction and changes are used
    "orientation": ("1",),
    "angle": ("rad", "deg"),
    "force": ("N", "kN"),
    "other": ("1",),
}


def usual_units(quantity: Quantity) -> tuple[str, ...]:
    """Return how the units of a quantity are mostly written, to be named where another one was found."""
    return _USUAL[quantity]


def unit_factor(quantity: Quantity, text: str) -> float | None:
    """Return what one of that unit is in the program's unit of a quantity; None if it is no unit of it."""
    if "1" in _USUAL[quantity] and text.strip() == "1":
        return 1.0
    return dict(_meanings(text)).get("emg" if quantity == "emg_envelope" else quantity)


def quantity_of(text: str) -> Quantity | None:
    """Return what is most likely measured in a unit, or None where it tells nothing; volts are those of a muscle."""
    meanings = _meanings(text)
    return meanings[0][0] if meanings else None


def volts_from_power(text: str) -> str:
    """Return a unit with a power of ten alone, ``-6``, spelled out as volts, as mne-lsl means it; others stay."""
    plain = text.strip().replace("−", "-")
    return {"0": "V", "-3": "mV", "-6": "uV", "-9": "nV"}.get(plain, text)


def _meanings(text: str) -> tuple[tuple[Quantity, float], ...]:
    """Return what a unit may mean: quantities, and factors to the program's units."""
    plain = unicodedata.normalize("NFKC", text[:40].replace("º", "°")).replace("μ", "u").casefold()
    plain = re.sub(r"[\s()\[\]]", "", plain)
    if base := _base(plain):
        return _BASES[base]
    for word, short in _WORDS.items():
        if plain.startswith(word):
            return _scaled(_base(plain.removeprefix(word).lstrip("-_")), short)
    return _scaled(_base(plain[1:]), plain[0]) if plain and plain[0] in _PREFIXES else ()


def _base(plain: str) -> str | None:
    if plain in _BASES:
        return plain
    for pattern, spelled in _LONG:
        if found := re.fullmatch(pattern, plain):
            return found.expand(spelled)
    return None


def _scaled(base: str | None, prefix: str) -> tuple[tuple[Quantity, float], ...]:
    if base is None or (prefix == "k" and base not in _IN_THOUSANDS):
        return ()
    return tuple((quantity, factor * _PREFIXES[prefix]) for quantity, factor in _BASES[base])
