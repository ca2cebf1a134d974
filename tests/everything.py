"""What `make test` runs: every test and every lesson, then one line that counts them all.

    python tests/everything.py [--quick]

--quick leaves out tests marked slow and browser, and the lessons.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg", "solutions"]
TWO = ["-n", "2", "--dist", "loadscope"]
# First what can share the machine, then what a busy machine would disturb: servers, clocks.
PARTS = {
    "tests and lessons": [*TWO, "-m", "not alone and not browser", "tests", *LESSONS],
    "in a browser": [*TWO, "-m", "browser and not alone", "tests"],
    "servers, times": ["-m", "alone", "tests"],
}
QUICK = {"quick tests": [*TWO, "-m", "not slow and not alone and not browser", "tests"]}
NO_TESTS = 5  # pytest's exit code where nothing was selected


def main(arguments):
    began, codes, counts = time.monotonic(), [], {}
    (ROOT / "build").mkdir(exist_ok=True)
    for number, (title, options) in enumerate((QUICK if "--quick" in arguments else PARTS).items()):
        print(f"\n== {title}", flush=True)
        report = ROOT / "build" / f"tests-{number}.xml"
        report.unlink(missing_ok=True)
        codes.append(_pytest([*options, f"--junitxml={report}"]))
        _add(counts, report)
    failed = any(code not in (0, NO_TESTS) for code in codes) or not counts.get("passed")
    line = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    print(f"\nEverything: {line} in {time.monotonic() - began:.0f} s. {'FAILED' if failed else 'All is well.'}")
    return 1 if failed else 0


def _pytest(options):
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "PYTHONHASHSEED": "0",
                    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *options], cwd=ROOT, env=surroundings)


def _add(counts, report):
    """Add the numbers in pytest's own report to `counts`."""
    if not report.exists():
        return
    for suite in ET.parse(report).getroot().iter("testsuite"):
        number = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
        for what, count in (("passed", number["tests"] - number["failures"] - number["errors"] - number["skipped"]),
                            ("failed", number["failures"]), ("errors", number["errors"]),
                            ("skipped", number["skipped"])):
            counts[what] = counts.get(what, 0) + count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
