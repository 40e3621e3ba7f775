"""``python -m cnnlab`` is the command ``cnnlab``."""

import sys

from cnnlab.course.cli import main

if __name__ == "__main__":
    sys.exit(main())
