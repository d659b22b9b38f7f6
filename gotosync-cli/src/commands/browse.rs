//! `gotosync browse`

use std::fmt::{self, Display};
use std::sync::Arc;

use gotosync_core::model::text::{fold, nearest};
use gotosync_core::model::{Dn, GroupRef, ReadRequest};
use gotosync_core::source::{DirectorySource, Node, NodeKind};
use gotosync_core::{Error, ErrorKind};

use super::rule::look::complete;
use crate::cli::Browse;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::ConfigLocation;

mod people;

/// Lists one level of the tree, or people.
pub(super) async fn browse(args: &Browse, place: &ConfigLocation) -> Result<Exit, Failure> {
    if args.search.as_deref().is_some_and(|text| text.trim().is_empty()) {
        let error = Error::new(ErrorKind::Input, "the text to search for is empty");
        return Err(error.hint("give a part of a name: --search lee").into());
    }
    let config = place.load()?;
    let source = config.source()?;
    let of = match &args.dn {
        Some(named) => Some(find(named, &*source).await?),
        None => None,
    };
    if args.people || args.search.is_some() {
        return people::list(args, of, &*source).await;
    }
    let nodes = source.children(of.as_ref()).await?;
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&nodes))?;
    } else if nodes.is_empty() {
        say("it contains no OUs, containers, or groups; --people lists people");
    } else {
        print(Listing(&nodes))?;
        say("+ marks entries that contain others; `people` counts people directly in an entry, `below` at any depth");
    }
    Ok(Exit::Done)
}

/// Finds the OU, container, or group that the user named.
///
/// Accepts a distinguished name, or a name or group id as `rule add --group` does. Does not check whether a distinguished name
/// exists.
async fn find(named: &str, source: &dyn DirectorySource) -> Result<Dn, Error> {
    let named = named.trim();
    match Dn::parse(named) {
        Ok(dn) => return Ok(dn),
        // A text with `=` is meant as a distinguished name.
        Err(error) if named.contains('=') || named.is_empty() => return Err(error),
        Err(_) => {}
    }
    // A request without scopes reads OUs and groups, and no people.
    let reading = source.read(&ReadRequest::default()).await?;
    let directory = Arc::clone(&reading.directory);
    let units = directory.units().iter().filter(|unit| fold(&unit.dn.name()) == fold(named)).map(|unit| &unit.dn);
    let groups = directory.find_groups(&GroupRef::parse(named)).into_iter().map(|group| &directory.group(group).dn);
    let found: Vec<&Dn> = units.chain(groups).collect();
    match found[..] {
        [dn] => Ok(dn.clone()),
        [] => {
            // Only a complete read shows that a name does not exist.
            complete(reading)?;
            let units = directory.units().iter().map(|unit| unit.dn.name());
            let listed: Vec<String> =
                units.chain(directory.groups().iter().map(|group| group.name.to_string())).collect();
            let hint = match nearest(named, listed.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("search for a part of the name: `gotosync browse --search '{named}'`"),
            };
            Err(Error::new(ErrorKind::NotFound, format!("no OU, container, or group is named `{named}`")).hint(hint))
        }
        _ => {
            let listed: Vec<String> = found.iter().map(|dn| format!("`{dn}`")).collect();
            let message = format!("several OUs, containers, or groups are named `{named}`");
            let hint = format!("give the distinguished name of one of them: {}", listed.join(", "));
            Err(Error::new(ErrorKind::Ambiguous, message).hint(hint))
        }
    }
}

/// Nodes as a table.
struct Listing<'n>(&'n [Node]);

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |node: &Node| node.dn.name().chars().count();
        let width = self.0.iter().map(width).max().unwrap_or_default().clamp(4, NAME);
        writeln!(f, "  {:<9} {:>7} {:>7}  {:<width$}  dn", "kind", "people", "below", "name")?;
        for node in self.0 {
            let mark = if node.children { '+' } else { ' ' };
            let (kind, name) = (word(node.kind), node.dn.name());
            writeln!(f, "{mark} {kind:<9} {:>7} {:>7}  {name:<width$}  {}", node.people, node.people_below, node.dn)?;
        }
        Ok(())
    }
}

fn word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::NamingContext => "top",
        NodeKind::Unit => "unit",
        NodeKind::Container => "container",
        NodeKind::Group => "group",
    }
}

/// The maximum width of the name column. Longer names shift their line to the right.
const NAME: usize = 40;
