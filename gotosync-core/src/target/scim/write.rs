//! Execution of actions. Each action reads the user first, and writes only if the user has not changed since the plan.

use serde_json::Value;

use super::fault::{Stop, error_of};
use super::groups::Groups;
use super::offers::{Offer, Offers, not_offered};
use super::wire::WireUser;
use super::{Dialect, ScimTarget, checks, user};
use crate::http::{Failure, Meaning, Method, Reached, Request, Safety};
use crate::model::{
    Action, Change, Creation, Deletion, Effect, Email, Guards, LicenseKey, Outcome, PersonId, RoleAccess, Status,
    Update, User, UserChanges, UserGroupPath, UserKey,
};
use crate::{ErrorKind, Result};

/// The executor of one batch.
pub(super) struct Writer<'t> {
    pub(super) target: &'t ScimTarget,
    pub(super) offers: &'t Offers,
    /// The groups, read when the first action needs them.
    groups: Option<Groups>,
}

/// The current user at the service.
struct Current {
    user: User,
    resource: Value,
    version: Option<String>,
}

impl<'t> Writer<'t> {
    pub(super) fn new(target: &'t ScimTarget, offers: &'t Offers) -> Self {
        Self { target, offers, groups: None }
    }

    pub(super) async fn perform(&mut self, action: &Action) -> Outcome {
        let done = match action {
            Action::Suspend(_) | Action::Release(_) => self.take(action).await,
            Action::Delete(deletion) => self.delete(action, deletion).await,
            Action::CreateGroup { path } => self.create_group(path).await,
            Action::Update(update) | Action::Reactivate(update) => self.update(action, update).await,
            Action::Create(creation) => self.create(creation).await,
            Action::WriteTemplate { .. } | Action::Invite { .. } => Err(not_offered("mails").into()),
        };
        done.map_or_else(Outcome::from, Outcome::from)
    }

    async fn create_group(&mut self, path: &UserGroupPath) -> Result<Effect, Stop> {
        let target = self.target;
        self.groups().await?.create(target, path).await?;
        Ok(Effect::GroupCreated)
    }

    async fn create(&mut self, creation: &Creation) -> Result<Effect, Stop> {
        let new = &creation.user;
        self.check_new(creation)?;
        if let Some(path) = &new.group {
            self.groups().await?.check(path)?;
        }
        let body = user::create(new, self.offers, &self.target.options);
        let request = Request::new(Method::Post, "/Users").json_as(self.target.options.dialect.content_type(), &body);
        let key = match self.target.api.send(&request).await {
            Ok(answer) => match answer.json::<WireUser>() {
                Ok(made) => UserKey::new(made.id),
                // The user was created, but the response is unusable, so look for the user as after any lost reply.
                Err(error) => self.find(new, Stop::Doubt(error.into())).await?,
            },
            Err(failure) => {
                if failure.meaning == Some(Meaning::Conflict) && failure.reached == Reached::Not {
                    return Err(taken(&new.email));
                }
                match Stop::from(failure) {
                    stop @ Stop::Doubt(_) => self.find(new, stop).await?,
                    stop @ Stop::Refused(_) => return Err(stop),
                }
            }
        };
        if let Some(path) = &new.group {
            let (target, offers) = (self.target, self.offers);
            let joined = self.groups().await?.put(target, offers, key.as_str(), Some(path)).await;
            joined.map_err(|stop| stop.halfway(&format!("user {key} was created")))?;
        }
        Ok(Effect::Created { user: key })
    }

    /// Looks for a user who may have been created. A user with other data may be someone else's.
    async fn find(&self, new: &User, doubt: Stop) -> Result<UserKey, Stop> {
        if !self.offers.offer(Offer::Filter) {
            return Err(doubt);
        }
        let request = Request::get("/Users").query("filter", equals("userName", new.email.as_str()));
        let Ok(answer) = self.target.api.send(&request).await else { return Err(doubt) };
        let Ok(page) = answer.json::<super::wire::Page<WireUser>>() else { return Err(doubt) };
        let [one] = &page.resources[..] else { return Err(doubt) };
        let found = user::read(one, None, &self.target.options);
        let fits = found.email == new.email
            && (&found.first_name, &found.last_name) == (&new.first_name, &new.last_name)
            && (self.target.options.dialect == Dialect::GoToIdentity || found.licenses == new.licenses);
        if fits { Ok(UserKey::new(&*one.id)) } else { Err(doubt) }
    }

