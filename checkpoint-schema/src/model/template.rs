//! Path templates: text with placeholders for indices.
//!
//! `model/h<i>/attn/c_attn/w` stands for `model/h0/attn/c_attn/w`, `model/h1/attn/c_attn/w`, ... Templates can be inverted: a
//! name determines the index, or does not match.

use std::fmt;
use std::ops::Range;

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece<'a> {
    /// Literal text.
    Text(&'a str),
    /// An index.
    Index(Placeholder<'a>),
}

/// A placeholder such as `<i>`: the number `factor * index + offset`, in the format `form`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder<'a> {
    /// The name of the index.
    pub index: &'a str,
    /// The factor of the index, at least 1.
    pub factor: usize,
    /// The offset. It can be negative.
    pub offset: isize,
    /// The format of the number.
    pub form: Form,
}

/// The format of a number in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `<i>`: `0`, `1`, `12`.
    Plain,
    /// `<i:03>`: `000`, `001`, `012`, with a minimum number of digits.
    Padded(usize),
    /// `<i:_>`: nothing, `_1`, `_12`.
    Suffix,
}

/// A parsed path: see [`parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// True if the path has a leading `/`, which is not among the pieces.
    pub absolute: bool,
    /// The pieces.
    pub pieces: Vec<Piece<'a>>,
}

/// The maximum number of optional placeholders in a template. Inversion tries each of them present and absent.
const MAX_SUFFIXES: usize = 8;

/// A syntax error in a template, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    template: String,
    at: Range<usize>,
    message: String,
}

/// The message, the template below it, and carets under the error.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns =
            |bytes: Range<usize>| self.template.get(bytes).map_or(0, |text| text.chars().count());
        let indent = columns(0..self.at.start);
        let carets = columns(self.at.clone()).max(1);
        write!(f, "{}\n  {}\n  {:indent$}{:^<carets$}", self.message, self.template, "", "")
    }
}

impl std::error::Error for TemplateError {}

/// Parses a path.
///
/// # Errors
/// Returns an error if a placeholder has none of the forms above, or if the template cannot be inverted.
pub fn parse(template: &str) -> Result<Parsed<'_>, TemplateError> {
    let error = |at: Range<usize>, message: String| TemplateError {
        template: template.to_owned(),
        at,
        message,
    };
    let absolute = template.starts_with('/');
    let mut pieces = Vec::new();
    let mut text = usize::from(absolute);
    let mut at = text;
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("<<") {
            pieces.push(Piece::Text(&template[text..=at]));
            at += 2;
            text = at;
        } else if rest.starts_with('<') {
            let len = rest.find('>').ok_or_else(|| {
                error(at..template.len(), "`<` is not closed; `<<` stands for a literal `<`".into())
            })?;
            if text < at {
                pieces.push(Piece::Text(&template[text..at]));
            }
            let inner = at + 1..at + len;
            let placeholder =
                placeholder(&template[inner.clone()]).map_err(|message| error(inner, message))?;
            pieces.push(Piece::Index(placeholder));
            at += len + 1;
            text = at;
        } else if let Some(index) = braced(rest) {
            let shown = if index.is_empty() { "i" } else { index };
            return Err(error(
                at..at + index.len() + 2,
                format!("an index is written `<{shown}>`, not `{{{index}}}`"),
            ));
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    if text < template.len() {
        pieces.push(Piece::Text(&template[text..]));
    }
    invertible(&pieces).map_err(|message| error(0..template.len(), message))?;
    Ok(Parsed { absolute, pieces })
}

/// The name in a leading `{name}`, a common mistake from other template languages.
fn braced(rest: &str) -> Option<&str> {
    let (inner, _) = rest.strip_prefix('{')?.split_once('}')?;
    inner.chars().all(|letter| letter.is_alphanumeric() || letter == '_').then_some(inner)
}

