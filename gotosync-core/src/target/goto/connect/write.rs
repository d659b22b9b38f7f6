//! Writes the telephone settings of a user, one call for each change.
//!
//! The order makes sure that no telephone ever belongs to two users: removals come first, and numbers follow the
//! extension at which they ring. Voicemail is set before the extension is assigned. Voicemail settings cannot be read
//! back, so an assigned extension is the proof that they were written.

use serde_json::{Map, Value, json};

use super::super::assumed::{LOCATED, permissions as permissions_body};
use super::super::wire::{Key, WireExtension, WirePermission, WireRoute};
use super::{GotoAccount, Switchboard, Who, permissions};
use crate::http::{Api, Failure, Method, Request, Safety};
use crate::model::{PhoneNumber, SettingsChanges, UserKey, Voicemail};

/// The writes for one user.
struct Writing<'w> {
    board: &'w mut Switchboard,
    target: &'w GotoAccount,
    who: &'w Who,
    api: &'w Api,
    key: &'w UserKey,
    /// The name of a new extension.
    name: &'w str,
    /// The number of completed calls.
    done: usize,
}

impl Switchboard {
    /// Writes the checked changes. On failure, returns the number of calls completed before it.
    pub(in crate::target::goto) async fn write(
        &mut self,
        target: &GotoAccount,
        who: &Who,
        api: &Api,
        (key, name): (&UserKey, &str),
        changes: &SettingsChanges,
    ) -> Result<(), (Failure, usize)> {
        let mut writing = Writing { board: self, target, who, api, key, name, done: 0 };
        let written = writing.all(changes).await;
        written.map_err(|failure| (failure, writing.done))
    }
}

