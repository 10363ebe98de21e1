"""Sees to it that there are a Chromium and a Firefox to test with.

The machine's own if it has them; else Debian's packages where we may install them, else
Playwright's own builds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = {
    "chromium": ["chromium"],
    # Mesa draws WebGL in software, which Firefox itself cannot.
    "firefox": ["firefox-esr", "libegl1", "libgl1-mesa-dri"],
}


def main() -> None:
    """Installs the browsers that are missing."""
    missing = [browser for browser in PACKAGES if shutil.which(browser) is None]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        packages = [package for browser in missing for package in PACKAGES[browser]]
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages],
            check=True,
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", *missing], check=True)


if __name__ == "__main__":
    main()
