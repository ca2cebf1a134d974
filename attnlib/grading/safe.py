"""What students wrote, as HTML that can do nothing: no script, no form, no request, no style of its own.

Used for feedback, for the formgrader's page of a submission, and for outputs that a student saved.
"""

import functools
import html
import re
import secrets

import latex2mathml.converter
import nh3
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output

MAX_HTML = 2 * 2**20  # characters of one output or text; what is longer is left out
MAX_TAGS, MAX_DEPTH = 20_000, 100
TAGS = set("""a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3
h4 h5 h6 hr i img kbd li mark ol p pre s small span strong sub summary sup table tbody td tfoot th thead tr u
ul""".split())
SIZES = {"width", "height"}
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"} | SIZES, "ol": {"start"}, "td": {"colspan", "rowspan"},
              "th": {"scope", "colspan", "rowspan"}, "div": {"class"}, "span": {"class"}}
CHECKED = {
    "href": re.compile(r"(https?://|mailto:|#).*", re.IGNORECASE | re.DOTALL),
    "src": re.compile(r"data:image/(png|jpeg|gif|svg\+xml)[;,].*", re.IGNORECASE | re.DOTALL),  # runs no script
    "class": re.compile(r"(highlight|[a-z]{1,2}\d?)( (highlight|[a-z]{1,2}\d?))*"),  # of highlighted code
}
UNSEEN = {"script", "style", "template", "noscript", "iframe", "object", "textarea", "title"}  # gone with their text
MATHML = set("""math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable
mtr mtd mstyle mphantom mpadded menclose mmultiscripts mprescripts semantics""".split())
MATHML_ATTRIBUTES = set("""display displaystyle mathvariant stretchy fence form separator accent minsize maxsize width
height depth lspace rspace linethickness columnalign columnspacing rowspacing columnlines rowlines movablelimits
notation scriptlevel""".split())
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
LEFT_OUT = "(left out: too long to be shown)"


def clean(source):
    """HTML without anything that acts; what remains is text, tables, links and pictures that it brings itself."""
    if len(source) > MAX_HTML or source.count("<") > MAX_TAGS:  # the parser's time grows with the square of the depth
        return LEFT_OUT
    page = nh3.clean(source, tags=TAGS, clean_content_tags=UNSEEN, attributes=ATTRIBUTES, attribute_filter=_checked,
                     url_schemes={"http", "https", "mailto", "data"})
    return page if _depth(page) <= MAX_DEPTH else LEFT_OUT


def _checked(tag, name, value):
    return value if name not in CHECKED or CHECKED[name].fullmatch(value) else None


def _depth(page):
    """How deep elements lie in one another; those who make pages of it count on less than a thousand."""
    deepest = depth = 0
    for end, name in re.findall(r"<(/?)([a-z]\w*)", page):
        depth += -1 if end else name not in ("br", "hr", "img", "col")
        deepest = max(deepest, depth)
    return deepest


class Mathematics(IPythonRenderer):
    """Markdown with TeX written as MathML. Each formula is a mark until `put_in`, since cleaning would take it."""

    def __init__(self, **settings):
        super().__init__(escape=False, exclude_anchor_links=True, **settings)
        self.key, self.formulas = secrets.token_hex(8), []

    def _mark(self, tex, display):
        self.formulas.append(_mathml(tex, display))
        return f"{self.key}n{len(self.formulas) - 1}n"

    def block_math(self, body):
        return self._mark(body, "block")

    def inline_math(self, body):
        return self._mark(body, "inline")

    def latex_environment(self, name, body):
        return self._mark(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def put_in(self, page):
        return re.sub(f"{self.key}n(\\d+)n", lambda mark: self.formulas[int(mark[1])], page)


def _mathml(tex, display):
    # The converter knows align, not what amsmath calls the same within a formula.
    known = re.sub(r"(begin|end)\{(aligned|align\*|split)\}", r"\1{align}", tex)
    try:
        formula = latex2mathml.converter.convert(known.strip(), display=display)
        return nh3.clean(formula, tags=MATHML, clean_content_tags=UNSEEN, attributes={"*": MATHML_ATTRIBUTES})
    except Exception:  # the converter has many errors of its own, and a page must come of any text
        return f"<code>{html.escape(tex)}</code>"


@pass_context
def markdown(context, source):
    """nbconvert's filter markdown2html: Markdown as clean HTML, mathematics as MathML."""
    cell = context.get("cell") or {}
    pictures = cell.get("attachments")
    return _markdown(source) if not pictures else _rendered(source, pictures)


@functools.lru_cache(maxsize=2048)  # the lesson's own prose is the same in every submission
def _markdown(source):
    return _rendered(source, {})


def _rendered(source, pictures):
    if len(source) > MAX_HTML:
        return LEFT_OUT
    renderer = Mathematics(attachments=pictures)
    try:
        page = MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # such as a picture that the text names and that isn't there
        return f"<pre>{html.escape(source)}</pre>"
    return renderer.put_in(clean(page))


def outputs(saved):
    """A cell's outputs, made anew from those parts that can only be looked at."""
    return [shown for output in saved if (shown := _output(output))]


def _output(output):
    kind = output.get("output_type")
    if kind == "stream":
        return new_output("stream", name="stderr" if output.get("name") == "stderr" else "stdout",
                          text=_text(output.get("text")))
    if kind == "error":
        lines = output.get("traceback")
        return new_output("error", ename=_text(output.get("ename")), evalue=_text(output.get("evalue")),
                          traceback=[_text(line) for line in lines] if isinstance(lines, list) else [])
    data, about = output.get("data"), output.get("metadata")
    if not isinstance(data, dict):
        return None
    shown = {kind: safe for kind, value in data.items() if (safe := _safe_data(kind, _text(value)))}
    return new_output("display_data", data=shown, metadata=_about(about)) if shown else None


def _safe_data(kind, value):
    """One form of an output, or None where it isn't shown."""
    if len(value) > MAX_HTML and not kind.startswith("image/"):
        return LEFT_OUT
    if kind == "text/html":
        return clean(value)
    if kind in ("image/png", "image/jpeg", "image/gif"):
        return value if BASE64.fullmatch(value) else None
    return value if kind in ("text/plain", "text/latex", "text/markdown", "image/svg+xml") else None


def _about(metadata):
    """Of an output's metadata no more than what a picture shows and its size."""
    found = {}
    for kind, about in metadata.items() if isinstance(metadata, dict) else ():
        if kind.startswith("image/") and isinstance(about, dict):
            found[kind] = {key: value for key, value in about.items()
                           if key == "alt" and isinstance(value, str) or key in SIZES and isinstance(value, int)}
    return found


def _text(value):
    """Notebooks keep long texts as lists of lines."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


class SafeOutputs(Preprocessor):
    """Takes out of a notebook, before it becomes a page, whatever could act in a browser."""

    def preprocess_cell(self, cell, resources, index):
        cell.metadata.pop("raw_mimetype", None)  # a raw cell of kind text/html would become part of the page
        if cell.cell_type == "code":
            cell.outputs = outputs(cell.outputs)
        if cell.cell_type == "raw":
            cell.cell_type, cell.source = "markdown", f"<pre>{html.escape(cell.source)}</pre>"
        return cell, resources


def configure(config):
    """Settings for all of nbgrader's pages that are made of notebooks: the formgrader's, and feedback's."""
    config.HTMLExporter.preprocessors = [SafeOutputs]
    config.HTMLExporter.filters = {"markdown2html": markdown}
