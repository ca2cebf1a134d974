"""`python -m attnlib.cli VERB`, where the `attn` program is not on the PATH."""

from attnlib.cli import main

main()
