//! `gotosync import`

use std::fmt::{self, Display};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gotosync_core::import::{Format, Guesses, Import, ImportOptions, Ready};
use gotosync_core::model::text::shown;
use gotosync_core::render::Length;
use gotosync_core::source::csv::{Columns, CsvOptions, Encoding};
use gotosync_core::source::list::{Trouble, TroubleKind};
use gotosync_core::{Error, ErrorKind, Plan, Verdict, render};
use serde_json::{Value, json};

use super::run_output::approval;
use crate::cli::{self, Delimiter, Shape};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;
use crate::output::{print, say};
use crate::setup::{ConfigLocation, Setup};
use crate::signals;

/// Imports people from a file.
pub(super) async fn import(args: &cli::Import, place: &ConfigLocation) -> Result<Exit, Failure> {
    let setup = place.open("import")?;
    let (bytes, name) = content(&args.file)?;
    let import = Import::read(bytes, name, &options(args)?)?;
    let ready = import.prepare(&setup.engine, &args.rule).await?;
    // Write the entries to correct before applying: if that fails, nothing has been changed yet.
    let mend = keep(&ready, args)?;
    let plan = ready.engine.plan().await?.plan;
    let verdict = ready.engine.check(&plan, None);
    setup.line.clear();
    let mut output = json!({
        "plan": plan_value(&plan)?,
        "notes": json::notes(&verdict.notes),
        "troubles": ready.troubles,
        "mend": mend,
        "report": null,
        "stopped": null,
    });
    if !args.shape.json {
        print(render::plan(&plan, args.shape.length()))?;
        print(render::verdict(&verdict, args.shape.length()))?;
        print(Troubles(&ready.troubles, args.shape))?;
    }
    if let Some(mend) = &mend {
        say(format_args!("entries to correct and import again: {}", mend.display()));
    }
    let exit = if !verdict.passes() {
        stopped(&setup, &plan, &verdict, &mut output)?
    } else if args.apply && !plan.is_empty() {
        apply(&setup, &ready, &plan, args.shape, &mut output).await?
    } else if plan.is_empty() {
        Exit::Done
    } else {
        say("to apply this plan, run the same command with --apply");
        Exit::Pending
    };
    if args.shape.json {
        json::print_json(serde_json::to_string_pretty(&output))?;
    }
    Ok(if exit == Exit::Done && !ready.troubles.is_empty() { Exit::Partial } else { exit })
}

/// Applies exactly the plan that was shown.
async fn apply(
    setup: &Setup<'_>,
    ready: &Ready,
    plan: &Plan,
    shape: Shape,
    output: &mut Value,
) -> Result<Exit, Failure> {
    let stop = signals::stop(&setup.line);
    let report = ready.engine.apply(plan, None, &stop).await?;
    setup.line.clear();
    if shape.json {
        output["report"] = json!(report);
    } else {
        print(render::report(&report, shape.length()))?;
    }
    Ok(Exit::of(&report))
}

/// Saves a plan that the check stopped, so that an admin can review and approve it.
fn stopped(setup: &Setup<'_>, plan: &Plan, verdict: &Verdict, output: &mut Value) -> Result<Exit, Failure> {
    let file = setup.config.keep_plan(plan)?;
    output["stopped"] = json::stopped(verdict, &file);
    approval(verdict, Some(&file), setup.place);
    Ok(Exit::Stopped)
}

fn plan_value(plan: &Plan) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&plan.to_json()).map_err(io::Error::from)?)
}

/// Returns the contents of the file, and its name for messages.
fn content(file: &Path) -> Result<(Vec<u8>, String), Error> {
    let failed = |error: io::Error| Error::from(error).during("read the file to import").with("file", file.display());
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
        return Ok((bytes, "standard input".to_owned()));
    }
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok((fs::read(file).map_err(failed)?, name))
}

