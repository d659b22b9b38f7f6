#!/usr/bin/python3
"""Creates the files of an Active Directory domain and its entries while no server runs.

domain.py FOLDER make   creates an empty domain
domain.py FOLDER fill   fills a domain that was created in this folder or copied into it

Both read FOLDER/domain.json:
  realm, host, address   the realm of the domain, and the host name and address of its controller
  netbios, password      for make: the short name and the administrator's password
  entries, changes       for fill: LDIF files to load, in this order; null for none
  primary                for fill: pairs of a member's DN and the DN of the group that becomes its primary group
  accounts               for fill: accounts with name, password, and the right to replicate

The program leaves FOLDER/private for `samba` and FOLDER/address.ldif, which contains the changes that move the domain to
another address, with the placeholders `{address}` and `{address64}`.
"""

import base64
import json
import logging
import os
import sys

import ldb
from samba.auth import system_session
from samba.dcerpc import dnsp
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

# Control access rights of MS-ADTS section 5.1.3.2.1: DS-Replication-Get-Changes and DS-Replication-Get-Changes-All.
REPLICATION = ["1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"]
# Flags of `userAccountControl`: a normal account whose password does not expire.
LASTING = 0x200 | 0x10000


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "domain.json"), encoding="utf-8") as file:
        wish = json.load(file)
    # The two steps are separate processes, because provisioning leaves database files open, and a process cannot open
    # them twice.
    if sys.argv[2:] == ["make"]:
        make(folder, wish)
        return
    settings = LoadParm()
    settings.load(os.path.join(folder, "base.conf"))
    database = SamDB(
        url=os.path.join(folder, "private", "sam.ldb"),
        lp=settings,
        session_info=system_session(settings),
        flags=ldb.FLG_NOSYNC,
        options=["batch_mode:1", "transaction_index_cache_size:200000"],
    )
    database.transaction_start()
    try:
        fill(database, wish)
        database.transaction_commit()
    except BaseException:
        database.transaction_cancel()
        raise
    with open(os.path.join(folder, "address.ldif"), "w", encoding="utf-8") as file:
        move(database, wish, file)


def make(folder, wish):
    """Creates an empty domain."""
    conf = os.path.join(folder, "base.conf")
    loaded = LoadParm()
    loaded.load(conf)
    provision(
        logging.getLogger("provision"),
        system_session(),
        smbconf=conf,
        targetdir=folder,
        realm=wish["realm"],
        domain=wish["netbios"],
        hostname=wish["host"],
        hostip=wish["address"],
        adminpass=wish["password"],
        dns_backend="SAMBA_INTERNAL",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        serverrole="active directory domain controller",
        use_rfc2307=True,
        # The SYSVOL shares are not used here, and their access lists would need special file system support.
        skip_sysvolacl=True,
        lp=loaded,
        batch_mode=True,
    )


def fill(database, wish):
    """Loads the people and groups, and creates the accounts."""
    base = database.domain_dn()
    for name in (wish["entries"], wish["changes"]):
        if name is None:
            continue
        with open(name, encoding="utf-8") as file:
            for kind, message in database.parse_ldif(file.read()):
                try:
                    if kind == ldb.CHANGETYPE_MODIFY:
                        database.modify(message)
                    else:
                        database.add(message)
                except ldb.LdbError as error:
                    raise SystemExit(f"{message.dn}: {error}") from error
    for member, group in wish["primary"]:
        change(database, member, "primaryGroupID", str(relative(database, group)))
    for account in wish["accounts"]:
        name = f"CN={account['name']},CN=Users,{base}"
        database.add(
            {
                "dn": name,
                "objectClass": "user",
                "sAMAccountName": account["name"],
                "userPrincipalName": f"{account['name']}@{wish['realm'].lower()}",
                "userAccountControl": str(LASTING),
                "clearTextPassword": account["password"].encode("utf-16-le"),
            }
        )
        if account["replicates"]:
            for right in REPLICATION:
                SDUtils(database).dacl_add_ace(base, f"(OA;;CR;{right};;{identifier(database, name)})")
    # The cached files are used for longer than the default maximum password age.
    change(database, f"CN=Administrator,CN=Users,{base}", "userAccountControl", str(LASTING))


def move(database, wish, file):
    """Writes the changes that the domain needs when its controller gets another address."""
    host = f"CN={wish['host'].upper()},OU=Domain Controllers,{database.domain_dn()}"
    domain = wish["realm"].lower()
    names = [f"ldap/{wish['host']}.{domain}", f"ldap/{wish['host']}.{domain}/{domain}", "ldap/{address}"]
    file.write(f"dn: {host}\nchangetype: modify\nadd: servicePrincipalName\n")
    file.writelines(f"servicePrincipalName: {name}\n" for name in names)
    for zone in ("DomainDnsZones", "ForestDnsZones"):
        found = database.search(f"DC={zone},{database.domain_dn()}", expression="(dnsRecord=*)", attrs=["dnsRecord"])
        for node in found:
            records = [(bytes(record), ndr_unpack(dnsp.DnssrvRpcRecord, record)) for record in node["dnsRecord"]]
            if not any(parsed.wType == dnsp.DNS_TYPE_A and parsed.data == wish["address"] for _, parsed in records):
                continue
            file.write(f"\ndn:: {encoded(str(node.dn).encode())}\nchangetype: modify\nreplace: dnsRecord\n")
            for raw, parsed in records:
                if parsed.wType == dnsp.DNS_TYPE_A and parsed.data == wish["address"]:
                    # The address is the last four bytes. The number of bytes before it is a multiple of three, so it
                    # can be encoded separately.
                    file.write(f"dnsRecord:: {encoded(raw[:-4])}{{address64}}\n")
                else:
                    file.write(f"dnsRecord:: {encoded(raw)}\n")


def change(database, name, attribute, value):
    message = ldb.Message(ldb.Dn(database, name))
    message[attribute] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, attribute)
    database.modify(message)


def identifier(database, name):
    found = database.search(name, scope=ldb.SCOPE_BASE, attrs=["objectSid"])
    return database.schema_format_value("objectSid", found[0]["objectSid"][0]).decode()


def relative(database, name):
    return identifier(database, name).rsplit("-", 1)[1]


def encoded(data):
    return base64.b64encode(data).decode()


main()
