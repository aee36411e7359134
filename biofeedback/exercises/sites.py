"""Where sensors sit: the segments and muscles placements are named after, and how to put a sensor there.

Electrode sites follow the SENIAM recommendations (Hermens et al. 2000, J Electromyogr Kinesiol 10:361-374; seniam.org)
in plain words; where SENIAM has none, the bulge of the muscle in a light contraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Site:
    """A segment (``imu``) or muscle (``emg``); ``how`` is one or two plain sentences."""

    id: str
    kind: Literal["imu", "emg"]
    name: str
    how: str


_SEGMENTS = (
    Site("head", "imu", "Head", "Back of the head, on a band, arrow up."),
    Site("sternum", "imu", "Breastbone", "Flat on the breastbone, arrow up."),
    Site("trunk", "imu", "Trunk", "Flat on the breastbone, arrow up."),
    Site("lower_back", "imu", "Lower back", "In the middle, level with the hip bones, arrow up."),
    Site("pelvis", "imu", "Pelvis", "On the flat of the sacrum, arrow up."),
    Site("upper_arm", "imu", "Upper arm", "Outer side, half way between shoulder and elbow, arrow up."),
    Site("forearm", "imu", "Forearm", "Back of the forearm, a hand above the wrist, arrow to the elbow."),
    Site("wrist", "imu", "Wrist", "Back of the wrist, where a watch sits, arrow to the elbow."),
    Site("hand", "imu", "Hand", "Back of the hand, arrow to the elbow."),
    Site("thigh", "imu", "Thigh", "Outer side of the thigh, a hand above the knee, arrow up."),
    Site("shank", "imu", "Shank", "Inner face of the shin, a hand below the knee, arrow up."),
    Site("foot", "imu", "Foot", "On the instep, over the laces, arrow to the shin."),
)
_MUSCLES = (
    Site("upper_trapezius", "emg", "Upper trapezius", "Half way between the neck's lowest bump and the shoulder tip."),
    Site("lower_trapezius", "emg", "Lower trapezius", "Two thirds down from the shoulder blade's ridge to the spine."),
    Site("anterior_deltoid", "emg", "Front deltoid", "A finger's width below and in front of the shoulder tip."),
    Site("middle_deltoid", "emg", "Middle deltoid", "On the bulge below the shoulder tip, at the outer side."),
    Site("posterior_deltoid", "emg", "Rear deltoid", "Two fingers behind the corner of the shoulder blade."),
    Site("infraspinatus", "emg", "Infraspinatus", "Below the ridge of the shoulder blade, half way along it."),
    Site("pectoralis_major", "emg", "Chest muscle", "Four fingers below the collar bone, towards the armpit."),
    Site("latissimus_dorsi", "emg", "Latissimus", "Four fingers below the tip of the shoulder blade, at the side."),
    Site("biceps_brachii", "emg", "Biceps brachii", "On the line from armpit to elbow bend, a third up from the bend."),
    Site("triceps_brachii", "emg", "Triceps brachii", "Back of the arm, half way, two fingers to the outside."),
    Site("wrist_extensors", "emg", "Wrist extensors", "Back of the forearm, three fingers below the outer elbow."),
    Site("wrist_flexors", "emg", "Wrist flexors", "Inside of the forearm, three fingers below the inner elbow."),
    Site("erector_spinae", "emg", "Back extensor", "Two fingers beside the spine, level with the lowest ribs."),
    Site("rectus_abdominis", "emg", "Straight abdominal", "Two fingers beside the navel, electrodes upright."),
    Site("external_oblique", "emg", "Side abdominal", "Half way between the lowest rib and the hip bone."),
    Site("gluteus_maximus", "emg", "Gluteus maximus", "Half way between sacrum and outer hip."),
    Site("gluteus_medius", "emg", "Gluteus medius", "Half way between the hip bone's rim and the outer hip."),
    Site("rectus_femoris", "emg", "Rectus femoris", "Half way between hip bone and kneecap."),
    Site("vastus_medialis", "emg", "Vastus medialis", "On the bulge above and inside the kneecap, 55° to the thigh."),
    Site("vastus_lateralis", "emg", "Vastus lateralis", "Outer front of the thigh, two thirds down to the kneecap."),
    Site("adductors", "emg", "Adductors", "Inside of the thigh, a hand below the groin."),
    Site("biceps_femoris", "emg", "Biceps femoris", "Back of the thigh, half way between seat bone and outer knee."),
    Site("semitendinosus", "emg", "Semitendinosus", "Back of the thigh, half way between seat bone and inner knee."),
    Site("tibialis_anterior", "emg", "Tibialis anterior", "Outside the shin's edge, a third down from the knee."),
    Site("gastrocnemius", "emg", "Calf", "On the bulge of the calf, a third down from the knee."),
    Site("gastrocnemius_medialis", "emg", "Inner calf", "On the inner bulge of the calf, a third down from the knee."),
    Site("soleus", "emg", "Soleus", "Inner side, two thirds down between knee and ankle."),
    Site("peroneus_longus", "emg", "Peroneus longus", "Outer side, a quarter down from the knee to the ankle."),
)  # fmt: skip
SITES: dict[str, Site] = {site.id: site for site in (*_SEGMENTS, *_MUSCLES)}


def site(place: str, kind: Literal["imu", "emg"]) -> Site:
    """Return the site of a placement's ``place``; one that is not known here gets its name from its id."""
    return SITES.get(place) or Site(place, kind, place.replace("_", " ").capitalize(), "")
