"""Runs the measurement named on each input line, and prints its time in seconds. The benchmark `python` starts this script."""

import sys
import time

import gotosync

export, account, rules = sys.argv[1], gotosync.Account.from_json(open(sys.argv[2]).read()), gotosync.Rules.load(sys.argv[3])
PEOPLE = 25_000


def engine(source):
    return gotosync.Engine(source, gotosync.MemoryTarget(account), rules)


def person(n):
    return {
        "id": f"{n:08}",
        "dn": f"CN=Person {n},OU=Unit {n % 50},OU=People,DC=ad,DC=example,DC=test",
        "givenName": f"First{n}",
        "sn": f"Last{n}",
        "displayName": f"First{n} Last{n}",
        "mail": f"person{n}@example.test",
        "department": f"Department {n % 40}",
        "title": "Engineer",
        "telephoneNumber": f"+49 30 {n:07}",
        "groups": [f"CN=Team {n % 200},OU=Groups,DC=ad,DC=example,DC=test"],
    }


class Made(gotosync.DirectorySource):
    def read(self, request):
        return (person(n) for n in range(PEOPLE))


planned, made = engine(gotosync.LdifSource(export)), engine(Made())
WORK = {
    "plan": lambda: planned.check(planned.plan()),
    "dicts": lambda: [person(n) for n in range(PEOPLE)],
    "source": made.read_directory,
}
for line in sys.stdin:
    work = WORK[line.strip()]
    begun = time.perf_counter()
    result = work()
    print(time.perf_counter() - begun, flush=True)
    del result