/// Parses the text between `<` and `>`: `i`, `i:03`, `i:_`, `2*i+1`.
fn placeholder(inner: &str) -> Result<Placeholder<'_>, String> {
    let (value, form) = match inner.split_once(':') {
        None => (inner, Form::Plain),
        Some((value, "_")) => (value, Form::Suffix),
        Some((value, width)) => (value, padded(width)?),
    };
    if value.contains(['^', '(', ')', '/', '%']) || value.contains("**") {
        return Err(format!(
            "`{value}` is more than a factor and an offset, as in `<2*i+1>`; write `<r>` for the whole number, and list its values in a struct: `repeat(r in [8, 16, 32])`"
        ));
    }
    let (product, offset) = match value.find(['+', '-']).and_then(|at| value.split_at_checked(at)) {
        None => (value, 0),
        Some((product, offset)) => (product, self::offset(offset)?),
    };
    let (factor, index) = match product.split_once('*') {
        None => (1, product.trim()),
        Some((factor, index)) => (number(factor)?, index.trim()),
    };
    if factor == 0 {
        return Err("the factor of an index is at least 1".into());
    }
    if !is_index(index) {
        return Err(format!(
            "`{index}` is not an index; write `<i>`, `<i:03>`, `<i:_>`, `<2*i+1>` or `<i-1>`"
        ));
    }
    Ok(Placeholder { index, factor, offset, form })
}

