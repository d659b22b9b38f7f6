//! Any service that speaks SCIM 2.0 (RFC 7643, RFC 7644), and GoTo's own older dialect of it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::{Capabilities, Feature, ProvisioningTarget, RoleAccess, TargetInfo, Visibility, account_rules};
use crate::Result;
use crate::http::{Api, Bearer, Client};
use crate::model::{
    Account, AccountKey, ActionKind, Batch, Catalog, Completeness, Email, License, Note, NoteKind, Outcome,
};

mod bulk;
mod checks;
mod dialect;
mod edits;
mod fault;
mod groups;
mod offers;
mod read;
mod user;
mod wire;
mod write;

pub use dialect::Dialect;
use groups::Groups;
use offers::{Offer, Offers};
use read::Listing;
use wire::WireUser;
use write::Writer;

/// The users and groups of a SCIM service.
///
/// It does only what the service says it offers: changes of a part or of the whole, versions that guard a write, pages by
/// number or by cursor, several new users in one request. **A user is active or not, and that is the one product there is**,
/// called [`Access`](ScimOptions::entitlements), unless entitlements are named: then each of those is one, and whoever has
/// any is active.
///
/// User groups are those that were made here, known by an `externalId` that begins with `gotosync:`: a user of a service may
/// be in many groups, and nobody is taken out of one that somebody else made. `department`, `division`, `costCenter`,
/// `employeeNumber` and `organization` of the enterprise extension are custom fields of these names.
///
/// There are no seats, no roles, no invitations: what a service does by itself when somebody is made is not known here.
pub struct ScimTarget {
    api: Api,
    options: ScimOptions,
    danger: bool,
    offers: OnceCell<Offers>,
}

/// How a SCIM service is used.
#[derive(Clone, Debug, PartialEq)]
pub struct ScimOptions {
    /// What it speaks.
    pub dialect: Dialect,
    /// The values of `entitlements` that are products, with the names people know them by; without any, the one product is
    /// access itself.
    pub entitlements: Vec<Entitlement>,
    /// The user whose login is in use, who is never taken from; a service does not tell.
    pub login: Option<Email>,
    /// The most calls in a second.
    pub per_second: Option<f64>,
    /// Users on a page.
    pub page: usize,
}

/// A product of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The value on the wire.
    pub value: String,
    /// The name that rules know it by.
    pub name: String,
}

impl Default for ScimOptions {
    fn default() -> Self {
        Self { dialect: Dialect::Scim2, entitlements: Vec::new(), login: None, per_second: None, page: 200 }
    }
}

impl ScimTarget {
    /// Prepares to use the service at a base address, such as `https://example.test/scim/v2`; nothing is called yet.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for what is no address of a service, and for one without TLS that is
    /// not on this machine.
    pub fn new(client: &Client, base: &str, bearer: Option<Arc<dyn Bearer>>, options: ScimOptions) -> Result<Self> {
        let api = client.api(base, options.per_second)?;
        let api = match bearer {
            Some(bearer) => api.signed_in(bearer),
            None => api,
        };
        let danger = client.options().danger_accept_any_certificate;
        Ok(Self { api, options, danger, offers: OnceCell::new() })
    }

    /// What the service offers, asked once.
    async fn offers(&self) -> Result<&Offers> {
        self.offers.get_or_try_init(|| Offers::ask(&self.api, self.options.dialect)).await
    }

    /// What every report is to tell.
    fn remarks(&self) -> Vec<Note> {
        let evidence = "danger_accept_any_certificate is set: it is for tests on one's own machine";
        let note = self.danger.then(|| Note::new(NoteKind::DangerousTls, self.api.base(), evidence));
        note.into_iter().collect()
    }

    /// The service's address without its scheme: SCIM has no name for an account.
    fn key(&self) -> AccountKey {
        let base = self.api.base();
        AccountKey::new(base.split_once("://").map_or(base, |(_, rest)| rest))
    }
}

impl fmt::Debug for ScimTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScimTarget").field("api", &self.api).field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Display for ScimTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SCIM service {}", self.api.base())
    }
}

#[async_trait]
impl ProvisioningTarget for ScimTarget {
    async fn describe(&self) -> Result<TargetInfo> {
        let offers = self.offers().await.map_err(|error| error.during("ask what the service offers"))?;
        let login = match &self.options.login {
            Some(email) if offers.offer(Offer::Filter) => find(self, email).await?,
            _ => None,
        };
        Ok(TargetInfo {
            name: self.to_string(),
            account: self.key(),
            login,
            capabilities: capabilities(&self.options, offers),
            limits: checks::LIMITS,
            remarks: self.remarks(),
        })
    }

