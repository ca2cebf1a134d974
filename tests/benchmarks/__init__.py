"""What `make bench` measures. Each module prints its part; `python -m tests.benchmarks` runs them all."""


def table(header, rows):
    """A Markdown table's lines."""
    return [f"| {' | '.join(map(str, row))} |" for row in (header, ["---"] * len(header), *rows)]
