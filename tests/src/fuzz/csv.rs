//! Entry point for CSV files of people.

use std::collections::BTreeSet;

use gotosync_core::model::ReadRequest;
use gotosync_core::source::DirectorySource;
use gotosync_core::source::csv::{Columns, CsvOptions, CsvSource};

use super::small::{block_on, with_file};

/// Reads the bytes as a CSV file twice: with guessed columns and with named columns.
pub fn csv(bytes: &[u8]) {
    with_file("people.csv", bytes, |path| {
        let open = |columns| {
            let options = CsvOptions { columns, ..CsvOptions::default() };
            CsvSource::open("people", path, options).expect("the name is not blank")
        };
        let guess = block_on(open(Columns::default()).guess());
        let guessed = match &guess {
            Ok(guess) => guess.columns.clone(),
            Err(error) => return super::civil(error, bytes.len()),
        };
        let named = Columns { id: Some("id".to_owned()), ..Columns::default() }.with("mail", "mail");
        for columns in [guessed, named] {
            match block_on(open(columns).read(&ReadRequest::everyone(["mail", "sn"]))) {
                Ok(reading) => {
                    let people = reading.directory.people();
                    let ids: BTreeSet<_> = people.iter().map(|person| &person.id).collect();
                    assert_eq!(ids.len(), people.len(), "each person appears once");
                    let rows = bytes.iter().filter(|byte| **byte == b'\n' || **byte == b'\r').count();
                    assert!(people.len() <= rows + 1, "{} people in {rows} rows", people.len());
                    let gaps = reading.completeness.gaps();
                    assert!(!people.is_empty() || !gaps.is_empty(), "a file without people is reported as incomplete");
                    super::small(&reading.completeness, bytes.len());
                }
                Err(error) => super::civil(&error, bytes.len()),
            }
        }
    });
}
