//! The log of calls to services, one line per call.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use gotosync_core::http::Exchange;
use gotosync_core::{Error, Result};
use jiff::Timestamp;

/// Returns a callback that appends a line per call to a file.
pub(crate) fn to(file: &Path) -> Result<impl Fn(&Exchange<'_>) + Send + Sync + 'static> {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let failed = |error: std::io::Error| Error::from(error).during("write the trace").with("file", file.display());
    let file = Mutex::new(opened.map_err(failed)?);
    Ok(move |exchange: &Exchange<'_>| {
        let line = line(exchange, Timestamp::now());
        // A full disk must not stop the run.
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    })
}

fn line(exchange: &Exchange<'_>, now: Timestamp) -> String {
    let Exchange { method, host, path, attempt, status, request_id, took, problem } = *exchange;
    let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let now = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    let id = request_id.unwrap_or("-");
    let problem = problem.map(|problem| format!(" {problem}")).unwrap_or_default();
    format!(
        "{now} {method} {host}{path} attempt={attempt} status={status} ms={} request={id}{problem}\n",
        took.as_millis()
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn writes_one_line_per_call() {
        let exchange = Exchange {
            method: "GET",
            host: "api.test",
            path: "/v1/me",
            attempt: 2,
            status: None,
            request_id: None,
            took: Duration::from_millis(1500),
            problem: Some("the server did not answer in time"),
        };
        let expected = "1970-01-01T00:00:00.000Z GET api.test/v1/me attempt=2 status=- ms=1500 request=- the server did not answer in time\n";
        assert_eq!(line(&exchange, Timestamp::UNIX_EPOCH), expected);
    }
}
