//! One pass over a file.

use std::io::Read;

use super::fault::Fault;
use super::record::Records;
use crate::source::entries::{Collector, Found, Selection};

/// Reads an entire file.
pub(super) fn run(source: impl Read, attributes: &[String], selection: &mut Selection) -> Result<Found, Fault> {
    let mut collector = Collector::new(attributes, selection);
    let mut records = Records::new(source);
    let mut empty = true;
    while records.advance(collector.names())? {
        collector.add(records.record())?;
        empty = false;
    }
    let mut found = collector.finish()?;
    let trailer = records.trailer();
    found.gaps.extend(trailer.problems().into_iter().map(|problem| (None, problem)));
    if let Some((line, problem)) = records.cut() {
        found.gaps.push((Some(line), format!("the compressed file is truncated or damaged: {problem}")));
    } else if empty {
        found.gaps.push((None, "the file contains no entries".to_owned()));
    }
    found.remarks.extend(trailer.remark());
    Ok(found)
}
