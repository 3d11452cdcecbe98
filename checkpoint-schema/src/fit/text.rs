//! Text in borrowed memory, for constants and run time.

use crate::each::each;
use crate::fit::stack::Span;
use crate::listing::glob::character;
use crate::model::description::{Op, Squeeze};
use crate::model::expression::{Assertion, AxisLength, Expression, Operator};
use crate::model::template::{Form, Placeholder};

/// The length from which bytes are copied at once. In a constant, the calls for that take as long as this number of bytes.
const SHORT: usize = 16;

/// A text in borrowed bytes. Text that does not fit is cut, and that is recorded.
pub(crate) struct Text<'o> {
    bytes: &'o mut [u8],
    len: usize,
    is_full: bool,
}

impl<'o> Text<'o> {
    pub(crate) const fn over(bytes: &'o mut [u8]) -> Self {
        Self { bytes, len: 0, is_full: false }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.is_full
    }

    pub(crate) const fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    pub(crate) const fn since(&self, at: usize) -> Span {
        Span { at, len: self.len.saturating_sub(at) }
    }

    pub(crate) const fn bytes(&self) -> &[u8] {
        self.bytes.split_at(self.len).0
    }

    /// A range of the text. It must begin and end at the boundary of a push.
    pub(crate) const fn part(&self, span: Span) -> &str {
        as_str(self.bytes_of(span))
    }

    /// The bytes of a range. A constant has them much sooner than the text, which is checked byte by byte.
    pub(crate) const fn bytes_of(&self, span: Span) -> &[u8] {
        self.bytes.split_at(span.at).1.split_at(span.len).0
    }

    /// Appends text.
    pub(crate) const fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Appends a placeholder as written: `<2*i-2:03>`.
    pub(crate) const fn placeholder(&mut self, placeholder: &Placeholder<'_>) {
        self.before_index(placeholder);
        self.push(placeholder.index);
        self.after_index(placeholder);
    }

    /// Appends the part of a placeholder before its index: `<2*`.
    pub(crate) const fn before_index(&mut self, placeholder: &Placeholder<'_>) {
        self.push("<");
        if placeholder.factor != 1 {
            self.number(placeholder.factor as u64, 1);
            self.push("*");
        }
    }

    /// Appends the part of a placeholder after its index: `-2:03>`.
    pub(crate) const fn after_index(&mut self, placeholder: &Placeholder<'_>) {
        if placeholder.offset != 0 {
            self.push(if placeholder.offset < 0 { "-" } else { "+" });
            self.number(placeholder.offset.unsigned_abs() as u64, 1);
        }
        match placeholder.form {
            Form::Plain => {}
            Form::Padded(digits) => {
                self.push(":0");
                self.number(digits as u64, 1);
            }
            Form::Suffix => self.push(":_"),
        }
        self.push(">");
    }

