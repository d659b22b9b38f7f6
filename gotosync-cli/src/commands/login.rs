//! `gotosync login`

use std::io::{self, BufRead};
use std::time::Duration;

use gotosync_core::target::goto::{Consent, Loopback};
use gotosync_core::{Error, Secret};

use crate::cli::Login;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::say;
use crate::setup::ConfigLocation;

/// Asks an admin to approve access in a browser, and stores the tokens.
pub(super) async fn login(args: &Login, place: &ConfigLocation) -> Result<Exit, Failure> {
    let config = place.load()?;
    let (sign_in, redirect) = config.goto_sign_in()?;
    let (consent, code) = if args.paste {
        let consent = sign_in.consent(redirect)?;
        let code = pasted(&consent)?;
        (consent, code)
    } else {
        let loopback = Loopback::bind(redirect).await.map_err(|error| error.during("wait for the browser"))?;
        let consent = sign_in.consent(&loopback.redirect())?;
        show(&consent);
        if !args.no_browser && open::that_detached(consent.url()).is_err() {
            say("could not open a browser: open the address yourself, or run the command with --paste");
        }
        let code = loopback.code(&consent, PATIENCE).await?;
        (consent, code)
    };
    let who = sign_in.finish(&consent, &code).await?;
    say(format_args!("signed in as {}; {}", who.as_deref().unwrap_or("an unknown user"), config.account));
    say(format_args!("to see the accounts and seats: {}", place.command("account")));
    Ok(Exit::Done)
}

fn show(consent: &Consent) {
    say("open this address in a browser and sign in to GoTo as an admin of the account:");
    say(format_args!("  {}", consent.url()));
}

/// Asks for the redirect address that a browser on another machine ended up at. The page there need not exist.
fn pasted(consent: &Consent) -> Result<Secret, Error> {
    show(consent);
    say("after that the browser may show an error page; copy the address of that page and paste it here:");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(Error::from)?;
    consent.code(&line)
}

const PATIENCE: Duration = Duration::from_mins(5);
