"""Takes the picture of the README: screenshot.py MARKETPLACE FILE CHROMIUM.

Starts the program MARKETPLACE with demo data in a temporary directory and on a free port, and takes the home page of the shop, 1280 pixels
wide, as the PNG FILE.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

MOST = 200_000


def take(url: str, file: Path, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 880}, color_scheme="light", locale="en-GB")
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=file)
        browser.close()


def main() -> None:
    binary, file, chromium = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as data:
        command = [binary, "serve", "--demo", "--data-dir", data, "--listen", "127.0.0.1:0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            lines = (re.search(r"http://[^ /]+:\d+", line) for line in server.stdout)
            url = next((found.group() for found in lines if found), None)
            if url is None:
                sys.exit("The marketplace did not start.")
            take(url, file, chromium)
        finally:
            server.terminate()
            server.wait()
    size = file.stat().st_size
    if size > MOST:
        sys.exit(f"{file} has {size} bytes, more than {MOST}.")
    print(f"{file}: {size} bytes")


main()
