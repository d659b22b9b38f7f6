//! The access of a user: licenses and role.

use super::RoleAccess;
use super::offers::Offer;
use super::users::DesiredUsers;
use crate::model::{Had, LicenseKey, Link, NoteKind, Role, Status, User};
use crate::rules::lookup::has_role;
use crate::rules::{Desire, LeaverPolicy};

/// The changes to a user's access; `None` means no change.
#[derive(Default)]
pub(super) struct Access {
    pub(super) licenses: Option<Vec<LicenseKey>>,
    pub(super) role: Option<Role>,
}

impl DesiredUsers<'_, '_> {
    /// Returns the changes to the licenses and the role of a selected person's user.
    pub(super) fn access(&mut self, desire: &Desire<'_>, user: &User, link: Option<&Link>) -> Access {
        let offers = self.offers;
        let offer = &offers.profiles[desire.profile as usize];
        // The link may be to an earlier user, which an admin deleted.
        let link = link.filter(|link| user.key.as_ref() == Some(&link.user));
        let suspended = user.status == Status::Suspended;
        let ours = link.is_some_and(|link| link.suspended.is_some());
        let lacking = offer.licenses.iter().any(|grant| grant.managed && !user.licenses.contains(&grant.what));
        if suspended && !ours {
            let role = offer.role.as_ref().filter(|set| set.managed && !set.value.is_member());
            if lacking || role.is_some() {
                let evidence = "the user is suspended in the account, and gotosync did not suspend it";
                self.note(NoteKind::SuspendedByHand, user.email.as_str(), evidence);
            }
            return Access::default();
        }
        let had = link.and_then(|link| link.had.as_deref()).filter(|_| suspended);
        // A person who takes over the address of a leaver must not get that leaver's role.
        let person = &self.desires.directory.person(desire.person).id;
        let own = had.filter(|_| link.is_some_and(|link| link.person == *person));
        Access { licenses: self.licenses(offer, lacking, user, had), role: self.role(desire, offer, user, link, own) }
    }

    fn licenses(&mut self, offer: &Offer, lacking: bool, user: &User, had: Option<&Had>) -> Option<Vec<LicenseKey>> {
        let offers = self.offers;
        let ungiven = |license: &LicenseKey| {
            offers.licenses.contains(license) && !offer.licenses.iter().any(|grant| grant.what == *license)
        };
        let spared = user.licenses.iter().any(ungiven) && self.spares(user, "would lose a license");
        let goes = |license: &LicenseKey| !spared && ungiven(license);
        // A returning person gets back every license that the rules still give, even if they give it only to new users.
        let back = |license: &LicenseKey| had.is_some_and(|had| had.licenses.contains(license));
        let comes = offer.licenses.iter().filter(|grant| grant.managed || (grant.given && back(&grant.what)));
        let more = lacking || comes.clone().any(|grant| !user.licenses.contains(&grant.what));
        if !more && !user.licenses.iter().any(goes) {
            return None;
        }
        let mut licenses: Vec<LicenseKey> = user.licenses.iter().filter(|license| !goes(license)).cloned().collect();
        for grant in comes {
            if !licenses.contains(&grant.what) {
                licenses.push(grant.what.clone());
            }
        }
        licenses.sort();
        Some(licenses)
    }

    /// Returns `true` and adds a note if the user is protected from losing something.
    pub(super) fn spares(&mut self, user: &User, what: &str) -> bool {
        let protected = self.desires.rules.protects(&user.email);
        if protected {
            self.note(NoteKind::Protected, user.email.as_str(), what);
        }
        protected
    }

