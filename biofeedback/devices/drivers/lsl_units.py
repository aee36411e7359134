"""Units as the senders of Lab Streaming Layer streams write them: there is no register of spellings, so be lenient.

Spellings: the EEG and MoCap meta-data pages of sccn/xdf, mne-tools/mne-lsl (a power of ten alone means volts), and what
makers' programs send.
"""

from __future__ import annotations

import math
import re
import unicodedata

_G = 9.80665
_DEGREE = math.pi / 180
_WORDS = {"micro": "u", "milli": "m", "nano": "n", "kilo": "k"}
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "k": 1e3}
# what may stand behind a prefix → every quantity it may mean, with the SI unit (for fields: uT) of `biofeedback.stream`
_BASES: dict[str, tuple[tuple[str, float], ...]] = {
    "v": (("volt", 1.0),),
    "volt": (("volt", 1.0),),
    "g": (("acceleration", _G), ("magnetic_field", 100.0)),  # gravity, or gauss: the channel's kind decides
    "g0": (("acceleration", _G),),
    "gn": (("acceleration", _G),),
    "gforce": (("acceleration", _G),),
    "m/s2": (("acceleration", 1.0),),
    "dps": (("angular_velocity", _DEGREE),),
    "deg/s": (("angular_velocity", _DEGREE),),
    "rad/s": (("angular_velocity", 1.0),),
    "t": (("magnetic_field", 1e6),),
    "tesla": (("magnetic_field", 1e6),),
    "gauss": (("magnetic_field", 100.0),),
    "ga": (("magnetic_field", 100.0),),
    "deg": (("angle", _DEGREE),),
    "rad": (("angle", 1.0),),
    "n": (("force", 1.0),),
    "newton": (("force", 1.0),),
}
_LONG = (  # longer spellings → the one above
    (r"(metre|meter|m)s?(/|per)s(ec(ond)?)?(\^|\*\*)?(2|squared|/s)", "m/s2"),
    (r"m[.*·⋅]?s(\^|\*\*)?[-−]2", "m/s2"),
    (r"(degree|deg|°)s?", "deg"),
    (r"(degree|deg|°)s?(/|per)s(ec(ond)?)?", "deg/s"),
    (r"(degree|deg|°)s?[.*·⋅]?s(\^|\*\*)?[-−]1", "deg/s"),
    (r"(radian|rad)s?", "rad"),
    (r"(radian|rad)s?(/|per)s(ec(ond)?)?", "rad/s"),
    (r"(radian|rad)s?[.*·⋅]?s(\^|\*\*)?[-−]1", "rad/s"),
    (r"(volt|newton|tesla)s", r"\1"),
    (r"g[-_]force", "gforce"),
)


def unit_factor(text: str, dimension: str) -> float | None:
    """Return what one of that unit is in the program's unit of a dimension, or None if it is not one of it.

    Dimensions are ``volt`` and the quantities of `biofeedback.stream`.
    """
    return dict(_meanings(text)).get(dimension)


def dimension_of(text: str) -> str | None:
    """Return the dimension a unit most likely belongs to, or None where it tells nothing."""
    meanings = _meanings(text)
    return meanings[0][0] if meanings else None


def _meanings(text: str) -> tuple[tuple[str, float], ...]:
    """Return what a unit may mean: dimensions, and factors to the program's units."""
    plain = unicodedata.normalize("NFKC", text[:40].replace("º", "°")).replace("μ", "u").casefold()
    plain = re.sub(r"[\s()\[\]]", "", plain)
    if re.fullmatch(r"[-−]?\d{1,2}", plain):
        power = int(plain.replace("−", "-"))
        return (("volt", 10.0**power),) if -12 <= power <= 0 and plain not in ("1", "") else ()
    if base := _base(plain):
        return _BASES[base]
    for word, short in _WORDS.items():
        if plain.startswith(word):
            return _scaled(_base(plain.removeprefix(word).lstrip("-_")), _PREFIXES[short])
    return _scaled(_base(plain[1:]), _PREFIXES[plain[0]]) if plain and plain[0] in _PREFIXES else ()


def _base(plain: str) -> str | None:
    if plain in _BASES:
        return plain
    for pattern, spelled in _LONG:
        if found := re.fullmatch(pattern, plain):
            return found.expand(spelled)
    return None


def _scaled(base: str | None, prefix: float) -> tuple[tuple[str, float], ...]:
    return tuple((dimension, factor * prefix) for dimension, factor in _BASES[base]) if base else ()
