"""Runs the command ``gotosync`` for ``python -m gotosync``."""

from __future__ import annotations

import signal
import sys

from . import _gotosync


def main() -> int:
    """Runs the command with the arguments of this process."""
    # The command handles Ctrl-C itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _gotosync.main(["gotosync", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
