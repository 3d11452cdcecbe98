//! Messages built in a constant.

use crate::fit::text::{Text, as_str};
use crate::model::check::Level;
use crate::model::template::Placeholder;

/// `Ok`, or the message of a mistake.
pub(super) type Check<T = ()> = Result<T, Sentence>;

/// A message built in a constant. It is truncated if it is too long.
pub(crate) struct Sentence {
    bytes: [u8; 1024],
    len: usize,
}

/// A word of a message.
#[derive(Clone, Copy)]
pub(crate) enum Word<'w> {
    Text(&'w str),
    Number(usize),
    /// A placeholder as written: `<2*i-2:03>`.
    Index(&'w Placeholder<'w>),
}

impl Sentence {
    /// An empty message.
    pub(crate) const fn empty() -> Self {
        Self { bytes: [0; 1024], len: 0 }
    }

    /// A message about a field: ``field `Gpt2.blocks[].attn`: ``, and a sentence with these words in place of `{}`.
    pub(super) const fn of(level: &Level<'_>, sentence: &str, words: &[Word<'_>]) -> Self {
        let field = Self::empty().add("field `", &[]).field(level);
        let field = if level.dialect.is_first() {
            field.add("`: ", &[])
        } else {
            field.add("` in the dialect `{}`: ", &[Word::Text(level.dialect.name)])
        };
        field.add(sentence, words)
    }

    const fn field(self, level: &Level<'_>) -> Self {
        let start = match level.outer {
            Some(outer) => self.field(outer),
            None => self.add(level.owner.name, &[]),
        };
        let list = if level.field.repeat.is_some() { ".{}[]" } else { ".{}" };
        start.add(list, &[Word::Text(level.field.name)])
    }

    /// Appends a sentence with these words in place of `{}`.
    pub(crate) const fn add(mut self, sentence: &str, words: &[Word<'_>]) -> Self {
        let mut out = Text::over(self.bytes.split_at_mut(self.len).1);
        let (mut rest, mut words) = (sentence, words);
        while let [word, more @ ..] = words {
            rest = out.before(rest);
            match word {
                Word::Text(text) => out.push(text),
                Word::Number(number) => out.number(*number as u64, 1),
                Word::Index(placeholder) => out.placeholder(placeholder),
            }
            words = more;
        }
        out.push(rest);
        self.len += out.len();
        self
    }

    /// Panics with the message.
    #[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
    #[track_caller]
    pub(crate) const fn panic(&self) -> ! {
        panic!("{}", as_str(self.bytes.split_at(self.len).0))
    }
}
