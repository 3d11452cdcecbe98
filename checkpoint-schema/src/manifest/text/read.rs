//! From a text to the listing.

use std::collections::HashMap;

use super::name::{self, Piece};
use super::{TextProblem, usual_key};
use crate::catalog::{Name, Spec};
use crate::description::Keys;
use crate::dtype::DType;
use crate::format::Limits;
use crate::manifest::{Listed, Listing, ListingError};
use crate::shape::Shape;

/// Reads a text.
pub(in crate::manifest) fn read(text: &str, limits: &Limits) -> Result<Listing, ListingError> {
    let mut reader =
        Reader { limits, keys: None, variables: Vec::new(), bytes: 0, lines: HashMap::new() };
    for (line, number) in text.lines().zip(1_usize..) {
        let read = reader.line(line.trim_end(), number);
        read.map_err(|problem| ListingError::Text { line: number, problem })?;
    }
    Ok(Listing::new(reader.keys.unwrap_or(Keys::Name), reader.variables))
}

struct Reader<'l> {
    limits: &'l Limits,
    keys: Option<Keys>,
    variables: Vec<Listed>,
    /// The length of all names and keys.
    bytes: u64,
    /// The line of each name.
    lines: HashMap<Name, usize>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: usize) -> Result<(), TextProblem> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(keys) = line.strip_prefix("keys = \"")
            && !keys.contains(' ')
        {
            return self.keys(keys);
        }
        let keys = self.keys.unwrap_or(Keys::Name);
        let line = Line::read(line)?;
        match line.names.as_slice() {
            [only] if line.key.is_none() => {
                let family = Family::read(only)?;
                self.count(family.count, family.length)?;
                for nth in 0..family.count {
                    let name = family.name(nth);
                    let key = usual_key(keys, &name);
                    self.add(Listed { names: vec![name], key, spec: line.spec.clone() }, number)?;
                }
            }
            names => {
                let names: Vec<Name> =
                    names.iter().map(|name| one(name)).collect::<Result<_, _>>()?;
                let first = names.first().ok_or(TextProblem::Line)?;
                let key = line.key.map_or_else(|| Ok(usual_key(keys, first)), one)?;
                for name in &names {
                    self.count(0, in_file(name.as_bytes().len()))?;
                }
                self.count(1, in_file(key.as_bytes().len()))?;
                self.add(Listed { names, key, spec: line.spec }, number)?;
            }
        }
        Ok(())
    }

    /// What is behind `keys = "`.
    fn keys(&mut self, written: &str) -> Result<(), TextProblem> {
        if self.keys.is_some() || !self.variables.is_empty() {
            return Err(TextProblem::KeysLate);
        }
        let word = written.strip_suffix('"');
        self.keys = Keys::ALL.into_iter().find(|keys| word == Some(keys.word()));
        let unknown = || TextProblem::Keys { written: Name::from(format!("\"{written}")) };
        self.keys.map(drop).ok_or_else(unknown)
    }

    /// Makes sure that there may be as many variables more, with names of this length.
    fn count(&mut self, variables: u64, length: u64) -> Result<(), TextProblem> {
        let found = in_file(self.variables.len()).saturating_add(variables);
        limit("variables", found, self.limits.keys)?;
        limit("bytes in a name", length, self.limits.key_bytes)?;
        self.bytes = self.bytes.saturating_add(variables.max(1).saturating_mul(length));
        limit("bytes in all names", self.bytes, self.limits.all_keys_bytes)
    }

    fn add(&mut self, variable: Listed, number: usize) -> Result<(), TextProblem> {
        for name in &variable.names {
            if let Some(before) = self.lines.insert(name.clone(), number) {
                return Err(TextProblem::Twice { name: name.clone(), before });
            }
        }
        self.variables.push(variable);
        Ok(())
    }
}

fn limit(what: &'static str, found: u64, limit: u64) -> Result<(), TextProblem> {
    if found <= limit { Ok(()) } else { Err(TextProblem::Limit { what, found, limit }) }
}

fn in_file(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The parts of a line.
struct Line<'t> {
    names: Vec<&'t str>,
    spec: Spec,
    key: Option<&'t str>,
}

