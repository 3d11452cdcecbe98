//! Reads a listing from text.

use std::collections::HashMap;

use super::name::{self, Piece};
use super::{TextProblem, in_file, usual_key};
use crate::format::{Budget, Limits};
use crate::listing::catalog::{Name, Spec};
use crate::listing::dtype::DType;
use crate::listing::shape::{MAX_RANK, Shape};
use crate::manifest::{Listed, Listing, ListingError};
use crate::model::description::Naming;

/// Reads the text of a manifest.
pub(in crate::manifest) fn read(text: &str, limits: &Limits) -> Result<Listing, ListingError> {
    let budget = &Budget::new(limits, in_file(text.len()));
    let mut reader = Reader { budget, naming: None, variables: Vec::new(), lines: HashMap::new() };
    for (line, number) in text.lines().zip(1_usize..) {
        let read = reader.line(line.trim_end(), number);
        read.map_err(|problem| ListingError::Text { line: number, problem })?;
    }
    Ok(Listing::new(reader.naming.unwrap_or(Naming::Key), reader.variables))
}

struct Reader<'b> {
    budget: &'b Budget,
    naming: Option<Naming>,
    variables: Vec<Listed>,
    /// The line number of each name.
    lines: HashMap<Name, usize>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: usize) -> Result<(), TextProblem> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(naming) = line.strip_prefix("naming = \"")
            && !naming.contains(' ')
        {
            return self.naming(naming);
        }
        let naming = self.naming.unwrap_or(Naming::Key);
        let _lease = name::lease(line, self.budget)?;
        let line = Line::read(line, self.budget)?;
        match line.names.as_slice() {
            [only] if line.key.is_none() => {
                let family = FamilyNames::read(only)?;
                self.charge(family.count, family.length, &line.spec)?;
                for nth in 0..family.count {
                    let name = family.name(nth);
                    let key = usual_key(naming, &name);
                    self.add(Listed { names: vec![name], key, spec: line.spec.clone() }, number)?;
                }
            }
            names => {
                let names: Vec<Name> = names.iter().copied().map(one).collect::<Result<_, _>>()?;
                let first = names.first().ok_or(TextProblem::Line)?;
                let key = line.key.map_or_else(|| Ok(usual_key(naming, first)), one)?;
                self.charge(1, in_file(key.as_bytes().len()), &line.spec)?;
                self.add(Listed { names, key, spec: line.spec }, number)?;
            }
        }
        Ok(())
    }

    /// Reads the rest of a line after `naming = "`.
    fn naming(&mut self, written: &str) -> Result<(), TextProblem> {
        if self.naming.is_some() || !self.variables.is_empty() {
            return Err(TextProblem::NamingLate);
        }
        let word = written.strip_suffix('"');
        self.naming = Naming::ALL.into_iter().find(|naming| word == Some(naming.word()));
        let unknown = || TextProblem::Naming { written: Name::from(format!("\"{written}")) };
        self.naming.map(drop).ok_or_else(unknown)
    }

    /// Charges variables of the same dtype and shape, with names of this length.
    fn charge(&self, variables: u64, name: u64, spec: &Spec) -> Result<(), TextProblem> {
        let limit = self.budget.limits().key_bytes;
        if name > limit {
            return Err(TextProblem::Long { found: name, limit });
        }
        Ok(self.budget.variables(variables, name, spec.shape.rank())?)
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

/// The parts of a line.
struct Line<'t> {
    names: Vec<&'t str>,
    spec: Spec,
    key: Option<&'t str>,
}

impl<'t> Line<'t> {
    fn read(line: &'t str, budget: &Budget) -> Result<Self, TextProblem> {
        let (first, mut rest) = word(line);
        let mut names = vec![first];
        while let ("=", after) = word(rest) {
            let (name, after) = word(after);
            budget.variables(1, in_file(name.len()), 0)?;
            names.push(name);
            rest = after;
        }
        let (spec, rest) = spec(rest)?;
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

/// The first word, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim_start())
}

/// The dtype and shape, such as `f32 [2, 3]`, and the rest. A variable with an invalid entry is `unknown`.
fn spec(text: &str) -> Result<(Spec, &str), TextProblem> {
    let (dtype, rest) = word(text);
    if dtype == DType::Unknown.short() {
        return Ok((Spec { dtype: DType::Unknown, shape: Shape::default() }, rest));
    }
    if dtype.is_empty() || rest.is_empty() {
        return Err(TextProblem::Line);
    }
    let unknown = || TextProblem::DType { dtype: Name::from(dtype) };
    let dtype = DType::from_short(dtype).ok_or_else(unknown)?;
    let (shape, rest) = rest.split_at(rest.find(']').map_or(rest.len(), |at| at.saturating_add(1)));
    Ok((Spec { dtype, shape: self::shape(shape)? }, rest))
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
    // One more than the limit, so that `Shape::new` refuses longer lists.
    let lengths: Option<Vec<u64>> = lengths.take(MAX_RANK.saturating_add(1)).collect();
    let lengths = lengths.ok_or_else(|| TextProblem::Shape { shape: name() })?;
    Shape::new(lengths).ok_or_else(|| TextProblem::TooLarge { shape: name() })
}

/// The single name written as this word.
fn one(word: &str) -> Result<Name, TextProblem> {
    match name::read(word)?.as_slice() {
        [] if word.is_empty() => Err(TextProblem::Line),
        [] => Ok(Name::default()),
        [Piece::Text(text)] => Ok(Name::from(text.as_slice())),
        _ => Err(TextProblem::Several),
    }
}

/// The names of a family.
struct FamilyNames {
    pieces: Vec<Piece>,
    count: u64,
    /// The length of the longest name.
    length: u64,
}

impl FamilyNames {
    fn read(word: &str) -> Result<Self, TextProblem> {
        let pieces = name::read(word)?;
        let (mut count, mut length) = (1_u64, 0_u64);
        for piece in &pieces {
            let longest = match piece {
                Piece::Text(text) => in_file(text.len()),
                Piece::Number(number) => {
                    count = count.saturating_mul(number.count);
                    in_file(number.longest())
                }
            };
            length = length.saturating_add(longest);
        }
        Ok(Self { pieces, count, length })
    }

    /// The name at position `nth`. The last number varies fastest.
    fn name(&self, nth: u64) -> Name {
        let (mut pieces, mut rest) = (Vec::new(), nth);
        for piece in self.pieces.iter().rev() {
            match piece {
                Piece::Text(text) => pieces.push(text.clone()),
                Piece::Number(number) => {
                    let value = number.value(rest.checked_rem(number.count).unwrap_or_default());
                    rest = rest.checked_div(number.count).unwrap_or_default();
                    let digits = number.digits;
                    pieces.push(format!("{value:0digits$}").into_bytes());
                }
            }
        }
        pieces.reverse();
        Name::from(pieces.concat())
    }
}
