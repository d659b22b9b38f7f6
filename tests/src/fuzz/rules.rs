//! Entry point for rules files.

use gotosync_core::Rules;

use super::small::SMALL;

/// Parses the bytes as a rules file and plans with it.
pub fn rules(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let rules = match Rules::parse(text, "rules.toml") {
        Ok(rules) => rules,
        Err(problems) => {
            let mut said = 0;
            for problem in problems.iter() {
                super::civil(problem, text.len());
                said += problem.to_string().len();
            }
            assert!(said > 0, "rejected rules must come with an error");
            return super::small("-".repeat(said), text.len());
        }
    };
    let request = rules.request();
    assert!(request.attributes.windows(2).all(|pair| !pair[0].eq_ignore_ascii_case(&pair[1])), "{request:?}");
    SMALL.plan(&rules, &SMALL.account, text.len());
}
