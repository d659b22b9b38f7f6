//! What `ldapsearch` writes around the entries: how its search ended, pages that follow, references it left alone.

use crate::model::text;

/// What stands around the entries of a file, be it as comments or as lines of their own.
#[derive(Debug, Default)]
pub(super) struct Trailer {
    result: Option<String>,
    cookie: bool,
    references: usize,
    shown: Vec<String>,
}

impl Trailer {
    /// Takes a comment, `#` included.
    pub(super) fn comment(&mut self, line: &[u8]) {
        let Some(line) = line.strip_prefix(b"# ") else { return };
        // A comment stands above every entry too, so this is on the way of everybody.
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

    /// Takes the end of a search: `4 Size limit exceeded`. Of several searches, the first that failed counts.
    pub(super) fn result(&mut self, text: &str) {
        let code = text.split(' ').next().unwrap_or_default();
        if self.result.is_none() && code.parse::<u32>().is_ok_and(|code| code != 0) {
            let meaning = text[code.len()..].trim();
            self.result = Some(if meaning.is_empty() { code.to_owned() } else { format!("{code} ({meaning})") });
        }
    }

    /// Takes the end of a page: `cookie=` says that it was the last.
    pub(super) fn pages(&mut self, text: &str) {
        if let Some((_, cookie)) = text.split_once("cookie=") {
            self.cookie = !cookie.trim().is_empty();
        }
    }

    /// Takes a reference to another naming context.
    pub(super) fn reference(&mut self, url: &str) {
        self.references += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(url.trim().to_owned());
        }
    }

    /// What is missing from the file by what it says itself.
    pub(super) fn problems(&self) -> Vec<String> {
        let result = self.result.as_ref().map(|result| format!("the search ended with {result}"));
        let pages = self.cookie.then(|| "the search stopped after a page that was not the last".to_owned());
        result.into_iter().chain(pages).collect()
    }

    /// What a reader should know of it.
    pub(super) fn remark(&self) -> Option<String> {
        let count = text::count(self.references, "reference", "references");
        let verb = if self.references == 1 { "was" } else { "were" };
        let more = if self.references > self.shown.len() { ", …" } else { "" };
        let list = self.shown.join(", ");
        (self.references > 0).then(|| format!("{count} to other naming contexts {verb} not followed: {list}{more}"))
    }
}

/// References that a remark names.
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
    fn the_last_page_counts() {
        let whole = trailer(&["# pagedresults: estimate=1275 cookie=MQA=", "# pagedresults: cookie="]);
        assert!(whole.problems().is_empty());
        let stopped = trailer(&["# pagedresults: cookie=", "# pagedresults: estimate=1275 cookie=MQA="]);
        assert_eq!(stopped.problems(), ["the search stopped after a page that was not the last"]);
    }

    #[test]
    fn a_search_that_failed_is_told_by_its_result() {
        assert!(trailer(&["# result: 0 Success"]).problems().is_empty());
        let limited = trailer(&["# result: 4 Size limit exceeded", "# result: 0 Success"]);
        assert_eq!(limited.problems(), ["the search ended with 4 (Size limit exceeded)"]);
        assert!(trailer(&["# result: of the year, People, example.test", "#", "# Ann, People"]).problems().is_empty());
    }

    #[test]
    fn references_are_counted_and_the_first_are_named() {
        assert_eq!(trailer(&[]).remark(), None);
        let one = trailer(&["# refldaps://ad.test/CN=Configuration,DC=test"]).remark().unwrap();
        assert_eq!(
            one,
            "1 reference to other naming contexts was not followed: ldaps://ad.test/CN=Configuration,DC=test"
        );
        let many = trailer(&["# refldap://a"; 7]).remark().unwrap();
        assert!(many.starts_with("7 references") && many.ends_with(", …"), "{many}");
    }
}
