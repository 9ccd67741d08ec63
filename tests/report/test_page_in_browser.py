"""The report as a reader has it: in headless Chromium, offline, on a desk, a phone and paper.

``scripts/install-browser`` installs the browser.
"""

import os

import numpy as np
import pytest

from hsmc.report.page import write_report
from hsmc.results import write_result
from tests.report import browser
from tests.report.support import compression, search, two_spheres, write_half_study

IMAGES = """
Promise.all([...document.querySelectorAll('figure img')].map(async (image) => {
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), {width: 200, height: 200});
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0, 200, 200);
  const values = context.getImageData(0, 0, 200, 200).data.filter((_, k) => k % 4 < 3);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {alt: image.alt, deviation: Math.sqrt(squares / values.length)};
}))
"""
"""Text alternative of each figure, and the standard deviation of its pixels, 0 to 255."""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_result(folder / "pair.h5", two_spheres())
    write_result(folder / "a.h5", compression())
    write_result(folder / "b.h5", compression("xy"))
    for ratio in (0.65, 0.695):
        write_result(folder / f"s-{ratio}.h5", search(ratio=ratio))
    study = write_half_study(folder, done=3)
    names = ("pair.h5", "a.h5", "b.h5", "s-0.65.h5", "s-0.695.h5")
    sources = [*(folder / name for name in names), study]
    return write_report(sources, folder / "report.html", detail=1, null=0)


@pytest.fixture(scope="module")
def chromium():
    path = browser.find()
    if path is None:
        tell = pytest.fail if os.environ.get("CI") and os.geteuid() == 0 else pytest.skip
        tell("there is no chromium; scripts/install-browser installs it")
    driven = browser.Browser(path)
    yield driven
    driven.close()


@pytest.fixture
def opened(chromium, page):
    chromium.call("Emulation.setEmulatedMedia", media="")
    chromium.size(720, 700)
    chromium.open(page)
    return chromium


def set_control(opened, role, action):
    opened.evaluate(
        f"(control => {{ {action}; for (const name of ['input', 'change']) "
        f"control.dispatchEvent(new Event(name)); }})"
        f"(document.querySelector('[data-role={role}]'))"
    )


def title(opened):
    return opened.evaluate("document.querySelector('[data-role=title]').textContent")


def coloured(opened):
    """Return how many pixels of the 3D view are blue, and how many are orange."""
    red, _, blue = np.moveaxis(browser.pixels(opened.screenshot("[data-role=canvas]")), 2, 0)
    return int(np.sum(blue > red + 0.08)), int(np.sum(red > blue + 0.08))


def test_no_error_and_no_request(opened, page):
    """Fails with a font from elsewhere in the page, and with an exception in the viewer (tried)."""
    assert opened.evaluate("document.querySelectorAll('main section').length") == 5
    opened.evaluate(IMAGES)
    assert opened.complaints == []
    assert opened.requests == [page.resolve().as_uri()]


def test_figures_are_drawn_and_told(opened):
    """Fails if a figure is saved before anything is drawn in it (tried)."""
    images = opened.evaluate(IMAGES)
    assert len(images) == 7  # S5, S6, S7, the study; of one result, course, g(r), projections
    for image in images:
        assert len(image["alt"]) > 40
        assert image["deviation"] > 5.0, image["alt"]


def test_spheres_are_true_to_size(opened):
    """Discs of diameters 1 and ½ from the top: areas as 4 to 1, within 6 % (edges are shaded).

    Fails if diameters are taken for radii of one species only, or packed as another type (tried).
    """
    set_control(opened, "cell", "control.checked = false")
    blue, orange = coloured(opened)
    assert orange > 400
    assert blue / orange == pytest.approx(4.0, rel=0.06)


def test_species_are_shown_and_hidden(opened):
    """Fails if the boxes are not listened to (tried)."""
    set_control(opened, "large", "control.checked = false")
    blue, orange = coloured(opened)
    assert blue == 0
    assert orange > 400
    set_control(opened, "small", "control.checked = false")
    assert coloured(opened) == (0, 0)


def test_slider_goes_through_frames(opened):
    """By keys, as without a mouse. Fails if the first frame is always drawn (tried)."""
    set_control(opened, "state", "control.value = 1")
    assert title(opened) == "cycle 400, φ = 0.6400"
    last = sum(coloured(opened))
    opened.evaluate("document.querySelector('[data-role=time]').focus()")
    opened.press("ArrowLeft")
    assert title(opened).startswith("cycle 300, φ = 0.50")
    opened.press("Home")
    assert title(opened) == "start, φ = 0.1000"
    assert abs(sum(coloured(opened)) - last) > 0.1 * last


def test_phone(opened, page):
    """Nothing but tables and wide figures, in frames of their own, is wider than the screen."""
    opened.size(360, 740, mobile=True)
    opened.open(page)
    assert opened.evaluate("document.documentElement.scrollWidth") == 360
    assert sum(coloured(opened)) > 200


def test_print(opened):
    """Controls and canvas stay away from paper, figures do not. Fails without (tried)."""
    opened.call("Emulation.setEmulatedMedia", media="print")
    hidden = "getComputedStyle(document.querySelector('[data-role=canvas]')).display"
    assert opened.evaluate(hidden) == "none"
    assert opened.evaluate("getComputedStyle(document.querySelector('figure')).display") == "block"
    assert opened.pdf().startswith(b"%PDF-")


def test_a_browser_without_webgl_says_so(opened, page):
    """The rest of the page is there. Fails if nothing looks for WebGL (tried)."""
    script = "HTMLCanvasElement.prototype.getContext = () => null"
    added = opened.call("Page.addScriptToEvaluateOnNewDocument", source=script)
    try:
        opened.open(page)
        shown = "!document.querySelector('[data-role=failure]').hidden"
        assert opened.evaluate(shown) is True
    finally:
        opened.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])
