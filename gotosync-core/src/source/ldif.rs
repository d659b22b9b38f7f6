//! A directory export in a file (RFC 2849), plain or gzipped, as `ldapsearch`, `slapcat` or `ldbsearch` write it.

mod ahead;
mod fault;
mod lines;
mod pass;
mod record;
mod trailer;

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flate2::bufread::MultiGzDecoder;

use self::ahead::ReadAhead;
use self::fault::{Fault, READING};
use super::entries::{Found, Selection};
use super::{DirectoryInfo, DirectorySource, Node, children_of};
use crate::error::Retry;
use crate::model::{Completeness, Directory, Dn, Gap, ReadRequest, Reading, Scope};
use crate::{Error, ErrorKind, Result};

/// A directory that was exported to a file.
///
/// The file streams by: memory holds groups, units and the people a request asks for, not the file. A request that names
/// groups takes two passes, for a group may stand below its members.
///
/// **What is read.** Active Directory, and directories by RFC 2307, 2798 and 4519 such as `OpenLDAP`'s. A person is an entry
/// of class `person`, `user`, `inetOrgPerson`, `posixAccount` or `account` that is no computer, contact, group, managed
/// service account or foreign security principal; deleted objects are nobody. The id is `objectGUID`, else `nsUniqueId`,
/// else `entryUUID`. Attribute options count as the attribute without them: a value of `description;lang-de` is one of
/// `description`. `memberOf` is read as membership and never kept as an attribute.
///
/// **What makes a reading incomplete**, while all that could be read comes along: a compressed file that is cut off or
/// damaged; a search that `ldapsearch` says ended with an error or before its last page; a list in `;range=` chunks
/// without its end; entries without an `objectClass`; no entry at all. A plain file that was cut off right between two
/// lines cannot be told from a whole one.
///
/// **What is refused**, with file and line: change records (`changetype:`), values in other files (`attribute:< URL`), a
/// person without an id, a name of more than 128 parts, a value of more than 16 MiB, an entry of more than 256 MiB of wanted
/// values, and whatever is not LDIF.
///
/// ```
/// use gotosync_core::model::ReadRequest;
/// use gotosync_core::source::{DirectorySource, LdifSource};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("directory.ldif");
/// let text = "dn: CN=Ann,DC=test\nobjectClass: user\nentryUUID: 7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0001\nmail: ann@x.test\n";
/// std::fs::write(&path, text)?;
///
/// let reading = LdifSource::open(path).read(&ReadRequest::everyone(["mail"])).await?;
/// let ann = &reading.directory.people()[0];
/// assert_eq!(reading.directory.text(ann, "mail"), Some("ann@x.test"));
/// assert!(reading.completeness.is_complete());
/// # Ok::<(), gotosync_core::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct LdifSource {
    path: PathBuf,
}

impl LdifSource {
    /// Names a file. It is not opened before it is read, and then read anew each time.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Path) -> Result<T> + Send + 'static) -> Result<T> {
        let path = self.path.clone();
        match tokio::task::spawn_blocking(move || work(&path)).await {
            Ok(result) => result,
            Err(stopped) => match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(ErrorKind::Unavailable, "the program is shutting down").during(READING)),
            },
        }
    }

    async fn everybody(&self) -> Result<(Found, Directory)> {
        self.blocking(|path| {
            let (mut found, _) = pass(path, &[], &mut Selection::Everybody)?;
            let directory = join(path, &mut found)?;
            Ok((found, directory))
        })
        .await
    }
}

impl fmt::Display for LdifSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LDIF export {}", self.path.display())
    }
}

#[async_trait]
impl DirectorySource for LdifSource {
    async fn describe(&self) -> Result<DirectoryInfo> {
        let (found, directory) = self.everybody().await?;
        let tops = directory.units().iter().filter(|unit| unit.parent.is_none());
        let info = DirectoryInfo::new(self.to_string(), tops.map(|unit| unit.dn.clone()).collect());
        Ok(DirectoryInfo { vendor: found.looks_like_ad.then(|| "Active Directory".to_owned()), ..info })
    }

    async fn children<'a>(&self, of: Option<&'a Dn>) -> Result<Vec<Node>> {
        let (_, directory) = self.everybody().await?;
        children_of(&directory, of)
    }

    async fn read(&self, request: &ReadRequest) -> Result<Reading> {
        let request = request.clone();
        self.blocking(move |path| read(path, &request)).await
    }
}