    async fn read(&self) -> Result<Account> {
        let offers = self.offers().await.map_err(|error| error.during("ask what the service offers"))?;
        let users = read::list(&self.api, "Users", offers, "userName", self.options.page);
        let (users, groups) = futures_util::future::join(users, Groups::read(self, offers)).await;
        let users: Listing<WireUser> = users.map_err(|error| error.during("read the users"))?;
        let groups = groups.map_err(|error| error.during("read the groups"))?;
        let of = groups.of_users();
        let key = self.key();
        let mut account = Account::empty(key.as_str(), key.as_str());
        let read = |wire: &WireUser| Arc::new(user::read(wire, of.get(&*wire.id).copied(), &self.options));
        account.users = users.rows.iter().map(read).collect();
        if let Some(login) = &self.options.login {
            account.login = account.user_by_email(login).and_then(|user| user.key.clone());
        }
        account.licenses = products(&self.options);
        for license in &mut account.licenses {
            let holders = account.users.iter().filter(|user| user.licenses.contains(&license.key));
            license.used = u32::try_from(holders.count()).unwrap_or(u32::MAX);
        }
        account.groups = groups.told();
        let custom_fields = offers.enterprise.iter().map(|&name| name.to_owned()).collect();
        account.catalog = Catalog { custom_fields, ..Catalog::default() };
        account.completeness = Completeness::from_gaps(users.gaps.into_iter().chain(groups.gaps).collect());
        account.sort();
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let offers = self.offers().await.map_err(|error| error.during("ask what the service offers"))?;
        let capabilities = capabilities(&self.options, offers);
        account_rules::admit(batch, &capabilities)?;
        let mut writer = Writer::new(self, offers);
        let mut outcomes = Vec::with_capacity(batch.actions.len());
        while let Some(action) = batch.actions.get(outcomes.len()) {
            if let Some(fault) = capabilities.refusal(action) {
                outcomes.push(Outcome::Failed { fault });
                continue;
            }
            match offers.bulk {
                Some(bulk) if bulk::run(&batch.actions[outcomes.len()..], &capabilities, bulk.operations).len() > 1 => {
                    let run = bulk::run(&batch.actions[outcomes.len()..], &capabilities, bulk.operations);
                    outcomes.extend(bulk::create(&writer, bulk, &run).await);
                }
                _ => outcomes.push(writer.perform(action).await),
            }
        }
        Ok(outcomes)
    }
}

/// The key of the user with an address.
async fn find(target: &ScimTarget, email: &Email) -> Result<Option<crate::model::UserKey>> {
    let filter = write::equals("userName", email.as_str());
    let request = crate::http::Request::get("/Users").query("filter", filter);
    let page: wire::Page<WireUser> = target.api.send(&request).await.map_err(fault::told)?.json()?;
    Ok(page.resources.first().map(|own| crate::model::UserKey::new(&*own.id)))
}

/// What can be given: the entitlements that are named, or access itself.
fn products(options: &ScimOptions) -> Vec<License> {
    let seats = checks::LIMITS.users as u32;
    let product = |key: &str, name: &str| License { seats, ..License::new(key, name, &[], seats) };
    if options.entitlements.is_empty() {
        return vec![product(user::ACCESS, "Access")];
    }
    options.entitlements.iter().map(|own| product(&own.value, &own.name)).collect()
}

fn capabilities(options: &ScimOptions, offers: &Offers) -> Capabilities {
    let mut actions = Vec::from([ActionKind::Update, ActionKind::Create]);
    if options.dialect == Dialect::Scim2 && offers.has("active") {
        actions.extend([ActionKind::Suspend, ActionKind::Release, ActionKind::Delete, ActionKind::Reactivate]);
    }
    if offers.offer(Offer::Groups) {
        actions.push(ActionKind::CreateGroup);
    }
    Capabilities {
        actions: actions.into_iter().collect(),
        batch: 100,
        concurrency: 4,
        visibility: Visibility::Immediate,
        // There are none to see, and so none that are hidden.
        roles: RoleAccess::Full,
        features: features(options, offers).collect(),
    }
}

/// What this service has of what SCIM has words for.
fn features(options: &ScimOptions, offers: &Offers) -> impl Iterator<Item = Feature> {
    let all = [
        (Feature::Products, true),
        (Feature::UserGroups, offers.offer(Offer::Groups)),
        (Feature::Language, offers.has("locale")),
        (Feature::TimeZone, offers.has("timezone")),
        (Feature::CustomFields, !offers.enterprise.is_empty()),
        (Feature::People, options.dialect == Dialect::Scim2),
    ];
    all.into_iter().filter(|(_, there)| *there).map(|(feature, _)| feature)
}