impl Writing<'_> {
    async fn all(&mut self, changes: &SettingsChanges) -> Result<(), Failure> {
        for (number, _) in changes.phone_numbers.iter().filter(|(_, change)| change.after().is_none()) {
            self.route(number, None, None).await?;
        }
        for number in changes.secondary_extensions.removed() {
            self.share(number, false).await?;
        }
        if let Some(change) = &changes.extension {
            match change.after() {
                Some(number) => self.give_extension(number, changes.voicemail.as_ref()).await?,
                None => self.take_extension().await?,
            }
        }
        for mac in changes.devices.removed() {
            self.assign_device(*mac, false).await?;
        }
        for mac in changes.devices.added() {
            self.assign_device(*mac, true).await?;
        }
        for number in changes.secondary_extensions.added() {
            self.share(number, true).await?;
        }
        for (number, name) in changes.phone_numbers.iter().filter_map(|(own, change)| Some((own, change.after()?))) {
            let own = self.own_extension().map(|at| self.extension(at).id.clone());
            self.route(number, own.as_deref(), Some(name)).await?;
        }
        for (word, change) in permissions!(changes, &) {
            for number in change.removed() {
                self.permit(number, word, false).await?;
            }
            for number in change.added() {
                self.permit(number, word, true).await?;
            }
        }
        if let Some(change) = &changes.location {
            self.place(change.after().map(|name| &**name)).await?;
        }
        Ok(())
    }

    async fn send(&mut self, call: &Request) -> Result<(), Failure> {
        self.api.send(call).await?;
        self.done += 1;
        Ok(())
    }

    fn extension(&self, at: usize) -> &WireExtension {
        &self.board.extensions()[at]
    }

    fn extension_mut(&mut self, at: usize) -> Option<&mut WireExtension> {
        self.board.extensions.as_mut()?.get_mut(at)
    }

    fn own_extension(&self) -> Option<usize> {
        let own = |own: &WireExtension| own.assigned_primary_user_key.as_ref().is_some_and(|own| own.is(self.key));
        self.board.extensions().iter().position(own)
    }

    async fn give_extension(&mut self, number: &str, voicemail: Option<&Voicemail>) -> Result<(), Failure> {
        let own = self.own_extension();
        let there = self.board.extensions().iter().position(|own| own.number.as_str() == number);
        if let (Some(own), None) = (own, there) {
            // Renumber the user's own extension, so that it keeps everything that belongs to it.
            self.set_voicemail(own, voicemail).await?;
            let call = patch(self.extension_path(own), &json!({ "number": number }));
            self.send(&call).await?;
            if let Some(own) = self.extension_mut(own) {
                own.number = Key::from(number);
            }
            return Ok(());
        }
        let at = match there {
            Some(at) => at,
            None => self.make_extension(number).await?,
        };
        self.set_voicemail(at, voicemail).await?;
        if let Some(own) = own.filter(|own| *own != at) {
            self.lead_numbers(own, at).await?;
            self.assign(own, None).await?;
        }
        self.assign(at, Some(self.key)).await
    }

    /// Redirects all numbers of one extension to another. This comes first, so that a crash in between leaves the
    /// numbers at the extension that the user is about to get.
    async fn lead_numbers(&mut self, from: usize, to: usize) -> Result<(), Failure> {
        let (from, to) = (self.extension(from).id.clone(), self.extension(to).id.clone());
        let rings =
            |number: &&super::Number| number.wire.route_to.as_ref().and_then(WireRoute::extension) == Some(&from);
        let numbers: Vec<PhoneNumber> =
            self.board.numbers().iter().filter(rings).map(|own| own.digits.clone()).collect();
        for number in numbers {
            self.route(&number, Some(&to), None).await?;
        }
        Ok(())
    }

    async fn take_extension(&mut self) -> Result<(), Failure> {
        match self.own_extension() {
            Some(own) => self.assign(own, None).await,
            None => Ok(()),
        }
    }

    async fn make_extension(&mut self, number: &str) -> Result<usize, Failure> {
        let body = json!({ "name": self.name, "accountKey": self.who.account, "number": number });
        let call = Request::new(Method::Post, "/voice-admin/v1/extensions").json(&body);
        let answer = self.api.send(&call).await?;
        self.done += 1;
        let made: WireExtension = answer.json().map_err(Failure::unread)?;
        let all = self.board.extensions.get_or_insert_default();
        all.push(made);
        Ok(all.len() - 1)
    }

    async fn assign(&mut self, at: usize, to: Option<&UserKey>) -> Result<(), Failure> {
        let call = patch(self.extension_path(at), &json!({ "assignedPrimaryUserKey": to }));
        self.send(&call).await?;
        if let Some(own) = self.extension_mut(at) {
            own.assigned_primary_user_key = to.map(|key| Key::from(key.as_str()));
        }
        Ok(())
    }

    async fn set_voicemail(&mut self, at: usize, voicemail: Option<&Voicemail>) -> Result<(), Failure> {
        let Some(Voicemail { time_zone, without_password, review, transcription, operator }) = voicemail else {
            return Ok(());
        };
        let mut body = Map::new();
        let mut set = |name: &str, value: Option<Value>| body.extend(value.map(|value| (name.to_owned(), value)));
        set("timeZone", time_zone.as_deref().map(Into::into));
        set("allowAccessWithoutPassword", without_password.map(Into::into));
        set("allowMessageReview", review.map(Into::into));
        set("transcriptionEnabled", transcription.map(Into::into));
        if let Some(number) = operator {
            let known = self.board.extensions().iter().find(|own| own.number.as_str() == number);
            set("allowEscapeToOperator", Some(true.into()));
            set("operatorExtensionId", known.map(|own| own.id.as_str().into()));
        }
        let call = patch(format!("{}/voicemail", self.extension_path(at)), &Value::Object(body));
        self.send(&call).await
    }

    /// Adds the user to the secondary users of another user's extension, or removes the user.
    async fn share(&mut self, number: &str, comes: bool) -> Result<(), Failure> {
        let known = self.board.extensions().iter().position(|own| own.number.as_str() == number);
        let Some(at) = known else { return Ok(()) };
        // The API replaces the complete list. To lose no concurrent addition, read the list right before writing it and
        // lock out other batches. For the same reason, do not retry the write after a lost reply.
        let turn = self.target.sharing.lock().await;
        let answer = self.api.send(&Request::get(self.extension_path(at))).await?;
        let now: WireExtension = answer.json().map_err(Failure::unread)?;
        let mut users = now.assigned_secondary_user_keys;
        users.retain(|user| !user.is(self.key));
        if comes {
            users.push(Key::from(self.key.as_str()));
        }
        let body = json!({ "assignedSecondaryUserKeys": users });
        self.send(&Request::new(Method::Patch, self.extension_path(at)).json(&body).safety(Safety::Once)).await?;
        drop(turn);
        if let Some(own) = self.extension_mut(at) {
            own.assigned_secondary_user_keys = users;
        }
        Ok(())
    }

    async fn assign_device(&mut self, mac: crate::model::Mac, comes: bool) -> Result<(), Failure> {
        let to = comes.then_some(self.key);
        let mut all = self.board.devices.iter().flatten();
        let Some((_, device)) = all.find(|(own, _)| *own == mac) else { return Ok(()) };
        let path = format!("/voice-admin/v1/devices/{}", Request::part(&device.id));
        self.send(&patch(path, &json!({ "assignedUserKey": to }))).await?;
        for (_, device) in self.board.devices.iter_mut().flatten().filter(|(own, _)| *own == mac) {
            device.assigned_user_key = to.map(|key| Key::from(key.as_str()));
        }
        Ok(())
    }

    /// Routes a number to an extension or nowhere, and names it.
    async fn route(&mut self, number: &PhoneNumber, to: Option<&str>, name: Option<&str>) -> Result<(), Failure> {
        let Some(at) = self.board.numbers().iter().position(|own| own.digits == *number) else { return Ok(()) };
        let now = &self.board.numbers()[at].wire;
        let mut body = Map::new();
        if now.route_to.as_ref().and_then(WireRoute::extension) != to || to.is_none() {
            let route = to.map(|id| json!({ "id": id, "type": "EXTENSION" }));
            body.insert("routeTo".to_owned(), route.unwrap_or(Value::Null));
        }
        if let Some(name) = name.filter(|name| *name != now.name) {
            body.insert("name".to_owned(), name.into());
        }
        if body.is_empty() {
            return Ok(());
        }
        let path = number_path(&now.id);
        self.send(&patch(path, &Value::Object(body))).await?;
        if let Some(own) = self.board.numbers.as_mut().and_then(|all| all.get_mut(at)) {
            own.wire.route_to = to.map(WireRoute::to_extension);
            if let Some(name) = name {
                name.clone_into(&mut own.wire.name);
            }
        }
        Ok(())
    }

    /// Grants or revokes the user's permission on a number, and keeps all other permissions.
    async fn permit(&mut self, number: &PhoneNumber, permission: &str, comes: bool) -> Result<(), Failure> {
        let Some(at) = self.board.numbers().iter().position(|own| own.digits == *number) else { return Ok(()) };
        let own = &self.board.numbers()[at];
        let now = own.permissions.iter().find(|own| own.user_key.is(self.key));
        let mut words = now.map_or_else(Vec::new, |now| now.permissions.clone());
        words.retain(|word| word != permission);
        if comes {
            words.push(permission.to_owned());
        }
        let path = format!("{}/permissions", number_path(&own.wire.id));
        let body = permissions_body(self.key.as_str(), &words);
        // The request states the desired state, so it can be repeated.
        self.send(&Request::new(Method::Post, path).json(&body).safety(Safety::Repeatable)).await?;
        if let Some(own) = self.board.numbers.as_mut().and_then(|all| all.get_mut(at)) {
            own.permissions.retain(|own| !own.user_key.is(self.key));
            own.permissions.push(WirePermission { user_key: Key::from(self.key.as_str()), permissions: words });
        }
        Ok(())
    }

    /// Moves the user to a location, or removes the user from the current one.
    async fn place(&mut self, name: Option<&str>) -> Result<(), Failure> {
        let own = Key::from(self.key.as_str());
        let mut all = self.board.locations.iter().flatten();
        let found = match name {
            Some(name) => all.find(|place| place.wire.name == name),
            None => all.find(|place| place.users.contains(&own)),
        };
        let Some(place) = found else { return Ok(()) };
        let path = format!("/voice-admin/v1/locations/{}/users", Request::part(&place.wire.id));
        let call = if name.is_some() {
            Request::new(Method::Post, path).json(&json!({ LOCATED: own })).safety(Safety::Repeatable)
        } else {
            Request::new(Method::Delete, format!("{path}/{}", Request::part(own.as_str())))
        };
        self.send(&call).await?;
        for place in self.board.locations.iter_mut().flatten() {
            if name == Some(place.wire.name.as_str()) {
                place.users.insert(own.clone());
            } else {
                place.users.remove(&own);
            }
        }
        Ok(())
    }

    fn extension_path(&self, at: usize) -> String {
        format!("/voice-admin/v1/extensions/{}", Request::part(&self.extension(at).id))
    }
}

fn number_path(id: &str) -> String {
    format!("/voice-admin/v1/phone-numbers/{}", Request::part(id))
}

/// Returns a PATCH request that can be repeated, because it states the desired state.
fn patch(path: String, body: &Value) -> Request {
    Request::new(Method::Patch, path).json(body).safety(Safety::Repeatable)
}
