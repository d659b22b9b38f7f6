//! Security identifiers (SIDs, MS-DTYP 2.4.2), as far as needed for primary groups and for members from other domains.

/// Parses a SID from its binary form, or from the text form `S-1-5-21-…` that some tools write.
pub(crate) fn parse(value: &[u8]) -> Option<Box<[u8]>> {
    let text = value.trim_ascii();
    if text.get(..2).is_some_and(|head| head.eq_ignore_ascii_case(b"S-")) {
        return from_text(std::str::from_utf8(&text[2..]).ok()?);
    }
    let parts = usize::from(*value.get(1)?);
    (parts > 0 && value.len() == HEAD + 4 * parts).then(|| value.into())
}

/// Returns the SID in the same domain with another relative id (RID).
#[cfg(any(test, feature = "ldap", feature = "ldif"))]
pub(crate) fn sibling(mut own: Box<[u8]>, relative: u32) -> Box<[u8]> {
    let at = own.len().saturating_sub(4);
    own[at..].copy_from_slice(&relative.to_le_bytes());
    own
}

fn from_text(text: &str) -> Option<Box<[u8]>> {
    let mut parts = text.split('-');
    let revision: u8 = parts.next()?.parse().ok()?;
    let authority: u64 = parts.next()?.parse().ok()?;
    let below: Vec<u32> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
    let count = u8::try_from(below.len()).ok().filter(|count| (1..=PARTS_MAX).contains(count))?;
    let mut sid = vec![revision, count];
    sid.extend_from_slice(&authority.to_be_bytes()[2..]);
    sid.extend(below.iter().flat_map(|part| part.to_le_bytes()));
    Some(sid.into())
}

/// The number of bytes before the first sub-authority.
const HEAD: usize = 8;

const PARTS_MAX: u8 = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_both_forms_of_a_sid() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x26, 2, 0, 0];
        assert_eq!(parse(&bytes).as_deref(), Some(&bytes[..]));
        assert_eq!(parse(b"S-1-5-32-550").as_deref(), Some(&bytes[..]));
        for bad in [&b""[..], b"S-1-5", b"S-1-5-x", &bytes[..15], &[1, 0, 0, 0, 0, 0, 0, 5]] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn builds_the_sid_of_the_primary_group_from_the_persons_sid() {
        let own = parse(b"S-1-5-21-1-2-3-1104").unwrap();
        assert_eq!(sibling(own, 513), parse(b"S-1-5-21-1-2-3-513").unwrap());
    }
}
