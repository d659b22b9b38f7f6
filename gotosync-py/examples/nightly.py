"""Runs gotosync every night and sends the report by e-mail.

    python nightly.py gotosync.toml --smtp mail.example.test:25 --to admins@example.test

An interrupted run is finished first. The e-mail is sent in any case, also after errors. The exit code is 0 only if everything
was done.
"""

from __future__ import annotations

import argparse
import smtplib
import sys
from email.message import EmailMessage

import gotosync


def nightly(configuration: str) -> tuple[str, str, bool]:
    """Runs, and returns the subject and the text of the e-mail, and True if everything was done."""
    try:
        engine = gotosync.Engine.load(configuration, command="nightly")
        resumed = engine.resume()
        report = engine.run()
    except gotosync.StoppedError as error:
        plan: gotosync.Plan = error.plan
        plan.save("waiting.json")
        how = f"review the plan; to apply exactly this plan: gotosync apply waiting.json --approve {plan.id}"
        return "gotosync: a check stopped the run", f"{error}\n\n{how}\n\n{plan}", False
    except gotosync.GotosyncError as error:
        return f"gotosync failed: {error.kind}", f"{error}\n{error.hint or ''}\n", False
    texts = [str(text) for text in (resumed, report) if text is not None]
    if report.deletions is not None:
        report.deletions.save("deletions.json")
        texts.append(f"{len(report.deletions)} users are waiting to be deleted; the plan is in deletions.json\n")
    undone = len(report.undone)
    subject = f"gotosync: {undone} steps were not done" if undone else "gotosync: all done"
    return subject, "\n".join(texts), undone == 0


def main() -> int:
    """Runs and sends the e-mail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("configuration", nargs="?", default="gotosync.toml")
    parser.add_argument("--smtp", required=True, metavar="HOST:PORT")
    parser.add_argument("--to", required=True, metavar="ADDRESS")
    parser.add_argument("--sender", default="gotosync@localhost", metavar="ADDRESS")
    options = parser.parse_args()
    subject, text, fine = nightly(options.configuration)
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, options.sender, options.to
    mail.set_content(text)
    host, _, port = options.smtp.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=30) as server:
        server.send_message(mail)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
