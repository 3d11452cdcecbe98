//! The steps of a rule: those of the attributes, with numbers as lengths.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::model::description::{Op, Squeeze, order_problem};
use crate::model::expression::{AxisLength, Expression};

/// The supported steps.
const STEPS: &str = "`squeeze`, `squeeze(0)`, `expand(0)`, `transpose`, `permute(1, 0)`, `shape = [2, 3]`, `reshape[2, 3]`, \
     `slice(axis = 0, range = 0..2)`, `chunk(axis = 0, index = 0, of = 2)`, `reorder(axis = 0, order = [1, 0])`, \
     `split(axis = 0)` and `concat(axis = 0)`";

/// Parses comma-separated steps.
pub(super) fn parse(text: &str) -> Result<Vec<Op>, String> {
    let mut reader = Reader { text, letters: text.char_indices().peekable() };
    let mut steps = Vec::new();
    reader.space();
    while !reader.is_at_end() {
        steps.push(reader.step()?);
        if !reader.takes(',') && !reader.is_at_end() {
            return Err(format!(
                "`{}` is no end of a step; write a comma between steps",
                reader.rest()
            ));
        }
    }
    Ok(steps)
}

struct Reader<'t> {
    text: &'t str,
    letters: Peekable<CharIndices<'t>>,
}

impl<'t> Reader<'t> {
    fn step(&mut self) -> Result<Op, String> {
        let word = self.word();
        match word {
            "transpose" => Ok(Op::Transpose),
            "squeeze" if !self.is_next('(') => Ok(Op::Squeeze(Squeeze::ToRank)),
            "squeeze" => Ok(Op::Squeeze(Squeeze::Axes(self.numbers('(', ')')?))),
            "expand" => Ok(Op::Expand(self.numbers('(', ')')?)),
            "permute" => Ok(Op::Permute(self.numbers('(', ')')?)),
            "reshape" => Ok(Op::Reshape(self.lengths()?)),
            "shape" => {
                self.expect('=')?;
                Ok(Op::Shape(self.lengths()?))
            }
            "concat" => Ok(Op::Concat { axis: self.one("axis")?, repeat: None }),
            "split" => self.split(),
            "chunk" => self.chunk(),
            "slice" => self.slice(),
            "reorder" => self.reorder(),
            _ => Err(format!(
                "unknown step `{}`; steps are {STEPS}",
                if word.is_empty() { self.rest() } else { word }
            )),
        }
    }

    fn split(&mut self) -> Result<Op, String> {
        self.expect('(')?;
        let axis = self.value("axis")?;
        let mut sizes = None;
        if self.takes(',') {
            self.key("sizes")?;
            let numbers = self.numbers('[', ']')?.iter().copied().map(Expression::Number);
            sizes = Some(&*numbers.collect::<Vec<_>>().leak());
        }
        self.expect(')')?;
        Ok(Op::Split { axis, sizes })
    }

    fn chunk(&mut self) -> Result<Op, String> {
        self.expect('(')?;
        let axis = self.value("axis")?;
        self.expect(',')?;
        let index = self.value("index")?;
        self.expect(',')?;
        let of = self.value("of")?;
        self.expect(')')?;
        if index >= of {
            return Err(format!("there is no part {index} of {of}; parts are counted from 0"));
        }
        Ok(Op::Chunk { axis, index, of })
    }

    fn slice(&mut self) -> Result<Op, String> {
        self.expect('(')?;
        let axis = self.value("axis")?;
        self.expect(',')?;
        self.key("range")?;
        let start = if self.is_next('.') { 0 } else { self.number()? };
        self.expect('.')?;
        self.expect('.')?;
        let end = if self.is_next(')') { None } else { Some(Expression::Number(self.number()?)) };
        self.expect(')')?;
        Ok(Op::Slice { axis, start: Expression::Number(start), end })
    }

    fn reorder(&mut self) -> Result<Op, String> {
        self.expect('(')?;
        let axis = self.value("axis")?;
        self.expect(',')?;
        self.key("order")?;
        let order = self.numbers('[', ']')?;
        self.expect(')')?;
        match order_problem(order) {
            Some(problem) => Err(problem),
            None => Ok(Op::Reorder { axis, order }),
        }
    }

    /// `(key = number)`
    fn one(&mut self, key: &str) -> Result<usize, String> {
        self.expect('(')?;
        let value = self.value(key)?;
        self.expect(')')?;
        Ok(value)
    }

    /// `key = number`
    fn value(&mut self, key: &str) -> Result<usize, String> {
        self.key(key)?;
        self.number()
    }

    fn key(&mut self, key: &str) -> Result<(), String> {
        let rest = self.rest();
        let word = self.word();
        if word != key {
            return Err(format!("`{rest}` does not say `{key}`; write `{key} = ...`"));
        }
        self.expect('=')
    }

    /// `(0, 1)`
    fn numbers(&mut self, open: char, close: char) -> Result<&'static [usize], String> {
        self.expect(open)?;
        let mut numbers = Vec::new();
        while !self.takes(close) {
            numbers.push(self.number()?);
            if !self.is_next(close) {
                self.expect(',')?;
            }
        }
        Ok(numbers.leak())
    }

    /// `[2, _]`
    fn lengths(&mut self) -> Result<&'static [AxisLength], String> {
        self.expect('[')?;
        let mut lengths = Vec::new();
        while !self.takes(']') {
            let is_any = self.takes('_');
            lengths.push(if is_any {
                AxisLength::Any
            } else {
                AxisLength::Is(Expression::Number(self.number()?))
            });
            if !self.is_next(']') {
                self.expect(',')?;
            }
        }
        Ok(lengths.leak())
    }

    fn number(&mut self) -> Result<usize, String> {
        let rest = self.rest();
        let digits = self.run(|letter| letter.is_ascii_digit());
        digits.parse().map_err(|_| format!("`{rest}` does not begin with a number; write one"))
    }

    fn word(&mut self) -> &'t str {
        self.run(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    }

    /// Takes characters of a kind, and the whitespace after them.
    fn run(&mut self, is_one: impl Fn(char) -> bool) -> &'t str {
        let start = self.at();
        while self.letters.next_if(|(_, letter)| is_one(*letter)).is_some() {}
        let run = self.text.get(start..self.at()).unwrap_or_default();
        self.space();
        run
    }

    fn expect(&mut self, letter: char) -> Result<(), String> {
        let rest = self.rest();
        match self.takes(letter) {
            true => Ok(()),
            false if rest.is_empty() => {
                Err(format!("the steps end where `{letter}` should be; write it"))
            }
            false => Err(format!("`{rest}` does not begin with `{letter}`; write it")),
        }
    }

    fn takes(&mut self, letter: char) -> bool {
        let taken = self.letters.next_if(|(_, next)| *next == letter).is_some();
        self.space();
        taken
    }

    fn is_next(&mut self, letter: char) -> bool {
        self.letters.peek().is_some_and(|(_, next)| *next == letter)
    }

    fn is_at_end(&mut self) -> bool {
        self.letters.peek().is_none()
    }

    fn space(&mut self) {
        while self.letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {}
    }

    fn at(&mut self) -> usize {
        self.letters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn rest(&mut self) -> &'t str {
        let at = self.at();
        self.text.get(at..).unwrap_or_default()
    }
}
