//! The `checkpoint` file of a directory, which lists its checkpoints: a `CheckpointState` message in the text format of
//! protocol buffers.

use std::fmt::Write as _;

use thiserror::Error;

/// The deepest nesting of unknown fields.
const DEEPEST: usize = 32;

/// The contents of a `checkpoint` file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct State {
    /// The path of the latest checkpoint, as in the file.
    pub(crate) latest: String,
    /// The paths of all kept checkpoints, oldest first.
    pub(crate) all: Vec<String>,
    /// The write time of each checkpoint, in seconds since 1970; empty if no manager wrote the file.
    times: Vec<f64>,
    /// The write time of the newest checkpoint that is kept permanently.
    preserved: Option<f64>,
}

/// Errors in a `checkpoint` file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// The file is not UTF-8.
    #[error("line {line} is not UTF-8")]
    Encoding {
        /// The line, counted from 1.
        line: usize,
    },
    /// The syntax is wrong.
    #[error("line {line}, column {column}: expected {expected}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1.
        column: usize,
        /// The expected token.
        expected: &'static str,
    },
    /// The file refers to no checkpoint.
    #[error("`model_checkpoint_path` is missing or empty")]
    NoPath,
    /// The file is too long.
    #[error("it is longer than {limit} bytes")]
    Long {
        /// The largest size, in bytes.
        limit: u64,
    },
}

impl State {
    /// Parses the text of a `checkpoint` file.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, StateError> {
        let text = str::from_utf8(bytes).map_err(|error| StateError::Encoding {
            line: line(bytes.get(..error.valid_up_to()).unwrap_or_default()),
        })?;
        let mut parser = Parser { text, rest: text, literal: false };
        let state = parser.state()?;
        if state.latest.is_empty() { Err(StateError::NoPath) } else { Ok(state) }
    }

    /// Makes a checkpoint written at time `now` the latest. Listed checkpoints stay listed.
    pub(crate) fn add(&mut self, path: &str, now: f64) {
        if self.all.is_empty() && !self.latest.is_empty() {
            self.all.push(self.latest.clone());
        }
        // A manager rejects a file whose numbers of times and paths differ.
        let has_times = !self.times.is_empty() && self.times.len() == self.all.len();
        let times = if has_times { std::mem::take(&mut self.times) } else { Vec::new() };
        let is_other: Vec<bool> = self.all.iter().map(|other| other != path).collect();
        let kept =
            times.into_iter().zip(&is_other).filter_map(|(time, other)| other.then_some(time));
        self.times = kept.chain(has_times.then_some(now)).collect();
        self.all.retain(|other| other != path);
        self.all.push(path.to_owned());
        path.clone_into(&mut self.latest);
    }

    /// The text of the file, in the style of `TensorFlow`.
    pub(crate) fn to_text(&self) -> String {
        let path = |key: &str, path: &str| format!("{key}: \"{}\"\n", escaped(path));
        let all = self.all.iter().map(|other| path("all_model_checkpoint_paths", other));
        let time = |time: &f64| format!("all_model_checkpoint_timestamps: {time:?}\n");
        let preserved = self.preserved.map(|time| format!("last_preserved_timestamp: {time:?}\n"));
        let latest = path("model_checkpoint_path", &self.latest);
        std::iter::once(latest)
            .chain(all)
            .chain(self.times.iter().map(time))
            .chain(preserved)
            .collect()
    }

    /// The path of the latest checkpoint, with backslashes taken literally: a Windows path that was written by hand. `None` if
    /// the path has no backslash.
    pub(crate) fn latest_of_windows(bytes: &[u8]) -> Option<String> {
        let text = str::from_utf8(bytes).ok()?;
        let state = Parser { text, rest: text, literal: true }.state().ok()?;
        Some(state.latest).filter(|latest| latest.contains('\\'))
    }
}

fn line(before: &[u8]) -> usize {
    before.split(|&byte| byte == b'\n').count()
}

/// A text, and the unparsed rest.
struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    /// True if a backslash in a string is an ordinary character.
    literal: bool,
}