    /// Appends bytes of text. Characters that do not fit are cut.
    pub(crate) const fn push_bytes(&mut self, text: &[u8]) {
        let room = self.bytes.len() - self.len;
        let mut end = text.len();
        if end > room {
            self.is_full = true;
            end = room;
            while end > 0 && text[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        if end < SHORT {
            each!(0..end, |at| {
                self.bytes[self.len + at] = text[at];
            });
        } else {
            let (_, free) = self.bytes.split_at_mut(self.len);
            free.split_at_mut(end).0.copy_from_slice(text.split_at(end).0);
        }
        self.len += end;
    }

    /// Appends a name as displayed: invisible characters are escaped.
    pub(crate) const fn push_shown(&mut self, text: &str, plain: bool) {
        if plain {
            return self.push(text);
        }
        let mut rest = text.as_bytes();
        while let Some((letter, after)) = character(rest) {
            let (this, _) = rest.split_at(rest.len() - after.len());
            if is_seen(letter) {
                self.push(as_str(this));
            } else {
                self.escape(letter);
            }
            rest = after;
        }
    }

    /// Escapes a character like [`char::escape_default`].
    const fn escape(&mut self, letter: char) {
        match letter {
            '\t' => self.push("\\t"),
            '\r' => self.push("\\r"),
            '\n' => self.push("\\n"),
            _ => {
                self.push("\\u{");
                let mut digits = 1;
                while digits < 6 && letter as u32 >> (4 * digits) > 0 {
                    digits += 1;
                }
                while digits > 0 {
                    digits -= 1;
                    let digit = (letter as u32 >> (4 * digits) & 0xf) as usize;
                    self.push("0123456789abcdef".split_at(digit).1.split_at(1).0);
                }
                self.push("}");
            }
        }
    }

    /// Appends a copy of a range of the text.
    pub(crate) const fn repeat(&mut self, span: Span) {
        let mut len = span.len;
        if len > self.bytes.len() - self.len {
            self.is_full = true;
            len = 0;
        }
        let (before, after) = self.bytes.split_at_mut(self.len);
        after.split_at_mut(len).0.copy_from_slice(before.split_at(span.at).1.split_at(len).0);
        self.len += len;
    }

    /// Appends a number with at least `digits` digits.
    pub(crate) const fn number(&mut self, number: u64, digits: usize) {
        let (mut unit, mut left) = (1, digits);
        while unit <= number / 10 || left > 1 {
            unit *= 10;
            left = left.saturating_sub(1);
        }
        while unit > 0 {
            if self.len == self.bytes.len() {
                self.is_full = true;
                return;
            }
            self.bytes[self.len] = (number / unit % 10) as u8 + b'0';
            self.len += 1;
            unit /= 10;
        }
    }

    /// Appends a range: `3`, or `0..12`.
    pub(crate) const fn range(&mut self, start: usize, end: usize) {
        self.number(start as u64, 1);
        if end - start > 1 {
            self.push("..");
            self.number(end as u64, 1);
        }
    }

    /// Appends the sentence up to the next `{}`. Returns the text after it.
    pub(crate) const fn before<'s>(&mut self, sentence: &'s str) -> &'s str {
        let (bytes, mut at) = (sentence.as_bytes(), 0);
        while at + 1 < bytes.len() {
            if bytes[at] == b'{' && bytes[at + 1] == b'}' {
                self.push(sentence.split_at(at).0);
                return sentence.split_at(at + 2).1;
            }
            at += 1;
        }
        self.push(sentence);
        ""
    }

    /// Appends a sentence, with these words in place of `{}`.
    pub(crate) const fn fill(&mut self, sentence: &str, words: &[&str]) {
        let mut rest = sentence;
        each!(0..words.len(), |word| {
            rest = self.before(rest);
            self.push(words[word]);
        });
        self.push(rest);
    }

    /// Appends a shape: `[1, 768, 2304]`.
    pub(crate) const fn lens(&mut self, lens: &[u64]) {
        self.push("[");
        each!(0..lens.len(), |at| {
            self.push(if at > 0 { ", " } else { "" });
            self.number(lens[at], 1);
        });
        self.push("]");
    }

    /// Appends axes: `n_ctx, 3 * n_embd`.
    pub(crate) const fn axes(&mut self, axes: &[AxisLength]) {
        each!(0..axes.len(), |at| {
            self.push(if at > 0 { ", " } else { "" });
            match &axes[at] {
                AxisLength::Any => self.push("_"),
                AxisLength::Is(expression) => self.expression(expression),
            }
        });
    }

