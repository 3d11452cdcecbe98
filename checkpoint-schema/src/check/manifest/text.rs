//! Text that is put together in a constant.

use crate::description::{Op, Squeeze};
use crate::expression::{Axis, Expression, Operator};

/// As many bytes of text; what does not fit is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<const LEN: usize> {
    bytes: [u8; LEN],
    len: usize,
}

/// A part of a sentence.
pub(super) type Words = Text<512>;

impl<const LEN: usize> Text<LEN> {
    pub(super) const EMPTY: Self = Self { bytes: [0; LEN], len: 0 };

    pub(super) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn push(&mut self, text: &str) {
        let mut end = text.len();
        while end > LEN - self.len || !text.is_char_boundary(end) {
            end -= 1;
        }
        self.bytes
            .split_at_mut(self.len)
            .1
            .split_at_mut(end)
            .0
            .copy_from_slice(text.as_bytes().split_at(end).0);
        self.len += end;
    }

    /// A number, in as many digits at least.
    pub(super) const fn number(&mut self, number: u64, digits: usize) {
        if number >= 10 || digits > 1 {
            self.number(number / 10, digits.saturating_sub(1));
        }
        let rest = "0123456789".split_at((number % 10) as usize).1;
        self.push(rest.split_at(1).0);
    }

    /// A sentence: the pattern with the words in place of `{}`.
    pub(super) const fn fill(&mut self, pattern: &str, words: &[&str]) {
        let (bytes, mut at, mut start, mut word) = (pattern.as_bytes(), 0, 0, 0);
        while at + 1 < bytes.len() {
            if bytes[at] == b'{' && bytes[at + 1] == b'}' && word < words.len() {
                self.push(pattern.split_at(at).0.split_at(start).1);
                self.push(words[word]);
                (at, word) = (at + 1, word + 1);
                start = at + 1;
            }
            at += 1;
        }
        self.push(pattern.split_at(start).1);
    }
}

/// `[n_ctx, n_embd]`
pub(super) const fn written(axes: &[Axis]) -> Words {
    let mut out = Words::EMPTY;
    out.push("[");
    write_axes(axes, &mut out);
    out.push("]");
    out
}

const fn write_axes(axes: &[Axis], out: &mut Words) {
    let mut at = 0;
    while at < axes.len() {
        out.push(if at > 0 { ", " } else { "" });
        match &axes[at] {
            Axis::Any => out.push("_"),
            Axis::Is(expression) => write_expression(expression, out),
        }
        at += 1;
    }
}

/// `3 * n_embd + 1`
pub(super) const fn write_expression(expression: &Expression, out: &mut Words) {
    match expression {
        Expression::Number(number) => out.number(*number as u64, 1),
        Expression::Symbol(name) => out.push(name),
        Expression::Pair(operator, [left, right]) => {
            side(left, operator.binds() && left.is_loose(), out);
            out.push(" ");
            out.push(operator.sign());
            out.push(" ");
            let pair = matches!(right, Expression::Pair(..));
            let regroups = !matches!(operator, Operator::Add);
            side(right, pair && regroups && (operator.binds() || right.is_loose()), out);
        }
    }
}

const fn side(expression: &Expression, parenthesis: bool, out: &mut Words) {
    out.push(if parenthesis { "(" } else { "" });
    write_expression(expression, out);
    out.push(if parenthesis { ")" } else { "" });
}

/// A step as it is written: `permute(1, 0, 2)`.
pub(super) const fn op(op: &Op) -> Words {
    let mut out = Words::EMPTY;
    match op {
        Op::Squeeze(Squeeze::ToRank) => out.push("squeeze"),
        Op::Squeeze(Squeeze::Axes(axes)) => list("squeeze(", axes, &mut out),
        Op::Expand(axes) => list("expand(", axes, &mut out),
        Op::Transpose => out.push("transpose"),
        Op::Permute(axes) => list("permute(", axes, &mut out),
        Op::Reshape(axes) => {
            out.push("reshape[");
            write_axes(axes, &mut out);
            out.push("]");
        }
        Op::Shape(axes) => {
            out.push("shape = [");
            write_axes(axes, &mut out);
            out.push("]");
        }
        Op::Split { axis, sizes } => {
            axis_of("split(axis = ", *axis, &mut out);
            if let Some(sizes) = sizes {
                out.push(", sizes = [");
                let mut at = 0;
                while at < sizes.len() {
                    out.push(if at > 0 { ", " } else { "" });
                    write_expression(&sizes[at], &mut out);
                    at += 1;
                }
                out.push("]");
            }
            out.push(")");
        }
        Op::Chunk { axis, index, of } => {
            axis_of("chunk(axis = ", *axis, &mut out);
            axis_of(", index = ", *index, &mut out);
            axis_of(", of = ", *of, &mut out);
            out.push(")");
        }
        Op::Slice { axis, start, end } => {
            axis_of("slice(axis = ", *axis, &mut out);
            out.push(", range = ");
            write_expression(start, &mut out);
            out.push("..");
            if let Some(end) = end {
                write_expression(end, &mut out);
            }
            out.push(")");
        }
        Op::Concat { axis } => {
            axis_of("concat(axis = ", *axis, &mut out);
            out.push(")");
        }
        Op::Stack { axis, repeat } => {
            out.push("stack(");
            out.push(repeat.index);
            axis_of(", axis = ", *axis, &mut out);
            out.push(")");
        }
    }
    out
}

const fn axis_of(before: &str, axis: usize, out: &mut Words) {
    out.push(before);
    out.number(axis as u64, 1);
}

const fn list(before: &str, axes: &[usize], out: &mut Words) {
    out.push(before);
    let mut at = 0;
    while at < axes.len() {
        axis_of(if at > 0 { ", " } else { "" }, axes[at], out);
        at += 1;
    }
    out.push(")");
}
