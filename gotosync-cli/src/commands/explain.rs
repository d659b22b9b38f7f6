//! `gotosync explain`

use gotosync_core::render;

use crate::cli::Explain;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::print;
use crate::setup::ConfigLocation;

/// Shows the rules, fields, and planned steps of one person.
pub(super) async fn explain(args: &Explain, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("explain")?;
    let explanation = setup.engine.explain(&args.person).await?;
    setup.line.clear();
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&explanation))?;
    } else {
        print(render::explanation(&explanation))?;
    }
    Ok(Exit::Done)
}
