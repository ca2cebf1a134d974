"""Figures to step through, in a browser: by mouse, by keyboard, without script, on paper, in JupyterLab."""

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from attnlib import stepper

pytestmark = pytest.mark.browser

WORDS = ["le", "chat", "dort", "<end>"]
CELL = """import numpy as np
from attnlib import stepper
stepper.lookup(np.arange(21).reshape(7, 3) / 10, [5, 4, 6, 3], ["le", "chat", "dort", "<end>"])"""


def figures():
    numbers = np.random.default_rng(0)
    return [stepper.lookup(numbers.normal(size=(7, 3)), [5, 4, 6, 3], WORDS),
            stepper.unrolled(WORDS, numbers.normal(size=(4, 2)), numbers.normal(size=(4, 3)), np.zeros(3)),
            stepper.backward(WORDS, numbers.normal(size=(4, 3))),
            stepper.attention(WORDS, numbers.normal(size=(4, 2)), "<start>",
                              *(numbers.normal(size=n) for n in (2, 4, 4, 2, 2, 5)), [*"abcde"]),
            stepper.beam([[([0], -0.5), ([1], -1.0)], [([1, 2], -1.5), ([0, 3], -2.0), ([1, 0], -3.0)]], 2, WORDS),
            stepper.self_attention(WORDS, *(numbers.normal(size=(4, n)) for n in (2, 2, 2, 4, 4, 2))),
            stepper.unrolled(WORDS, np.ones((4, 2)), np.ones((4, 3)), np.zeros(3))[3]]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with every figure, the first one twice."""
    file = tmp_path_factory.mktemp("figures") / "page.html"
    shown = [figure._repr_html_() for figure in figures()]
    file.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Figures</title><main><h1>Figures</h1>'
                    f'{"".join([*shown, shown[0]])}</main></html>', "utf-8")
    return file.as_uri()


@pytest.fixture
def page(chromium, address):
    page = chromium.new_page(viewport={"width": 1280, "height": 720})
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(address)
    yield page
    assert not troubles
    page.close()


def state(figure):
    """(number of visible pictures, the slider's value, what is said below)."""
    return (figure.locator("img:visible").count(), int(figure.get_by_role("slider").input_value()),
            figure.locator("p").inner_text())


def test_buttons_and_slider_go_from_first_to_last(page):
    figure, steps = page.locator(".attn-steps").first, figures()[0]
    for n, step in enumerate(steps, 1):
        assert state(figure) == (1, n, step.caption)
        figure.get_by_role("button", name="Next").click(force=True)
    assert state(figure)[1] == len(steps)                               # Next on the last step stays there
    figure.get_by_role("button", name="Back").click()
    assert state(figure) == (1, len(steps) - 1, steps[-2].caption)
    figure.get_by_role("slider").fill("3")
    assert state(figure) == (1, 3, steps[2].caption)


def test_the_keyboard_alone_is_enough(page):
    figure = page.locator(".attn-steps").first
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"
    for key, value in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", 8), ("Home", 1), ("ArrowUp", 2)):
        page.keyboard.press(key)
        assert state(figure)[1] == value, key
    page.keyboard.press("Tab")
    for key, value in (("Enter", 3), ("Space", 4), ("ArrowLeft", 3), ("ArrowRight", 4)):
        page.keyboard.press(key)
        assert state(figure)[1] == value, key


def test_what_a_screen_reader_is_told(page):
    figure = page.locator(".attn-steps").nth(1)
    slider = figure.get_by_role("slider", name="Step 1 of 6")
    assert slider.get_attribute("aria-valuetext") == "Step 1 of 6"
    assert figure.locator("p").get_attribute("aria-live") == "polite"
    assert page.get_by_role("group", name="An RNN reads: le chat dort <end>").count() == 1
    assert figure.get_by_role("img").get_attribute("alt") == figures()[1][0].alt


def test_a_figure_may_count_from_0(page):
    figure, steps = page.locator(".attn-steps").nth(3), figures()[3]
    assert figure.get_by_role("slider", name="Step 0 of 7").get_attribute("aria-valuetext") == "Step 0 of 7"
    for n in range(1, 8):
        figure.get_by_role("button", name="Next").click()
        assert state(figure) == (1, n, steps[n].caption) and steps[n].caption.startswith(f"{n}. ")
    figure.get_by_role("slider").fill("0")
    assert state(figure) == (1, 0, steps[0].caption)


def test_figures_don_t_disturb_each_other(page):
    first, same = page.locator(".attn-steps").first, page.locator(".attn-steps").last
    first.get_by_role("button", name="Next").click()
    assert state(first)[1] == 2 and state(same)[1] == 1
    assert same.get_by_role("slider").count() == 1


def test_no_accessibility_violation(page):
    assert Axe().run(page).response["violations"] == []


def test_every_step_fits_on_a_projector(page):
    for figure, steps in zip(page.locator(".attn-steps").all(), figures(), strict=False):
        if figure.get_by_role("slider").count():
            heights = set()
            for n in range(steps.first, steps.first + len(steps)):
                figure.get_by_role("slider").fill(str(n))
                heights.add(round(figure.bounding_box()["height"]))
            assert len(heights) == 1 and max(heights) <= 620            # nothing jumps, and a title has room


def test_a_narrow_page_has_no_overflow(page):
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_on_paper_all_steps_stand_below_each_other(page):
    page.emulate_media(media="print")
    steps = figures()[0]
    figure = page.locator(".attn-steps").first
    assert figure.locator("img:visible").count() == figure.locator("figcaption:visible").count() == len(steps)
    assert figure.locator("button:visible, p:visible").count() == 0


def test_without_script_all_steps_stand_below_each_other(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    figure, steps = page.locator(".attn-steps").first, figures()[0]
    assert figure.locator("figcaption:visible").all_inner_texts() == [step.caption for step in steps]
    assert figure.locator("button").count() == 0
    context.close()


@pytest.mark.slow
def test_jupyterlab_shows_all_steps_before_a_notebook_is_trusted_and_one_after(desk):
    figure = stepper.lookup(np.arange(21).reshape(7, 3) / 10, [5, 4, 6, 3], WORDS)
    output = nbformat.v4.new_output("execute_result", execution_count=1, data={
        "text/html": figure._repr_html_(), "text/plain": repr(figure)})
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL, outputs=[output], execution_count=1)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, desk.lab.course / "work" / "figure.ipynb")

    desk.open("figure.ipynb")
    desk.page.wait_for_selector(".jp-Notebook figure img")
    loaded = "[...document.querySelectorAll('.jp-Notebook figure img')].map(image => image.naturalWidth)"
    desk.page.wait_for_function(f"() => {loaded}.every(width => width === 900)")
    assert desk.page.locator(".jp-Notebook figure:visible").count() == len(figure)
    assert desk.page.locator(".jp-Notebook figure button").count() == 0
    desk.keep("figure-untrusted")

    desk.run_all()
    desk.page.wait_for_selector(".attn-steps form")
    assert desk.cells()[0]["outputs"][0]["data"]["text/html"] in ("".join(output.data["text/html"]),
                                                                  output.data["text/html"].splitlines(keepends=True))
    shown = desk.page.locator(".attn-steps")
    shown.get_by_role("slider").focus()
    for key, value in (("ArrowRight", 2), ("ArrowDown", 1), ("End", 8), ("ArrowLeft", 7)):
        desk.page.keyboard.press(key)
        assert state(shown) == (1, value, figure[value - 1].caption), key
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Space")
    assert state(shown)[1] == 8
    desk.page.keyboard.press("d")
    desk.page.keyboard.press("d")                                       # JupyterLab's key to delete a cell
    assert desk.page.locator(".jp-Notebook .jp-CodeCell").count() == 1
    desk.keep("figure-trusted")
    assert not desk.troubles
