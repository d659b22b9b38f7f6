//! Entry point for plans as JSON.

use gotosync_core::Plan;
use gotosync_core::apply::Stop;
use gotosync_core::check::check;
use gotosync_core::render::{self, Length};
use gotosync_core::source::MemorySource;
use gotosync_core::state::MemoryState;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, ErrorKind};

use super::small::{NOW, SMALL, block_on};

/// Reads the bytes as a plan twice: unchanged, and with the plan id that matches the content.
pub fn plan(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    take(text);
    if let Some(sealed) = seal(text) {
        take(&sealed);
    }
}

fn take(text: &str) {
    let plan = match Plan::from_json(text) {
        Ok(plan) => plan,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Data);
            return super::civil(&error, text.len());
        }
    };
    let written = plan.to_json();
    let back = Plan::from_json(&written).expect("a written plan can be read back");
    assert!(back == plan && back.id() == plan.id() && back.to_json() == written);
    // Most of the length is indentation.
    assert!(written.len() <= 4_096 + 64 * text.len(), "{} bytes of {}", written.len(), text.len());
    for length in [Length::Short(3), Length::Full] {
        super::small(render::plan(&plan, length), text.len());
        super::small(render::verdict(&check(&plan, &SMALL.rules, None), length), text.len());
    }
    let (rest, deletions) = plan.split_deletions();
    let deleted = deletions.map_or(0, |plan| plan.steps().len());
    assert!(rest.steps().len() + deleted >= plan.steps().len());
    apply(&plan);
}

/// Applies a plan to an account that may not match it. Steps may fail and the run may be rejected, but nothing may
/// panic.
fn apply(plan: &Plan) {
    let source = MemorySource::new((*SMALL.reading.directory).clone());
    let target = MemoryTarget::new(SMALL.account.clone());
    let engine = Engine::new(source, target, MemoryState::new(), SMALL.rules.clone()).clock(|| NOW);
    if let Err(error) = block_on(engine.apply(plan, Some(plan.id()), &Stop::new())) {
        super::civil(&error, plan.to_json().len());
    }
}

/// Returns the text with the plan id that matches its content, if the text is a plan as gotosync writes it, apart
/// from whitespace.
fn seal(text: &str) -> Option<String> {
    let compact = without_blanks(text);
    let (id, content) = compact.strip_prefix(HEAD)?.split_once("\",")?;
    let content = format!("{{{content}");
    let hash = blake3::hash(content.as_bytes()).to_hex();
    (id != &hash[..16]).then(|| format!("{HEAD}{}\",{}", &hash[..16], &content[1..]))
}

/// Returns JSON without insignificant whitespace.
fn without_blanks(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |c: &char| {
        if quoted {
            quoted = escaped || *c != '"';
            escaped = !escaped && *c == '\\';
            return true;
        }
        quoted = *c == '"';
        !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

const HEAD: &str = "{\"format\":\"gotosync-plan/1\",\"id\":\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_plan_gets_the_id_of_its_content() {
        let plan = SMALL.plan(&SMALL.rules, &SMALL.account, 0).to_json();
        assert_eq!(seal(&plan), None, "the id of a plan already matches its content");
        let changed = plan.replace("\"Example\"", "\"Elsewhere\"");
        assert!(Plan::from_json(&changed).is_err());
        let sealed = seal(&changed).expect("the changed content needs a new id");
        assert_eq!(Plan::from_json(&sealed).unwrap().basis().account.name, "Elsewhere");
    }
}
