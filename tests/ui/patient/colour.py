"""How colours look to any eye, and how far apart they are."""

import numpy as np

# Machado, Oliveira & Fernandes 2009, severity 1.0, for linear sRGB: https://doi.org/10.1109/TVCG.2009.113
EYES = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "grey": np.array([[0.2126, 0.7152, 0.0722]] * 3),
}
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(rgb):
    share = np.asarray(rgb) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb, eye):
    seen = np.clip(linear(rgb) @ EYES[eye].T, 0, 1)
    xyz = seen @ _XYZ.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def ciede2000(one, two):
    """Colour difference: https://doi.org/10.1002/col.20070."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(two, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    lm, cm, hm = (l1 + l2) / 2, (c1 + c2) / 2, np.where(coloured, (h1 + turn / 2) % 360, h1 + h2)
    t = 1 - 0.17 * _cos(hm - 30) + 0.24 * _cos(2 * hm) + 0.32 * _cos(3 * hm + 6) - 0.2 * _cos(4 * hm - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = -2 * np.sqrt(cm**7 / (cm**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2))))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return np.sqrt(np.maximum(0, dl**2 + dc**2 + dh**2 + rt * dc * dh))


def differences(one, two, eye):
    """Return the colour difference, and how many pixels have it, for each pair of colours in two pictures."""
    pairs = np.concatenate([one.reshape(-1, 3), two.reshape(-1, 3)], axis=1).astype(np.int64)
    packed, counts = np.unique(pairs @ (256 ** np.arange(6)), return_counts=True)
    known = packed[:, None] // 256 ** np.arange(6) % 256
    return ciede2000(lab(known[:, :3], eye), lab(known[:, 3:], eye)), counts


def _cos(degrees):
    return np.cos(np.radians(degrees))


def contrast(one, two):
    """Return the contrast of two colours ``#rrggbb`` (WCAG 2.2, 1.4.3)."""
    light, dark = sorted(
        (float(linear([int(c[i : i + 2], 16) for i in (1, 3, 5)]) @ [0.2126, 0.7152, 0.0722]) for c in (one, two)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)