fn read(path: &Path, request: &ReadRequest) -> Result<Reading> {
    let names_groups = request.scopes.iter().any(|scope| matches!(scope, Scope::Group { .. }));
    let first =
        if names_groups && !request.wants_everyone() { Some(pass(path, &[], &mut Selection::Nobody)?) } else { None };
    let (groups, before) = first.map_or((None, None), |(found, stamp)| (Some(found), Some(stamp)));
    let (mut selection, _) =
        Selection::new(request, groups.as_ref()).map_err(|error| error.with("file", path.display()))?;
    let (mut found, after) = pass(path, &request.attributes, &mut selection)?;
    if before.is_some_and(|before| before != after) {
        return Err(changed(path));
    }
    let directory = join(path, &mut found)?;
    let gap = |(line, problem): (Option<u64>, String)| {
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        Gap { place: format!("{}{line}", path.display()), problem }
    };
    Ok(Reading {
        directory: Arc::new(directory),
        completeness: Completeness::from_gaps(found.gaps.into_iter().map(gap).collect()),
        remarks: found.remarks,
        effort: None,
        kept: None,
    })
}

/// What tells one state of a file from another.
type Stamp = (u64, Option<std::time::SystemTime>);

fn pass(path: &Path, attributes: &[String], selection: &mut Selection) -> Result<(Found, Option<Stamp>)> {
    let in_file = |fault: Fault| fault.in_file(path);
    let io = |error| in_file(Fault::File(error));
    let file = File::open(path).map_err(io)?;
    let same_file = file.try_clone().map_err(io)?;
    let before = stamp(&file.metadata().map_err(io)?);
    let found = pass::run(content(file).map_err(io)?, attributes, selection).map_err(in_file)?;
    // An export that is still being written looks like one that is whole.
    if stamp(&same_file.metadata().map_err(io)?) != before {
        return Err(changed(path));
    }
    Ok((found, before))
}

/// The text of a file. Whether it is compressed is told by its first bytes: names lie.
fn content(file: File) -> std::io::Result<ReadAhead> {
    let mut file = BufReader::with_capacity(COMPRESSED_BUFFER, file);
    let zipped = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    if zipped { ReadAhead::new(MultiGzDecoder::new(file)) } else { ReadAhead::new(file) }
}

/// A pipe has no size and no time that mean anything.
fn stamp(metadata: &Metadata) -> Option<Stamp> {
    metadata.is_file().then(|| (metadata.len(), metadata.modified().ok()))
}

fn join(path: &Path, found: &mut Found) -> Result<Directory> {
    let mut builder = std::mem::take(&mut found.builder);
    for group in found.groups.drain(..) {
        builder.group(group.entry);
    }
    builder.build().map_err(|error| error.during(READING).with("file", path.display()))
}

fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "the file changed while it was read")
        .during(READING)
        .with("file", path.display())
        .hint("write an export under another name, and rename it when it is whole")
        .retry(Retry::Later)
}

const COMPRESSED_BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tempfile::TempDir;

    use super::*;
    use crate::model::{Depth, GroupRef, Membership, UnitKind};
    use crate::source::NodeKind;

    struct Export(TempDir);

    impl Export {
        fn new(bytes: impl AsRef<[u8]>) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("export"), bytes).unwrap();
            Self(folder)
        }

        fn source(&self) -> LdifSource {
            LdifSource::open(self.0.path().join("export"))
        }

        async fn try_read(&self, request: &ReadRequest) -> Result<Reading> {
            self.source().read(request).await
        }

        async fn read(&self, request: &ReadRequest) -> Reading {
            self.try_read(request).await.unwrap()
        }

        /// The names of the people within a scope.
        async fn names(&self, scope: Scope) -> Vec<String> {
            let reading = self.read(&ReadRequest { attributes: vec![], scopes: vec![scope], since: None }).await;
            assert_eq!(reading.directory.groups().len(), 3, "groups come whole");
            assert_eq!(reading.directory.units().len(), 5, "units come whole");
            reading.directory.people().iter().map(|person| person.dn.name()).collect()
        }

        async fn problems(&self) -> Vec<String> {
            let reading = self.read(&everyone()).await;
            reading.completeness.gaps().iter().map(|gap| gap.problem.clone()).collect()
        }
    }

    fn everyone() -> ReadRequest {
        ReadRequest::everyone(["mail", "objectClass", "distinguishedName", "description", "thumbnailPhoto", "memberOf"])
    }

    fn zipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// People and groups as Active Directory has them; the ids end in the digit given.
    const AD: &str = "\
dn: DC=ad,DC=test
objectClass: domainDNS

dn: OU=People,DC=ad,DC=test
objectClass: organizationalUnit

