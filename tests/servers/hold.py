#!/usr/bin/python3
"""Replaces the entries of a domain, including their ids, while its server runs.

hold.py FOLDER opens the domain in the folder. Each input line is a JSON string that contains LDIF entries (no changes),
each after its parent. The program answers each line with a line of JSON: null on success, or the error message, in which
case nothing was changed.

The entries of the previous line are deleted completely, including their tombstones, so that an id can be used again. No
LDAP client could do that.
"""

import json
import os
import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB


def main():
    folder = sys.argv[1]
    settings = LoadParm()
    settings.load(os.path.join(folder, "base.conf"))
    database = SamDB(
        url=os.path.join(folder, "private", "sam.ldb"),
        lp=settings,
        session_info=system_session(settings),
        flags=ldb.FLG_NOSYNC,
    )
    held = []
    print("null", flush=True)
    for line in sys.stdin:
        database.transaction_start()
        try:
            clear(database, held)
            new = fill(database, json.loads(line))
            database.transaction_commit()
            held = new
            print("null", flush=True)
        except (ldb.LdbError, ValueError) as error:
            database.transaction_cancel()
            print(json.dumps(str(error)), flush=True)


def clear(database, held):
    for name in reversed(held):
        database.delete(name, ["tree_delete:0"])
    found = database.search(
        database.domain_dn(),
        scope=ldb.SCOPE_SUBTREE,
        expression="(&(isDeleted=TRUE)(lastKnownParent=*))",
        attrs=["isDeleted"],
        controls=["show_recycled:0"],
    )
    for tombstone in found:
        database.delete(tombstone.dn, ["show_recycled:0", "relax:0"])


def fill(database, text):
    """Adds the entries and then the members of groups, which may follow their group. Returns the DNs of the added entries."""
    names, groups = [], []
    for _, message in database.parse_ldif(text):
        classes = {bytes(name).decode().lower() for name in message["objectClass"]}
        if "sAMAccountName" not in message and classes & {"user", "group"} and "computer" not in classes:
            # The naming that the tools of Windows use; otherwise the server generates a name.
            message["sAMAccountName"] = message.dn.get_rdn_value()
        members = message.get("member")
        if members is not None:
            change = ldb.Message(message.dn)
            change["member"] = ldb.MessageElement([bytes(member) for member in members], ldb.FLAG_MOD_ADD, "member")
            groups.append(change)
            message.remove("member")
        database.add(message, ["relax:0"])
        names.append(message.dn)
    for change in groups:
        database.modify(change)
    return names


main()