    async fn update(&mut self, action: &Action, update: &Update) -> Result<Effect, Stop> {
        let changes = &update.changes;
        let mut current = self.current(&update.user).await?;
        if changes.group.is_some() {
            current.user.group = self.groups().await?.of(update.user.as_str()).cloned();
        }
        let after = self.guarded(action, &current)?.unwrap_or_else(|| current.user.clone());
        let before = &current.user;
        checks::changes(changes, self.offers, &self.target.options)?;
        if let Some(email) = changes.email.as_ref().and_then(Change::after)
            && *email != before.email
        {
            self.check_free(email).await?;
        }
        let into = changes.group.as_ref().map(|change| change.after().cloned());
        if let Some(Some(path)) = &into {
            self.groups().await?.check(path)?;
        }
        let rest = UserChanges { person: None, ..changes.clone() };
        let edits = user::edit(changes, &after, &current.resource, self.offers, &self.target.options);
        if !edits.is_empty() {
            let written = self.write(&update.user, &current, &edits).await;
            self.confirmed(&update.user, written, |now| {
                // The group is written later, so ignore it here.
                let now = User { group: after.group.clone(), ..now.clone() };
                rest.have_arrived(&now)
            })
            .await?;
        }
        if let Some(into) = into {
            let (target, offers) = (self.target, self.offers);
            let put = self.groups().await?.put(target, offers, update.user.as_str(), into.as_ref()).await;
            put.map_err(|stop| if edits.is_empty() { stop } else { stop.halfway("the other changes were made") })?;
        }
        if let Some(person) = changes.person.as_ref().and_then(Change::after) {
            let marked = self.mark(&update.user, person).await;
            marked.map_err(|stop| if rest.is_empty() { stop } else { stop.halfway("the other changes were made") })?;
        }
        Ok(action.effect().unwrap_or(Effect::Updated))
    }

    /// Stores the person's ID in a separate request, so that a service that rejects it still accepts the other changes.
    async fn mark(&self, key: &UserKey, person: &PersonId) -> Result<(), Stop> {
        let current = self.current(key).await?;
        let written = self.write(key, &current, &user::mark(person)).await;
        self.confirmed(key, written, |now| now.person.as_ref() == Some(person)).await
    }

    /// Removes some or all products of a user.
    async fn take(&self, action: &Action) -> Result<Effect, Stop> {
        let Some(key) = action.user() else {
            return Err(Stop::refused(ErrorKind::Bug, "the action does not concern a user"));
        };
        let current = self.current(key).await?;
        let left = self.guarded(action, &current)?.map(|after| after.licenses).unwrap_or_default();
        self.leave_with(key, &current, &left).await?;
        Ok(action.effect().unwrap_or(Effect::Released))
    }

    /// Leaves a user with exactly these products.
    async fn leave_with(&self, key: &UserKey, current: &Current, left: &[LicenseKey]) -> Result<(), Stop> {
        let mut edits = super::edits::Edits::default();
        user::access(&mut edits, left, &current.resource, &self.target.options);
        let written = self.write(key, current, &edits).await;
        self.confirmed(key, written, |now| now.licenses == left && (now.status == Status::Suspended) == left.is_empty())
            .await
    }

