//! Variables as JSON, one a line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use checkpoint_core::{DType, Defect, Name, Shape, Variable};
use checkpoint_schema::listing::catalog::is_seen;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::output::known_size;

/// The JSON of a variable.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'v> {
    name: Cow<'v, str>,
    /// The bytes of a name that is not UTF-8, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    /// The key of the variable, if it differs from the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Cow<'v, str>>,
    dtype: DType,
    shape: &'v Shape,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The reason why it cannot be read.
    #[serde(flatten)]
    defect: Option<&'v Defect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl<'v> Line<'v> {
    fn new(variable: &'v Variable) -> Self {
        let name = variable.name.as_bytes();
        Self {
            name: String::from_utf8_lossy(name),
            name_hex: variable.name.as_str().is_none().then(|| hexadecimal(name)),
            key: None,
            dtype: variable.dtype,
            shape: &variable.shape,
            bytes: None,
            defect: variable.defect(),
            sha256: None,
        }
    }

    /// Returns a variable with its size. `key` is its key.
    pub(crate) fn with_size(variable: &'v Variable, key: &'v Name) -> Self {
        let key = Some(key).filter(|&key| *key != variable.name);
        let key = key.map(|key| String::from_utf8_lossy(key.as_bytes()));
        let bytes = known_size(variable.size(), variable.shape.elements());
        Self { key, bytes, ..Self::new(variable) }
    }

    /// Returns a variable with the SHA-256 of its elements.
    pub(crate) fn with_sha256(variable: &'v Variable, sha256: &[u8]) -> Self {
        Self { sha256: Some(hexadecimal(sha256)), ..Self::new(variable) }
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write_line(self, out)
    }
}

/// Writes a value on one line.
pub(crate) fn write_line(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping))?;
    writeln!(out)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compact JSON without invisible characters. JSON allows them, but they can harm a terminal.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, unseen)) = rest.char_indices().find(|(_, letter)| !is_seen(*letter)) {
            let (clean, tail) = rest.split_at(at);
            out.write_all(clean.as_bytes())?;
            for unit in unseen.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = tail.get(unseen.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}
