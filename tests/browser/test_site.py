"""The site in a browser, opened from files: every page, on a desk and on a phone, by keyboard, in the dark."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from attnlib.grading import lessons, site
from tests.conftest import ROOT, SCREENSHOTS

pytestmark = pytest.mark.browser

NOTEBOOKS = {name: f"notebooks/{lessons.twin_path(ROOT, name).relative_to(ROOT / 'solutions').with_suffix('.html')}"
             for name in lessons.names(ROOT)}
PAGES = {"start": "index.html", "search": "search.html", **NOTEBOOKS}
SCREENS = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 780}}
PATIENCE = 120_000  # milliseconds; machines are busy
DRAWN = "() => window.MathJax ? MathJax.startup.promise.then(() => true) : true"
NOT_DRAWN = """() => {
    const copy = document.querySelector('main').cloneNode(true);
    copy.querySelectorAll('pre, code, style, script, mjx-container').forEach(it => it.remove());
    return copy.textContent.match(/\\$|\\\\[a-z()[\\]]+/g) || [];
}"""
BROKEN = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.outerHTML)"


@pytest.fixture(scope="module")
def folder():
    start, problems = site.build(ROOT, lessons.names(ROOT), site.repository(ROOT))
    assert not problems, [problem.what for problem in problems]
    return start.parent


class Reader:
    """A page of the site, and what went wrong on it."""

    def __init__(self, browser, folder, screen="desk"):
        self.folder, self.troubles = folder, []
        self.page = browser.new_page(viewport=SCREENS[screen])
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.troubles.append(said.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", lambda asked: self.troubles.append(asked.url))
        self.page.on("request", lambda asked: re.match("file:|data:|blob:", asked.url)
                     or self.troubles.append(asked.url))

    def open(self, path):
        self.page.goto((self.folder / path).as_uri())
        self.page.wait_for_function(DRAWN)

    def violations(self):
        """What axe finds. It isn't asked to read style sheets by itself, which no browser allows it from files."""
        found = Axe().run(self.page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]
        return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]

    def keep(self, name):
        (SCREENSHOTS / "site").mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / "site" / f"{name}.png")


@pytest.fixture
def reader(chromium, folder):
    reader = Reader(chromium, folder)
    yield reader
    reader.page.close()
    assert reader.troubles == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_accessible(chromium, folder, name, screen):
    reader = Reader(chromium, folder, screen)
    reader.open(PAGES[name])
    page = reader.page
    assert reader.violations() == []
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0 and page.evaluate(NOT_DRAWN) == []
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen]["width"]
    figure = page.locator("main .output img").first
    if figure.count():
        figure.scroll_into_view_if_needed()
    reader.keep(f"{name}-{screen}")
    page.close()
    assert reader.troubles == []


def test_mathematics_is_drawn(reader):
    reader.open(NOTEBOOKS["05_attention"])
    formulas = reader.page.locator("mjx-container svg")
    assert formulas.count() > 50 and all(formulas.nth(place).bounding_box()["width"] > 0 for place in range(5))


def test_every_link_within_the_site_leads_to_a_place(reader, folder):
    for path in PAGES.values():
        reader.page.goto((folder / path).as_uri())
        for link in reader.page.evaluate("[...document.links].map(link => link.href)"):
            if link.startswith("file:"):
                target = urlsplit(link)
                file = unquote(target.path)
                assert file.startswith(str(folder)) and re.search(r"\.(html|png)$", file), (path, link)
                text = open(file, encoding="latin-1").read()
                assert not target.fragment or f'id="{unquote(target.fragment)}"' in text, (path, link)


def test_the_search_finds_a_word(reader):
    reader.open("index.html")
    reader.page.keyboard.press("Control+k")
    reader.page.keyboard.type("bottleneck")
    reader.page.keyboard.press("Enter")
    found = reader.page.locator("#search-results li a")
    found.first.wait_for()
    reader.page.wait_for_function("() => document.querySelectorAll('#search-results li').length > 1")
    reader.keep("search-bottleneck")
    there = reader.page.locator("#search-results li a[href*='context_bottleneck']").first
    assert reader.violations() == []
    there.click()
    reader.page.wait_for_load_state()
    assert "context_bottleneck" in reader.page.url


def test_a_figure_steps_on_by_keyboard(reader):
    reader.open(NOTEBOOKS["05_attention"])
    figure = reader.page.locator(".attn-steps").first
    slider, said = figure.get_by_role("slider"), figure.locator("p")
    slider.focus()
    first = said.inner_text()
    reader.page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == int(slider.get_attribute("min")) + 1
    assert said.inner_text() != first and figure.locator("img:visible").count() == 1
    reader.keep("figure-at-its-second-step")


def test_it_can_be_read_in_the_dark(reader):
    reader.open(NOTEBOOKS["05_attention"])
    reader.page.get_by_role("button", name="Color mode").click()
    reader.page.get_by_role("button", name="Dark").click()
    reader.page.mouse.move(640, 400)  # off the button, whose name is shown while the mouse is on it
    reader.page.locator(".tooltip").wait_for(state="detached")
    assert reader.page.evaluate("document.documentElement.dataset.theme") == "dark"
    reader.page.locator(".attn-steps").first.scroll_into_view_if_needed()
    reader.keep("dark")
    assert reader.violations() == []


def test_the_binder_button_opens_this_notebook(reader):
    reader.open(NOTEBOOKS["05_attention"])
    button = reader.page.locator("a[href*='mybinder.org']")
    assert button.get_attribute("href").endswith("?urlpath=lab/tree/notebooks/05_attention/attention.ipynb")
