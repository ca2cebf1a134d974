"""The site's settings, for Sphinx. attnlib/grading/site.py writes the pages that it finds here, and mathjax.js."""

import re

project = html_title = "From word embeddings to attention"
copyright = "the course's maintainers. Text and figures: CC BY 4.0"
extensions = ["myst_nb", "sphinx.ext.mathjax"]
nb_execution_mode = "off"  # the pages bring their outputs along
myst_enable_extensions = ["dollarmath", "html_image"]
mathjax_path = "mathjax.js"  # the site's own: no server is asked for anything

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {"**": ["start.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_context = {"default_mode": "light"}
html_copy_source = html_use_index = html_show_sphinx = False
html_show_search_summary = False  # it reads other pages, which a browser refuses where the site is opened from files
html_theme_options = {
    "repository_branch": "HEAD",
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    "use_repository_button": True,
    "use_download_button": False,  # the notebooks to solve are in the repository
    "navbar_persistent": [],  # the search stands in the sidebar
    "search_bar_text": "Search",
    "show_toc_level": 2,
    "footer_content_items": ["copyright"],
}


HEADS = (
    (r'<th class="head">(?:<p></p>)?</th>', r"<td></td>"),  # a table's empty corner names nothing
    (r'(<th class="head"><p><span class="math[^"]*")>(\\\((.+?)\\\)</span></p></th>)',
     r'\1 role="math" aria-label="\3">\2'),
)


def setup(app):
    """Let every head of a table have a name, also where it is a formula."""
    def mend(app, pagename, templatename, context, doctree):
        for head, mended in HEADS if "body" in context else ():
            context["body"] = re.sub(head, mended, context["body"])

    app.connect("html-page-context", mend)
