//! `gotosync browse --people` and `--search`

use std::fmt::{self, Display};

use gotosync_core::model::text::count;
use gotosync_core::model::{Depth, Dn};
use gotosync_core::source::{DirectorySource, ListQuery, Listed, Listing, Standing};

use super::word;
use crate::cli::Browse;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};

/// Lists people in an OU or group, or searches for people, OUs, and groups by name.
pub(super) async fn list(args: &Browse, of: Option<Dn>, source: &dyn DirectorySource) -> Result<Exit, Failure> {
    let (page, limit) = (args.page as usize, args.limit as usize);
    let depth = if args.below || args.search.is_some() { Depth::Subtree } else { Depth::OneLevel };
    let skip = (page - 1).saturating_mul(limit);
    let query = ListQuery { depth, name: args.search.clone(), skip, limit, ..ListQuery::of(of) };
    let mut listing = source.list(&query).await?;
    if args.people {
        listing.places.clear();
    }
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&listing))?;
    } else {
        print(Found(&listing, limit))?;
    }
    say(summary(&listing, args));
    if !listing.completeness.is_complete() {
        say(format_args!("note: the directory could not be read completely: {}", listing.completeness));
    }
    Ok(Exit::Done)
}

/// Returns the number of people found and the page shown, in words.
fn summary(listing: &Listing, args: &Browse) -> String {
    let (page, pages) = (args.page as usize, listing.total.div_ceil(args.limit as usize));
    let people = count(listing.total, "person", "people");
    match listing.total {
        0 if !listing.places.is_empty() => "no people".to_owned(),
        0 if args.search.is_some() => "no person, OU, or group has that name".to_owned(),
        0 if args.below || args.dn.is_none() => "no people there".to_owned(),
        0 => "no people directly in it; --below includes people at any depth".to_owned(),
        _ if page > pages => format!("{people}; the last page is page {pages}"),
        _ if page < pages => format!("{people}; page {page} of {pages}, for the next page add --page {}", page + 1),
        _ if pages > 1 => format!("{people}; page {page} of {pages}"),
        _ => people,
    }
}

/// OUs, containers, and groups as lines, and people as a table.
struct Found<'l>(&'l Listing, usize);

impl Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Listing { places, people, .. }, most) = self;
        for place in places.iter().take(*most) {
            writeln!(f, "{:<9} {}", word(place.kind), place.dn)?;
        }
        if places.len() > *most {
            writeln!(f, "… and {} more: search for a longer name, or raise --limit", places.len() - most)?;
        }
        if people.is_empty() {
            return Ok(());
        }
        if !places.is_empty() {
            writeln!(f)?;
        }
        let rows: Vec<[&str; 6]> = std::iter::once(HEADER).chain(people.iter().map(row)).collect();
        let widths: Vec<usize> = (0..HEADER.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default().min(WIDEST))
            .collect();
        for row in rows {
            let cells = row.iter().zip(&widths).map(|(text, width)| format!("{text:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

fn row(person: &Listed) -> [&str; 6] {
    let standing = match person.standing {
        Standing::Enabled => "yes",
        Standing::Disabled => "disabled",
        Standing::Expired => "expired",
    };
    [
        &person.name,
        person.mail.as_deref().unwrap_or(NONE),
        person.title.as_deref().unwrap_or(NONE),
        person.department.as_deref().unwrap_or(NONE),
        person.phone.as_deref().unwrap_or(NONE),
        standing,
    ]
}

const HEADER: [&str; 6] = ["name", "mail", "title", "department", "phone", "enabled"];
const NONE: &str = "-";
/// The maximum width of a column. Longer texts shift the rest of their line to the right.
const WIDEST: usize = 40;
