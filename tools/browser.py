"""Look at the site and at JupyterLab as a reader does, in Chromium.

    python -m tools.browser

Six pages of build/site/html/ are opened as files, light and dark, as wide as a desktop and as a
phone, and checked by the rules of axe-core; then search, previous and next. JupyterLab runs a copy
of the notebook that has sliders, and one of them is moved. Whatever asks for something outside, is
written to the console as an error or is wider than the window is named, and the exit status then
is 1. Screenshots are left under build/browser/.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SITE, SHOTS = BUILD / "site" / "html", BUILD / "browser"
AXE = BUILD / "node" / "node_modules" / "axe-core" / "axe.min.js"

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking"
QUIET += " disable-component-update disable-sync"

SEEN = (
    "index",
    "notebooks/05_gru_and_a_fair_comparison",
    "notebooks/solutions/08_your_first_cell",
    "LEDGER",
    "custom_cells/index",
    "custom_cells/lstm",
)
PATIENCE = 120_000  # milliseconds, for a machine that has other work too
expect.set_options(timeout=PATIENCE)
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
AXE_RUN = "axe.run({preload: false, resultTypes: ['violations']}).then(found => found.violations)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

SLIDERS = ROOT / "notebooks" / "04_lstm_gate_by_gate.ipynb"
# It stands beside build/browser/, since the notebook shows pictures in ../images/.
COPY = BUILD / "browser.ipynb"
IDLE = "Python 3 (ipykernel) | Idle"
NUMBER = ".jp-CodeCell .jp-InputArea-prompt"
ERROR = "[data-mime-type='application/vnd.jupyter.error']"
RAN = """([number, error, count]) => {
    const ran = [...document.querySelectorAll(number)].filter(each => /\\d/.test(each.textContent))
    return ran.length === count || document.querySelector(error) !== null
}"""


def chromium() -> str:
    """Return where the system's Chromium is; exit if there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        sys.exit(
            "make browser needs Chromium or Chrome, as one of "
            f"{', '.join(CHROMIUM)}; on Debian: apt-get install chromium."
        )
    return found


# Pages


@contextmanager
def watched(browser: Browser, home: str, troubles: list[str], **options: object) -> Iterator[Page]:
    """Yield a page that may load what begins with `home`; what it does beyond is a trouble."""

    def load(route: Route) -> None:
        if route.request.url.startswith((home, "data:", "blob:")):
            route.continue_()
        else:
            troubles.append(f"{page.url} asks for {route.request.url}")
            route.abort()

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(f"{page.url} logs an error: {message.text}")

    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    context.route("**/*", load)
    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: troubles.append(f"{page.url} raises {error}"))
    try:
        yield page
    except Exception:
        page.screenshot(path=SHOTS / "failed.png")
        raise
    context.close()


def look(page: Page, name: str, kind: str, troubles: list[str]) -> None:
    """Open a page, check how it is laid out and what it offers to those who do not see it."""
    page.goto((SITE / f"{name}.html").as_uri())
    page.screenshot(path=SHOTS / f"{name.replace('/', '-')}-{kind}.png")
    if (wider := page.evaluate(OVERFLOW)) > 0:
        troubles.append(f"{name}, {kind}: is {wider} pixels wider than the window")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for rule in page.evaluate(AXE_RUN):
        places = [" ".join(node["target"]) for node in rule["nodes"]]
        troubles.append(
            f"{name}, {kind}: {rule['help']} ({rule['id']}, {rule['impact']}), "
            f"{len(places)} times: {'; '.join(places[:3])}"
        )


def walk(page: Page) -> None:
    """Search, and follow previous and next."""
    page.goto((SITE / "index.html").as_uri())
    page.get_by_role("button", name="Search").first.click()
    page.keyboard.type("forget gate")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto((SITE / "notebooks" / "01_sequences_and_recurrence.html").as_uri())
    page.locator("a.right-next").click()
    expect(page).to_have_url((SITE / "notebooks" / "02_embedding_and_lstm.html").as_uri())
    page.locator("a.left-prev").click()
    expect(page).to_have_url((SITE / "notebooks" / "01_sequences_and_recurrence.html").as_uri())


