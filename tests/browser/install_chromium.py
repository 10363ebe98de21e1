"""Sees to it that there is a Chromium to test with.

The machine's own if it has one; else Debian's package where we may install it, else
Playwright's own build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> None:
    """Installs a Chromium if there is none."""
    if shutil.which("chromium"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"],
            check=True,
        )
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    main()
