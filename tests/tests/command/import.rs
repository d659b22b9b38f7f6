//! Tests of `gotosync import` and of configurations with several sources.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use gotosync_core::model::{Account, Email, License};
use gotosync_core::target::{LocalAccount, ProvisioningTarget};
use gotosync_tests::command::{Said, command, run};
use gotosync_tests::people::export;
use serde_json::Value;

const RULES: &str = "\
[[rule]]
name = \"All\"
everyone = true
products = [\"Meeting\"]

[[rule]]
name = \"Guests\"
enabled = false
everyone = true
products = [\"Webinar\"]
";

/// Creates a folder with a directory of ten people, an account with two products, and rules.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be created");
    let place = folder.path();
    fs::write(place.join("directory.ldif"), export(10)).expect("the file can be written");
    fs::write(place.join("rules.toml"), RULES).expect("the file can be written");
    configure(place, "[source]\nldif = \"directory.ldif\"\n");
    let mut account = Account::empty("1", "Test");
    for (key, name) in [("m", "Meeting"), ("w", "Webinar")] {
        account.licenses.push(License::new(key, name, &[], 50));
    }
    LocalAccount::create(place.join("account.db"), &account).expect("the account can be created");
    folder
}

fn configure(place: &Path, source: &str) {
    fs::write(place.join("gotosync.toml"), format!("{source}[account]\nlocal = \"account.db\"\n"))
        .expect("the file can be written");
}

fn account(place: &Path) -> Account {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    let account = LocalAccount::open(place.join("account.db")).expect("the account can be opened");
    runtime.block_on(account.read()).expect("the account can be read")
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

fn ends(place: &Path, words: &[&str], code: i32) -> Said {
    let said = run(place, words);
    assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
    said
}

#[test]
fn shows_applies_and_corrects_a_list() {
    let folder = place();
    let place = folder.path();
    ends(place, &["apply"], 0);
    let text = "Ann Lee ann@x.test;Bob bob@x.test\nCyd Ray cyd@x\n?; Person Zero person0@example.test";
    fs::write(place.join("guests.txt"), text).expect("the file can be written");
    let shown = ends(place, &["import", "guests.txt", "--rule", "Guests"], 2);
    for told in [
        "import of guests.txt: 2 people read",
        "to correct, cannot be parsed: 1",
        "line 3, column 1: the entry is neither an address nor a first and last name",
        "to correct, invalid: 1",
        "line 2, column 1: `cyd@x`: its domain has no dot",
        "to correct, incomplete: 1",
        "line 1, column 20: the last name is missing",
        "first name: Bob, last name: -, e-mail: bob@x.test",
        "person0@example.test is also managed by the directory (rule `All`): the next sync applies its rules again",
    ] {
        assert!(shown.out.contains(told), "`{told}` is missing: {}", shown.out);
    }
    assert!(shown.err.contains("guests.txt.mend"), "{shown:?}");
    assert_eq!(account(place).users.len(), 10, "a run without --apply writes nothing");

    ends(place, &["import", "guests.txt", "--rule", "Guests", "--apply"], 4);
    let now = account(place);
    assert_eq!(now.users.len(), 11);
    let licenses = |mail: &str| {
        let account = account(place);
        let user = account.user_by_email(&Email::new(mail)).unwrap_or_else(|| panic!("no {mail}"));
        user.licenses.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(licenses("ann@x.test"), ["w"]);
    assert_eq!(licenses("person0@example.test"), ["m", "w"]);

    // The next run of the directory decides about its own people, but not about guests.
    ends(place, &["apply"], 0);
    assert_eq!(licenses("ann@x.test"), ["w"], "a guest must not become a leaver");
    assert_eq!(licenses("person0@example.test"), ["m"]);

    let mend = fs::read_to_string(place.join("guests.txt.mend")).expect("the file can be read");
    assert!(!place.join("guests.txt.mend-2").exists(), "an identical second file must not be written");
    let mended = mend.replace("Bob bob", "Bob Lee bob").replace("cyd@x\n", "cyd@x.test\n").replace("?\n", "");
    fs::write(place.join("mended.txt"), mended).expect("the file can be written");
    ends(place, &["import", "mended.txt", "--rule", "Guests", "--apply"], 0);
    assert_eq!(account(place).users.len(), 13);
    ends(place, &["import", "mended.txt", "--rule", "Guests"], 0);
    let runs = json(&ends(place, &["history", "--json"], 0));
    assert_eq!(runs[0]["command"], "gotosync import");
}

#[test]
fn a_csv_needs_approval_of_its_columns() {
    let folder = place();
    let place = folder.path();
    let western = b"Nr;Vorname;Nachname;E-Mail\n1;J\xf6rg;Wei\xdf;joerg@x.test\n2;Ann;Lee;ann@x.test\n3;Bad;Row\n";
    fs::write(place.join("people.csv"), western).expect("the file can be written");
    let import = ["import", "people.csv", "--rule", "Guests"];
    let with = |more: &[&'static str]| [&import[..], more].concat();
    let said = ends(place, &import, 1);
    assert!(said.err.contains("windows-1252"), "{said:?}");
    let said = ends(place, &with(&["--encoding", "windows-1252"]), 1);
    assert!(
        said.err.contains("columns = { givenName = \"Vorname\"") && said.err.contains("--accept-guesses"),
        "{said:?}"
    );
    let said = ends(place, &with(&["--encoding", "windows-1252", "--columns", "mail=E-Mial"]), 1);
    assert!(said.err.contains("did you mean `E-Mail`?"), "{said:?}");
    let said = ends(place, &with(&["--encoding", "windows-1252", "--columns", "mail"]), 1);
    assert!(said.err.contains("has no `=`"), "{said:?}");
    let named = [
        "--encoding",
        "windows-1252",
        "--columns",
        "mail=E-Mail,sn=Nachname,givenName=Vorname",
        "--id",
        "Nr",
        "--json",
    ];
    let said = json(&ends(place, &with(&named), 2));
    assert_eq!(said["plan"]["steps"].as_array().expect("the JSON has steps").len(), 2);
    assert_eq!(said["troubles"][0]["kind"], "unreadable");
    assert_eq!((&said["troubles"][0]["at"]["line"], &said["troubles"][0]["text"]), (&4.into(), &"3;Bad;Row".into()));
    assert_eq!(said["mend"], "people.csv.mend");
    ends(place, &with(&["--encoding", "windows-1252", "--accept-guesses", "--apply"]), 4);
    let account = account(place);
    let joerg = account.user_by_email(&Email::new("joerg@x.test")).expect("the user exists");
    assert_eq!((&*joerg.first_name, &*joerg.last_name), ("Jörg", "Weiß"));
    let mend = fs::read_to_string(place.join("people.csv.mend")).expect("the file can be read");
    assert_eq!(mend, "Nr;Vorname;Nachname;E-Mail\n3;Bad;Row\n");
}

#[test]
fn does_not_overwrite_a_file_of_rejected_rows() {
    let folder = place();
    let place = folder.path();
    fs::write(place.join("guests.txt"), "Ann Lee ann@x.test;?").expect("the file can be written");
    fs::write(place.join("guests.txt.mend"), "my own").expect("the file can be written");
    let said = ends(place, &["import", "guests.txt", "--rule", "Guests"], 2);
    assert!(said.err.contains("guests.txt.mend-2"), "{said:?}");
    assert_eq!(fs::read_to_string(place.join("guests.txt.mend")).expect("the file can be read"), "my own");
    let to = ["import", "guests.txt", "--rule", "Guests", "--apply", "--mend", "guests.txt.mend"];
    let said = ends(place, &to, 1);
    assert!(said.err.contains("the file exists already") && said.err.contains("nothing was applied"), "{said:?}");
    assert!(account(place).users.is_empty());
}

#[test]
fn reads_a_list_from_standard_input() {
    let folder = place();
    let place = folder.path();
    let words = ["import", "-", "--rule", "Guests", "--apply"];
    let mut child = command(place, &words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let text = (0..10).map(|n| format!("Guest Number{n} g{n}@x.test;")).collect::<Vec<_>>().concat() + "?";
    child.stdin.take().expect("the pipe exists").write_all(text.as_bytes()).expect("the process reads its input");
    let output = child.wait_with_output().expect("the process ends");
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert_eq!(account(place).users.len(), 10);
    assert!(place.join("import.mend").exists());
}

#[test]
fn an_exceeded_limit_stops_an_import_until_the_plan_is_approved() {
    let folder = place();
    let place = folder.path();
    fs::write(place.join("rules.toml"), format!("[limits]\ncreate = {{ count = 1 }}\n{RULES}"))
        .expect("the file can be written");
    fs::write(place.join("guests.txt"), "Ann Lee ann@x.test;Bob Lee bob@x.test").expect("the file can be written");
    let said = ends(place, &["import", "guests.txt", "--rule", "Guests", "--apply"], 3);
    let advice = said.err.lines().find(|line| line.contains("--approve")).unwrap_or_else(|| panic!("{said:?}"));
    let words: Vec<&str> = advice.split_whitespace().skip(1).collect();
    ends(place, &words, 0);
    assert_eq!(account(place).users.len(), 2);
    // An import does not store the guests in the state of the directory's runs.
    fs::write(place.join("rules.toml"), RULES).expect("the file can be written");
    ends(place, &["apply"], 0);
    assert_eq!(account(place).users.iter().filter(|user| user.licenses.is_empty()).count(), 0);
}

#[test]
fn merges_a_directory_and_a_csv_into_one_source() {
    let folder = place();
    let place = folder.path();
    let csv = "Nr,Vorname,Nachname,E-Mail,Team\n1,Ann,Lee,ann@x.test,Red\n2,Per,Son,person3@example.test,Red\n";
    fs::write(place.join("contractors.csv"), csv).expect("the file can be written");
    let ldif = "[[source]]\nname = \"directory\"\nldif = \"directory.ldif\"\n";
    let contractors = "[[source]]\nname = \"contractors\"\ncsv = \"contractors.csv\"\n";
    configure(place, &format!("{ldif}{contractors}"));
    let said = ends(place, &["plan"], 1);
    assert!(said.err.contains("id = \"Nr\"") && said.err.contains("source: contractors"), "{said:?}");
    let guess: Vec<&str> = said.err.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    // The guessed columns can be copied into the configuration.
    configure(place, &format!("{ldif}{contractors}{}\n", guess.join("\n")));
    let said = ends(place, &["plan"], 2);
    assert!(said.out.contains("11 people read"), "{said:?}");
    assert!(said.out.contains("contractors: Per Son is left out"), "{said:?}");
    ends(place, &["apply"], 0);
    assert_eq!(account(place).users.len(), 11);
    let said = ends(place, &["browse"], 0);
    assert!(said.out.contains("OU=contractors") || said.out.contains("contractors"), "{said:?}");
    let said = ends(place, &["explain", "ann@x.test"], 0);
    assert!(said.out.contains("contractors:1"), "{said:?}");
    let said = ends(place, &["about"], 0);
    assert!(said.out.contains("contractors.csv (contractors)") && said.out.contains("directory.ldif"), "{said:?}");
    let said = json(&ends(place, &["about", "--json"], 0));
    assert_eq!((&said["sources"][1]["kind"], &said["sources"][1]["name"]), (&"csv".into(), &"contractors".into()));

    // An unreadable row puts all steps that remove something on hold.
    fs::write(place.join("contractors.csv"), format!("{csv}3,Bad\n").replace("1,Ann", "9,Ann"))
        .expect("the file can be written");
    let said = ends(place, &["run"], 3);
    assert!(
        said.out.contains("contractors: ") && said.out.contains("line 4: the row has 2 fields, but the header has 5"),
        "{said:?}"
    );
}

#[test]
fn accepts_a_csv_as_the_only_source() {
    let folder = place();
    let place = folder.path();
    fs::write(place.join("people.csv"), b"Nr|First name|Surname|E-Mail\n1|J\xf6rg|Lee|joerg@x.test\n")
        .expect("the file can be written");
    let source = "[source]\ncsv = \"people.csv\"\nid = \"Nr\"\ndelimiter = \"|\"\nencoding = \"windows-1252\"\n\
                  columns = { mail = \"E-Mail\", givenName = \"First name\", sn = \"Surname\", favouriteDrink = \"Nr\" }\n";
    configure(place, source);
    ends(place, &["apply"], 0);
    assert_eq!(&*account(place).users[0].first_name, "Jörg");
    let said = ends(place, &["browse"], 0);
    assert!(said.out.contains("csv"), "{said:?}");
}

#[test]
fn reports_mistakes_in_sources_with_their_positions() {
    let folder = place();
    let place = folder.path();
    for (source, line, message, help) in [
        ("", 1, "the table [source] is missing", "add a table [source]"),
        ("source = 5\n", 1, "is a whole number, expected a table headed [source]", "write a table"),
        ("source = \"x.csv\"\n", 1, "`source` is a string, expected a table", "add a table [source]"),
        ("[source]\nldfi = \"x\"\n", 2, "[source] has no key `ldfi`", "did you mean `ldif`?"),
        ("[source]\nname = \"a\"\n", 1, "the source has neither a directory", "csv = "),
        (
            "[source]\nldif = \"x\"\ncsv = \"y\"\n",
            3,
            "the source has two locations",
            "a separate table [[source]] for each",
        ),
        ("[source]\nldif = \"x\"\nid = \"Nr\"\n", 3, "`id` applies only to a CSV file", "leave it out"),
        ("[source]\ncsv = \"x\"\ncolums = {}\n", 3, "has no key `colums`", "did you mean `columns`?"),
        ("[source]\ncsv = \"x\"\ncolumns = \"mail\"\n", 3, "`columns` must be a table", "columns = { mail = "),
        (
            "[source]\ncsv = \"x\"\n[source.columns]\nsn = 3\n",
            4,
            "`sn` in `columns` in [source] is a whole number, expected a string in quotes",
            "write a string in quotes",
        ),
        (
            "[source]\ncsv = \"x\"\ncolumns = { givenNam = \"y\" }\n",
            3,
            "`givenNam` is not a known attribute",
            "`givenName`?",
        ),
        (
            "[source]\ncsv = \"x\"\ncolumns = { \"a b\" = \"y\" }\n",
            3,
            "`a b` is not a valid attribute name",
            "letters, digits",
        ),
        (
            "[source]\ncsv = \"x\"\ndelimiter = \":\"\n",
            3,
            "`delimiter` in [source] is `:`, expected one of `,`, `;`, `|`, `tab`",
            "did you mean",
        ),
        ("[source]\ncsv = \"x\"\nencoding = \"utf8x\"\n", 3, "unknown encoding `utf8x`", "did you mean `utf-8`?"),
        (
            "[[source]]\nldif = \"x\"\n[[source]]\nname = \"b\"\nldif = \"y\"\n",
            1,
            "number 1 has no `name`",
            "add `name",
        ),
        (
            "[[source]]\nname = \"a\"\nldif = \"x\"\n[[source]]\nname = \"a\"\nldif = \"y\"\n",
            5,
            "two sources are named `a`",
            "a different name",
        ),
    ] {
        configure(place, source);
        let said = ends(place, &["plan"], 1);
        assert!(said.err.contains(&format!("gotosync.toml:{line}:")), "{source}: {said:?}");
        assert!(said.err.contains(message) && said.err.contains(help), "{source}: {}", said.err);
    }
}
