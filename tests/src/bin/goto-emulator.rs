//! Runs the GoTo emulator until the user presses Enter or closes standard input.
//!
//! `cargo run -p gotosync-tests --bin goto-emulator -- [--account FILE] [--port N] [--per-second N|off] [--secret S]
//! [--seed N] [--fault create-users:reset-after:first=2]...`

use std::io::Read;

use gotosync_core::model::Account;
use gotosync_tests::Trouble;
use gotosync_tests::goto::Emulator;
use gotosync_tests::laws::corpus;

fn main() -> Result<(), Trouble> {
    let mut options = Emulator::options();
    let mut account: Option<Account> = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        options = match word.as_str() {
            "--account" => {
                let path = value()?;
                let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
                account = Some(serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?);
                options
            }
            "--port" => options.on(value()?.parse()?),
            "--per-second" => match value()?.as_str() {
                "off" => options.per_second(None),
                number => options.per_second(Some(number.parse()?)),
            },
            "--secret" => options.client(CLIENT, Some(&value()?)),
            "--seed" => options.seed(value()?.parse()?),
            "--fault" => options.fault(value()?.parse()?),
            _ => return Err(format!("unknown argument {word}; {USAGE}").into()),
        };
    }
    let emulator = options.account(account.unwrap_or_else(corpus::account)).start()?;
    let urls = emulator.urls();
    println!("authorize  {}", urls.authorize);
    println!("token      {}", urls.token);
    println!("admin      {}", urls.admin);
    println!("connect    {}", urls.connect);
    println!("client     {CLIENT}");
    println!("pat        {}", emulator.personal_token());
    println!("Press Enter to stop the emulator.");
    // With a closed standard input, the emulator ends immediately. Scripts must keep it open.
    let _: usize = std::io::stdin().read(&mut [0])?;
    Ok(())
}

const CLIENT: &str = "emulated-client";
const USAGE: &str = "usage: goto-emulator [--account FILE] [--port N] [--per-second N|off] [--secret S] [--seed N] [--fault WHAT:HOW:WHEN]...";
