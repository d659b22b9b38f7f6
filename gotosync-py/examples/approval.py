"""Posts a plan as JSON for approval, and applies it after the approval.

    python approval.py ask http://tickets.example.test/plans     # posts the plan and saves it in plan.json
    python approval.py apply plan.json 5df4e50fa8102a97          # applies exactly this plan, approved by its id

If a user changes in the meantime, the steps for that user are refused. If the file is edited, the complete plan is refused.
"""

from __future__ import annotations

import argparse
import sys
import urllib.request
from pathlib import Path

import gotosync


def ask(engine: gotosync.Engine, url: str, file: Path) -> gotosync.Plan:
    """Makes a plan, saves it in a file, and posts it if it has steps."""
    plan = engine.plan()
    plan.save(file)
    if plan:
        request = urllib.request.Request(url, plan.to_json().encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30):
            pass
    return plan


def main() -> int:
    """Posts a plan for approval, or applies an approved plan."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--config", default="gotosync.toml")
    verbs = parser.add_subparsers(dest="verb", required=True)
    asks = verbs.add_parser("ask")
    asks.add_argument("url")
    asks.add_argument("--file", type=Path, default=Path("plan.json"))
    applies = verbs.add_parser("apply")
    applies.add_argument("file", type=Path)
    applies.add_argument("id")
    options = parser.parse_args()
    engine = gotosync.Engine.load(options.config, command="approval")
    if options.verb == "ask":
        print(ask(engine, options.url, options.file))
        return 0
    try:
        report = engine.apply(gotosync.Plan.load(options.file), approve=options.id)
    except gotosync.GotosyncError as error:
        print(f"error: {error}", error.hint or "", sep="\n", file=sys.stderr)
        return 1
    print(report)
    return 0 if report.all_done else 4


if __name__ == "__main__":
    sys.exit(main())
