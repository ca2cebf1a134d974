"""The site's settings, for Sphinx. attnlib/grading/site.py writes what they work on."""

project = html_title = "From word embeddings to attention"
copyright = "the course's maintainers. Text and figures: CC BY 4.0"
extensions = ["myst_nb", "sphinx.ext.mathjax"]
nb_execution_mode = "off"  # the pages bring their outputs along
myst_enable_extensions = ["dollarmath", "html_image"]
mathjax_path = "mathjax.js"  # no server is asked for anything
html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sphinx = False
html_show_search_summary = False  # it reads pages, which a browser refuses where they are opened from files
html_theme_options = {
    "path_to_docs": "",
    "repository_branch": "HEAD",
    "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"},
    "use_repository_button": True,
    "use_download_button": False,  # the notebooks are in the repository, ready to be solved
    "search_bar_text": "Search",
    "show_toc_level": 2,
}
