//! Entry point for the expressions of a rules file, which are evaluated for people with unusual values.

use gotosync_core::Rules;
use gotosync_core::rules::{Trial, desire};
use gotosync_core::target::FieldLimits;

use super::small::SMALL;

/// Evaluates the bytes as the expression of a name, an e-mail, a language, and a custom field.
pub fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let quoted = quote(text);
    let file = format!(
        "attributes = ['own']\n[[rule]]\nname = 'r'\neveryone = true\nlanguage = {quoted}\n\
         [rule.fields]\nemail = {quoted}\nfirst_name = {quoted}\n[rule.custom_fields]\nCost = {quoted}\n"
    );
    let rules = match Rules::parse(&file, "rules.toml") {
        Ok(rules) => rules,
        Err(problems) => return problems.iter().for_each(|problem| super::civil(problem, file.len())),
    };
    let limits = FieldLimits { name: usize::MAX, email: usize::MAX, users: usize::MAX };
    let desires = desire(&rules, &SMALL.reading.directory, limits, Trial::Hold);
    for wanted in &desires.people {
        // Normalizing text to NFC makes it at most three times as long.
        let most = 3 * LONGEST;
        assert!(wanted.first_name.len() <= most, "{} bytes", wanted.first_name.len());
        assert!(wanted.email.as_ref().is_none_or(|email| email.len() <= most));
        assert!(wanted.language.as_ref().is_none_or(|language| language.len() <= most));
        for (_, value) in wanted.extras.iter().flat_map(|extras| &extras.custom_fields) {
            assert!(value.len() <= most, "{} bytes", value.len());
        }
        let problems = wanted.problem.iter().map(|problem| &problem.problem);
        let more = wanted.extras.iter().flat_map(|extras| &extras.problems).map(|problem| &problem.problem);
        problems.chain(more).for_each(|problem| super::small(problem, LONGEST));
    }
}

/// Quotes a text for TOML. TOML strings are JSON strings except for one character.
fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON").replace('\u{7f}', "\\u007f")
}

/// The maximum length of an expression's result, in bytes.
const LONGEST: usize = 4_096;
