//! The problems that were found, in sentences.

use crate::check::manifest::text::Text;

/// How many problems are told; of others, only how many there are.
const TOLD: usize = 40;

/// A sentence.
pub(super) type Line = Text<1024>;

/// The problems that were found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    text: Text<16_384>,
    pub(super) problems: usize,
}

impl Report {
    pub(super) const NONE: Self = Self { text: Text::EMPTY, problems: 0 };

    pub(super) const fn tell(&mut self, line: &Line) {
        if self.problems < TOLD {
            self.text.push("\n- ");
            self.text.push(line.as_str());
        }
        self.problems += 1;
    }

    /// Whether another problem would be told.
    pub(super) const fn has_room(&self) -> bool {
        self.problems < TOLD
    }

    /// The lines of all problems, each with a line break before it.
    pub(super) const fn write<const LEN: usize>(&self, out: &mut Text<LEN>) {
        out.push(self.text.as_str());
        if self.problems > TOLD {
            out.push("\n- and ");
            out.number((self.problems - TOLD) as u64, 1);
            out.push(" more");
        }
    }
}
