//! The lines that `ldapsearch` writes around the entries: the result of the search, the state of paging, and continuation
//! references.

use crate::model::text;

/// The information around the entries of a file, in comments or in separate lines.
#[derive(Debug, Default)]
pub(super) struct Trailer {
    result: Option<String>,
    cookie: bool,
    references: usize,
    shown: Vec<String>,
}

impl Trailer {
    /// Reads a comment, including the `#`.
    pub(super) fn comment(&mut self, line: &[u8]) {
        let Some(line) = line.strip_prefix(b"# ") else { return };
        // Every entry has a comment above it, so this code must be fast.
        match line.first() {
            Some(b'p') => {
                if let Some(pages) = line.strip_prefix(b"pagedresults: ") {
                    self.pages(&String::from_utf8_lossy(pages));
                }
            }
            Some(b'r') => {
                if let Some(result) = line.strip_prefix(b"result: ") {
                    self.result(&String::from_utf8_lossy(result));
                } else if let Some(reference) = line.strip_prefix(b"ref").filter(|rest| rest.starts_with(b"ldap")) {
                    self.reference(&String::from_utf8_lossy(reference));
                } else if let Some(reference) = line.strip_prefix(b"ref: ") {
                    self.reference(&String::from_utf8_lossy(reference));
                }
            }
            _ => {}
        }
    }

    /// Reads the result of a search, such as `4 Size limit exceeded`. The first failure counts if there are several searches.
    pub(super) fn result(&mut self, text: &str) {
        let code = text.split(' ').next().unwrap_or_default();
        if self.result.is_none() && code.parse::<u32>().is_ok_and(|code| code != 0) {
            let meaning = text[code.len()..].trim();
            self.result = Some(if meaning.is_empty() { code.to_owned() } else { format!("{code} ({meaning})") });
        }
    }

    /// Reads the end of a page; an empty `cookie=` marks the last page.
    pub(super) fn pages(&mut self, text: &str) {
        if let Some((_, cookie)) = text.split_once("cookie=") {
            self.cookie = !cookie.trim().is_empty();
        }
    }

    /// Reads a continuation reference to another naming context.
    pub(super) fn reference(&mut self, url: &str) {
        self.references += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(url.trim().to_owned());
        }
    }

    /// Returns the problems that make the file incomplete.
    pub(super) fn problems(&self) -> Vec<String> {
        let result = self.result.as_ref().map(|result| format!("the search ended with result code {result}"));
        let pages = self.cookie.then(|| "the search ended before its last page".to_owned());
        result.into_iter().chain(pages).collect()
    }

    /// Returns the remark about continuation references, if there are any.
    pub(super) fn remark(&self) -> Option<String> {
        let count = text::count(self.references, "continuation reference", "continuation references");
        let verb = if self.references == 1 { "was" } else { "were" };
        let more = if self.references > self.shown.len() { ", …" } else { "" };
        let list = self.shown.join(", ");
        (self.references > 0).then(|| format!("{count} to other naming contexts {verb} not followed: {list}{more}"))
    }
}

/// The maximum number of continuation references that a remark names.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn trailer(comments: &[&str]) -> Trailer {
        let mut trailer = Trailer::default();
        for comment in comments {
            trailer.comment(comment.as_bytes());
        }
        trailer
    }

    #[test]
    fn detects_a_missing_last_page() {
        let complete = trailer(&["# pagedresults: estimate=1275 cookie=MQA=", "# pagedresults: cookie="]);
        assert!(complete.problems().is_empty());
        let stopped = trailer(&["# pagedresults: cookie=", "# pagedresults: estimate=1275 cookie=MQA="]);
        assert_eq!(stopped.problems(), ["the search ended before its last page"]);
    }

    #[test]
    fn reports_the_result_of_a_failed_search() {
        assert!(trailer(&["# result: 0 Success"]).problems().is_empty());
        let limited = trailer(&["# result: 4 Size limit exceeded", "# result: 0 Success"]);
        assert_eq!(limited.problems(), ["the search ended with result code 4 (Size limit exceeded)"]);
        assert!(trailer(&["# result: of the year, People, example.test", "#", "# Ann, People"]).problems().is_empty());
    }

    #[test]
    fn counts_continuation_references_and_names_the_first_five() {
        assert_eq!(trailer(&[]).remark(), None);
        let one = trailer(&["# refldaps://ad.test/CN=Configuration,DC=test"]).remark().unwrap();
        assert_eq!(
            one,
            "1 continuation reference to other naming contexts was not followed: ldaps://ad.test/CN=Configuration,DC=test"
        );
        let many = trailer(&["# refldap://a"; 7]).remark().unwrap();
        assert!(many.starts_with("7 continuation references") && many.ends_with(", …"), "{many}");
    }
}
