//! Phone numbers: those that ring at a user, and those that a user may use (as caller ID, for example).

use hashbrown::HashSet;

use super::{Allocation, Claim, Claimant, Extensions, Refusal};
use crate::model::{Exclusive, Field, Note, NoteKind, PhoneNumber};

impl Allocation<'_, '_> {
    /// Returns the phone numbers that ring at each person's extension. A person without an extension gets none.
    pub(super) fn ringing_numbers(
        &self,
        field: Field,
        extensions: &Extensions,
        notes: &mut Vec<Note>,
    ) -> Vec<(u32, Claim)> {
        let known = self.known_numbers();
        let find = |claimant: &Claimant<'_, '_>, text: &str| {
            let number = find_number(text, &known)?;
            let extension = self.extension_of(claimant, extensions);
            if extension.is_none() {
                return Err((
                    NoteKind::FieldLeft,
                    format!("{field}: {number} needs an extension to ring at, and the person has none"),
                ));
            }
            let listed = self.current.catalog.phone_number(&number);
            if listed.is_some_and(|listed| !listed.is_free_for(extension)) {
                return Err((
                    NoteKind::Clash,
                    format!("phone number {number} does not ring at a user but at something else"),
                ));
            }
            Ok(Some(number.to_string()))
        };
        let asked = self.asked(field, find, notes);
        let one = |number: &str| number.parse().ok().map(|number| Exclusive::phone_number(&number));
        self.exclusive(&asked, field, one, notes)
    }

    /// Returns the phone numbers of the account that each person's rules name.
    pub(super) fn numbers(&self, field: Field, notes: &mut Vec<Note>) -> Vec<(u32, Claim)> {
        let known = self.known_numbers();
        let find = |_: &Claimant<'_, '_>, text: &str| find_number(text, &known).map(|number| Some(number.to_string()));
        self.shared(&self.asked(field, find, notes))
    }

    /// Returns every phone number of the account.
    fn known_numbers(&self) -> HashSet<&PhoneNumber> {
        let own = self.current.users.iter().flat_map(|user| user.settings().phone_numbers.keys());
        self.current.catalog.phone_numbers.iter().map(|listed| &listed.number).chain(own).collect()
    }
}

/// Parses a phone number and checks that the account has it.
fn find_number(text: &str, known: &HashSet<&PhoneNumber>) -> Result<PhoneNumber, Refusal> {
    let unknown = || (NoteKind::UnknownNumber, format!("the account has no phone number {text}"));
    let number = text.parse::<PhoneNumber>().map_err(|_| unknown())?;
    if known.contains(&number) { Ok(number) } else { Err(unknown()) }
}
