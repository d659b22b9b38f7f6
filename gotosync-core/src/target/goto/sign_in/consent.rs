//! The consent of a user: the authorization URL, and the redirect that returns from it (RFC 6749, 4.1; RFC 7636).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::SignInOptions;
use crate::http::pairs;
use crate::model::text::shown;
use crate::{Error, ErrorKind, Result, Secret};

/// A pending request for consent.
#[derive(Clone, Debug)]
pub struct Consent {
    url: String,
    redirect: String,
    state: String,
    verifier: Secret,
}

impl Consent {
    pub(super) fn new(options: &SignInOptions, redirect: &str) -> Result<Self> {
        let (verifier, state) = (random()?, random()?);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()));
        let scope = options.scopes.join(" ");
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", options.client_id.as_str()),
            ("redirect_uri", redirect),
            ("state", state.expose()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !scope.is_empty() {
            fields.push(("scope", &scope));
        }
        let join = if options.authorize.contains('?') { '&' } else { '?' };
        let url = format!("{}{join}{}", options.authorize, pairs(fields.into_iter()));
        Ok(Self { url, redirect: redirect.to_owned(), state: state.expose().to_owned(), verifier })
    }

    /// Returns the authorization URL that the user opens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the redirect URI.
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    pub(super) fn verifier(&self) -> &Secret {
        &self.verifier
    }

    /// Extracts the authorization code from the URL at which the browser ended, or from the code alone.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if consent was refused, [`ErrorKind::Input`] for text that does not belong to this
    /// request.
    pub fn code(&self, brought: &str) -> Result<Secret> {
        let brought = brought.trim();
        let Some((_, query)) = brought.split_once('?') else {
            return if brought.is_empty() || brought.contains(char::is_whitespace) || brought.contains("://") {
                Err(unusable("the text contains no authorization code"))
            } else {
                Ok(Secret::new(brought))
            };
        };
        let query = query.split('#').next().unwrap_or_default();
        let field = |wanted: &str| {
            let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == wanted));
            pair.map(|(_, value)| decode(value))
        };
        if field("state").as_deref() != Some(&self.state) {
            return Err(unusable("the response belongs to another sign-in attempt: its `state` does not match"));
        }
        if let Some(error) = field("error") {
            let reason = field("error_description").map_or_else(
                || shown(&error, 60),
                |description| format!("{}: {}", shown(&error, 60), shown(&description, 120)),
            );
            let hint = match error.as_str() {
                "access_denied" => "the user who signs in must allow the access",
                "invalid_scope" => "enable these scopes in the OAuth client; «Admin Center» is `identity:`",
                _ => "check the settings of the OAuth client",
            };
            return Err(Error::new(ErrorKind::Denied, format!("GoTo refused the sign-in ({reason})"))
                .during("sign in to GoTo")
                .hint(hint));
        }
        field("code")
            .filter(|code| !code.is_empty())
            .map(Secret::new)
            .ok_or_else(|| unusable("the text contains no authorization code"))
    }
}

fn unusable(problem: &str) -> Error {
    Error::new(ErrorKind::Input, problem.to_owned())
        .during("sign in to GoTo")
        .hint("paste the complete address at which the browser ended, from this sign-in attempt")
}

/// Decodes percent-encoded text, and `+` as a space; leaves invalid sequences unchanged.
fn decode(text: &str) -> String {
    let raw = text.as_bytes();
    let (mut bytes, mut at) = (Vec::with_capacity(raw.len()), 0);
    while let Some(byte) = raw.get(at) {
        let digits = raw.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let value = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *byte == b'%');
        bytes.push(value.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns 256 random bits as 43 characters (RFC 7636, section 4.1).
fn random() -> Result<Secret> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        Error::new(ErrorKind::Unavailable, "the system has no random numbers").during("sign in to GoTo")
    })?;
    Ok(Secret::new(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::super::{LoginStore, Means};
    use super::*;
    use crate::secret::SecretSource;

    fn consent() -> Consent {
        let store = LoginStore::new(SecretSource::keyring("x"), "lock").unwrap();
        let options = SignInOptions {
            client_id: "a b".to_owned(),
            client_secret: Some(Secret::new("hunter2")),
            authorize: "https://sign.test/oauth/authorize".to_owned(),
            token: "https://sign.test/oauth/token".to_owned(),
            scopes: vec!["identity:".to_owned(), "users.v1.read".to_owned()],
            means: Means::Login(store),
        };
        Consent::new(&options, "http://127.0.0.1:8/").unwrap()
    }

    #[test]
    fn sends_the_challenge_but_not_the_verifier() {
        let consent = consent();
        let (verifier, url) = (consent.verifier().expose(), consent.url());
        assert_eq!(verifier.len(), 43);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        assert!(url.contains(&challenge) && !url.contains(verifier) && !url.contains("hunter2"), "{url}");
        assert!(url.starts_with("https://sign.test/oauth/authorize?response_type=code&client_id=a%20b&"), "{url}");
        assert!(url.ends_with("&code_challenge_method=S256&scope=identity%3A%20users.v1.read"), "{url}");
        assert_ne!(random().unwrap().expose(), random().unwrap().expose());
    }

    #[test]
    fn accepts_only_the_response_to_this_request() {
        let consent = consent();
        let with = |rest: &str| consent.code(&format!("http://127.0.0.1:8/?state={}&{rest}", consent.state));
        assert_eq!(with("code=a%2Fb").unwrap().expose(), "a/b");
        assert_eq!(consent.code("abc-123").unwrap().expose(), "abc-123");
        for wrong in ["", "two words", "http://127.0.0.1:8/", "http://127.0.0.1:8/?code=x", "/?state=other&code=x"] {
            assert_eq!(consent.code(wrong).unwrap_err().kind(), ErrorKind::Input, "{wrong}");
        }
        assert_eq!(with("x=1").unwrap_err().kind(), ErrorKind::Input);
        let denied = with("error=access_denied&error_description=not+now").unwrap_err();
        assert!(denied.kind() == ErrorKind::Denied && denied.to_string().contains("not now"), "{denied}");
    }
}
