"""Say in one line which system libraries are missing, and install them where that is possible without asking.

Wheels bring everything but what a desktop has anyway: OpenGL and font libraries for Qt, PortAudio for sound. A bare
machine may lack them. As root on a system with apt they are installed; otherwise the line to type is printed.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys

# library → Debian package; the first group stops Qt from being imported at all
NEEDED = {
    "GL": "libgl1",
    "EGL": "libegl1",
    "xkbcommon": "libxkbcommon0",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
}
WANTED = {
    "portaudio": "libportaudio2",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
}


def missing(libraries: dict[str, str]) -> list[str]:
    """Return the packages whose library the loader does not find."""
    return [package for library, package in libraries.items() if ctypes.util.find_library(library) is None]


def install(packages: list[str]) -> bool:
    """Install with apt where this process may; return whether it worked."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, check=False, **quiet)
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, check=False, **quiet).returncode == 0


def main() -> int:
    """Look, install or tell; fail only if Qt cannot be imported."""
    if sys.platform != "linux":
        return 0
    packages = missing(NEEDED) + missing(WANTED)
    if packages and not install(packages):
        print(f"system libraries are missing; install them with: sudo apt-get install {' '.join(packages)}")
    return 1 if missing(NEEDED) else 0


if __name__ == "__main__":
    sys.exit(main())
