# What nbgrader's Validate button does in a student's JupyterLab: as `attn check`, it runs the restored notebook and
# leaves experiments out.
from attnlib.cli import validating

c = get_config()  # noqa: F821
c.Execute.skip_cells_with_tag = "experiment"
c.Execute.timeout = 60
validating.configure(c)
