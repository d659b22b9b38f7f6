//! `gotosync browse`

use std::fmt::{self, Display};

use gotosync_core::model::Dn;
use gotosync_core::source::{DirectorySource, Node, NodeKind};
use gotosync_core::{Error, ErrorKind};

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
        let error = Error::new(ErrorKind::Input, "there is nothing to search for");
        return Err(error.hint("name a part of the name: --search lee").into());
    }
    let config = place.load()?;
    let of = args.dn.as_deref().map(Dn::parse).transpose()?;
    if args.people || args.search.is_some() {
        return people::list(args, of, &*config.source()?).await;
    }
    let nodes = config.source()?.children(of.as_ref()).await?;
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&nodes))?;
    } else if nodes.is_empty() {
        say("nothing stands below it but people");
    } else {
        print(Listing(&nodes))?;
        say("+ has more below it; `people` are right in it, `below` in it and anywhere below");
    }
    Ok(Exit::Done)
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

/// The widest column of names; longer ones push their line to the right.
const NAME: usize = 40;
