//! A target for any SCIM 2.0 service (RFC 7643, RFC 7644), and for GoTo's own older dialect.

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
/// The target uses only the features that the service advertises: PATCH or PUT, versions (ETags) that guard a write,
/// paging by index or cursor, and bulk creation. **A user is either active or not. This is the only product**, named
/// [`Access`](ScimOptions::entitlements), unless entitlements are configured. Then each of them is a product, and a
/// user with any of them is active.
///
/// Only groups that gotosync created count as user groups; their `externalId` begins with `gotosync:`. A user of a
/// service may be in many groups, and gotosync never removes a user from a group that someone else created. The
/// attributes `department`, `division`, `costCenter`, `employeeNumber`, and `organization` of the enterprise extension
/// are custom fields with these names.
///
/// SCIM has no seats, roles, or invitations. Side effects of the service, such as a welcome e-mail, are unknown here.
pub struct ScimTarget {
    api: Api,
    options: ScimOptions,
    danger: bool,
    offers: OnceCell<Offers>,
}

/// Options for a SCIM service.
#[derive(Clone, Debug, PartialEq)]
pub struct ScimOptions {
    /// The dialect of the service.
    pub dialect: Dialect,
    /// The values of `entitlements` that are products, with their display names. If empty, access itself is the only
    /// product.
    pub entitlements: Vec<Entitlement>,
    /// The user who owns the token, who never loses access. SCIM cannot report this user.
    pub login: Option<Email>,
    /// The maximum number of requests per second.
    pub per_second: Option<f64>,
    /// The number of users per page.
    pub page: usize,
}

/// A product of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The value in the `entitlements` attribute.
    pub value: String,
    /// The name in rules.
    pub name: String,
}

impl Default for ScimOptions {
    fn default() -> Self {
        Self { dialect: Dialect::Scim2, entitlements: Vec::new(), login: None, per_second: None, page: 200 }
    }
}

impl ScimTarget {
    /// Prepares the service at a base address, such as `https://example.test/scim/v2`, without sending a request.
    ///
    /// # Errors
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if the address is invalid, or uses plain HTTP and is not on this
    /// machine.
    pub fn new(client: &Client, base: &str, bearer: Option<Arc<dyn Bearer>>, options: ScimOptions) -> Result<Self> {
        let api = client.api(base, options.per_second)?;
        let api = match bearer {
            Some(bearer) => api.signed_in(bearer),
            None => api,
        };
        let danger = client.options().danger_accept_any_certificate;
        Ok(Self { api, options, danger, offers: OnceCell::new() })
    }

    /// Returns the features of the service, which are read once.
    async fn offers(&self) -> Result<&Offers> {
        self.offers.get_or_try_init(|| Offers::ask(&self.api, self.options.dialect)).await
    }

    /// Returns the notes that belong in every report.
    fn remarks(&self) -> Vec<Note> {
        let evidence = "`danger_accept_any_certificate` is set; use it only for tests on your own machine";
        let note = self.danger.then(|| Note::new(NoteKind::DangerousTls, self.api.base(), evidence));
        note.into_iter().collect()
    }

    /// Returns the service's address without its scheme as the account key, because SCIM has no name for an account.
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
        let offers = self.offers().await.map_err(|error| error.during("read the features of the service"))?;
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
        let offers = self.offers().await.map_err(|error| error.during("read the features of the service"))?;
        let users = read::list(&self.api, "Users", offers, "userName", self.options.page);
        let (users, groups) = futures_util::future::join(users, Groups::read(self, offers)).await;
        let users: Listing<WireUser> = users?;
        let groups = groups?;
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
        account.groups = groups.listed();
        let custom_fields = offers.enterprise.iter().map(|&name| name.to_owned()).collect();
        account.catalog = Catalog { custom_fields, ..Catalog::default() };
        account.completeness = Completeness::from_gaps(users.gaps.into_iter().chain(groups.gaps).collect());
        account.sort();
        Ok(account)
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let offers = self.offers().await.map_err(|error| error.during("read the features of the service"))?;
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

/// Finds the key of the user with this address.
async fn find(target: &ScimTarget, email: &Email) -> Result<Option<crate::model::UserKey>> {
    let filter = write::equals("userName", email.as_str());
    let request = crate::http::Request::get("/Users").query("filter", filter);
    let page: wire::Page<WireUser> = target.api.send(&request).await.map_err(fault::error_of)?.json()?;
    Ok(page.resources.first().map(|own| crate::model::UserKey::new(&*own.id)))
}

/// Returns the products: the configured entitlements, or access itself.
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
        // SCIM has no roles, so none are hidden.
        roles: RoleAccess::Full,
        features: features(options, offers).collect(),
    }
}

/// Returns the features that SCIM can express and this service supports.
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
