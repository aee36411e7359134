"""Which sensor plays which role of a measure: as asked, by its name, or in order where only one order is possible."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biofeedback.measures.catalogue import Kind, Role

_SIDES = {"l": "left", "r": "right", "lt": "left", "rt": "right"}
_TRUNK = ("trunk", "torso", "back", "spine")
_SEGMENTS = {  # from proximal to distal, with what a sensor there may be called
    "pelvis": ("pelvis", "sacrum", "hip", "waist", "belt", "lumbar", "l5", "lowerback", *_TRUNK),
    "thorax": ("thorax", "sternum", "chest", "upperback", *_TRUNK),
    "head": ("head", "forehead"),
    "scapula": ("scapula", "acromion", "shoulder"),
    "upperarm": ("upperarm", "humerus", "shoulder", "arm"),
    "forearm": ("forearm", "lowerarm", "ulna", "wrist", "arm"),
    "hand": ("hand", "finger"),
    "thigh": ("thigh", "femur", "upperleg", "leg"),
    "shank": ("shank", "shin", "tibia", "calf", "lowerleg", "leg"),
    "foot": ("foot", "shoe", "heel", "ankle", "insole", "leg"),
}
_PLACES = sorted({name for names in _SEGMENTS.values() for name in names})
_WORDS = re.compile(r"[lL]5|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_PLACE_WITH_SIDE = re.compile(  # tibial, ulnar and scapular are no sides
    rf"(left|right|l|r)?({'|'.join(_PLACES)})(left|right|(?<!a)[lr])?(?:imu|sensor)?"
)


class RoleError(ValueError):
    """The sensors at hand cannot play the roles; one line says what is needed and what there is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sensor that could play a role: its name, and the kinds it can be."""

    name: str
    kinds: frozenset[Kind]


def assigned(
    measure: str, roles: Sequence[Role], candidates: Sequence[Candidate], asked: Mapping[str, str] | None = None
) -> list[tuple[Role, Candidate]]:
    """Return (role, its sensor) in the order of the roles; a role that several play appears several times.

    Parameters
    ----------
    asked
        Names of sensors by role, separated by commas where several play it.

    Raises
    ------
    RoleError
        If a role is left empty, or it is not clear which sensor plays it.
    """
    chosen: dict[str, list[Candidate]] = {role.name: [] for role in roles}
    free = list(candidates)

    def take(role: Role, found: Iterable[Candidate]) -> None:
        for one in list(found):
            chosen[role.name].append(one)
            free.remove(one)

    for name, wanted in (asked or {}).items():
        role = next((role for role in roles if role.name == name), None)
        if role is None:
            known = ", ".join(role.name for role in roles)
            raise RoleError(f"{measure} has no role {name!r}; it has {known}")
        take(role, [_named(measure, role, one, free) for one in _split(role, wanted)])
    for alike in (_matches, _is_like, _is_on_the_side):
        for role in roles:
            fitting = [one for one in free if role.kind in one.kinds and alike(role, one.name)]
            if fitting and not chosen[role.name]:
                take(role, fitting if role.several else fitting[:1])
    _in_order(measure, roles, free, chosen, take)
    missing = [role for role in roles if not chosen[role.name] and not role.optional]
    if missing or not any(chosen.values()):
        raise RoleError(_lacking(measure, missing or roles, candidates))
    return [(role, one) for role in roles for one in chosen[role.name]]


def _in_order(
    measure: str,
    roles: Sequence[Role],
    free: list[Candidate],
    chosen: dict[str, list[Candidate]],
    take: Callable[[Role, Iterable[Candidate]], None],
) -> None:
    """Fill what is left: a role that several play takes all, others only if there are exactly as many sensors."""
    for kind in dict.fromkeys(role.kind for role in roles):
        empty = [role for role in roles if role.kind == kind and not chosen[role.name]]
        needed = [role for role in empty if not role.optional] or ([] if any(chosen.values()) else empty)
        fitting = [
            one for one in free if kind in one.kinds and not all(_is_elsewhere(role, one.name) for role in needed)
        ]
        fitting = _along_the_limb(fitting)
        if not needed or not fitting:
            continue
        single = [role for role in needed if not role.several]
        pairs = [(r, one) for r, one in zip(single, fitting, strict=False) if not _is_elsewhere(r, one.name)]
        if len(needed) > len(single):
            for role, one in pairs:
                take(role, [one])
            for role in needed:
                if role.several:
                    take(role, [one for one in free if kind in one.kinds])
        elif len(pairs) == len(fitting) == len(single):
            for role, one in pairs:
                take(role, [one])
        elif len(fitting) > len(single) or all(role.optional for role in needed):
            raise RoleError(_unclear(measure, single, fitting))


def _along_the_limb(fitting: list[Candidate]) -> list[Candidate]:
    """Return the sensors from proximal to distal where every one's name says its segment, as they are otherwise."""
    order = list(_SEGMENTS)
    places = [min((order.index(segment) for segment in _segments(one.name)), default=-1) for one in fitting]
    if -1 in places:
        return fitting
    return [one for _, one in sorted(zip(places, fitting, strict=True), key=lambda pair: pair[0])]