    /// Appends an expression: `3 * n_embd + 1`.
    pub(crate) const fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Number(number) => self.number(*number as u64, 1),
            Expression::Symbol(name) => self.push(name),
            Expression::Pair(operator, [left, right]) => {
                self.side(left, operator.binds() && left.is_loose());
                self.push(" ");
                self.push(operator.sign());
                self.push(" ");
                let pair = matches!(right, Expression::Pair(..));
                let regroups = !matches!(operator, Operator::Add);
                self.side(right, pair && regroups && (operator.binds() || right.is_loose()));
            }
        }
    }

    /// Appends an assertion: `n_embd % n_head == 0`.
    pub(crate) const fn assertion(&mut self, assertion: &Assertion) {
        self.expression(&assertion.left);
        self.push(" ");
        self.push(assertion.relation.sign());
        self.push(" ");
        self.expression(&assertion.right);
    }

    const fn side(&mut self, expression: &Expression, parenthesis: bool) {
        self.push(if parenthesis { "(" } else { "" });
        self.expression(expression);
        self.push(if parenthesis { ")" } else { "" });
    }

    /// Appends a step as written: `permute(1, 0, 2)`.
    pub(crate) const fn op(&mut self, op: &Op) {
        match op {
            Op::Squeeze(Squeeze::ToRank) => return self.push("squeeze"),
            Op::Transpose => return self.push("transpose"),
            Op::Squeeze(Squeeze::Axes(axes)) => self.numbers("squeeze(", axes),
            Op::Expand(axes) => self.numbers("expand(", axes),
            Op::Permute(axes) => self.numbers("permute(", axes),
            Op::Reshape(axes) | Op::Shape(axes) => {
                self.push(if matches!(op, Op::Shape(_)) { "shape = [" } else { "reshape[" });
                self.axes(axes);
                return self.push("]");
            }
            Op::Split { axis, sizes } => {
                self.word("split(axis = ", *axis);
                if let Some(sizes) = sizes {
                    self.sizes(sizes);
                }
            }
            Op::Chunk { axis, index, of } => {
                self.word("chunk(axis = ", *axis);
                self.word(", index = ", *index);
                self.word(", of = ", *of);
            }
            Op::Slice { axis, start, end } => {
                self.word("slice(axis = ", *axis);
                self.push(", range = ");
                self.expression(start);
                self.push("..");
                if let Some(end) = end {
                    self.expression(end);
                }
            }
            Op::Reorder { axis, order } => {
                self.word("reorder(axis = ", *axis);
                self.numbers(", order = [", order);
                self.push("]");
            }
            Op::Concat { axis, repeat: None } => self.word("concat(axis = ", *axis),
            Op::Stack { axis, repeat } | Op::Concat { axis, repeat: Some(repeat) } => {
                self.push(if matches!(op, Op::Stack { .. }) { "stack(" } else { "concat(" });
                self.push(repeat.index);
                self.word(", axis = ", *axis);
            }
        }
        self.push(")");
    }

    const fn word(&mut self, before: &str, number: usize) {
        self.push(before);
        self.number(number as u64, 1);
    }

    const fn numbers(&mut self, before: &str, numbers: &[usize]) {
        self.push(before);
        each!(0..numbers.len(), |at| {
            self.word(if at > 0 { ", " } else { "" }, numbers[at]);
        });
    }

    const fn sizes(&mut self, sizes: &[Expression]) {
        self.push(", sizes = [");
        each!(0..sizes.len(), |at| {
            self.push(if at > 0 { ", " } else { "" });
            self.expression(&sizes[at]);
        });
        self.push("]");
    }
}

/// Converts bytes that are known to be UTF-8.
pub(crate) const fn as_str(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// True if text contains only visible ASCII characters. Such text is displayed unchanged.
pub(crate) const fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    each!(0..bytes.len(), |at| {
        if !matches!(bytes[at], b' '..=b'~') {
            return false;
        }
    });
    true
}

/// True if a character of a path is displayed unchanged. Blanks, and characters that control a terminal or the text direction,
/// are not.
const fn is_seen(letter: char) -> bool {
    !matches!(
        letter,
        '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}'
    )
}

/// True if two shapes are equal.
pub(crate) const fn same_lens(one: &[u64], other: &[u64]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