impl<'t> Parser<'t> {
    fn state(&mut self) -> Result<State, StateError> {
        let mut state = State::default();
        while let Some(name) = self.name()? {
            match name {
                "model_checkpoint_path" => {
                    self.colon()?;
                    state.latest = self.string()?;
                }
                "all_model_checkpoint_paths" => {
                    self.colon()?;
                    self.list(|parser| {
                        state.all.push(parser.string()?);
                        Ok(())
                    })?;
                }
                "all_model_checkpoint_timestamps" => {
                    self.colon()?;
                    self.list(|parser| {
                        state.times.push(parser.float()?);
                        Ok(())
                    })?;
                }
                "last_preserved_timestamp" => {
                    self.colon()?;
                    state.preserved = Some(self.float()?);
                }
                _ => self.unknown(0)?,
            }
            self.separator();
        }
        Ok(state)
    }

    /// Parses a field name; `None` at the end.
    fn name(&mut self) -> Result<Option<&'t str>, StateError> {
        self.space();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let name = self.word().or_else(|| self.number());
        name.map(Some).ok_or_else(|| self.expected("the name of a field"))
    }

    fn colon(&mut self) -> Result<(), StateError> {
        if self.symbol(':') { Ok(()) } else { Err(self.expected("`:`")) }
    }

    /// Parses an optional separator after a field.
    fn separator(&mut self) {
        let _ = self.symbol(',') || self.symbol(';');
    }

    /// Parses a value, or a list of values in brackets.
    fn list(
        &mut self,
        mut value: impl FnMut(&mut Self) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        if !self.symbol('[') {
            return value(self);
        }
        if self.symbol(']') {
            return Ok(());
        }
        loop {
            value(self)?;
            if self.symbol(']') {
                return Ok(());
            }
            if !self.symbol(',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn float(&mut self) -> Result<f64, StateError> {
        let before = self.rest;
        let number = self.number().or_else(|| self.word()).map(str::to_ascii_lowercase);
        let float = |text: &str| text.parse().or_else(|_| text.trim_end_matches('f').parse()).ok();
        if let Some(float) = number.and_then(|text| float(&text)) {
            return Ok(float);
        }
        self.rest = before;
        Err(self.expected("a number"))
    }

    /// Skips the value of an unknown field.
    fn unknown(&mut self, depth: usize) -> Result<(), StateError> {
        if depth > DEEPEST {
            return Err(self.expected("fields that are nested less deep"));
        }
        let has_colon = self.symbol(':');
        for (open, close) in [('{', '}'), ('<', '>')] {
            if self.symbol(open) {
                return self.message(close, depth + 1);
            }
        }
        if !has_colon {
            return Err(self.expected("`:`"));
        }
        self.list(|parser| {
            if parser.quoted() {
                return parser.string().map(drop);
            }
            let taken = parser.number().or_else(|| parser.word());
            taken.map(drop).ok_or_else(|| parser.expected("a value"))
        })
    }

    fn message(&mut self, close: char, depth: usize) -> Result<(), StateError> {
        while !self.symbol(close) {
            if self.name()?.is_none() {
                return Err(self.expected("the end of the message"));
            }
            self.unknown(depth)?;
            self.separator();
        }
        Ok(())
    }

    /// Skips whitespace and comments.
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
        while let Some(comment) = self.rest.strip_prefix('#') {
            self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        }
    }

    /// Consumes this symbol, if it is next.
    fn symbol(&mut self, symbol: char) -> bool {
        self.space();
        let rest = self.rest.strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> Option<&'t str> {
        let starts = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
        let goes_on = |letter: char| letter.is_ascii_alphanumeric() || "_+-".contains(letter);
        self.token(starts, goes_on)
    }

    fn number(&mut self) -> Option<&'t str> {
        let starts = |letter: char| letter.is_ascii_digit() || "+-.".contains(letter);
        let goes_on = |letter: char| letter.is_ascii_alphanumeric() || "_+-.".contains(letter);
        self.token(starts, goes_on)
    }

    fn token(
        &mut self,
        starts: impl Fn(char) -> bool,
        goes_on: impl Fn(char) -> bool,
    ) -> Option<&'t str> {
        self.space();
        self.rest.chars().next().filter(|&letter| starts(letter))?;
        let end = self.rest.find(|letter| !goes_on(letter)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(token)
    }

    /// True if a string is next.
    fn quoted(&mut self) -> bool {
        self.space();
        self.rest.starts_with(['"', '\''])
    }

    /// Parses a string: one literal, or several that are concatenated.
    fn string(&mut self) -> Result<String, StateError> {
        if !self.quoted() {
            return Err(self.expected("a quoted string"));
        }
        let start = self.rest;
        let mut bytes = Vec::new();
        while self.quoted() {
            self.literal(&mut bytes)?;
        }
        String::from_utf8(bytes).map_err(|_| {
            self.rest = start;
            self.expected("a string of UTF-8")
        })
    }

    fn literal(&mut self, bytes: &mut Vec<u8>) -> Result<(), StateError> {
        let quote = self.letter();
        loop {
            let before = self.rest;
            match self.letter() {
                letter if letter == quote => return Ok(()),
                Some('\\') if !self.literal => self.escape(bytes)?,
                None | Some('\n' | '\0') => {
                    self.rest = before;
                    return Err(self.expected("the end of the string"));
                }
                Some(letter) => push(bytes, letter),
            }
        }
    }

    fn letter(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next();
        self.rest = letters.as_str();
        letter
    }

    /// Parses an escape sequence after its backslash.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), StateError> {
        let after = self.rest;
        match self.letter() {
            Some('a') => bytes.push(0x07),
            Some('b') => bytes.push(0x08),
            Some('f') => bytes.push(0x0c),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('v') => bytes.push(0x0b),
            Some(letter @ ('\\' | '\'' | '"')) => push(bytes, letter),
            Some('0'..='7') => {
                self.rest = after;
                bytes.push(self.code(8, 1..=3)?);
            }
            Some('x') => bytes.push(self.code(16, 1..=2)?),
            Some('u') => push(bytes, self.code(16, 4..=4)?),
            Some('U') => push(bytes, self.code(16, 8..=8)?),
            None | Some('\n' | '\0') => {
                self.rest = after;
                return Err(self.expected("the end of the string"));
            }
            // Python keeps the backslash of an unknown escape, and Python writes and reads these files.
            Some(letter) => {
                bytes.push(b'\\');
                push(bytes, letter);
            }
        }
        Ok(())
    }

    /// Parses the digits of an escaped byte or character.
    fn code<T: TryFrom<u32>>(
        &mut self,
        radix: u32,
        lengths: std::ops::RangeInclusive<usize>,
    ) -> Result<T, StateError> {
        let digits = self.rest.chars().take(*lengths.end());
        let count = digits.take_while(|digit| digit.is_digit(radix)).count();
        // A digit is one byte, so `count` is also a length in bytes.
        let split = self.rest.split_at_checked(count).filter(|_| lengths.contains(&count));
        let code = split.and_then(|(digits, rest)| {
            Some((T::try_from(u32::from_str_radix(digits, radix).ok()?).ok()?, rest))
        });
        let (code, rest) = code.ok_or_else(|| self.expected("the code of a character"))?;
        self.rest = rest;
        Ok(code)
    }

    /// The error for an unexpected token at the current position.
    fn expected(&self, expected: &'static str) -> StateError {
        let before = self.text.strip_suffix(self.rest).unwrap_or_default();
        let column = before.chars().rev().take_while(|&letter| letter != '\n').count() + 1;
        StateError::Syntax { line: line(before.as_bytes()), column, expected }
    }
}

/// Escapes a text for a quoted string.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '"' | '\'' | '\\' => escaped.extend(['\\', letter]),
            '\0'..=' ' | '\x7f' if letter != ' ' => {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "\\{:03o}", u32::from(letter));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn push(bytes: &mut Vec<u8>, letter: char) {
    bytes.extend(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests;
