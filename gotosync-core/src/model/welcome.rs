//! The text of welcome e-mails with all placeholders replaced.

use super::account::User;
use super::catalog::WelcomeTemplate;

impl WelcomeTemplate {
    /// The placeholders that are replaced with the user's values.
    pub const WORDS: [&str; 5] = ["first_name", "last_name", "email", "account", "products"];

    /// Returns the subject and the text as the user will see them; `products` are the names of the user's licenses.
    pub fn filled(&self, user: &User, account: &str, products: &[&str]) -> (String, String) {
        let products = products.join(", ");
        let value = |word: &str| match word {
            "first_name" => Some(&*user.first_name),
            "last_name" => Some(&*user.last_name),
            "email" => Some(user.email.as_str()),
            "account" => Some(account),
            "products" => Some(products.as_str()),
            _ => None,
        };
        (fill(&self.subject, value), fill(&self.text, value))
    }

    /// Returns the first unknown placeholder in a subject or text, which is most likely a typo.
    pub fn unknown_word(text: &str) -> Option<&str> {
        words(text).find(|word| !Self::WORDS.contains(word))
    }
}

/// Returns the words in single braces that consist of lower-case letters and underscores; all other braces are plain text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word).filter(|word| is_word(word))
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn fill<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once('}').and_then(|(word, rest)| Some((value(word)?, rest)));
        if let Some((value, rest)) = known {
            filled.push_str(value);
            filled.push_str(rest);
        } else {
            filled.push('{');
            filled.push_str(part);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_placeholders_and_keeps_other_braces() {
        let template = WelcomeTemplate {
            name: "Sales".into(),
            subject: "Welcome, {first_name}".into(),
            text: "{first_name} {last_name} <{email}>: {products} at {account}. {not this} {} {open".into(),
        };
        assert_eq!(WelcomeTemplate::unknown_word(&template.text), None);
        let user = User::new("ann@example.test", "Ann", "{email}");
        let (subject, text) = template.filled(&user, "Example", &["GoToMeeting", "GoToConnect"]);
        assert_eq!(subject, "Welcome, Ann");
        assert_eq!(text, "Ann {email} <ann@example.test>: GoToMeeting, GoToConnect at Example. {not this} {} {open");
        assert_eq!(WelcomeTemplate::unknown_word("Dear {first_name} {frist_name}"), Some("frist_name"));
    }
}
