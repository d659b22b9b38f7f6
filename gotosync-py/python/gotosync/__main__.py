"""``python -m gotosync`` is the command itself."""

from __future__ import annotations

import signal
import sys

from . import _gotosync


def main() -> int:
    """Runs the command with the words of this process."""
    # The command answers Ctrl-C itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _gotosync.main(["gotosync", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
