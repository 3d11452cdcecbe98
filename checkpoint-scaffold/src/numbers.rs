//! The numbers in the segments of names.

use std::fmt;

use checkpoint_schema::model::template::{self, Form, Part, Placeholder};

/// A segment of a path, with an index in it or without one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Segment {
    /// All of it, or what stands before the number.
    pub(super) before: String,
    pub(super) number: Option<Number>,
    /// What stands behind the number.
    pub(super) after: String,
}

/// A number that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    pub(super) factor: usize,
    pub(super) offset: isize,
    pub(super) form: Form,
    pub(super) counted: Counted,
}

/// The list whose index a number follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Counted {
    /// That of the field itself.
    Own,
    /// One around the field: 0 is the innermost.
    Around(usize),
    /// The same by its level, once all lists are known: how many lists are within one another in it, with itself.
    Level(usize),
}

/// The names of indices, by the levels of their lists: one has another name than those of the lists within.
const INDICES: [&str; 8] = ["i", "j", "k", "l", "m", "n", "o", "p"];

/// The name of the index of a list of this level.
pub(super) fn index_name(level: usize) -> &'static str {
    INDICES.get(level.saturating_sub(1)).copied().unwrap_or("q")
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |number: &Self| (number.factor, number.offset, number.counted);
        key(self).cmp(&key(other))
    }
}

impl Number {
    fn placeholder(self, index: &str) -> Part<'_> {
        let Self { factor, offset, form, .. } = self;
        Part::Index(Placeholder { index, factor, offset, form })
    }
}

impl Segment {
    pub(super) fn literal(text: &str) -> Self {
        Self { before: text.to_owned(), number: None, after: String::new() }
    }

    /// What it is in a name, where the index that it follows has this value.
    pub(super) fn at(&self, index: usize) -> String {
        let mut text = self.before.clone();
        if let Some(number) = self.number {
            // The index is the only one, and has a value.
            let _ = template::render(&[number.placeholder("i")], |_| Some(index), &mut text);
        }
        text + &self.after
    }

    /// True if it follows the index of a list around the field.
    pub(super) fn is_counted_around(&self) -> bool {
        self.number.is_some_and(|number| number.counted != Counted::Own)
    }

    /// As it is written in a template, where the index of the field has this name.
    pub(super) fn written<'s>(&'s self, index: &'s str) -> impl fmt::Display + 's {
        Written { segment: self, index }
    }
}

struct Written<'s> {
    segment: &'s Segment,
    index: &'s str,
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Segment { before, number, after } = self.segment;
        f.write_str(&before.replace('<', "<<"))?;
        if let Some(number) = number
            && let index = match number.counted {
                Counted::Level(level) => index_name(level),
                Counted::Own | Counted::Around(_) => self.index,
            }
            && let Part::Index(placeholder) = number.placeholder(index)
        {
            write!(f, "{placeholder}")?;
        }
        f.write_str(&after.replace('<', "<<"))
    }
}

/// A number in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits<'t> {
    pub(super) before: &'t str,
    pub(super) value: usize,
    pub(super) after: &'t str,
    /// How many digits there are, if the first of several is 0.
    pub(super) padded: Option<usize>,
    len: usize,
}

/// The most digits of a number that counts.
const MAX_DIGITS: usize = 9;

/// The most numbers of a text that are looked at: each may count siblings.
const MAX_NUMBERS: usize = 8;

/// The numbers in a text that can be told apart; of very many the first.
pub(super) fn numbers(text: &str) -> Vec<Digits<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < MAX_NUMBERS
        && let Some(start) = text.get(at..).and_then(|rest| rest.find(is_digit)).map(|len| at + len)
    {
        let rest = text.get(start..).unwrap_or_default();
        let len = rest.find(|letter| !is_digit(letter)).unwrap_or(rest.len());
        at = start + len;
        if let (Some(before), Some(digits), Some(after)) =
            (text.get(..start), text.get(start..at), text.get(at..))
            && len <= MAX_DIGITS
            && let Ok(value) = digits.parse()
        {
            let padded = (len > 1 && digits.starts_with('0')).then_some(len);
            found.push(Digits { before, value, after, padded, len });
        }
    }
    found
}

impl Digits<'_> {
    /// Whether a number of this form is written so.
    pub(super) fn is(&self, form: Form) -> bool {
        match form {
            Form::Plain => self.padded.is_none(),
            Form::Padded(width) => self.len == width || (self.len > width && self.padded.is_none()),
            Form::Suffix => self.padded.is_none() && self.value > 0,
        }
    }
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// What to sort by, so that `h2` comes before `h10`.
pub(super) fn natural(text: &str) -> Vec<(String, usize)> {
    let mut key = Vec::new();
    let mut rest = text;
    for digits in numbers(text) {
        let start = text.len() - rest.len();
        key.push((digits.before.get(start..).unwrap_or_default().to_owned(), digits.value));
        rest = digits.after;
    }
    key.push((rest.to_owned(), 0));
    key
}
