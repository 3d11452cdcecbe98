//! Messages built in a constant.

use crate::model::check::Level;
use crate::model::template::Placeholder;

/// `Ok`, or the message of a mistake.
pub(super) type Check<T = ()> = Result<T, Sentence>;

/// A message built in a constant. It is truncated if it is too long.
pub(crate) struct Sentence {
    bytes: [u8; 1024],
    len: usize,
}

impl Sentence {
    /// An empty message.
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; 1024], len: 0 }
    }

    /// The start of a message about a field: ``field `Gpt2.blocks[].attn`: ``.
    pub(super) const fn of(level: &Level<'_>) -> Self {
        let field = Self::empty().text("field `").field(level).text("`");
        if level.dialect.is_first() {
            return field.text(": ");
        }
        field.text(" in the dialect `").text(level.dialect.name).text("`: ")
    }

    const fn field(self, level: &Level<'_>) -> Self {
        let start = match level.outer {
            Some(outer) => self.field(outer),
            None => self.text(level.owner.name),
        };
        let named = start.text(".").text(level.field.name);
        if level.field.repeat.is_some() { named.text("[]") } else { named }
    }

    pub(crate) const fn text(mut self, text: &str) -> Self {
        let mut end = text.len();
        while end > self.bytes.len() - self.len || !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut at = 0;
        while at < end {
            self.bytes[self.len] = text.as_bytes()[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    pub(super) const fn number(self, number: usize) -> Self {
        let start = if number >= 10 { self.number(number / 10) } else { self };
        let digits = "0123456789".split_at(number % 10).1;
        start.text(digits.split_at(1).0)
    }

    /// Appends a placeholder such as `<2*i-2>`.
    pub(super) const fn placeholder(self, placeholder: &Placeholder<'_>) -> Self {
        let mut sentence = self.text("<");
        if placeholder.factor != 1 {
            sentence = sentence.number(placeholder.factor).text("*");
        }
        sentence = sentence.text(placeholder.index);
        if placeholder.offset != 0 {
            let sign = if placeholder.offset < 0 { "-" } else { "+" };
            sentence = sentence.text(sign).number(placeholder.offset.unsigned_abs());
        }
        sentence.text(">")
    }

    /// Panics with the message.
    #[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
    #[track_caller]
    pub(crate) const fn panic(&self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(sentence) => panic!("{}", sentence),
            Err(_) => panic!("a field's description makes no sense"),
        }
    }
}
