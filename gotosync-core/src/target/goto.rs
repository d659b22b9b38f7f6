//! A real account, through GoTo's Admin API.
//!
//! What is documented, what was seen, and what is only inferred stands in `docs/goto.md`; the last of it is in one place of the
//! code, `assumed.rs`.

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

/// An account at GoTo.
///
/// Users are listed in pages, side by side within the vendor's limit of ten requests a second, and the listing knows whether
/// it is whole: rows against the total, a total that moves between pages, a key that comes twice, an error on any page. Before
/// anything is changed about a user, that user is read again. New users who get the same are made in one call; whether one of
/// them was there before is told from who was listed before. A creation that was not answered is looked for, and never
/// repeated.
///
/// What it writes may not be readable at once: see [`Visibility::Within`].
pub struct GotoAccount {
    api: Api,
    connect: Option<Api>,
    sign_in: SignIn,
    options: GotoOptions,
    danger: bool,
    who: OnceCell<Who>,
    /// Held while the secondary users of an extension are read and written: batches go side by side.
    sharing: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
}

/// What was learned of the account so far.
#[derive(Default)]
struct Seen {
    /// What its names stand for.
    names: Option<Arc<Names>>,
    /// The keys of all users who were listed or made; `None` before anybody was listed.
    users: Option<hashbrown::HashSet<UserKey>>,
}

impl GotoAccount {
    /// Prepares an account; nothing is asked before it is used.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] for addresses that are none.
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

    /// Says who is signed in, which accounts that gives, what the chosen one has, and what is missing; nothing is written.
    ///
    /// # Errors
    /// When nobody is signed in, or the service cannot be asked.
    pub async fn overview(&self) -> Result<Overview> {
        overview::overview(self).await
    }

    /// Reads the lines of all users, in ascending order of user and number.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] without GoTo Connect, [`ErrorKind::Denied`] without the scope for it, and whatever keeps
    /// all of them from being read: a part is no answer.
    pub async fn lines(&self) -> Result<Vec<Line>> {
        lines::read(self).await
    }

    /// Who is signed in, with the account that was chosen; it is asked once.
    async fn who(&self) -> Result<&Who> {
        self.who.get_or_try_init(|| who::ask(self)).await
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every report is to tell.
    fn remarks(&self) -> Result<Vec<Note>> {
        let mut remarks = Vec::new();
        if self.danger {
            let evidence = "danger_accept_any_certificate is set: it is for tests on one's own machine";
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
        let who = self.who().await.map_err(|error| error.during("look at the account"))?;
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

/// The path of an account, with something below it.
fn path(who: &Who, rest: &str) -> String {
    format!("/accounts/{}{rest}", Request::part(who.account.as_str()))
}

/// What is read and written.
fn features(who: &Who) -> impl Iterator<Item = Feature> {
    let connect = if who.telephones == Telephones::Read { OF_CONNECT } else { &[] };
    let callers = who.callers;
    let asked = move |feature: &Feature| callers || !OF_NUMBERS.contains(feature);
    OF_ADMIN.iter().chain(connect.iter().filter(move |feature| asked(feature))).copied()
}

/// What is neither read nor written.
fn lacks(who: &Who) -> Vec<Feature> {
    let features: Vec<Feature> = features(who).collect();
    Feature::ALL.iter().copied().filter(|feature| !features.contains(feature)).collect()
}

/// An error of something that the account must have and does not.
fn absent(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the account has no {what} `{name}`"))
}

/// Batches at once: so that the limit is filled although an answer takes its time.
const CONCURRENCY: usize = 8;
/// Requests of one batch or one read at once, for the same reason.
const TOGETHER: usize = 24;
/// Days before its end from which a login is told of.
const TOLD_AHEAD: i64 = 10;
/// What the Admin API reads and writes. No public API is known for products inside a license, settings templates, device groups and
/// transfers.
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
/// What takes a call for each telephone number to read: only if `caller_ids` says so.
const OF_NUMBERS: &[Feature] = &[Feature::CallerIdNumbers, Feature::TextingNumbers];
/// What only the API of GoTo Connect reads and writes.
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
