"""The instructor's and the author's side: lessons, releases, grading. No lesson imports it."""

import os
import sys
from pathlib import Path

# nbgrader starts `alembic` by name. It lies beside this Python, which needn't be on the PATH.
_beside_python = str(Path(sys.executable).parent)
if _beside_python not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join(filter(None, [_beside_python, os.environ.get("PATH", "")]))
