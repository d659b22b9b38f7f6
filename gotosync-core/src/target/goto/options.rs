//! Options for a GoTo account: its addresses, and how gotosync reads and writes it.

use super::assumed::{BATCH, PAGE, VISIBLE_WITHIN};

/// Options for reading and writing a GoTo account.
#[derive(Clone, Debug)]
pub struct GotoOptions {
    /// The base address of the Admin API.
    pub admin: String,
    /// The base address of the GoTo Connect API. If `None`, telephones and locations are neither read nor written.
    pub connect: Option<String>,
    /// `true` to read and write which users may show which phone number as caller ID. Reading takes one call per
    /// number.
    pub caller_ids: bool,
    /// The name or key of the account, if the signed-in user has several.
    pub account: Option<String>,
    /// The maximum number of new users per call.
    pub batch: usize,
    /// The number of users per page.
    pub page_size: usize,
    /// The maximum number of requests per second; `None` for no limit.
    pub per_second: Option<f64>,
    /// The time until changes become visible, in seconds.
    pub visible_within: u32,
}

/// The addresses of GoTo: the vendor's, or those of an emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GotoUrls {
    /// The authorization endpoint, where a user gives consent.
    pub authorize: String,
    /// The token endpoint.
    pub token: String,
    /// The base address of the Admin API.
    pub admin: String,
    /// The base address of the GoTo Connect API.
    pub connect: String,
}

impl Default for GotoUrls {
    /// Returns the vendor's addresses (goto-api, 1.1 and 2).
    fn default() -> Self {
        Self {
            authorize: "https://authentication.logmeininc.com/oauth/authorize".to_owned(),
            token: "https://authentication.logmeininc.com/oauth/token".to_owned(),
            admin: "https://api.getgo.com/admin/rest/v1".to_owned(),
            connect: "https://api.goto.com".to_owned(),
        }
    }
}

impl Default for GotoOptions {
    fn default() -> Self {
        Self {
            admin: GotoUrls::default().admin,
            connect: None,
            caller_ids: false,
            account: None,
            batch: BATCH,
            page_size: PAGE,
            per_second: Some(DOCUMENTED),
            visible_within: VISIBLE_WITHIN,
        }
    }
}

/// The documented limit of requests per second for each API (goto-api, 4).
const DOCUMENTED: f64 = 10.0;