def _split(role: Role, wanted: str) -> list[str]:
    return [one.strip() for one in wanted.split(",")] if role.several else [wanted.strip()]


def _named(measure: str, role: Role, wanted: str, free: Sequence[Candidate]) -> Candidate:
    found = [one for one in free if one.name.casefold() == wanted.casefold() and role.kind in one.kinds]
    if not found:
        have = _listed(one for one in free if role.kind in one.kinds)
        raise RoleError(f"{measure}: no {role.kind} sensor {wanted!r} for {role.name}; there is {have}")
    return found[0]


def _matches(role: Role, sensor: str) -> bool:
    """Tell whether every word of the role is in the sensor's name: ``left_foot`` is ``foot-L``."""
    return set(_words(role.name)) <= set(_words(sensor))


def _is_like(role: Role, sensor: str) -> bool:
    """Tell whether the sensor sits on the same side, and on the same segment by another name."""
    return bool(_where(role) & _segments(sensor)) and _sides(role.name) <= _sides(sensor)


def _is_on_the_side(role: Role, sensor: str) -> bool:
    """Tell whether the role has a side and the sensor's name says that side, and no other segment."""
    return bool(_sides(role.name)) and _sides(role.name) == _sides(sensor) and not _is_elsewhere(role, sensor)


def _is_elsewhere(role: Role, sensor: str) -> bool:
    """Tell whether the sensor's name says another segment, or the other side."""
    segments, sides = _segments(sensor), _sides(sensor)
    other_segment = bool(_where(role) and segments) and not _where(role) & segments
    return other_segment or (bool(_sides(role.name) and sides) and not _sides(role.name) & sides)


def _where(role: Role) -> set[str]:
    """Return the segments on which the role is played; none if any will do."""
    return _segments(role.place or role.name)


def _sides(name: str) -> set[str]:
    return {word for word in _words(name) if word in ("left", "right")}


def _segments(name: str) -> set[str]:
    """Return the segments a name can mean: ``back`` is on the pelvis or on the thorax."""
    words = _words(name)
    return {segment for segment, names in _SEGMENTS.items() if any(word in names for word in words)}


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters, sides in full, a segment of two words as one: ``upperarm``."""
    found: list[str] = []
    words: list[str] = _WORDS.findall(name)
    for word in map(str.lower, words):
        if found and found[-1] + word in _PLACES:
            found[-1] += word
        elif place := _PLACE_WITH_SIDE.fullmatch(word):
            found += [_SIDES.get(part, part) for part in place.groups("") if part]
        else:
            found.append(_SIDES.get(word, word))
    return found


def _lacking(measure: str, missing: Sequence[Role], candidates: Sequence[Candidate]) -> str:
    needs = (" or " if missing[0].optional else " and ").join(f"{role.name} ({role.kind})" for role in missing)
    plain = [one for one in candidates if one.kinds - {"any"}]
    fitting = [(role, one) for role in missing for one in candidates if role.kind in one.kinds]
    how = (
        f"; if one of them is, say which by --set or roles, such as {fitting[0][0].name}={fitting[0][1].name}"
        if fitting
        else ""
    )
    return f"{measure} needs {needs}; there is {_listed(plain or candidates)}{how}"


def _unclear(measure: str, roles: Sequence[Role], fitting: Sequence[Candidate]) -> str:
    needs = (" or " if roles[0].optional else " and ").join(role.name for role in roles)
    example = " ".join(f"{role.name}={one.name}" for role, one in zip(roles, fitting, strict=False))
    return f"{measure}: which is the {needs}? There is {_listed(fitting)}; say it by --set or roles, such as {example}"


def _listed(candidates: Iterable[Candidate]) -> str:
    names = [f"{one.name} ({'/'.join(sorted(one.kinds - {'any'})) or 'any'})" for one in candidates]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") or "none of this kind"
