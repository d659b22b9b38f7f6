//! Exports of a corpus in the format of Active Directory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use gotosync_core::model::{ReadRequest, Reading};
use gotosync_core::source::{DirectorySource, LdifSource};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::Corpus;
use crate::human::{self, Human};
use crate::random::Random;

/// The compression of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// No compression.
    Plain,
    /// gzip.
    Gzip,
}

/// An export in a temporary folder, which is deleted when this is dropped.
#[derive(Debug)]
pub struct Export {
    path: PathBuf,
    runtime: Runtime,
    _folder: TempDir,
}

impl Export {
    /// Writes a corpus to a file in the format of `ldbsearch`, with all attributes of Active Directory users: about 1.9 kB in 57 lines
    /// per person, with base64 for non-ASCII values, and folded lines. The export also contains computers and contacts.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(corpus: &Corpus, packing: Packing) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("directory.ldif");
        let file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        match packing {
            Packing::Plain => Writer(file).corpus(corpus)?.flush()?,
            Packing::Gzip => Writer(GzEncoder::new(file, Compression::default())).corpus(corpus)?.finish()?.flush()?,
        }
        let runtime = Builder::new_current_thread().build()?;
        Ok(Self { path, runtime, _folder: folder })
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the export as an engine does.
    ///
    /// # Panics
    /// The export cannot be read completely.
    pub fn read(&self, request: &ReadRequest) -> Reading {
        let source = LdifSource::open(&self.path);
        let reading = self.runtime.block_on(source.read(request)).expect("an export that can be read");
        assert!(reading.completeness.is_complete(), "{}", reading.completeness);
        reading
    }
}

struct Writer<W>(W);

impl<W: Write> Writer<W> {
    fn corpus(mut self, corpus: &Corpus) -> io::Result<W> {
        let mut members = vec![Vec::new(); corpus.groups];
        for (dn, name) in Corpus::units() {
            self.unit(&dn, name)?;
        }
        for human in corpus.humans() {
            human.groups.iter().for_each(|group| members[*group].push(human.number as u32));
            self.person(&human, corpus)?;
        }
        for (number, members) in members.iter().enumerate() {
            self.group(number, members, corpus)?;
        }
        for number in 0..corpus.people / 100 {
            self.computer(number, corpus)?;
        }
        for number in 0..corpus.people / 200 {
            self.contact(number, corpus)?;
        }
        Ok(self.0)
    }

    fn unit(&mut self, dn: &str, name: &str) -> io::Result<()> {
        self.value("dn", dn)?;
        self.values("objectClass", &["top", "organizationalUnit"])?;
        self.value("ou", name)?;
        self.common(name, 4_098)?;
        self.value("objectCategory", &category("Organizational-Unit"))?;
        self.end(dn)
    }

    fn person(&mut self, human: &Human, corpus: &Corpus) -> io::Result<()> {
        let mut random = Random::new(corpus.seed ^ 0xfeed, human.number as u64);
        let (dn, site) = (human.dn(), human.site);
        let name = format!("{} ({})", human.display, human.login);
        let digits = random.below(10_000_000);
        self.value("dn", &dn)?;
        self.values("objectClass", &["top", "person", "organizationalPerson", "user"])?;
        self.value("cn", &name)?;
        self.value("sn", &human.last)?;
        self.value("c", site.code)?;
        self.value("l", site.city)?;
        self.value("title", human.title)?;
        if random.percent(20) {
            self.value("description", &format!("{} / {}", human::DEPARTMENTS[human.department], site.city))?;
        }
        self.value("postalCode", &(10_000 + random.below(90_000)).to_string())?;
        self.value("physicalDeliveryOfficeName", &format!("{} B{}", site.city, random.below(40)))?;
        self.value("telephoneNumber", &format!("{} {digits:07}", site.dial))?;
        self.value("givenName", &human.first)?;
        self.common(&name, 10_000 + human.number)?;
        self.value("displayName", &human.display)?;
        self.value("co", site.country)?;
        self.value("department", human::DEPARTMENTS[human.department])?;
        self.value("company", "Beispiel & Söhne GmbH")?;
        if let Some(mail) = &human.mail {
            self.value("proxyAddresses", &format!("SMTP:{mail}"))?;
            if random.percent(30) {
                self.value("proxyAddresses", &format!("smtp:{}@old.example.test", human.login))?;
            }
        }
        self.value("streetAddress", &format!("{} High Street", human.number % 900))?;
        self.value("employeeNumber", &(100_000 + human.number).to_string())?;
        self.bytes("objectGUID", &human.guid)?;
        self.value("userAccountControl", if human.disabled { "514" } else { "512" })?;
        self.zeros(&["badPwdCount", "codePage", "countryCode"])?;
        self.value("employeeID", &format!("E{}", 100_000 + human.number))?;
        self.zeros(&["badPasswordTime", "lastLogoff", "lastLogon", "pwdLastSet"])?;
        self.value("primaryGroupID", "513")?;
        self.bytes("objectSid", &sid(1_000 + human.number as u32))?;
        self.value("accountExpires", if human.expired { "132223104000000000" } else { "9223372036854775807" })?;
        self.zeros(&["logonCount"])?;
        self.value("sAMAccountName", &human.login)?;
        self.value("sAMAccountType", "805306368")?;
        self.value("userPrincipalName", &format!("{}@ad.example.test", human.login))?;
        self.value("objectCategory", &category("Person"))?;
        if let Some(mail) = &human.mail {
            self.value("mail", mail)?;
        }
        if let Some(manager) = human.manager {
            self.value("manager", &corpus.human(manager).dn())?;
        }
        if random.percent(60) {
            self.value("mobile", &format!("{}-{}", site.dial.replace(' ', "-"), random.below(10_000_000)))?;
        }
        for group in &human.groups {
            self.value("memberOf", &human::group_dn(*group))?;
        }
        self.end(&dn)
    }