/// True if `name` is an identifier, and so can name an index.
#[must_use]
pub fn is_index(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

fn padded(width: &str) -> Result<Form, String> {
    let digits = width.strip_prefix('0').and_then(|width| width.parse().ok());
    let digits = digits.filter(|digits| (1..=20).contains(digits));
    digits.map(Form::Padded).ok_or_else(|| {
        format!("`:{width}` is not a form of an index; write `:03` for three digits or `:_` for a suffix that is absent at 0")
    })
}

fn number(digits: &str) -> Result<usize, String> {
    let digits = digits.trim();
    let number = digits.parse::<u32>().map_err(|_| format!("`{digits}` is not a whole number"))?;
    usize::try_from(number).map_err(|_| format!("`{digits}` is too large"))
}

/// Parses a signed offset.
fn offset(signed: &str) -> Result<isize, String> {
    let number = isize::try_from(number(signed.trim_start_matches(['+', '-']))?);
    let number = number.map_err(|_| format!("`{signed}` is too large"))?;
    Ok(if signed.starts_with('-') { number.saturating_neg() } else { number })
}

/// Checks that the index can be separated from the text around it, and in little time.
fn invertible(pieces: &[Piece<'_>]) -> Result<(), String> {
    let is_suffix =
        |piece: &&Piece<'_>| matches!(piece, Piece::Index(index) if index.form == Form::Suffix);
    let suffixes = pieces.iter().filter(is_suffix).count();
    if suffixes > MAX_SUFFIXES {
        return Err(format!(
            "there are {suffixes} placeholders like `<i:_>`, and {MAX_SUFFIXES} at most can be told apart; write some as `<i>`"
        ));
    }
    for pair in pieces.windows(2) {
        match pair {
            [Piece::Index(first), Piece::Index(second)] if second.form != Form::Suffix => {
                return Err(format!(
                    "`{first}` and `{second}` touch, so that a name does not tell where one ends; put text between them"
                ));
            }
            [Piece::Index(index), Piece::Text(text)]
                if text.starts_with(|letter: char| letter.is_ascii_digit()) =>
            {
                return Err(format!(
                    "`{index}` is followed by a digit, so that a name does not tell where it ends"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The syntax of the template.
impl fmt::Display for Placeholder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<")?;
        if self.factor != 1 {
            write!(f, "{}*", self.factor)?;
        }
        f.write_str(self.index)?;
        if self.offset != 0 {
            write!(f, "{:+}", self.offset)?;
        }
        match self.form {
            Form::Plain => f.write_str(">"),
            Form::Padded(width) => write!(f, ":0{width}>"),
            Form::Suffix => f.write_str(":_>"),
        }
    }
}

impl Placeholder<'_> {
    /// The number for this index; `None` if it is negative.
    #[must_use]
    pub const fn number(&self, index: usize) -> Option<usize> {
        let (product, offset) = (self.factor.saturating_mul(index), self.offset.unsigned_abs());
        if self.offset < 0 {
            product.checked_sub(offset)
        } else {
            Some(product.saturating_add(offset))
        }
    }

    /// The first index with a nonnegative number.
    #[must_use]
    pub const fn first(&self) -> usize {
        if self.offset < 0 { self.offset.unsigned_abs().div_ceil(self.factor) } else { 0 }
    }

    /// Writes the number for this index; `None` if it is negative.
    fn write(&self, out: &mut String, index: usize) -> Option<()> {
        use fmt::Write as _;
        let value = self.number(index)?;
        // Writing to a string does not fail.
        let _ = match self.form {
            Form::Plain => write!(out, "{value}"),
            Form::Padded(width) => write!(out, "{value:0width$}"),
            Form::Suffix if value == 0 => Ok(()),
            Form::Suffix => write!(out, "_{value}"),
        };
        Some(())
    }

    /// The index for a number in a name.
    pub(crate) const fn index_of(&self, number: usize) -> Option<usize> {
        let Some(product) = number.checked_sub_signed(self.offset) else { return None };
        match product.checked_rem(self.factor) {
            Some(0) => product.checked_div(self.factor),
            _ => None,
        }
    }

    /// All ways to parse a number at the start of `name`: each has the index and the rest of the name.
    fn read<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = (usize, &'n [u8])> {
        let absent = (self.form == Form::Suffix).then_some((0, name));
        let read = self.form.read(name).into_iter().chain(absent);
        read.filter_map(|(number, rest)| Some((self.index_of(number)?, rest)))
    }
}

impl Form {
    /// Reads a number in this format at the start of a name. Returns it and the rest.
    pub(crate) const fn read(self, name: &[u8]) -> Option<(usize, &[u8])> {
        let name = match (self, name) {
            (Self::Suffix, [b'_', name @ ..]) => name,
            (Self::Suffix, _) => return None,
            _ => name,
        };
        let (mut rest, mut number) = (name, 0_usize);
        while let &[digit @ b'0'..=b'9', ref after @ ..] = rest {
            let Some(shifted) = number.checked_mul(10) else { return None };
            let Some(more) = shifted.checked_add((digit - b'0') as usize) else { return None };
            (number, rest) = (more, after);
        }
        let digits = name.len() - rest.len();
        let is_canonical = match self {
            _ if digits == 0 => false,
            Self::Plain => digits == 1 || name[0] != b'0',
            Self::Padded(width) => digits == width || (digits > width && name[0] != b'0'),
            Self::Suffix => name[0] != b'0',
        };
        if is_canonical { Some((number, rest)) } else { None }
    }
}

/// Renders the name for these indices.
///
/// # Errors
/// Returns the name of an index that has no value, or that makes a number negative.
pub fn render<'a>(
    pieces: &[Piece<'a>],
    index: impl Fn(&str) -> Option<usize>,
    out: &mut String,
) -> Result<(), &'a str> {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Index(placeholder) => {
                let value = index(placeholder.index).ok_or(placeholder.index)?;
                placeholder.write(out, value).ok_or(placeholder.index)?;
            }
        }
    }
    Ok(())
}

/// Returns the values of the indices for which the template renders this name, without duplicates; `None` if there are none.
///
/// Each placeholder like `<i:_>` is tried present and absent, which is why [`parse`] limits their number.
#[must_use]
pub fn invert<'a>(pieces: &[Piece<'a>], name: &[u8]) -> Option<Vec<(&'a str, usize)>> {
    let mut found = Vec::new();
    invert_from(pieces, name, &mut found).then_some(found)
}

