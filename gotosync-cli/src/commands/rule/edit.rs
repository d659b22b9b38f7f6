//! `gotosync rule edit`

use gotosync_core::rules::{Change, RulesFile};
use gotosync_core::{Config, Error};

use super::look::Seen;
use super::{add, editor, says, tell};
use crate::cli::rule::{Edit, Says};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setup::ConfigLocation;

/// Changes a rule with options, or opens the file in an editor.
pub(super) async fn edit(args: &Edit, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    let mut file = config.rules_file()?;
    let before = file.clone();
    file.written(&args.name)?;
    if args.rename.is_none() && args.unset.is_empty() && is_silent(&args.says) {
        let Some(draft) = editor::open(&file, &args.name)? else { return Ok(Exit::Done) };
        let saved = accept(&config, &before, &mut file, &draft.text, args).await;
        let seen = draft.finish(saved)?;
        tell::saved(&config, &before, &file, &args.name, "saved", Some(seen)).await;
        return Ok(Exit::Done);
    }
    says::places(&args.says, &config).await?;
    let mut changes = says::changes(&args.says)?;
    for key in &args.unset {
        changes.push(Change::unset(key)?);
    }
    let mut name = args.name.trim();
    if let Some(new) = args.rename.as_deref() {
        file.rename(name, new)?;
        name = new.trim();
    }
    file.edit(name, &changes)?;
    let seen = add::verify(&config, &before, &file, name, args.force).await?;
    config.save_rules(&file)?;
    tell::saved(&config, &before, &file, name, "saved", Some(seen)).await;
    Ok(Exit::Done)
}

/// Saves an edited file after looking up the names in the rule.
async fn accept(
    config: &Config,
    before: &RulesFile,
    file: &mut RulesFile,
    text: &str,
    args: &Edit,
) -> Result<Seen, Vec<Error>> {
    file.replace(text.to_owned())?;
    let seen = add::verify(config, before, file, args.name.trim(), args.force).await?;
    config.save_rules(file).map_err(|error| vec![error])?;
    Ok(seen)
}

/// Returns `true` if no option changes the rule.
fn is_silent(says: &Says) -> bool {
    let Says { ou, group, everyone, filter, product, user_group, create_user_group, language, set } = says;
    let lists = [ou, group, product, set].iter().all(|list| list.is_empty());
    lists && !everyone && !create_user_group && [filter, user_group, language].iter().all(|text| text.is_none())
}