impl<'t> Line<'t> {
    fn read(line: &'t str) -> Result<Self, TextProblem> {
        let (first, mut rest) = word(line);
        let mut names = vec![first];
        while let ("=", after) = word(rest) {
            let (name, after) = word(after);
            names.push(name);
            rest = after;
        }
        let (dtype, rest) = word(rest);
        if dtype.is_empty() || rest.is_empty() {
            return Err(TextProblem::Line);
        }
        let unknown = || TextProblem::DType { dtype: Name::from(dtype) };
        let found = DType::all().find(|known| known.to_string() == dtype).ok_or_else(unknown)?;
        let (shape, rest) =
            rest.split_at(rest.find(']').map_or(rest.len(), |at| at.saturating_add(1)));
        let spec = Spec { dtype: found, shape: self::shape(shape)? };
        let key = match word(rest) {
            ("", _) => None,
            ("key", after) => match word(after) {
                ("", _) => return Err(TextProblem::Rest { rest: Name::from("key") }),
                (key, "") => Some(key),
                (_, rest) => return Err(TextProblem::Rest { rest: Name::from(rest) }),
            },
            _ => return Err(TextProblem::Rest { rest: Name::from(rest.trim_start()) }),
        };
        Ok(Self { names, spec, key })
    }
}

/// The first word, and what is behind it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim_start())
}

fn shape(written: &str) -> Result<Shape, TextProblem> {
    let name = || Name::from(written);
    let inside = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inside = inside.ok_or_else(|| TextProblem::Shape { shape: name() })?.trim();
    let lengths = inside.split(',').filter(|_| !inside.is_empty()).map(|length| {
        let length = length.trim();
        let digits = length.bytes().all(|digit| digit.is_ascii_digit());
        length.parse().ok().filter(|_| digits)
    });
    let lengths: Option<Vec<u64>> = lengths.collect();
    let lengths = lengths.ok_or_else(|| TextProblem::Shape { shape: name() })?;
    Shape::new(lengths).ok_or_else(|| TextProblem::TooLarge { shape: name() })
}

/// The only name that is written so.
fn one(word: &str) -> Result<Name, TextProblem> {
    match name::read(word)?.as_slice() {
        [] if word.is_empty() => Err(TextProblem::Line),
        [] => Ok(Name::default()),
        [Piece::Text(text)] => Ok(Name::from(text.as_slice())),
        _ => Err(TextProblem::Several),
    }
}

/// The names of a family.
struct Family {
    pieces: Vec<Piece>,
    count: u64,
    /// The length of the longest name.
    length: u64,
}

impl Family {
    fn read(word: &str) -> Result<Self, TextProblem> {
        let pieces = name::read(word)?;
        let (mut count, mut length) = (1_u64, 0_u64);
        for piece in &pieces {
            let longest = match piece {
                Piece::Text(text) => in_file(text.len()),
                Piece::Number { digits, ranges } => {
                    count = count.saturating_mul(values(ranges));
                    let last = ranges.iter().map(|(_, end)| end.saturating_sub(1)).max();
                    in_file(last.unwrap_or_default().to_string().len().max(*digits))
                }
            };
            length = length.saturating_add(longest);
        }
        Ok(Self { pieces, count, length })
    }

    /// The name of this number; the last number in it counts fastest.
    fn name(&self, nth: u64) -> Name {
        let (mut pieces, mut rest) = (Vec::new(), nth);
        for piece in self.pieces.iter().rev() {
            match piece {
                Piece::Text(text) => pieces.push(text.clone()),
                Piece::Number { digits, ranges } => {
                    let values = values(ranges).max(1);
                    let value = value(ranges, rest.checked_rem(values).unwrap_or_default());
                    rest = rest.checked_div(values).unwrap_or_default();
                    pieces.push(format!("{value:0digits$}").into_bytes());
                }
            }
        }
        pieces.reverse();
        Name::from(pieces.concat())
    }
}

/// How many values there are in ranges.
fn values(ranges: &[(usize, usize)]) -> u64 {
    let lengths = ranges.iter().map(|(first, end)| in_file(end.saturating_sub(*first)));
    lengths.fold(0, u64::saturating_add)
}

/// The value of this number in ranges.
fn value(ranges: &[(usize, usize)], mut nth: u64) -> u64 {
    for (first, end) in ranges {
        let length = in_file(end.saturating_sub(*first));
        if nth < length {
            return in_file(*first).saturating_add(nth);
        }
        nth = nth.saturating_sub(length);
    }
    0
}