    /// Returns the new role of a user, if it changes.
    ///
    /// A role that a rule gave is removed when no rule gives it anymore; a role that an admin gave by hand stays.
    fn role(
        &mut self,
        desire: &Desire<'_>,
        offer: &Offer,
        user: &User,
        link: Option<&Link>,
        had: Option<&Had>,
    ) -> Option<Role> {
        let by_rule = link.and_then(|link| link.role.as_ref());
        let on_trial = self.desires.profile(desire).role_on_trial.is_some();
        let given = by_rule.filter(|role| **role == user.role && !on_trial);
        // A role that came from a rule is restored only if a rule still gives it.
        let still = offer.role.as_ref().map(|set| &set.value);
        let returns = had.map(|had| &had.role).filter(|_| user.role.is_member());
        let returns = returns.filter(|role| by_rule != Some(*role) || still == Some(*role));
        let returns = returns.filter(|role| !role.is_member() && has_role(self.current, role));
        let role = match (&offer.role, given) {
            (Some(set), _) if set.managed => set.value.clone(),
            (None, Some(_)) => Role::Member,
            _ => returns?.clone(),
        };
        if role == user.role {
            return None;
        }
        if self.roles == RoleAccess::Hidden {
            self.without_role += usize::from(!role.is_member());
            return None;
        }
        let why = if user.key.is_some() && user.key.as_ref() == self.login {
            Some((NoteKind::RoleKept, "gotosync signs in as this user"))
        } else if !user.role.is_member() && self.desires.rules.protects(&user.email) {
            Some((NoteKind::Protected, "the user is protected"))
        } else {
            None
        };
        match why {
            Some((kind, why)) => {
                let evidence = format!("{why}: the role stays {} and does not become {role}", user.role);
                self.note(kind, user.email.as_str(), evidence);
                None
            }
            None => Some(role),
        }
    }

    /// Returns the role of a new user.
    pub(super) fn first_role(&mut self, offer: &Offer) -> Role {
        let Some(set) = offer.role.as_ref().filter(|set| !set.value.is_member()) else { return Role::Member };
        if self.roles == RoleAccess::Hidden {
            self.without_role += 1;
            return Role::Member;
        }
        set.value.clone()
    }

    /// Returns the user without the access that rules give, or `None` if nothing changes.
    ///
    /// A suspension removes a role that a rule gave even if the user keeps a license that no rule names.
    pub(super) fn without_access(&mut self, user: &User, policy: LeaverPolicy, link: Option<&Link>) -> Option<User> {
        if policy == LeaverPolicy::Keep || user.status == Status::Suspended {
            return None;
        }
        let named = |license: &&LicenseKey| self.offers.licenses.contains(*license);
        let kept: Vec<LicenseKey> = user.licenses.iter().filter(|license| !named(license)).cloned().collect();
        let suspend = policy == LeaverPolicy::Suspend;
        let link = link.filter(|link| user.key.as_ref() == Some(&link.user));
        let by_rule = !user.role.is_member() && link.is_some_and(|link| link.role.as_ref() == Some(&user.role));
        let role = if suspend && (kept.is_empty() || by_rule) { Role::Member } else { user.role.clone() };
        if self.desires.rules.protects(&user.email) {
            if kept.len() != user.licenses.len() || role != user.role {
                let evidence = format!("would {}", if suspend { "be suspended" } else { "lose licenses" });
                self.note(NoteKind::Protected, user.email.as_str(), evidence);
            }
            return None;
        }
        if suspend && !kept.is_empty() {
            let left: Vec<&str> = kept.iter().map(|license| self.current.license_name(license)).collect();
            let evidence = format!("keeps {}, which no rule names", left.join(", "));
            self.note(NoteKind::KeepsAccess, user.email.as_str(), evidence);
        } else if !suspend && !user.role.is_member() {
            let evidence = format!("keeps the role {}: the rules remove only products from leavers", user.role);
            self.note(NoteKind::KeepsAccess, user.email.as_str(), evidence);
        }
        if kept.len() == user.licenses.len() && role == user.role {
            return None;
        }
        if role != user.role {
            let back = if by_rule { "a rule gave it" } else { "it is restored if the person returns" };
            self.note(NoteKind::RoleGoes, user.email.as_str(), format!("loses the role {}; {back}", user.role));
        }
        let mut wanted = User { licenses: kept, role, ..user.clone() };
        wanted.derive_status(true);
        Some(wanted)
    }
}
