"""A Chromium, for those who look at pages: CHROMIUM names the program; else it is looked for."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium", "google-chrome"))]
    program = next(filter(None, found), None)
    if not program:
        pytest.skip("there is no Chromium here: install Debian's, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
        one = playwright.chromium.launch(executable_path=program, args=arguments)
        yield one
        one.close()
