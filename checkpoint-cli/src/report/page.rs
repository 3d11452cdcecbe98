//! The page as HTML.
//!
//! No part of a checkpoint becomes HTML. It is JSON in a data block, which the script inserts as text. The policy of the page
//! only allows its own script and style, and no other script, style, image or connection.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest as _, Sha256};

use super::data::Data;

const TEMPLATE: &str = include_str!("assets/report.html");
const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");

/// Returns a page that shows the data.
///
/// # Errors
/// Returns the errors of `serde_json`. None are known, since writing to memory does not fail.
pub(super) fn page(data: &Data<'_>) -> io::Result<String> {
    let mut json = Vec::new();
    data.serialize(&mut Serializer::with_formatter(&mut json, Escaping))?;
    let json = String::from_utf8(json).map_err(io::Error::other)?;
    // The hashes are those of lines that end in LF, whatever the line ends of the source.
    let (style, script) = (STYLE.replace("\r\n", "\n"), SCRIPT.replace("\r\n", "\n"));
    let mut page = String::with_capacity(json.len() + style.len() + script.len() + TEMPLATE.len());
    let mut rest = TEMPLATE;
    for (place, text) in [
        ("{{style hash}}", &hash(&style)),
        ("{{script hash}}", &hash(&script)),
        ("{{style}}", &style),
        ("{{data}}", &json),
        ("{{script}}", &script),
    ] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// Formats a hash as in a content security policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Compact JSON without `<`, which could end the block.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut pieces = text.split('<');
        out.write_all(pieces.next().unwrap_or_default().as_bytes())?;
        for piece in pieces {
            write!(out, "\\u003c{piece}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_each_place_once_and_in_order() {
        let places = ["{{style hash}}", "{{script hash}}", "{{style}}", "{{data}}", "{{script}}"];
        let found: Vec<usize> = places.iter().filter_map(|place| TEMPLATE.find(place)).collect();
        assert!(found.len() == places.len() && found.is_sorted());
        assert_eq!(TEMPLATE.matches("{{").count(), places.len());
    }

    #[test]
    fn no_asset_ends_its_element_or_asks_for_anything() {
        for asset in [STYLE, SCRIPT] {
            for word in ["</", "<!--", "innerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(!asset.contains(word), "{word}");
            }
        }
        for asset in [TEMPLATE, STYLE, SCRIPT] {
            for word in ["@import", "url(", "fetch(", "XMLHttpRequest", " src=", "<link"] {
                assert!(!asset.contains(word), "{word}");
            }
        }
    }
}
