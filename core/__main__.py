"""`python -m core`: the same engine without a browser."""

import sys

INTERRUPTED = 130

if __name__ == "__main__":
    try:
        # inside, because Ctrl-C may come while the libraries are still loading
        from core.cli import main

        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
