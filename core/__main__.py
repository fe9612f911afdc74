"""`python -m core`: the same engine without a browser."""

import os
import signal
import sys

INTERRUPTED = 130

if __name__ == "__main__":
    # nothing has begun while the libraries load, and an exception in the middle of a compiled one is a crash
    usual = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from core.cli import main

    signal.signal(signal.SIGINT, usual)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
