//! The numbers in the segments of names.

use std::fmt;

use checkpoint_schema::model::template::{self, Form, Piece, Placeholder};

/// A segment of a path, with or without an index. The number may occur twice: `8x8`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Segment {
    /// The text before the number, or the whole segment.
    pub(super) before: String,
    pub(super) number: Option<Number>,
    /// The text between both occurrences of the number, if there are two.
    pub(super) between: Option<String>,
    /// The text after the number.
    pub(super) after: String,
}

/// A number that follows an index.
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
    /// The list of the field itself.
    Own,
    /// A list around the field: 0 is the innermost.
    Around(usize),
    /// A list by its level, once all lists are known. The level is the nesting depth of lists in it, including itself.
    Level(usize),
}

/// The names of indices, by the levels of their lists. An index has another name than those of nested lists.
const INDICES: [&str; 8] = ["i", "j", "k", "l", "m", "n", "o", "p"];

/// Returns the name of the index of a list of this level.
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
    fn placeholder(self, index: &str) -> Piece<'_> {
        let Self { factor, offset, form, .. } = self;
        Piece::Index(Placeholder { index, factor, offset, form })
    }
}

impl Segment {
    pub(super) fn literal(text: &str) -> Self {
        Self { before: text.to_owned(), number: None, between: None, after: String::new() }
    }

    /// Formats the segment for this value of its index.
    pub(super) fn at(&self, index: usize) -> String {
        let mut text = self.before.clone();
        if let Some(number) = self.number {
            let number = number.placeholder("i");
            let again = self.between.as_deref().map(|between| [Piece::Text(between), number]);
            let pieces: Vec<_> = [number].into_iter().chain(again.into_iter().flatten()).collect();
            // Rendering cannot fail: the only index has a value.
            let _ = template::render(&pieces, |_| Some(index), &mut text);
        }
        text + &self.after
    }

    /// True if the number follows the index of a list around the field.
    pub(super) fn is_counted_around(&self) -> bool {
        self.number.is_some_and(|number| number.counted != Counted::Own)
    }

    /// Formats the segment as in a template, where `index` is the name of the field's index.
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
        let Segment { before, number, between, after } = self.segment;
        let text = |text: &str| text.replace('<', "<<");
        f.write_str(&text(before))?;
        if let Some(number) = number
            && let index = match number.counted {
                Counted::Level(level) => index_name(level),
                Counted::Own | Counted::Around(_) => self.index,
            }
            && let Piece::Index(placeholder) = number.placeholder(index)
        {
            write!(f, "{placeholder}")?;
            if let Some(between) = between {
                write!(f, "{}{placeholder}", text(between))?;
            }
        }
        f.write_str(&text(after))
    }
}

/// A number in a text, or two equal ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits<'t> {
    pub(super) before: &'t str,
    pub(super) value: usize,
    /// The text between both, if there are two.
    pub(super) between: Option<&'t str>,
    pub(super) after: &'t str,
    /// The number of digits, if there are several and the first is 0.
    pub(super) padded: Option<usize>,
    len: usize,
}

/// The maximum number of digits in a number that follows an index.
const MAX_DIGITS: usize = 9;

/// The maximum number of numbers in a text that are considered as an index.
const MAX_NUMBERS: usize = 8;

/// Returns the numbers in a text, up to a limit.
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
            found.push(Digits { before, value, between: None, after, padded, len });
        }
    }
    found
}

/// Returns the numbers in a text that can be an index: each number, and two equal ones as one.
pub(super) fn indices<'t>(text: &'t str) -> impl Iterator<Item = Digits<'t>> {
    let mut found = numbers(text);
    let pair = |pair: &[Digits<'t>]| match pair {
        [one, two] if (one.value, one.len) == (two.value, two.len) => {
            let between = text.get(one.before.len() + one.len..two.before.len())?;
            Some(Digits { between: Some(between), after: two.after, ..*one })
        }
        _ => None,
    };
    let twice: Vec<_> = found.windows(2).filter_map(pair).collect();
    found.extend(twice);
    found.into_iter()
}

impl<'t> Digits<'t> {
    /// Returns the text before, between and after the numbers.
    pub(super) fn around(&self) -> (&'t str, Option<&'t str>, &'t str) {
        (self.before, self.between, self.after)
    }

    /// True if a letter belongs to the number: `conv_2a`, `conv2d`.
    pub(super) fn is_label(&self) -> bool {
        let mut letters = self.after.chars();
        letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
            && letters.next().is_none_or(|letter| !letter.is_ascii_alphanumeric())
    }

    /// True if a number of this form is written like that.
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

/// Returns a sort key by which `h2` comes before `h10`.
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
