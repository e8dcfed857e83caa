"""How Sphinx sets the pages that tools/site.py lays out; `make site` runs both."""

import inspect
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature
from sphinxcontrib import katex

from custom_cells import RecurrentCell
from tools.docstrings import restructured
from tools.site import KATEX, README, STATIC

project = html_title = README.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
root_doc = "index"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.katex",
]

# Notebooks, as they are stored
nb_execution_mode = "off"
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", None)]  # Keras's tables, without colours
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 6

# Equations, set while the site is built; one with an error in it stops that.
katex_prerender = True
katex_css_path = "katex.min.css"
katex_js_path = str(KATEX / "katex.min.js")
katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
# Its file socket is there before Node listens to it, and a call in between ends the build.
katex.KaTeXServer.start_server_process = katex.KaTeXServer.start_network_socket
katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60

# Docstrings
default_role = "literal"
autodoc_inherit_docstrings = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
napoleon_use_ivar = True
napoleon_custom_sections = [("Call arguments", "params_style"), "Reference"]

html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "logo": {"text": project.partition(",")[0]},
    "navbar_center": [],
    "article_header_start": [],
    "show_nav_level": 1,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["sphinx-version"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
}
html_sidebars = {"**": ["pages"]}
templates_path = ["templates"]
html_static_path = ["static", str(STATIC)]
html_css_files = ["site.css"]
# What a page says of a find is fetched, which a browser refuses where pages are opened as files.
html_js_files = [
    (None, {"body": "DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== 'file:'"})
]
html_show_sourcelink = False
html_copy_source = False
html_domain_indices = html_use_index = False

copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_selector = ":not(.cell_output) > div.highlight pre"


def set_docstring(
    app: Sphinx, kind: str, name: str, thing: Any, options: object, lines: list[str]
) -> None:
    lines[:] = restructured(lines)


def shown_signature(app: Sphinx, kind: str, name: str, thing: Any, *found: Any) -> tuple | None:
    """Return the arguments of a class's `__init__`; those of a Keras layer's `__new__` tell none.

    The options that all cells share are told once, in RecurrentCell, but for other defaults.
    """
    if kind != "class" or not inspect.isfunction(thing.__init__):
        return None
    init = thing.__init__
    if thing is not RecurrentCell and init is RecurrentCell.__init__:
        init = bare
    _, *parameters, last = inspect.signature(init).parameters.values()
    told = getattr(thing, "defaults", {}).items()
    parameters += [
        inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=value)
        for option, value in told
        if isinstance(value, str)
    ]
    signature = inspect.Signature([*parameters, last])
    return stringify_signature(signature, show_annotation=False), None


def bare(self: Any, units: int, *args: Any, **options: Any) -> None:
    """Take what a cell without further options takes."""


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", shown_signature)
    app.connect("autodoc-process-docstring", set_docstring, priority=400)  # napoleon has 500
