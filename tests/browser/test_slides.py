"""Every deck in a browser, as it is projected: opened from a file, driven by the keyboard alone, and on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from attnlib.grading import slides
from tests.conftest import ROOT, SCREENSHOTS
from tests.lessons.test_slides import MADE

pytestmark = pytest.mark.browser

ROOM = {"width": 1280, "height": 720}
PATIENCE = 300_000  # milliseconds; a busy machine takes long to draw the first slide
AT_END = "() => Reveal.isLastSlide() && !Reveal.availableFragments().next"
# What can be seen of the current slide and isn't wholly inside its frame.
OUTSIDE = """() => {
    const page = Reveal.getCurrentSlide().querySelector('.page'), frame = page.getBoundingClientRect();
    const inside = box => box.left >= frame.left + 20 && box.right <= frame.right - 20 && box.top >= frame.top
        && box.bottom <= frame.bottom - 20;
    return [...page.querySelectorAll('*')].filter(it => it.checkVisibility() && it.getClientRects().length
        && !it.closest('aside, mjx-assistive-mml') && !it.parentElement.closest('svg')
        && (!inside(it.getBoundingClientRect()) || it.tagName === 'PRE' && it.scrollWidth > it.clientWidth))
        .map(it => it.outerHTML.slice(0, 100));
}"""
# What axe finds on the current slide. It takes its time for hidden elements, too: the other slides are away meanwhile.
VIOLATIONS = """async () => {
    const others = [...document.querySelectorAll('.slides > section:not(.present)')];
    const places = others.map(slide => {
        const place = document.createComment('');
        slide.replaceWith(place);
        return place;
    });
    const found = await axe.run({resultTypes: ['violations']});
    places.forEach((place, at) => place.replaceWith(others[at]));
    return found.violations;
}"""


@pytest.fixture(scope="module", params=MADE)
def deck(request):
    return slides.build(ROOT, request.param)


class Room:
    """A deck on the projector, and what went wrong there."""

    def __init__(self, browser, deck):
        self.context, self.troubles = browser.new_context(viewport=ROOM), []
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.listen(self.page)
        self.page.goto(deck.as_uri())
        self.page.wait_for_selector(".reveal.ready")

    def listen(self, page):
        page.on("console", lambda said: self.troubles.append(said.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("requestfailed", lambda asked: self.troubles.append(asked.url))
        page.on("request", lambda asked: None if re.match("file:|data:|about:", asked.url)
                else self.troubles.append(asked.url))

    def where(self):
        return self.page.evaluate("Reveal.getIndices().h")

    def key(self, name="ArrowRight"):
        """Press a key; whether the deck went on."""
        before = self.page.evaluate("JSON.stringify(Reveal.getState())")
        self.page.keyboard.press(name)
        return self.page.evaluate("JSON.stringify(Reveal.getState())") != before


@pytest.fixture(scope="module")
def opened(chromium, deck):
    room = Room(chromium, deck)
    yield room
    room.context.close()


@pytest.fixture
def room(opened):
    """The deck at its first slide."""
    opened.page.evaluate("Reveal.slide(0, 0, -1)")
    yield opened
    assert not opened.troubles


def test_the_keyboard_goes_from_first_to_last_and_all_fits(room, deck):
    folder, seen = SCREENSHOTS / "slides" / deck.stem, set()
    folder.mkdir(parents=True, exist_ok=True)
    assert Axe().run(room.page).response["violations"] == []  # all slides at once, and axe stays in the page
    while True:
        if room.where() not in seen:
            seen.add(room.where())
            assert room.page.evaluate(VIOLATIONS) == [], f"slide {room.where() + 1}"
        assert room.page.evaluate(OUTSIDE) == [], f"slide {room.where() + 1}"
        room.page.screenshot(path=folder / f"{room.where() + 1:02}.png")
        if room.page.evaluate(AT_END):
            break
        assert room.key(), f"slide {room.where() + 1}: no key goes on"
    assert seen == set(range(len(seen))) and len(seen) == room.page.evaluate("Reveal.getSlides().length")
    while room.key("ArrowLeft"):
        pass
    assert room.where() == 0


def test_mathematics_is_drawn(room):
    assert room.page.locator("mjx-merror, [data-mjx-error]").count() == 0
    left = room.page.evaluate("""() => [...document.querySelectorAll('.slides section')].filter(slide => {
        const copy = slide.cloneNode(true);
        copy.querySelectorAll('pre, code, style, script, mjx-container').forEach(it => it.remove());
        return /\\$|\\\\[a-z]/.test(copy.textContent);
    }).map(slide => slide.innerText)""")
    assert left == []
    drawn = "[...document.querySelectorAll('mjx-container > svg')].every(it => it.querySelector('path, rect'))"
    assert room.page.evaluate(drawn)


def test_a_figures_steps_are_steps_of_the_deck(room):
    for at in room.page.evaluate("""Reveal.getSlides().map((slide, at) => slide.querySelector('.attn-steps form') && at)
                                    .filter(at => at !== null)"""):
        room.page.evaluate("at => Reveal.slide(at, 0, -1)", at)
        figure = room.page.locator("section.present .attn-steps")
        slider = figure.get_by_role("slider")
        first, last = (int(slider.get_attribute(name)) for name in ("min", "max"))
        for step in range(first, last):
            assert int(slider.input_value()) == step and figure.locator("img:visible").count() == 1
            room.key()
        assert int(slider.input_value()) == last and room.where() == at
        figure.get_by_role("button", name="Back").click()  # the figure's own buttons, and then the keyboard again
        assert int(slider.input_value()) == last - 1
        room.key()
        assert int(slider.input_value()) == last and room.where() == at
        room.key()
        assert room.where() == at + 1 or room.page.evaluate(AT_END)


def test_the_speakers_view_shows_the_notes(room, deck):
    with room.context.expect_page() as window:
        room.page.keyboard.press("s")
    speaker = window.value
    room.listen(speaker)
    notes = speaker.locator(".speaker-controls-notes .value")
    speaker.wait_for_selector(".speaker-controls-notes .value >> text=min")
    first = notes.inner_text()
    room.page.evaluate("Reveal.slide(1)")
    speaker.wait_for_function("before => document.querySelector('.speaker-controls-notes .value').innerText !== before",
                              arg=first)
    assert re.match(r"\d+ min", notes.inner_text()) and "Expect" in notes.inner_text()
    folder = SCREENSHOTS / "slides" / deck.stem
    folder.mkdir(parents=True, exist_ok=True)
    speaker.set_viewport_size(ROOM)
    speaker.screenshot(path=folder / "speaker.png")
    speaker.close()


def test_handouts_have_a_page_a_slide_and_lose_nothing(chromium, deck):
    page = slides.printed(chromium, deck)
    lost = page.evaluate("""() => [...document.querySelectorAll('.pdf-page')].flatMap(paper => {
        const end = paper.getBoundingClientRect().bottom;
        return [...paper.querySelectorAll('.page *')]
            .filter(it => it.checkVisibility() && !it.closest('aside, mjx-assistive-mml')
                && it.getBoundingClientRect().bottom > end)
            .map(it => it.outerHTML.slice(0, 100));
    })""")
    assert lost == []
    path = slides.handout(page, deck)
    page.close()
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", path.read_bytes())
    assert len(pages) == len(re.findall("<section>", deck.read_text(encoding="utf-8")))
