//! MAC addresses of devices.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The MAC address of a device: 48 bits, parsed from any common notation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// The error for a text that is not a MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a MAC address has 12 hexadecimal digits, for example `00:11:22:aa:bb:cc`")]
pub struct NotAMac;

impl FromStr for Mac {
    type Err = NotAMac;

    /// Parses 12 hexadecimal digits, optionally separated by `:`, `-`, `.`, or spaces.
    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let mut bytes = [0; 6];
        let mut digits = 0;
        for c in text.trim().chars() {
            match c.to_digit(16) {
                Some(digit) => {
                    let byte: &mut u8 = bytes.get_mut(digits / 2).ok_or(NotAMac)?;
                    *byte = *byte << 4 | digit as u8;
                    digits += 1;
                }
                None if ":-. ".contains(c) => {}
                None => return Err(NotAMac),
            }
        }
        if digits == 12 { Ok(Self(bytes)) } else { Err(NotAMac) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if at == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Mac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Mac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_all_common_notations_to_the_same_address() {
        let mac: Mac = "00:0B:82:aa:bb:cc".parse().unwrap();
        for text in ["000b82aabbcc", "00-0B-82-AA-BB-CC", "000b.82aa.bbcc", " 00 0b 82 aa bb cc "] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        assert_eq!(mac.to_string(), "00:0b:82:aa:bb:cc");
        for text in ["", "00:0b:82:aa:bb", "00:0b:82:aa:bb:cc:dd", "000b82aabbcg", "Reception"] {
            assert_eq!(text.parse::<Mac>(), Err(NotAMac), "{text}");
        }
    }
}
