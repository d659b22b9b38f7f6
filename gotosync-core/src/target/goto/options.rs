//! Where GoTo is, and how its account is read and written.

use super::assumed::{BATCH, PAGE, VISIBLE_WITHIN};

/// How an account at GoTo is read and written.
#[derive(Clone, Debug)]
pub struct GotoOptions {
    /// Where the Admin API begins.
    pub admin: String,
    /// Where the API of GoTo Connect begins; without it telephones and locations are neither read nor written.
    pub connect: Option<String>,
    /// Whether it is read who may show which telephone number as caller id, which takes a call for each number.
    pub caller_ids: bool,
    /// The account by name or key, where the login has several.
    pub account: Option<String>,
    /// New users in one call at the most.
    pub batch: usize,
    /// Users on a page.
    pub page_size: usize,
    /// Requests a second; `None` for as many as come.
    pub per_second: Option<f64>,
    /// How long what was written may not be readable, in seconds.
    pub visible_within: u32,
}

/// Where GoTo is: the vendor's addresses, or those of an emulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GotoUrls {
    /// Where a person consents.
    pub authorize: String,
    /// Where tokens are given.
    pub token: String,
    /// Where the Admin API begins.
    pub admin: String,
    /// Where the API of GoTo Connect begins.
    pub connect: String,
}

impl Default for GotoUrls {
    /// The vendor's own (goto-api, 1.1 and 2).
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

/// Requests a second for each API (goto-api, 4).
const DOCUMENTED: f64 = 10.0;
