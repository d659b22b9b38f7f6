//! Interpretation of a record as a person, a group, or a unit.

use jiff::Timestamp;

use super::class::{Class, Classes, Kind};
use super::flaw::{Flaw, quoted};
use super::names::{Meaning, Names};
use super::record::{RawValue, Record};
use crate::model::{AttrId, DirectoryBuilder, Dn, GroupId, PersonEntry, PersonId, PrimaryGroup, Value, Values, sid};

/// A record with the values that determine its kind, found in a single pass.
#[derive(Debug)]
pub(in crate::source) struct Entry<'r> {
    record: &'r Record,
    classes: Classes,
    guid: Option<RawValue<'r>>,
    uuid: Option<RawValue<'r>>,
    ns_id: Option<RawValue<'r>>,
    sid: Option<RawValue<'r>>,
    control: Option<RawValue<'r>>,
    expires: Option<RawValue<'r>>,
    lock: Option<RawValue<'r>>,
    locked_since: Option<RawValue<'r>>,
    last_day: Option<RawValue<'r>>,
    primary: Option<RawValue<'r>>,
    account_name: Option<RawValue<'r>>,
    common_name: Option<RawValue<'r>>,
    deleted: bool,
}

impl<'r> Entry<'r> {
    pub(in crate::source) fn new(record: &'r Record, names: &Names) -> Self {
        let mut entry = Self {
            record,
            classes: Classes::default(),
            guid: None,
            uuid: None,
            ns_id: None,
            sid: None,
            control: None,
            expires: None,
            lock: None,
            locked_since: None,
            last_day: None,
            primary: None,
            account_name: None,
            common_name: None,
            deleted: false,
        };
        for value in record.values() {
            let slot = match names.get(value.name).meaning {
                Meaning::ObjectClass => {
                    entry.classes.add(value.bytes);
                    continue;
                }
                Meaning::IsDeleted => {
                    entry.deleted |= value.bytes.trim_ascii().eq_ignore_ascii_case(b"TRUE");
                    continue;
                }
                Meaning::ObjectGuid => &mut entry.guid,
                Meaning::EntryUuid => &mut entry.uuid,
                Meaning::NsUniqueId => &mut entry.ns_id,
                Meaning::ObjectSid => &mut entry.sid,
                Meaning::UserAccountControl => &mut entry.control,
                Meaning::AccountExpires => &mut entry.expires,
                Meaning::AccountLock => &mut entry.lock,
                Meaning::LockedTime => &mut entry.locked_since,
                Meaning::ShadowExpire => &mut entry.last_day,
                Meaning::PrimaryGroupId => &mut entry.primary,
                Meaning::AccountName => &mut entry.account_name,
                Meaning::CommonName => &mut entry.common_name,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        entry
    }

    pub(in crate::source) fn kind(&self) -> Kind {
        if self.deleted { Kind::Deleted } else { self.classes.kind() }
    }

    /// Returns `true` if `memberUid` lists the members. In an AD group, the attribute is ignored in favor of `member`.
    pub(in crate::source) fn names_members_by_uid(&self) -> bool {
        self.classes.has(Class::PosixGroup) && !self.classes.has(Class::Group)
    }

    /// Returns `true` if a POSIX group can name the person by `uid`.
    pub(in crate::source) fn has_posix_account(&self) -> bool {
        self.classes.has(Class::PosixAccount)
    }

    /// Returns `true` if the entry has the attributes that are typical of Active Directory.
    pub(in crate::source) fn looks_like_ad(&self) -> bool {
        self.guid.is_some() && self.account_name.is_some()
    }

    /// Builds the person from the record.
    pub(in crate::source) fn person(&self, names: &Names, builder: &mut DirectoryBuilder) -> Result<PersonEntry, Flaw> {
        let mut person = PersonEntry::new(self.person_id()?, self.record.dn.clone());
        let switched_off = self.control.map_or(Ok(0), |value| value.number())? & ACCOUNT_DISABLED != 0;
        let locked = self.lock.is_some_and(|value| value.bytes.trim_ascii().eq_ignore_ascii_case(b"TRUE"));
        // This value means locked by an admin; any other time means locked temporarily after too many wrong passwords.
        let for_good = self.locked_since.is_some_and(|value| value.bytes.trim_ascii() == LOCKED_FOR_GOOD);
        person.disabled = switched_off || locked || for_good;
        let expires = self.expires.map(|value| value.number()).transpose()?.and_then(expiry);
        let last_day = self.last_day.map(|value| value.number()).transpose()?.and_then(day);
        person.expires = expires.into_iter().chain(last_day).min();
        person.primary_group = self.primary_group()?.map(|sid| PrimaryGroup { sid });
        let mut kept = Kept::default();
        for value in self.record.values() {
            let wanted = names.get(value.name);
            if wanted.meaning == Meaning::MemberOf && !value.bytes.is_empty() {
                person.member_of.push(builder.group_name(value.text()?));
            } else if let Some(id) = wanted.kept_as {
                let bytes = value.bytes.to_vec();
                kept.push(id, if wanted.octets { Value::Bytes(bytes.into()) } else { Value::from(bytes) });
            }
        }
        if let Some(id) = names.kept_as(Meaning::Dn) {
            kept.push(id, Value::from(self.record.dn.as_str()));
        }
        person.attributes = kept.finish();
        // Only AD has this attribute on every entry, but rules may use it with other servers as well.
        if let Some(id) = names.kept_as(Meaning::DistinguishedName)
            && person.attributes.iter().all(|(own, _)| *own != id)
        {
            person.attributes.push((id, Values::One(Value::from(self.record.dn.as_str()))));
        }
        Ok(person)
    }

    /// Returns the id of a person; an error if it is missing.
    pub(in crate::source) fn person_id(&self) -> Result<PersonId, Flaw> {
        self.id(PersonId::from_object_guid, PersonId::parse)?.ok_or_else(|| {
            let problem = format!("the person {} has no immutable id", quoted(self.record.dn.as_str().as_bytes()));
            Flaw::new(self.record.line, problem, EXPORT_IDS)
        })
    }

    /// Returns the id of a group, or its distinguished name if the export contains no id.
    pub(in crate::source) fn group_id(&self) -> Result<GroupId, Flaw> {
        let id = self.id(GroupId::from_object_guid, GroupId::parse)?;
        Ok(id.unwrap_or_else(|| GroupId::parse(&self.record.dn.key())))
    }

    /// Returns the name that a group is shown under.
    pub(in crate::source) fn group_name(&self) -> Result<String, Flaw> {
        let dn = &self.record.dn;
        match (self.account_name, self.common_name) {
            (Some(name), _) => Ok(name.text()?.to_owned()),
            // With several common names, the one in the RDN is shown.
            (None, Some(name)) if dn.kind() != "cn" => Ok(name.text()?.to_owned()),
            _ => Ok(dn.name()),
        }
    }

    /// Returns the SID, if it is present and well formed.
    pub(in crate::source) fn sid(&self) -> Option<Box<[u8]>> {
        self.sid.and_then(|value| sid::parse(value.bytes))
    }

    /// Returns the SID of the primary group.
    pub(in crate::source) fn primary_group(&self) -> Result<Option<Box<[u8]>>, Flaw> {
        let Some(primary) = self.primary else { return Ok(None) };
        let Ok(relative) = u32::try_from(primary.number()?) else { return Ok(None) };
        Ok(self.sid().map(|own| sid::sibling(own, relative)))
    }

    pub(in crate::source) fn dn(&self) -> &Dn {
        &self.record.dn
    }

    fn id<T>(&self, from_guid: fn([u8; 16]) -> T, from_text: fn(&str) -> T) -> Result<Option<T>, Flaw> {
        if let Some(guid) = self.guid {
            if let Ok(bytes) = <[u8; 16]>::try_from(guid.bytes) {
                return Ok(Some(from_guid(bytes)));
            }
            // Some tools write the GUID as text.
            return match std::str::from_utf8(guid.bytes).map(str::trim) {
                Ok(text) if uuid::Uuid::try_parse(text).is_ok() => Ok(Some(from_text(text))),
                _ => {
                    let problem = format!("{} is not a valid objectGUID, which has 16 bytes", quoted(guid.bytes));
                    Err(Flaw::new(guid.line, problem, EXPORT_IDS))
                }
            };
        }
        // 389 Directory Server can add an entryUUID to existing entries later. `nsUniqueId` keeps the id stable in that case.
        if let Some(own) = self.ns_id.filter(|id| !id.bytes.trim_ascii().is_empty()) {
            return own.text().map(from_text).map(Some);
        }
        if let Some(own) = self.uuid.filter(|id| !id.bytes.trim_ascii().is_empty()) {
            return match std::str::from_utf8(own.bytes) {
                Ok(text) if uuid::Uuid::try_parse(text.trim()).is_ok() => Ok(Some(from_text(text))),
                _ => {
                    let problem = format!("{} is not a valid entryUUID (RFC 4122)", quoted(own.bytes));
                    Err(Flaw::new(own.line, problem, EXPORT_IDS))
                }
            };
        }
        Ok(None)
    }
}

/// Groups consecutive values of a person by attribute.
#[derive(Default)]
struct Kept {
    done: Vec<(AttrId, Values)>,
    attribute: Option<AttrId>,
    values: Vec<Value>,
}

impl Kept {
    fn push(&mut self, attribute: AttrId, value: Value) {
        if self.attribute != Some(attribute) {
            self.close();
            self.attribute = Some(attribute);
        }
        self.values.push(value);
    }

    fn close(&mut self) {
        let Some(attribute) = self.attribute else { return };
        if self.values.len() > 1 {
            self.done.push((attribute, Values::Many(self.values.drain(..).collect())));
        } else {
            self.done.extend(self.values.pop().map(|value| (attribute, Values::One(value))));
        }
    }

    fn finish(mut self) -> Vec<(AttrId, Values)> {
        self.close();
        self.done
    }
}

/// Converts `accountExpires`, which counts 100 ns steps since 1601; 0 and the largest value mean "never" (MS-ADA1).
fn expiry(ticks: i64) -> Option<Timestamp> {
    if ticks == 0 || ticks == i64::MAX {
        return None;
    }
    let seconds = ticks.div_euclid(TICKS_PER_SECOND) - EPOCH_1601;
    let nanoseconds = ticks.rem_euclid(TICKS_PER_SECOND) * 100;
    Timestamp::from_second(seconds).ok()?.checked_add(std::time::Duration::from_nanos(nanoseconds.unsigned_abs())).ok()
}

/// Converts `shadowExpire`, which counts days since 1970; 0 and negative values mean "never".
fn day(number: i64) -> Option<Timestamp> {
    (number > 0).then(|| number.checked_mul(86_400)).flatten().and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// The value of `pwdAccountLockedTime` for an account that is locked until an admin unlocks it
/// (`draft-behera-ldap-password-policy`).
const LOCKED_FOR_GOOD: &[u8] = b"000001010000Z";

/// `ADS_UF_ACCOUNTDISABLE` (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: i64 = 2;

const TICKS_PER_SECOND: i64 = 10_000_000;

/// The seconds from 1601 to 1970.
const EPOCH_1601: i64 = 11_644_473_600;

const EXPORT_IDS: &str = "export objectGUID as well, or all attributes (ldapsearch '*', with '+' for entryUUID): without an \
immutable id, a renamed person would look like a different person";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_expiry_times_of_accounts() {
        assert_eq!(expiry(0), None);
        assert_eq!(expiry(i64::MAX), None);
        assert_eq!(expiry(i64::MAX - 1), None);
        assert_eq!(expiry(133_500_000_000_000_001), Some("2024-01-17T21:20:00.0000001Z".parse().unwrap()));
        assert_eq!(expiry(-1), Some("1600-12-31T23:59:59.9999999Z".parse().unwrap()));
        assert_eq!((day(0), day(-1), day(i64::MAX)), (None, None, None));
        assert_eq!(day(20_000), Some("2024-10-04T00:00:00Z".parse().unwrap()));
    }
}