    fn group(&mut self, number: usize, members: &[u32], corpus: &Corpus) -> io::Result<()> {
        let (dn, name) = (human::group_dn(number), human::group_name(number));
        self.value("dn", &dn)?;
        self.values("objectClass", &["top", "group"])?;
        self.value("cn", &name)?;
        for inner in human::nested(number, corpus.groups) {
            self.value("member", &human::group_dn(inner))?;
        }
        for member in members {
            self.value("member", &corpus.human(*member as usize).dn())?;
        }
        self.common(&name, 5_000 + number)?;
        self.bytes("objectGUID", &corpus.group_guid(number))?;
        self.bytes("objectSid", &sid(4_000_000 + number as u32))?;
        self.value("sAMAccountName", &name)?;
        self.value("sAMAccountType", "268435456")?;
        self.value("groupType", "-2147483640")?;
        for outer in (0..corpus.groups).filter(|outer| human::nested(*outer, corpus.groups).contains(&number)) {
            self.value("memberOf", &human::group_dn(outer))?;
        }
        self.value("objectCategory", &category("Group"))?;
        self.end(&dn)
    }

    fn computer(&mut self, number: usize, corpus: &Corpus) -> io::Result<()> {
        let name = format!("WS{number:06}");
        let dn = format!("CN={name},OU=Workstations,{}", human::COMPANY);
        self.value("dn", &dn)?;
        self.values("objectClass", &["top", "person", "organizationalPerson", "user", "computer"])?;
        self.value("cn", &name)?;
        self.common(&name, 6_000 + number)?;
        self.bytes("objectGUID", &Random::new(corpus.seed ^ 0xc0de, number as u64).bytes::<16>())?;
        self.value("userAccountControl", "4096")?;
        self.value("sAMAccountName", &format!("{name}$"))?;
        self.value("dNSHostName", &format!("{}.ad.example.test", name.to_lowercase()))?;
        self.value("objectCategory", &category("Computer"))?;
        self.end(&dn)
    }

    fn contact(&mut self, number: usize, corpus: &Corpus) -> io::Result<()> {
        let name = format!("Contact {number:05}");
        let dn = format!("CN={name},OU=Contacts,{}", human::COMPANY);
        self.value("dn", &dn)?;
        self.values("objectClass", &["top", "person", "organizationalPerson", "contact"])?;
        self.value("cn", &name)?;
        self.value("sn", "Contact")?;
        self.common(&name, 7_000 + number)?;
        self.bytes("objectGUID", &Random::new(corpus.seed ^ 0xcafe, number as u64).bytes::<16>())?;
        self.value("mail", &format!("contact{number}@partner.example"))?;
        self.value("objectCategory", &category("Person"))?;
        self.end(&dn)
    }

    /// Writes the attributes that every entry has.
    fn common(&mut self, name: &str, change: usize) -> io::Result<()> {
        self.value("instanceType", "4")?;
        self.value("whenCreated", "20251122004350.0Z")?;
        self.value("whenChanged", "20251122004350.0Z")?;
        self.value("uSNCreated", &change.to_string())?;
        self.value("uSNChanged", &change.to_string())?;
        self.value("name", name)
    }

    fn zeros(&mut self, names: &[&str]) -> io::Result<()> {
        names.iter().try_for_each(|name| self.value(name, "0"))
    }

    fn end(&mut self, dn: &str) -> io::Result<()> {
        self.value("distinguishedName", dn)?;
        self.0.write_all(b"\n")
    }

    fn values(&mut self, name: &str, values: &[&str]) -> io::Result<()> {
        values.iter().try_for_each(|value| self.value(name, value))
    }

    fn value(&mut self, name: &str, value: &str) -> io::Result<()> {
        let safe = value.is_ascii() && !value.starts_with([' ', ':', '<']) && !value.ends_with(' ');
        if safe { self.fold(&format!("{name}: {value}")) } else { self.bytes(name, value.as_bytes()) }
    }

    fn bytes(&mut self, name: &str, value: &[u8]) -> io::Result<()> {
        self.fold(&format!("{name}:: {}", STANDARD.encode(value)))
    }

    fn fold(&mut self, line: &str) -> io::Result<()> {
        let (first, mut rest) = line.split_at(line.len().min(WIDTH));
        writeln!(self.0, "{first}")?;
        while !rest.is_empty() {
            let (next, after) = rest.split_at(rest.len().min(WIDTH - 1));
            writeln!(self.0, " {next}")?;
            rest = after;
        }
        Ok(())
    }
}

fn category(class: &str) -> String {
    format!("CN={class},CN=Schema,CN=Configuration,{}", human::BASE)
}

fn sid(relative: u32) -> [u8; 28] {
    let mut sid = [0; 28];
    sid[..12].copy_from_slice(&[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0]);
    sid[12..24].copy_from_slice(&[0x2b, 0x8b, 0xf0, 0x44, 0x7e, 0x35, 0x31, 0xc5, 0x3e, 0x21, 0xde, 0xca]);
    sid[24..].copy_from_slice(&relative.to_le_bytes());
    sid
}

/// The maximum width of a line.
const WIDTH: usize = 78;