fn invert_from<'a>(pieces: &[Piece<'a>], name: &[u8], found: &mut Vec<(&'a str, usize)>) -> bool {
    let Some((piece, pieces)) = pieces.split_first() else {
        return name.is_empty();
    };
    match piece {
        Piece::Text(text) => {
            name.strip_prefix(text.as_bytes()).is_some_and(|rest| invert_from(pieces, rest, found))
        }
        Piece::Index(placeholder) => {
            let before = found.len();
            placeholder.read(name).any(|(value, rest)| {
                found.truncate(before);
                let bound = found.iter().find(|(index, _)| *index == placeholder.index);
                if let Some(&(_, bound)) = bound {
                    return bound == value && invert_from(pieces, rest, found);
                }
                found.push((placeholder.index, value));
                invert_from(pieces, rest, found)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// Checks the names at 0, 1 and 12, and that each leads back to its index.
    fn names(template: &str, expected: [&str; 3]) {
        let parsed = parse(template).unwrap();
        for (index, expected) in [0, 1, 12].into_iter().zip(expected) {
            let mut name = String::new();
            render(&parsed.pieces, |_| Some(index), &mut name).unwrap();
            assert_eq!(name, expected);
            assert_eq!(invert(&parsed.pieces, name.as_bytes()), Some(vec![("i", index)]));
        }
    }

    #[test]
    fn each_form_writes_its_numbers_and_reads_them_back() {
        names("model/h<i>/w", ["model/h0/w", "model/h1/w", "model/h12/w"]);
        names("block_<i:03>/w", ["block_000/w", "block_001/w", "block_012/w"]);
        names("conv2d<i:_>/w", ["conv2d/w", "conv2d_1/w", "conv2d_12/w"]);
        names("conv2d<2*i+1>", ["conv2d1", "conv2d3", "conv2d25"]);
        names("conv2d<2*i+1:_>/w", ["conv2d_1/w", "conv2d_3/w", "conv2d_25/w"]);
        names("conv2d<2 * i:_>/w", ["conv2d/w", "conv2d_2/w", "conv2d_24/w"]);
        names("a<<b<i>>", ["a<b0>", "a<b1>", "a<b12>"]);
        names("x<i:_>_5", ["x_5", "x_1_5", "x_12_5"]);
        names("<i>/<i:02>", ["0/00", "1/01", "12/12"]);
    }

    #[test]
    fn a_name_that_the_template_would_not_write_does_not_match() {
        for (template, name) in [
            ("h<i>/w", "h01/w"),
            ("h<i>/w", "h/w"),
            ("h<i>/w", "h1/w/x"),
            ("h<i>/w", "h99999999999999999999999/w"),
            ("h<i:03>", "h01"),
            ("h<i:03>", "h0001"),
            ("h<i:_>", "h_0"),
            ("h<2*i+1>", "h2"),
            ("h<i+3>", "h2"),
            ("h<2*i-1>", "h2"),
            ("<i>/<i>", "1/2"),
        ] {
            assert_eq!(
                invert(&parse(template).unwrap().pieces, name.as_bytes()),
                None,
                "{template} {name}"
            );
        }
    }

    #[test]
    fn no_number_in_a_name_is_negative() {
        let template = |template| parse(template).unwrap().pieces;
        let name = |pieces: &[Piece<'_>], index| {
            let mut name = String::new();
            render(pieces, |_| Some(index), &mut name).map(|()| name).map_err(str::to_owned)
        };
        for (written, first, expected) in [
            ("h<i-1>/w", 1, "h0/w"),
            ("h<2*i-2>/w", 1, "h0/w"),
            ("h<2*i-3>", 2, "h1"),
            ("h<3 * i - 4:02>", 2, "h02"),
            ("h<i-2:_>/w", 2, "h/w"),
        ] {
            let pieces = template(written);
            assert_eq!(name(&pieces, first).unwrap(), expected, "{written}");
            assert_eq!(invert(&pieces, expected.as_bytes()), Some(vec![("i", first)]));
            assert_eq!(name(&pieces, first - 1).unwrap_err(), "i", "{written}");
            let Some(Piece::Index(placeholder)) = pieces.get(1) else { panic!("{pieces:?}") };
            assert_eq!(placeholder.first(), first, "{written}");
        }
        let placeholder = template("<2*i-2:03>");
        assert_eq!(placeholder[0], template("<2 * i - 2:03>")[0]);
        let Piece::Index(placeholder) = placeholder[0] else { panic!() };
        assert_eq!(placeholder.to_string(), "<2*i-2:03>");
        refused(
            "h<i-x>",
            expect![[r#"
                `x` is not a whole number
                  h<i-x>
                    ^^^"#]],
        );
    }

    #[test]
    fn an_index_that_stands_twice_has_one_value() {
        let found =
            |template, name: &str| invert(&parse(template).unwrap().pieces, name.as_bytes());
        assert_eq!(found("<i:_><j:_>/<i:_>", "_1/"), Some(vec![("i", 0), ("j", 1)]));
        assert_eq!(found("<i:_><j:_>/<i:_>", "_1/_1"), Some(vec![("i", 1), ("j", 0)]));
        assert_eq!(found("<i:_><j:_><i:_>", "_1_2"), None);
    }

    #[test]
    fn there_are_few_ways_to_read_a_name() {
        let template = |count| "<i:_>_5".repeat(count);
        let most = template(MAX_SUFFIXES);
        let pieces = parse(&most).unwrap().pieces;
        assert_eq!(invert(&pieces, "_5".repeat(2 * MAX_SUFFIXES).as_bytes()), Some(vec![("i", 5)]));
        assert_eq!(invert(&pieces, "_5".repeat(MAX_SUFFIXES + 1).as_bytes()), None);
        refused(
            &template(MAX_SUFFIXES + 1),
            expect![[r#"
            there are 9 placeholders like `<i:_>`, and 8 at most can be told apart; write some as `<i>`
              <i:_>_5<i:_>_5<i:_>_5<i:_>_5<i:_>_5<i:_>_5<i:_>_5<i:_>_5<i:_>_5
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"#]],
        );
    }

    #[test]
    fn a_leading_slash_makes_a_path_absolute() {
        let parsed = parse("/a/b").unwrap();
        assert_eq!(parsed, Parsed { absolute: true, pieces: vec![Piece::Text("a/b")] });
    }

    #[test]
    fn an_index_without_a_value_is_named() {
        let parsed = parse("a<k>").unwrap();
        assert_eq!(render(&parsed.pieces, |_| None, &mut String::new()), Err("k"));
    }

    fn refused(template: &str, expected: Expect) {
        expected.assert_eq(&parse(template).unwrap_err().to_string());
    }

    #[test]
    fn numbers_are_a_factor_and_an_offset() {
        for value in ["2^(i+3)", "2**i", "i/2", "i%2", "(i+1)*2"] {
            let message = format!(
                "`{value}` is more than a factor and an offset, as in `<2*i+1>`; write `<r>` for the whole number, and list its values in a struct: `repeat(r in [8, 16, 32])`\n"
            );
            let error = parse(&format!("G/<{value}:03>/w")).unwrap_err().to_string();
            assert!(error.starts_with(&message), "{error}");
        }
    }

    #[test]
    fn a_mistake_is_shown_where_it_is() {
        refused(
            "h{i}/w",
            expect![[r"
            an index is written `<i>`, not `{i}`
              h{i}/w
               ^^^"]],
        );
        refused(
            "h<i",
            expect![[r"
            `<` is not closed; `<<` stands for a literal `<`
              h<i
               ^^"]],
        );
        refused(
            "ü<>/w",
            expect![[r#"
                `` is not an index; write `<i>`, `<i:03>`, `<i:_>`, `<2*i+1>` or `<i-1>`
                  ü<>/w
                    ^"#]],
        );
        refused(
            "h<i:3>",
            expect![[r"
            `:3` is not a form of an index; write `:03` for three digits or `:_` for a suffix that is absent at 0
              h<i:3>
                ^^^"]],
        );
        refused(
            "h<i*2>",
            expect![[r"
            `i` is not a whole number
              h<i*2>
                ^^^"]],
        );
        refused(
            "h<0*i>",
            expect![[r"
            the factor of an index is at least 1
              h<0*i>
                ^^^"]],
        );
        refused(
            "h<i><j>",
            expect![[r"
            `<i>` and `<j>` touch, so that a name does not tell where one ends; put text between them
              h<i><j>
              ^^^^^^^"]],
        );
        refused(
            "h<i>0",
            expect![[r"
            `<i>` is followed by a digit, so that a name does not tell where it ends
              h<i>0
              ^^^^^"]],
        );
    }
}