    async fn delete(&mut self, action: &Action, deletion: &Deletion) -> Result<Effect, Stop> {
        let current = self.current(deletion.user()).await?;
        self.guarded(action, &current)?;
        let request = guarded(Request::new(Method::Delete, place(deletion.user())), &current);
        match self.target.api.send(&request).await {
            Ok(_) => Ok(Effect::Deleted),
            // An earlier attempt may have deleted the user.
            Err(failure) if failure.meaning == Some(Meaning::NotFound) && failure.reached == Reached::Perhaps => {
                Ok(Effect::Deleted)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Writes a change in the form that the service supports.
    async fn write(&self, key: &UserKey, current: &Current, edits: &super::edits::Edits) -> Result<(), Failure> {
        let kind = self.target.options.dialect.content_type();
        // The request can be repeated, because it sets values and never appends.
        let patch = Request::new(Method::Patch, place(key)).safety(Safety::Repeatable);
        let request = match self.target.options.dialect {
            Dialect::GoToIdentity => {
                let mut part = edits.as_part();
                // A partial name might clear the other parts, so send all of them.
                if let (Some(name), Some(now)) = (part["name"].as_object_mut(), current.resource["name"].as_object()) {
                    for (part, value) in now {
                        name.entry(part).or_insert_with(|| value.clone());
                    }
                }
                patch.json_as(kind, &part)
            }
            Dialect::Scim2 if self.offers.offer(Offer::Patch) => patch.json_as(kind, &edits.as_operations()),
            Dialect::Scim2 => {
                let mut resource = current.resource.clone();
                edits.apply_to(&mut resource);
                Request::new(Method::Put, place(key)).json_as(kind, &resource)
            }
        };
        self.target.api.send(&guarded(request, current)).await.map(drop)
    }

    /// Confirms a write in doubt by reading the user again.
    async fn confirmed(
        &self,
        key: &UserKey,
        written: Result<(), Failure>,
        arrived: impl Fn(&User) -> bool,
    ) -> Result<(), Stop> {
        let Err(failure) = written else { return Ok(()) };
        if failure.meaning == Some(Meaning::Changed) && failure.reached == Reached::Not {
            return Err(Stop::refused(ErrorKind::Conflict, "another client changed the user at the same time"));
        }
        match Stop::from(failure) {
            stop @ Stop::Doubt(_) => match self.current(key).await {
                Ok(now) if arrived(&now.user) => Ok(()),
                _ => Err(stop),
            },
            stop @ Stop::Refused(_) => Err(stop),
        }
    }

    async fn current(&self, key: &UserKey) -> Result<Current, Stop> {
        let answer = match self.target.api.send(&Request::get(place(key))).await {
            Ok(answer) => answer,
            Err(failure) if failure.meaning == Some(Meaning::NotFound) => {
                return Err(Stop::refused(ErrorKind::NotFound, format!("the account has no user {key}")));
            }
            // A read has no effect, so its failure is never a doubt.
            Err(failure) => return Err(error_of(failure).into()),
        };
        let resource: Value = answer.json()?;
        let wire: WireUser = answer.json()?;
        let version = answer.header("etag").map(str::to_owned).or_else(|| wire.meta.as_ref()?.version.clone());
        let user = user::read(&wire, None, &self.target.options);
        Ok(Current { user, resource, version: version.filter(|_| self.offers.offer(Offer::Versions)) })
    }

    async fn groups(&mut self) -> Result<&mut Groups, Stop> {
        if !self.offers.offer(Offer::Groups) {
            return Err(not_offered("groups").into());
        }
        if self.groups.is_none() {
            let groups = Groups::read(self.target, self.offers).await?;
            if let Some(gap) = groups.gaps.first() {
                let message = format!("the groups cannot be read completely: {}", gap.problem);
                return Err(Stop::refused(ErrorKind::Incomplete, message));
            }
            self.groups = Some(groups);
        }
        Ok(self.groups.get_or_insert_default())
    }

    /// Checks a new user before anything is written. Only the service can check the rest.
    pub(super) fn check_new(&self, creation: &Creation) -> Result<(), Stop> {
        creation.guard(&Self::guards(None)).map_err(Stop::Refused)?;
        checks::new(&creation.user, self.offers, &self.target.options)
    }

    /// Returns the user after an action, or the reason why it must not be executed.
    fn guarded(&self, action: &Action, current: &Current) -> Result<Option<User>, Stop> {
        let own = self.target.options.login.as_ref() == Some(&current.user.email);
        let login = action.user().filter(|_| own);
        action.guard(Some(&current.user), &Self::guards(login)).map_err(Stop::Refused)
    }

    /// Returns the facts about the service that guards need. SCIM has no roles, so none are hidden.
    fn guards(login: Option<&UserKey>) -> Guards<'_> {
        Guards { login, roles: RoleAccess::Full, limits: checks::LIMITS }
    }

    /// Checks that an address is free, if the service supports filters. The service may compare addresses
    /// case-sensitively.
    async fn check_free(&self, email: &Email) -> Result<(), Stop> {
        if !self.offers.offer(Offer::Filter) {
            return Ok(());
        }
        let request = Request::get("/Users").query("filter", equals("userName", email.as_str()));
        let page: super::wire::Page<WireUser> = self.target.api.send(&request).await?.json()?;
        if page.resources.is_empty() { Ok(()) } else { Err(taken(email)) }
    }
}

/// Makes a request fail if the version has changed since the read, if the service has versions (RFC 7644, section
/// 3.14).
fn guarded(request: Request, current: &Current) -> Request {
    match &current.version {
        Some(version) => request.header("If-Match", version.as_str()),
        None => request,
    }
}

fn place(key: &UserKey) -> String {
    format!("/Users/{}", Request::part(key.as_str()))
}

/// Returns a filter for one value, written as a JSON string (RFC 7644, section 3.4.2.2).
pub(super) fn equals(attribute: &str, value: &str) -> String {
    format!("{attribute} eq {}", Value::from(value))
}

pub(super) fn taken(email: &Email) -> Stop {
    Stop::refused(ErrorKind::Conflict, format!("email {email} already belongs to another user"))
}