fn options(args: &cli::Import) -> Result<ImportOptions, Error> {
    let mut columns = Columns { id: args.id.clone(), ..Columns::default() };
    for pair in &args.columns {
        let Some((what, column)) = pair.split_once('=').map(|(what, column)| (what.trim(), column.trim())) else {
            let message = format!("`{pair}` in --columns has no `=`");
            return Err(Error::new(ErrorKind::Input, message)
                .hint("write for example --columns 'mail=E-Mail,givenName=Vorname,sn=Nachname'"));
        };
        let slot = match what {
            "id" => &mut columns.id,
            "groups" => &mut columns.groups,
            "disabled" => &mut columns.disabled,
            "enabled" => &mut columns.enabled,
            "expires" => &mut columns.expires,
            attribute => {
                columns.attributes.push((attribute.to_owned(), column.to_owned()));
                continue;
            }
        };
        *slot = Some(column.to_owned());
    }
    let delimiter = args.delimiter.map(|delimiter| match delimiter {
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
        Delimiter::Bar => b'|',
    });
    Ok(ImportOptions {
        format: args.format.map(|format| match format {
            cli::Format::Csv => Format::Csv,
            cli::Format::List => Format::List,
        }),
        csv: CsvOptions { columns, delimiter, encoding: args.encoding.as_deref().map(Encoding::parse).transpose()? },
        guesses: if args.accept_guesses { Guesses::Accept } else { Guesses::Show },
    })
}

/// Writes the entries that need correction to a file, and returns its path. Overwrites no file: an existing file is used only
/// if it already has exactly this content.
fn keep(ready: &Ready, args: &cli::Import) -> Result<Option<PathBuf>, Error> {
    let Some(text) = &ready.mend else { return Ok(None) };
    let same = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes());
    if let Some(path) = &args.mend {
        return match write_new(path, text) {
            Ok(()) => Ok(Some(path.clone())),
            Err(_) if same(path) => Ok(Some(path.clone())),
            Err(error) => Err(failed(error, path)),
        };
    }
    let piped = args.file == Path::new("-");
    // After an import of `FILE.mend`, the new file is `FILE.mend-2`, not `FILE.mend.mend`.
    let again = args.file.extension().is_some_and(|ending| ending.to_string_lossy().starts_with("mend"));
    let base = if again { args.file.with_extension("") } else { args.file.clone() };
    let mut base = if piped { "import".into() } else { base.into_os_string() };
    base.push(".mend");
    for number in 1.. {
        let mut name = base.clone();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let path = PathBuf::from(name);
        match write_new(&path, text) {
            Ok(()) => return Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_MENDS => {
                if same(&path) {
                    return Ok(Some(path));
                }
            }
            Err(error) => return Err(failed(error, &path)),
        }
    }
    Ok(None)
}

fn failed(error: io::Error, path: &Path) -> Error {
    let there = error.kind() == io::ErrorKind::AlreadyExists;
    let error = if there { Error::new(ErrorKind::Conflict, "the file exists already") } else { error.into() };
    error
        .during("write the entries that need correction")
        .with("file", path.display())
        .hint("name another file with --mend; no file was overwritten, and nothing was applied")
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Entries that need correction, by kind.
struct Troubles<'t>(&'t [Trouble], Shape);

impl Display for Troubles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for kind in [TroubleKind::Unreadable, TroubleKind::Wrong, TroubleKind::Partial] {
            let all = || self.0.iter().filter(|trouble| trouble.kind == kind);
            let number = all().count();
            if number == 0 {
                continue;
            }
            writeln!(f, "to correct, {}: {number}", kind.heading())?;
            let lines = match self.1.length() {
                Length::Full => usize::MAX,
                Length::Short(lines) => lines,
            };
            for trouble in all().take(lines) {
                write!(f, "  line {}, column {}: {}", trouble.at.line, trouble.at.column, trouble.problem)?;
                writeln!(f, "\n    {}", shown(&trouble.text, SHOWN))?;
                if let Some(found) = &trouble.found {
                    let part = |text: &str| if text.is_empty() { "-".to_owned() } else { shown(text, SHOWN) };
                    let [first, last, email] =
                        [&found.first_name, &found.last_name, &found.email].map(|text| part(text));
                    writeln!(f, "    first name: {first}, last name: {last}, e-mail: {email}")?;
                }
            }
            if number > lines {
                writeln!(f, "  … and {} more", number - lines)?;
            }
        }
        Ok(())
    }
}

/// The number of characters shown of an entry.
const SHOWN: usize = 100;
/// The maximum number of files with entries to correct beside the imported file.
const MOST_MENDS: u32 = 1000;
