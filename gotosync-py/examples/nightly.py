"""A nightly run that sends its report by e-mail.

    python nightly.py gotosync.toml --smtp mail.example.test:25 --to admins@example.test

An interrupted run is ended first. Whatever happens, somebody hears of it; the exit code is 0 only if everything was done.
"""

from __future__ import annotations

import argparse
import smtplib
import sys
from email.message import EmailMessage

import gotosync


def nightly(configuration: str) -> tuple[str, str, bool]:
    """Runs, and gives the subject and the text of a mail, and whether all is well."""
    try:
        engine = gotosync.Engine.load(configuration, command="nightly")
        resumed = engine.resume()
        report = engine.run()
    except gotosync.StoppedError as error:
        plan: gotosync.Plan = error.plan
        plan.save("waiting.json")
        how = f"look at the plan; to apply this very plan: gotosync apply waiting.json --approve {plan.id}"
        return "gotosync was stopped by a check", f"{error}\n\n{how}\n\n{plan}", False
    except gotosync.GotosyncError as error:
        return f"gotosync failed: {error.kind}", f"{error}\n{error.hint or ''}\n", False
    texts = [str(told) for told in (resumed, report) if told is not None]
    if report.deletions is not None:
        report.deletions.save("deletions.json")
        texts.append(f"{len(report.deletions)} users wait to be deleted; the plan is in deletions.json\n")
    undone = len(report.undone)
    subject = f"gotosync: {undone} steps were not done" if undone else "gotosync: all done"
    return subject, "\n".join(texts), undone == 0


def main() -> int:
    """Runs and sends the mail."""
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
