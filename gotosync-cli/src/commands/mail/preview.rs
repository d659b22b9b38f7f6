//! `gotosync mail preview`

use serde_json::json;

use crate::cli::mail::Preview;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::print;
use crate::setup::ConfigLocation;

/// Prints the welcome e-mail that a person would get.
pub(super) async fn preview(args: &Preview, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("mail preview")?;
    let (subject, text) = setup.engine.welcome_email(&args.person, args.template.as_deref()).await?;
    setup.line.clear();
    if args.json.json {
        json::print_json(serde_json::to_string_pretty(&json!({ "subject": subject, "text": text })))?;
    } else {
        print(format_args!("Subject: {subject}\n\n{}\n", text.trim_end()))?;
    }
    Ok(Exit::Done)
}
