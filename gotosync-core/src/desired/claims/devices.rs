//! Devices, by MAC address or by name.

use hashbrown::{HashMap, HashSet};

use super::{Allocation, Claim, Claimant};
use crate::model::{Exclusive, Field, Mac, Note, NoteKind, text};

impl Allocation<'_, '_> {
    /// Returns the devices of each person whose rules name any.
    pub(super) fn devices(&self, field: Field, notes: &mut Vec<Note>) -> Vec<(u32, Claim)> {
        let mut by_name: HashMap<String, Vec<Mac>> = HashMap::new();
        let mut known: HashSet<Mac> = HashSet::new();
        for device in &self.current.catalog.devices {
            by_name.entry(text::fold(&device.name).into_owned()).or_default().push(device.mac);
            known.insert(device.mac);
        }
        let mut advised = 0;
        let find = |_: &Claimant<'_, '_>, name: &str| {
            find_device(name, &known, &by_name).map(|mac| Some(mac.to_string())).map_err(|evidence| {
                let names = self.current.catalog.devices.iter().map(|device| device.name.as_str());
                // There may be as many devices as people, so similar names are searched for the first few only.
                advised += 1;
                let near = text::nearest(name, names.take(if advised > ADVISED { 0 } else { usize::MAX }));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                (NoteKind::UnknownDevice, format!("{evidence}{near}"))
            })
        };
        let asked = self.asked(field, find, notes);
        self.exclusive(&asked, field, |mac| mac.parse().ok().map(Exclusive::device), notes)
    }
}

/// Finds a device by MAC address or by name.
fn find_device(name: &str, known: &HashSet<Mac>, by_name: &HashMap<String, Vec<Mac>>) -> Result<Mac, String> {
    if let Ok(mac) = name.parse::<Mac>() {
        return if known.contains(&mac) { Ok(mac) } else { Err(format!("the account has no device {mac}")) };
    }
    match by_name.get(&*text::fold(name)).map(Vec::as_slice) {
        Some([mac]) => Ok(*mac),
        Some(several) => Err(format!("{} devices have the name `{name}`: use a MAC address instead", several.len())),
        None => Err(format!("the account has no device `{name}`")),
    }
}

/// The number of unknown devices for which a similar name is suggested.
const ADVISED: usize = 20;