dn: CN=Ann,OU=People,DC=ad,DC=test
objectClass: person
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==
objectSid: S-1-5-21-1-2-3-1001
primaryGroupID: 513
sAMAccountName: ann
userAccountControl: 514
accountExpires: 133500000000000000
mail: ann@x.test
description;lang-de: eins
description: two
thumbnailPhoto: text
memberOf: CN=Inner,OU=Groups,DC=ad,DC=test

dn: CN=Bob,OU=Far,OU=People,DC=ad,DC=test
objectClass: user
objectGUID:: AAAAAAAAAAAAAAAAAAAAAg==
userAccountControl: 512
accountExpires: 9223372036854775807

dn: CN=PC,OU=Far,OU=People,DC=ad,DC=test
objectClass: user
objectClass: computer

dn: CN=Gone\\0ADEL:1,CN=Deleted Objects,DC=ad,DC=test
objectClass: user

dn: CN=Inner,OU=Groups,DC=ad,DC=test
objectClass: group
objectGUID:: AAAAAAAAAAAAAAAAAAAAAw==
sAMAccountName: inner
memberOf: CN=Outer,OU=Groups,DC=ad,DC=test

dn: CN=Outer,OU=Groups,DC=ad,DC=test
objectClass: group
objectGUID:: AAAAAAAAAAAAAAAAAAAABA==
member: cn=bob, OU=Far,OU=People,DC=ad,DC=test

