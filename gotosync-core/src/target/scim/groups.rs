//! User groups that gotosync created, identified by their `externalId`.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::ScimTarget;
use super::fault::Stop;
use super::offers::{Offer, Offers};
use super::read::{self, Listing};
use super::wire::{GROUP, PATCH, WireGroup};
use crate::http::{Method, Request, Safety};
use crate::model::{Gap, UserGroup, UserGroupPath};
use crate::{ErrorKind, Result};

/// The user groups of a service.
///
/// In SCIM a user may be in any number of groups, but in gotosync in only one. Therefore only groups that gotosync
/// created count, and gotosync never removes a user from a group of someone else.
#[derive(Debug, Default)]
pub(super) struct Groups {
    ids: HashMap<UserGroupPath, String>,
    members: HashMap<UserGroupPath, HashSet<String>>,
    pub(super) gaps: Vec<Gap>,
}

impl Groups {
    /// Reads the groups; returns none if the service does not support groups.
    pub(super) async fn read(target: &ScimTarget, offers: &Offers) -> Result<Self> {
        if !offers.offer(Offer::Groups) {
            return Ok(Self::default());
        }
        let listing: Listing<WireGroup> =
            read::list(&target.api, "Groups", offers, "displayName", target.options.page).await?;
        let mut groups = Self { gaps: listing.gaps, ..Self::default() };
        for row in listing.rows {
            let Some(path) = row.external_id.as_deref().and_then(|id| id.strip_prefix(MARK)) else { continue };
            let path = UserGroupPath::new(path);
            if let Some(other) = groups.ids.insert(path.clone(), row.id) {
                groups.gaps.push(Gap { place: "groups".to_owned(), problem: format!("{path} exists twice: {other}") });
            }
            groups.members.entry(path).or_default().extend(row.members.into_iter().filter_map(|entry| entry.value));
        }
        Ok(groups)
    }

    /// Returns the group of each user. For a user in several groups, this is the first by path.
    pub(super) fn of_users(&self) -> HashMap<&str, &UserGroupPath> {
        let mut paths: Vec<&UserGroupPath> = self.members.keys().collect();
        paths.sort();
        let mut of = HashMap::new();
        for path in paths {
            for user in &self.members[path] {
                of.entry(user.as_str()).or_insert(path);
            }
        }
        of
    }

    /// Returns the group of one user.
    pub(super) fn of(&self, user: &str) -> Option<&UserGroupPath> {
        self.members.iter().filter(|(_, members)| members.contains(user)).map(|(path, _)| path).min()
    }

    pub(super) fn has(&self, path: &UserGroupPath) -> bool {
        self.ids.contains_key(path)
    }

    /// Returns the groups as an account lists them.
    pub(super) fn listed(&self) -> Vec<UserGroup> {
        let row =
            |(path, id): (&UserGroupPath, &String)| UserGroup { key: Some(id.as_str().into()), path: path.clone() };
        self.ids.iter().map(row).collect()
    }

    /// Creates a group whose parent exists.
    pub(super) async fn create(&mut self, target: &ScimTarget, path: &UserGroupPath) -> Result<(), Stop> {
        if let Some(problem) = path.problem() {
            return Err(Stop::refused(ErrorKind::Input, format!("user group `{path}` cannot be created: {problem}")));
        }
        if self.has(path) {
            return Err(Stop::refused(ErrorKind::Conflict, format!("user group `{path}` already exists")));
        }
        if let Some(parent) = path.parent() {
            self.check(&parent)?;
        }
        let body = json!({
            "schemas": [GROUP], "displayName": path.as_str(), "externalId": format!("{MARK}{path}"),
        });
        let request = Request::new(Method::Post, "/Groups").json_as(target.options.dialect.content_type(), &body);
        let made: WireGroup = target.api.send(&request).await?.json()?;
        if made.external_id.is_none() {
            let message = format!("user group `{path}` was created, but the service did not store its `externalId`");
            return Err(Stop::refused(ErrorKind::Unsupported, message));
        }
        self.ids.insert(path.clone(), made.id);
        self.members.entry(path.clone()).or_default();
        Ok(())
    }

    /// Checks that a group exists.
    pub(super) fn check(&self, path: &UserGroupPath) -> Result<(), Stop> {
        if self.has(path) {
            return Ok(());
        }
        Err(Stop::refused(ErrorKind::NotFound, format!("the account has no user group `{path}`")))
    }

    /// Adds a user to one group, and removes the user from all others that gotosync created.
    pub(super) async fn put(
        &mut self,
        target: &ScimTarget,
        offers: &Offers,
        user: &str,
        into: Option<&UserGroupPath>,
    ) -> Result<(), Stop> {
        // Add the user first: if the action fails in between, the user is in two groups but has lost nothing.
        if let Some(path) = into {
            self.change(target, offers, path, user, Membership::Joins).await?;
        }
        let others: Vec<UserGroupPath> =
            self.members.iter().filter(|(_, own)| own.contains(user)).map(|(p, _)| p.clone()).collect();
        for path in others.iter().filter(|path| Some(*path) != into) {
            self.change(target, offers, path, user, Membership::Leaves).await?;
        }
        Ok(())
    }

    async fn change(
        &mut self,
        target: &ScimTarget,
        offers: &Offers,
        path: &UserGroupPath,
        user: &str,
        membership: Membership,
    ) -> Result<(), Stop> {
        self.check(path)?;
        let place = format!("/Groups/{}", Request::part(&self.ids[path]));
        let kind = target.options.dialect.content_type();
        let request = if offers.offer(Offer::Patch) {
            let operation = match membership {
                Membership::Joins => json!({ "op": "add", "path": "members", "value": [{ "value": user }] }),
                Membership::Leaves => json!({ "op": "remove", "path": format!("members[value eq \"{user}\"]") }),
            };
            // The operation can be repeated: adding a member or removing a non-member has no further effect.
            let body = json!({ "schemas": [PATCH], "Operations": [operation] });
            Request::new(Method::Patch, place).safety(Safety::Repeatable).json_as(kind, &body)
        } else {
            let answer = target.api.send(&Request::get(place.clone())).await?;
            let mut group: Value = answer.json()?;
            let mut members = group["members"].as_array().cloned().unwrap_or_default();
            members.retain(|entry| entry["value"] != user);
            if membership == Membership::Joins {
                members.push(json!({ "value": user }));
            }
            group["members"] = members.into();
            let request = Request::new(Method::Put, place).json_as(kind, &group);
            match answer.header("etag").filter(|_| offers.offer(Offer::Versions)) {
                Some(version) => request.header("If-Match", version),
                None => request,
            }
        };
        target.api.send(&request).await?;
        let members = self.members.entry(path.clone()).or_default();
        match membership {
            Membership::Joins => members.insert(user.to_owned()),
            Membership::Leaves => members.remove(user),
        };
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Joins,
    Leaves,
}

/// The prefix of the `externalId` of created groups; the path follows.
const MARK: &str = "gotosync:";
