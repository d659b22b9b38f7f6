//! A live GoTo account, read and written through GoTo's Admin API.
//!
//! The page `docs/goto.md` states for each part of the API whether it is documented, was observed, or is only inferred.
//! The inferred parts are all in `assumed.rs`.
//!
//! Citations such as "goto-api, 2.4" refer to sections of the project's research notes about GoTo's APIs.

mod assumed;
mod change;
mod connect;
mod convert;
mod create;
mod fresh;
mod lines;
mod list;
mod names;
mod options;
mod overview;
mod read;
mod sign_in;
mod trouble;
mod who;
mod wire;
mod work;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

pub use lines::Line;
pub use options::{GotoOptions, GotoUrls};
pub use overview::Overview;
pub use sign_in::{Consent, LoginStore, Loopback, Means, SignIn, SignInOptions};
pub use who::{AccountOf, Missing};

use self::convert::Telephones;
use self::names::Names;
use self::who::Who;
use super::{Capabilities, Feature, FieldLimits, ProvisioningTarget, TargetInfo, Visibility, account_rules};
use crate::http::{Api, Client, Request};
use crate::model::{Account, ActionKind, Batch, Note, NoteKind, Outcome, UserKey};
use crate::{Error, ErrorKind, Result};

/// A GoTo account.
///
/// The target lists users in pages, in parallel, within the vendor's limit of ten requests per second. It detects an
/// incomplete list: it compares the number of rows with the total, and checks for a total that changes between pages,
/// duplicate keys, and errors on any page. It reads each user again before it changes that user. It creates new users
/// with the same settings in one call, and compares their keys with the earlier list to find out which users existed
/// before. If the reply to a creation is lost, it looks for the user and never repeats the call.
///
/// Changes may not be visible immediately: see [`Visibility::Within`].
pub struct GotoAccount {
    api: Api,
    connect: Option<Api>,
    sign_in: SignIn,
    options: GotoOptions,
    danger: bool,
    who: OnceCell<Who>,
    /// Serializes the read and write of secondary users of an extension, because batches run in parallel.
    sharing: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
}

/// The cached knowledge about the account.
#[derive(Default)]
struct Seen {
    /// The names in the account and their keys.
    names: Option<Arc<Names>>,
    /// The keys of all users that were listed or created; `None` before the first list.
    users: Option<hashbrown::HashSet<UserKey>>,
}

impl GotoAccount {
    /// Prepares the account without sending a request.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for invalid addresses.
    pub fn new(client: &Client, sign_in: SignIn, options: GotoOptions) -> Result<Self> {
        let api = client.api(&options.admin, options.per_second).map_err(|error| error.with("address", "admin"))?;
        let api = api.signed_in(Arc::new(sign_in.clone()));
        let connect = match &options.connect {
            Some(base) => {
                let api = client.api(base, options.per_second).map_err(|error| error.with("address", "connect"))?;
                Some(api.signed_in(Arc::new(sign_in.clone())))
            }
            None => None,
        };
        let danger = client.options().danger_accept_any_certificate;
        Ok(Self {
            api,
            connect,
            sign_in,
            options,
            danger,
            who: OnceCell::new(),
            sharing: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
        })
    }

    /// Returns the signed-in user, the user's accounts, the contents of the chosen account, and missing permissions.
    /// Writes nothing.
    ///
    /// # Errors
    /// An error if no user is signed in or the service is unavailable.
    pub async fn overview(&self) -> Result<Overview> {
        overview::overview(self).await
    }

    /// Reads the lines of all users, in ascending order of user and number.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if GoTo Connect is not enabled, [`ErrorKind::Denied`] if the scope is missing, and
    /// any error that prevents a complete read. A partial list is never returned.
    pub async fn lines(&self) -> Result<Vec<Line>> {
        lines::read(self).await
    }