def see_site(browser: Browser, troubles: list[str]) -> None:
    home = SITE.as_uri()
    for scheme in ("light", "dark"):
        for width, size in WIDTHS.items():
            viewport = dict(zip(("width", "height"), size, strict=True))
            options = {"viewport": viewport, "color_scheme": scheme}
            with watched(browser, home, troubles, **options) as page:
                for name in SEEN:
                    look(page, name, f"{scheme}-{width}", troubles)
    with watched(browser, home, troubles) as page:
        walk(page)


# JupyterLab


@contextmanager
def jupyterlab() -> Iterator[str]:
    """Yield the address of a JupyterLab for this folder, which keeps all it writes under build/."""
    home = SHOTS / "jupyter"
    runtime = home / "runtime"
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    # Otherwise cells out of sight are not on the page, where the checks look for their numbers.
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    environment = {
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += ["--LabApp.extension_manager=readonly"]
    with (SHOTS / "jupyterlab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, ROOT],
            env=os.environ | {name: str(path) for name, path in environment.items()},
            stdout=log,
            stderr=log,
        )
    try:
        while not (said := "".join(path.read_text() for path in runtime.glob("jpserver-*.json"))):
            if server.poll() is not None:
                sys.exit("JupyterLab did not start; build/browser/jupyterlab.log says why.")
            time.sleep(0.2)
        told = json.loads(said)
        yield f"{told['url']}lab/tree/{COPY.relative_to(ROOT).as_posix()}?token={told['token']}"
    finally:
        server.terminate()
        server.wait()


def copy_with_sliders() -> int:
    """Write the notebook with its sliders, as it tells the reader to; return its code cells."""
    notebook = json.loads(SLIDERS.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        cell["outputs"], cell["execution_count"] = [], None
        cell["source"] = [
            line.removeprefix("# ") if "interact" in line else line for line in cell["source"]
        ]
    COPY.write_text(json.dumps(notebook), encoding="utf-8")
    return len(code)


def see_jupyterlab(browser: Browser, troubles: list[str]) -> None:
    """Run a notebook, move a slider and see the picture change."""
    count = copy_with_sliders()
    with jupyterlab() as address:
        home = address.partition("lab/")[0]
        with watched(browser, home, troubles, viewport={"width": 1280, "height": 900}) as page:
            page.goto(address)
            page.get_by_text(IDLE).wait_for()
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            expect(page.locator(NUMBER).first).to_contain_text(re.compile(r"[*\d]"))
            page.wait_for_function(RAN, arg=[NUMBER, ERROR, count], timeout=5 * PATIENCE)
            expect(page.locator(ERROR)).to_have_count(0)
            picture = page.locator(".widget-interact img")
            slider = page.get_by_role("slider").first
            slider.scroll_into_view_if_needed()
            page.screenshot(path=SHOTS / "jupyterlab-before.png")
            before = picture.get_attribute("src")
            slider.focus()
            page.keyboard.press("Home")
            expect(picture).not_to_have_attribute("src", before)
            page.screenshot(path=SHOTS / "jupyterlab-after.png")
    COPY.unlink()


def main() -> None:
    executable = chromium()
    if not (SITE / "index.html").exists():
        sys.exit("There is no site in build/site/html/; make site builds it.")
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[f"--{option}" for option in QUIET.split()]
        )
        try:
            see_site(browser, troubles)
            see_jupyterlab(browser, troubles)
        finally:
            print(*troubles, sep="\n", end="\n" * bool(troubles))
            print(f"{len(troubles)} troubles; screenshots: build/browser/")
        browser.close()
    sys.exit(bool(troubles))


if __name__ == "__main__":
    main()
