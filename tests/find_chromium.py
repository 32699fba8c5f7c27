"""Print the path of a Chromium for the browser tests; with --install, get one if there is none.

Searched in this order: $CHROMIUM, the PATH, Playwright's own. With --install then: Playwright's installer, apt-get.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = (
    "No Chromium was found for the browser tests: install one (Debian: apt-get install chromium; Ubuntu, macOS: "
    "python -m playwright install --with-deps chromium) or name one in CHROMIUM."
)


def find() -> str:
    """The path of a browser, or nothing.

    Raises:
        SystemExit: CHROMIUM names something that cannot be run.
    """
    named = os.environ.get("CHROMIUM", "")
    if named:
        return shutil.which(named) or sys.exit(f"CHROMIUM is {named}, which cannot be run. Unset it, or mend it.")
    on_path = next(filter(None, map(shutil.which, NAMES)), "")
    return on_path or playwrights_own()


def playwrights_own() -> str:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


def install() -> None:
    """Try the ways to get one, each only if the one before it failed; their output goes to stderr."""
    playwright = [sys.executable, "-m", "playwright", "install"]
    run(*playwright, "--with-deps", "chromium")
    if not find() and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update")
        run("apt-get", "install", "-y", "--no-install-recommends", "chromium")
    if not find():
        run(*playwright, "chromium")  # the libraries it needs may be there already


def run(*command: str) -> None:
    print("Looking for a Chromium:", *command, file=sys.stderr)
    subprocess.run(command, stdout=sys.stderr, check=False)


def main() -> None:
    if not find() and "--install" in sys.argv[1:]:
        install()
    print(find() or sys.exit(ADVICE))


if __name__ == "__main__":
    main()