dn: CN=Domain Users,CN=Users,DC=ad,DC=test
objectClass: group
objectSid: S-1-5-21-1-2-3-513
";

    #[tokio::test]
    async fn an_active_directory_is_read() {
        let export = Export::new(AD);
        let reading = export.read(&everyone()).await;
        assert_eq!(reading.completeness, Completeness::Complete);
        let directory = &reading.directory;
        let [ann, bob] = directory.people() else { panic!("{:?}", directory.people()) };
        assert_eq!(ann.id.to_string(), "00000000-0000-0000-0000-000000000001");
        assert_eq!((ann.disabled, bob.disabled), (true, false));
        assert_eq!((ann.expires, bob.expires), (Some("2024-01-17T21:20:00Z".parse().unwrap()), None));
        let texts =
            |name: &str| directory.values(ann, name).iter().map(|v| v.display().into_owned()).collect::<Vec<_>>();
        assert_eq!(texts("objectclass"), ["person", "user"]);
        assert_eq!(texts("description"), ["eins", "two"]);
        assert_eq!(texts("thumbnailPhoto"), ["74657874"], "bytes, though they could be text");
        assert_eq!(texts("distinguishedName"), [ann.dn.as_str()]);
        assert!(texts("memberOf").is_empty() && texts("cn").is_empty());
        let group = |ix: crate::model::GroupIx| &*directory.group(ix).name;
        assert_eq!(ann.direct_groups().map(group).collect::<Vec<_>>(), ["inner", "Domain Users"]);
        assert_eq!(bob.direct_groups().map(group).collect::<Vec<_>>(), ["Outer"]);
        assert_eq!(directory.groups()[0].id.to_string(), "cn=domain users,cn=users,dc=ad,dc=test");
        let info = export.source().describe().await.unwrap();
        assert_eq!(
            (info.vendor.as_deref(), info.naming_contexts),
            (Some("Active Directory"), vec![Dn::parse("DC=ad,DC=test").unwrap()])
        );
    }

    #[tokio::test]
    async fn a_scope_keeps_its_people() {
        let export = Export::new(AD);
        let people = || Dn::parse("ou=people,dc=AD,dc=test").unwrap();
        assert_eq!(export.names(Scope::Unit { dn: people(), depth: Depth::Subtree }).await, ["Ann", "Bob"]);
        assert_eq!(export.names(Scope::Unit { dn: people(), depth: Depth::OneLevel }).await, ["Ann"]);
        let group = |name: &str, membership| Scope::Group { group: GroupRef::parse(name), membership };
        assert_eq!(export.names(group("outer", Membership::Nested)).await, ["Ann", "Bob"]);
        assert_eq!(export.names(group("outer", Membership::Direct)).await, ["Bob"]);
        assert_eq!(export.names(group("inner", Membership::Direct)).await, ["Ann"]);
        assert_eq!(export.names(group("domain users", Membership::Nested)).await, ["Ann"]);
        assert!(export.names(group("nobody", Membership::Nested)).await.is_empty());
    }

    #[tokio::test]
    async fn a_posix_directory_is_read() {
        let text = "dn: dc=x\nobjectClass: dcObject\n\ndn: cn=staff,dc=x\nobjectClass: posixGroup\nmemberUid: ann\nmemberUid: zoe\n\n\
                    dn: uid=ann,dc=x\nobjectClass: posixAccount\nuid: ann\nentryUUID: 7A1C0E30-6B0F-4C1E-9A55-0D6F5B0C0001\n\n\
                    dn: cn=pair,dc=x\nobjectClass: groupOfUniqueNames\nuniqueMember: uid=ann,dc=x\n\n\
                    dn: uid=bob,dc=x\nobjectClass: inetOrgPerson\nnsUniqueId: 0001-0002\n\
                    entryUUID: 7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0002\n";
        let export = Export::new(text);
        let reading = export.read(&everyone()).await;
        let directory = &reading.directory;
        assert_eq!(
            directory.people().iter().map(|p| p.id.to_string()).collect::<Vec<_>>(),
            ["7a1c0e30-6b0f-4c1e-9a55-0d6f5b0c0001", "0001-0002"]
        );
        assert_eq!(directory.people()[0].groups.len(), 2);
        let scope = Scope::Group { group: GroupRef::parse("staff"), membership: Membership::Nested };
        let staff = export.read(&ReadRequest { attributes: vec![], scopes: vec![scope], since: None }).await;
        assert_eq!(staff.directory.people().len(), 1);
    }

    #[tokio::test]
    async fn servers_other_than_active_directory_switch_people_off_in_their_own_ways() {
        let person = |name: &str, more: &str| {
            format!("dn: uid={name},dc=x\nobjectClass: inetOrgPerson\nnsUniqueId: {name}\n{more}\n\n")
        };
        let text = [
            person("a", "nsAccountLock: true"),
            person("b", "pwdAccountLockedTime: 000001010000Z"),
            person("c", "pwdAccountLockedTime: 20261101120000Z"),
            person("d", "nsAccountLock: false\nshadowExpire: 20000"),
        ];
        let reading = Export::new(text.concat()).read(&everyone()).await;
        let state = reading.directory.people().iter().map(|person| (person.disabled, person.expires.is_some()));
        assert_eq!(state.collect::<Vec<_>>(), [(true, false), (true, false), (false, false), (false, true)]);
    }

    #[tokio::test]
    async fn a_compressed_file_is_read_whatever_its_name_and_parts() {
        let (head, tail) = AD.split_at(300);
        let parts = [zipped(head), zipped(tail)].concat();
        let reading = Export::new(&parts).read(&everyone()).await;
        assert_eq!(reading.directory.people().len(), 2);
        assert!(reading.completeness.is_complete());

        let entry = |n: u32| format!("dn: CN={n},DC=x\nobjectClass: user\nnsUniqueId: n{n}\n\n");
        let long = (0..2_000).map(entry).collect::<Vec<_>>().concat();
        let whole = zipped(&long);
        let cut = Export::new(&whole[..whole.len() / 2]).read(&everyone()).await;
        assert!((1..1_999).contains(&cut.directory.people().len()), "{}", cut.directory.people().len());
        assert!(cut.completeness.gaps()[0].problem.starts_with("the compressed file ends too early"));
        assert!(cut.completeness.gaps()[0].place.contains("export, line "));
        let mut damaged = whole.clone();
        let check = whole.len() - 6;
        damaged[check] ^= 1;
        let damaged = Export::new(&damaged).read(&everyone()).await;
        assert_eq!((damaged.directory.people().len(), damaged.completeness.is_complete()), (2_000, false));
    }

    #[tokio::test]
    async fn what_a_file_says_is_missing_makes_it_incomplete() {
        assert_eq!(Export::new("").problems().await, ["there is no entry in the file"]);
        assert_eq!(Export::new("version: 1\n\n# nothing\n").problems().await, ["there is no entry in the file"]);
        let ended =
            format!("{AD}\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\ntext: x\n\n# numEntries: 9\n");
        assert_eq!(Export::new(ended).problems().await, ["the search ended with 4 (Size limit exceeded)"]);
        let whole = format!("{AD}\nref: ldap://a/DC=b\n\nsearch: 2\nresult: 0 Success\npagedresults: cookie=\n");
        let reading = Export::new(whole).read(&everyone()).await;
        assert!(reading.completeness.is_complete());
        assert_eq!(reading.remarks, ["1 reference to other naming contexts was not followed: ldap://a/DC=b"]);
        let paged = format!("{AD}\n# pagedresults: estim\n ate=9 cookie=MQA=\n");
        assert_eq!(Export::new(paged).problems().await, ["the search stopped after a page that was not the last"]);
        let nameless = format!("{AD}\ndn: CN=x,DC=ad,DC=test\ncn: x\n");
        assert_eq!(Export::new(nameless).problems().await, ["1 entry has no objectClass, and may be anybody"]);
    }

    #[tokio::test]
    async fn a_list_of_members_in_chunks_is_joined_or_told() {
        let big = "\ndn: CN=Big,DC=ad,DC=test\nobjectClass: group\nmember:\nmember;range=0-0: CN=Ann,OU=People,DC=ad,DC=test\n";
        let rest = "\ndn: cn=big,DC=ad,DC=test\nmember;range=1-*: CN=Bob,OU=Far,OU=People,DC=ad,DC=test\n";
        let problem = "the values of member of `CN=Big,DC=ad,DC=test` end before the last (`range=…-*`)";
        assert_eq!(Export::new(format!("{AD}{big}")).problems().await, [problem]);
        for text in [format!("{AD}{big}{rest}"), format!("{rest}{big}\n{AD}")] {
            let reading = Export::new(text).read(&everyone()).await;
            assert!(reading.completeness.is_complete());
            let big = reading.directory.groups().iter().find(|group| &*group.name == "Big").unwrap();
            assert_eq!(big.people.len(), 2);
        }
        let person = "\ndn: CN=Eve,DC=ad,DC=test\nobjectClass: user\nnsUniqueId: e\nmemberOf;range=0-1: CN=Outer,OU=Groups,DC=ad,DC=test\n";
        assert!(
            Export::new(format!("{AD}{person}")).problems().await[0].starts_with("the values of memberOf of `CN=Eve")
        );
    }

    #[tokio::test]
    async fn errors_name_file_and_line() {
        for (text, problem, line) in [
            ("dn: CN=a\nobjectClass: user\n", "the person `CN=a` has no immutable id", "line: 1)"),
            ("dn: CN=a\nobjectClass: user\nobjectGUID: x\n", "`x` is no objectGUID, which has 16 bytes", "line: 3)"),
            ("dn: CN=a\nobjectClass: user\nnsUniqueId: x\nuserAccountControl: x\n", "`x` is not a number", "line: 4)"),
            ("\ndn: CN=a\ncn: a\n", "no entry of the file has an objectClass", "line: 2)"),
            ("dn: CN=a\nchangetype: modify\n", "this is a change record", "line: 2)"),
        ] {
            let error = Export::new(text).try_read(&everyone()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Data);
            let shown = error.to_string();
            assert!(shown.starts_with(&format!("could not read the LDIF export: {problem}")), "{shown}");
            assert!(shown.contains("(file: ") && shown.ends_with(line) && error.help().is_some(), "{shown}");
        }
        let twice =
            format!("{AD}\ndn: CN=Eve,DC=ad,DC=test\nobjectClass: user\nobjectGUID:: AAAAAAAAAAAAAAAAAAAAAQ==\n");
        let error = Export::new(twice).try_read(&everyone()).await.unwrap_err();
        assert!(error.to_string().contains("two people have the same id"));
        let missing = LdifSource::open("/nowhere/directory.ldif.gz");
        assert_eq!(missing.to_string(), "LDIF export /nowhere/directory.ldif.gz");
        assert_eq!(missing.read(&everyone()).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn places_are_listed() {
        let source = Export::new(AD);
        let nodes = source.source().children(Some(&Dn::parse("dc=ad,dc=test").unwrap())).await.unwrap();
        let shown: Vec<_> =
            nodes.iter().map(|node| (node.dn.name(), node.kind, node.people, node.people_below)).collect();
        assert_eq!(
            shown,
            [
                ("Groups".to_owned(), NodeKind::Unit, 0, 0),
                ("People".to_owned(), NodeKind::Unit, 1, 2),
                ("Users".to_owned(), NodeKind::Container, 0, 0),
            ]
        );
    }

    #[tokio::test]
    async fn people_of_two_exported_units_stay_apart() {
        let text = "dn: OU=A,DC=x\nobjectClass: organizationalUnit\n\ndn: CN=Ann,OU=B,DC=x\nobjectClass: user\nnsUniqueId: 1\n\n\
                    dn: OU=B,DC=x\nobjectClass: organizationalUnit\n";
        let reading = Export::new(text).read(&everyone()).await;
        let directory = &reading.directory;
        let unit = directory.unit(directory.people()[0].unit);
        assert_eq!((unit.dn.as_str(), unit.kind), ("OU=B,DC=x", UnitKind::Unit));
    }
}