    /// Returns the signed-in user and the chosen account. The result is cached.
    async fn who(&self) -> Result<&Who> {
        self.who.get_or_try_init(|| who::ask(self)).await
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the notes that belong in every report.
    fn remarks(&self) -> Result<Vec<Note>> {
        let mut remarks = Vec::new();
        if self.danger {
            let evidence = "`danger_accept_any_certificate` is set; use it only for tests on your own machine";
            remarks.push(Note::new(NoteKind::DangerousTls, self.api.base(), evidence));
        }
        let (ends, now) = (self.sign_in.ends()?, Timestamp::now());
        if let Some(ends) = ends.filter(|ends| ends.duration_since(now) < SignedDuration::from_hours(24 * TOLD_AHEAD)) {
            let evidence = format!("signed in until {}", ends.strftime("%Y-%m-%d"));
            remarks.push(Note::new(NoteKind::SignInEnds, "GoTo", evidence));
        }
        Ok(remarks)
    }

    fn capabilities(&self, who: &Who) -> Capabilities {
        let visible_within = self.options.visible_within;
        Capabilities {
            actions: ActionKind::ALL.into(),
            features: features(who).collect(),
            batch: self.options.batch.max(1),
            concurrency: CONCURRENCY,
            visibility: if visible_within == 0 { Visibility::Immediate } else { Visibility::Within(visible_within) },
            roles: who.roles,
        }
    }
}

impl fmt::Display for GotoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.who.get(), &self.options.account) {
            (Some(who), _) => write!(f, "GoTo account {} ({})", who.account_name, who.account),
            (None, Some(name)) => write!(f, "GoTo account {name}"),
            (None, None) => f.write_str("GoTo account"),
        }
    }
}

impl fmt::Debug for GotoAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GotoAccount").field("api", &self.api).field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl ProvisioningTarget for GotoAccount {
    async fn describe(&self) -> Result<TargetInfo> {
        let who = self.who().await.map_err(|error| error.during("look up the signed-in user"))?;
        who.check()?;
        Ok(TargetInfo {
            name: format!("GoTo account {} ({})", who.account_name, who.account),
            account: who.account.clone(),
            login: Some(who.user.clone()),
            capabilities: self.capabilities(who),
            limits: FieldLimits::VENDOR,
            remarks: self.remarks()?,
        })
    }

    async fn read(&self) -> Result<Account> {
        let who = self.who().await?;
        who.check()?;
        read::read(self, who).await
    }

    async fn execute(&self, batch: &Batch) -> Result<Vec<Outcome>> {
        let who = self.who().await?;
        who.check()?;
        let capabilities = self.capabilities(who);
        account_rules::admit(batch, &capabilities)?;
        write::execute(self, who, batch).await
    }
}

/// Returns a path below the account.
fn path(who: &Who, rest: &str) -> String {
    format!("/accounts/{}{rest}", Request::part(who.account.as_str()))
}

/// Returns the features that are read and written.
fn features(who: &Who) -> impl Iterator<Item = Feature> {
    let connect = if who.telephones == Telephones::Read { OF_CONNECT } else { &[] };
    let callers = who.callers;
    let asked = move |feature: &Feature| callers || !OF_NUMBERS.contains(feature);
    OF_ADMIN.iter().chain(connect.iter().filter(move |feature| asked(feature))).copied()
}

/// Returns the features that are neither read nor written.
fn lacks(who: &Who) -> Vec<Feature> {
    let features: Vec<Feature> = features(who).collect();
    Feature::ALL.iter().copied().filter(|feature| !features.contains(feature)).collect()
}

/// Returns an error for an object that the account must have but does not.
fn absent(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the account has no {what} `{name}`"))
}

/// The number of parallel batches; several are needed to use the rate limit despite slow responses.
const CONCURRENCY: usize = 8;
/// The number of parallel requests in one batch or read, for the same reason.
const TOGETHER: usize = 24;
/// The number of days before the sign-in expires from which reports mention it.
const TOLD_AHEAD: i64 = 10;
/// The features of the Admin API. No public API is known for products inside a license, settings templates, device
/// groups, and transfers.
const OF_ADMIN: &[Feature] = &[
    Feature::Products,
    Feature::Seats,
    Feature::UserGroups,
    Feature::Roles,
    Feature::ManagedProducts,
    Feature::Language,
    Feature::TimeZone,
    Feature::CustomFields,
    Feature::Invitations,
    Feature::SignIns,
    Feature::Locks,
];
/// Features that need one call per phone number to read; enabled by `caller_ids`.
const OF_NUMBERS: &[Feature] = &[Feature::CallerIdNumbers, Feature::TextingNumbers];
/// The features of the GoTo Connect API.
const OF_CONNECT: &[Feature] = &[
    Feature::Extensions,
    Feature::Devices,
    Feature::Locations,
    Feature::PhoneNumbers,
    Feature::CallerIdNumbers,
    Feature::TextingNumbers,
    Feature::SecondaryExtensions,
    Feature::Voicemail,
];
