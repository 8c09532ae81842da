"""``python -m orchbench``: the command line."""

import sys

from orchbench.cli import main

if __name__ == "__main__":
    sys.exit(main())
