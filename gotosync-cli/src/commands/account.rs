//! `gotosync account`

use std::fmt::{self, Display};

use gotosync_core::model::License;
use gotosync_core::target::goto::{AccountOf, Line, Overview};
use serde::Serialize;

use crate::cli::Account;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::print;
use crate::setup::ConfigLocation;

/// Shows the signed-in user, the accounts, seats, and missing rights.
pub(super) async fn account(Account { lines, json }: Account, place: &ConfigLocation) -> Result<Exit, Failure> {
    let account = place.load()?.goto_account()?;
    let overview = account.overview().await?;
    let lines = if lines { Some(account.lines().await?) } else { None };
    let output = AccountOutput { overview, lines };
    if json.json {
        json::print_json(serde_json::to_string_pretty(&output))?;
    } else {
        print(&output)?;
    }
    let stopped = output.overview.missing.iter().any(|missing| missing.needed);
    Ok(if stopped { Exit::Stopped } else { Exit::Done })
}

#[derive(Serialize)]
struct AccountOutput {
    #[serde(flatten)]
    overview: Overview,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<Line>>,
}

impl Display for AccountOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let overview = &self.overview;
        line(f, "signed in", format_args!("{} (user {})", overview.email, overview.user))?;
        if let Some(ends) = overview.ends {
            line(f, "until", format_args!("{}, unless GoTo renews the sign-in before", ends.strftime("%Y-%m-%d")))?;
        } else {
            line(f, "by", "a personal access token")?;
        }
        if let Some(scopes) = &overview.scopes {
            line(f, "scopes", scopes.join(" "))?;
        }
        overview.accounts.iter().try_for_each(|own| line(f, "account", account_text(own)))?;
        if !overview.organization_roles.is_empty() {
            line(f, "organization", overview.organization_roles.join(" "))?;
        }
        line(f, "users", overview.users)?;
        let width = overview.licenses.iter().map(|license| license.name.chars().count()).max().unwrap_or_default();
        overview.licenses.iter().try_for_each(|license| line(f, "product", license_text(license, width)))?;
        for missing in &overview.missing {
            let severity = if missing.needed { "stop" } else { "warning" };
            writeln!(f, "{severity}: missing: {}: {}", missing.what, missing.without)?;
            writeln!(f, "    {}", missing.grant)?;
        }
        let lacks: Vec<&str> = overview.lacks.iter().map(|feature| feature.as_str()).collect();
        if !lacks.is_empty() {
            writeln!(f, "info: not read or written: {}", lacks.join(", "))?;
        }
        let lines = self.lines.iter().flatten();
        lines.into_iter().try_for_each(|own| line(f, "line", line_text(own)))
    }
}

fn line_text(own: &Line) -> String {
    let also = if own.primary { "" } else { ", which rings for other users first" };
    format!("{}  {} of user {}{also}", own.number, own.name, own.user)
}

fn account_text(own: &AccountOf) -> String {
    let chosen = if own.chosen { ", used by gotosync" } else { "" };
    let roles = if own.roles.is_empty() { "no roles".to_owned() } else { own.roles.join(" ") };
    format!("{} ({}){chosen}: {roles}", own.name, own.key)
}

fn license_text(license: &License, width: usize) -> String {
    let pending = if license.pending { ", not active yet" } else { "" };
    let over = license.used.saturating_sub(license.seats);
    let over = if over > 0 { format!(", {over} more than the license has") } else { String::new() };
    let products = license.products.join(" ");
    format!(
        "{:width$}  {} of {} seats used, {} free{over}{pending}  ({}: {products})",
        license.name,
        license.used,
        license.seats,
        license.free(),
        license.key,
    )
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, what: impl Display) -> fmt::Result {
    writeln!(f, "{name:<13} {what}")
}

#[cfg(test)]
mod tests {
    use gotosync_core::target::Feature;
    use gotosync_core::target::goto::Missing;

    use super::*;

    #[test]
    fn shows_user_accounts_seats_and_missing_rights_line_by_line() {
        let own = |key: &str, name: &str, roles: &[&str], chosen| AccountOf {
            key: gotosync_core::model::AccountKey::new(key),
            name: name.to_owned(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            chosen,
        };
        let overview = Overview {
            email: "ann@example.test".to_owned(),
            user: "4".into(),
            accounts: vec![own("1", "Example Ltd", &["MANAGE_USERS"], true), own("2", "Other", &[], false)],
            licenses: vec![
                License { used: 7, ..License::new("10", "GoToMeeting", &["G2M"], 5) },
                License { used: 1, pending: true, ..License::new("11", "Webinar", &["G2W", "G2M"], 3) },
            ],
            users: 7,
            organization_roles: Vec::new(),
            scopes: Some(vec!["identity:".to_owned()]),
            ends: Some("2026-12-27T00:00:00Z".parse().unwrap()),
            missing: vec![Missing {
                what: "the role X".to_owned(),
                without: "gotosync cannot see roles".to_owned(),
                grant: "an admin grants it".to_owned(),
                needed: false,
            }],
            lacks: vec![Feature::Templates],
        };
        let expected = "\
signed in     ann@example.test (user 4)
until         2026-12-27, unless GoTo renews the sign-in before
scopes        identity:
account       Example Ltd (1), used by gotosync: MANAGE_USERS
account       Other (2): no roles
users         7
product       GoToMeeting  7 of 5 seats used, 0 free, 2 more than the license has  (10: G2M)
product       Webinar      1 of 3 seats used, 2 free, not active yet  (11: G2W G2M)
warning: missing: the role X: gotosync cannot see roles
    an admin grants it
info: not read or written: settings templates
";
        let line = |number: &str, primary| Line {
            user: "5".into(),
            number: number.to_owned(),
            name: "Eve Lee".to_owned(),
            primary,
        };
        assert_eq!(AccountOutput { overview: overview.clone(), lines: None }.to_string(), expected);
        let lines = Some(vec![line("100", true), line("900", false)]);
        let expected = format!(
            "{expected}line          100  Eve Lee of user 5\nline          900  Eve Lee of user 5, which rings for other users first\n"
        );
        assert_eq!(AccountOutput { overview, lines }.to_string(), expected);
    }
}
