//! Checks a description against a struct's manifests, in a constant.

use crate::fit::agree::{self, Seen};
use crate::fit::memory::{Arrays, State};
use crate::fit::outline::Subject;
use crate::fit::records::{Globs, Input};
use crate::fit::tables::Tables;
use crate::fit::text::{Text, as_str};
use crate::manifest::Manifest;
use crate::model::check::makes_sense;
use crate::model::description::{Node, Struct};
use crate::model::text::{equal, same};
use crate::problem::{LISTED, wording as say};

/// The number of bytes for the text of problems. Longer text is cut.
const TEXT: usize = 24 << 10;

/// The number of memory cells that most checks need, for these numbers of variables and items: first for the tables of many
/// entries, such as variables, then for those of few.
#[must_use]
pub const fn cells(variables: usize, items: usize) -> [usize; 2] {
    [2 * variables + 2 * items + 512, variables / 8 + 2 * items + 256]
}

/// The result of checking a description against manifests.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a, const MANIFESTS: usize, const SYMBOLS: usize> {
    text: [u8; TEXT],
    len: usize,
    problems: usize,
    is_full: bool,
    /// True if the description itself is valid. Other constants report invalid ones, and this check reports nothing for them.
    makes_sense: bool,
    dims: [[(&'a str, Option<u64>); SYMBOLS]; MANIFESTS],
}

/// Checks a description with these sizes against manifests of these subjects. Those of a dialect follow one another. None of them may have more than `VARIABLES` variables.
/// `MANY`, `FEW` and `BYTES` are the numbers of memory [`cells`] and of bytes.
#[must_use]
#[track_caller]
pub const fn manifests<
    'a,
    const VARIABLES: usize,
    const ITEMS: usize,
    const PIECES: usize,
    const TERMS: usize,
    const SYMBOLS: usize,
    const MANY: usize,
    const FEW: usize,
    const BYTES: usize,
    const MANIFESTS: usize,
>(
    node: &'a Node,
    manifests: &[Manifest<'_>; MANIFESTS],
    subjects: &[Subject<'a>; MANIFESTS],
) -> Checked<'a, MANIFESTS, SYMBOLS> {
    let mut checked = Checked {
        text: [0; TEXT],
        len: 0,
        problems: 0,
        is_full: false,
        makes_sense: makes_sense(node),
        dims: [[("", None); SYMBOLS]; MANIFESTS],
    };
    let owner = match node {
        Node::Struct(owner) => owner,
        _ => &Struct::EMPTY,
    };
    let mut there = [false; ITEMS];
    let mut globs = [Globs::NONE; ITEMS];
    let mut seen = [[Seen::NONE; ITEMS]; MANIFESTS];
    let mut values = [[None; SYMBOLS]; MANIFESTS];
    let mut tables = Tables::<ITEMS, PIECES, TERMS, SYMBOLS>::new();
    let mut number = 0;
    while checked.makes_sense && number < MANIFESTS {
        let dialect = subjects[number].dialect;
        if number == 0 || !dialect.is(subjects[number - 1].dialect) {
            tables = Tables::new();
            tables.fill(owner, dialect);
        }
        if number > 0 && !same(subjects[number - 1].dialect.name, dialect.name) {
            (there, globs) = ([false; ITEMS], [Globs::NONE; ITEMS]);
        }
        let outline = tables.outline();
        let input = Input::of_manifest(node, outline, manifests[number], LISTED);
        let mut arrays = Arrays::<VARIABLES, ITEMS, MANY, FEW, BYTES>::new();
        let mut text = [0; TEXT];
        let mut state = arrays.state(&input, &mut there, &mut globs, &mut text);
        let is_last =
            number + 1 == MANIFESTS || !same(subjects[number + 1].dialect.name, dialect.name);
        state.check_and_tell(is_last);
        let mut symbol = 0;
        while symbol < outline.symbols.len() {
            let own = state.symbols.get(symbol);
            checked.dims[number][symbol] = (tables.symbols[symbol].name, own.value);
            values[number][symbol] = own.value;
            symbol += 1;
        }
        if !owner.declared.is_empty() && checked.problems == 0 && state.told.len() == 0 {
            state.see(&mut seen[number]);
            state.compare(&agree::Checked {
                subjects,
                manifests,
                seen: seen.as_flattened(),
                fields: ITEMS,
                values: values.as_flattened(),
                symbols: SYMBOLS,
                number,
                dialects: owner.declared.len(),
            });
        }
        checked.is_full |= state.is_full();
        checked.add(owner.name, &state);
        number += 1;
    }
    checked
}

impl<const MANIFESTS: usize, const SYMBOLS: usize> Checked<'_, MANIFESTS, SYMBOLS> {
    /// Adds the problems of a manifest.
    const fn add(&mut self, owner: &str, state: &State<'_, '_>) {
        let problems = state.told.len();
        if problems == 0 {
            return;
        }
        let len = self.len;
        let mut text = Text::over(self.text.split_at_mut(len).1);
        text.push(if self.problems > 0 { "\n" } else { "" });
        text.fill(say::DOES_NOT_FIT, &[owner, state.input.manifest.file]);
        text.number(problems as u64, 1);
        text.push(if problems == 1 { " problem" } else { " problems" });
        let mut at = 0;
        while at < problems && at < LISTED {
            text.push("\n- ");
            text.push(state.out.part(state.told.get(at).message));
            at += 1;
        }
        if problems > LISTED {
            text.push("\n- and ");
            text.number((problems - LISTED) as u64, 1);
            text.push(" more");
        }
        let more = text.len();
        self.len += more;
        self.problems += problems;
    }

    /// True if the memory was too small. Repeat the check with more.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// All problems, as text; empty if there are none.
    #[must_use]
    pub const fn problems(&self) -> &str {
        as_str(self.text.split_at(self.len).0)
    }

    /// Asserts that the description fits all manifests.
    ///
    /// # Panics
    /// Panics if there are problems. The message lists them, one on each line. In a constant, this is a compile error.
    #[track_caller]
    pub const fn all_fit(&self) {
        assert!(self.problems == 0, "{}", self.problems());
    }

    /// The value of a symbol in manifest number `manifest`, if the manifest determines it.
    #[must_use]
    pub const fn value(&self, manifest: usize, symbol: &str) -> Option<u64> {
        let mut at = 0;
        while at < SYMBOLS && manifest < MANIFESTS {
            let (name, value) = self.dims[manifest][at];
            if equal(name.as_bytes(), symbol.as_bytes()) {
                return value;
            }
            at += 1;
        }
        None
    }

    /// The value of a symbol in these manifests, which are of one model.
    ///
    /// # Panics
    /// Panics if none of the manifests determines the symbol. In a constant, this is a compile error.
    #[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
    #[track_caller]
    #[must_use]
    pub const fn dim(&self, manifests: &[usize], symbol: &str) -> usize {
        let mut at = 0;
        while at < manifests.len() {
            if let Some(value) = self.value(manifests[at], symbol) {
                return value as usize;
            }
            at += 1;
        }
        if !self.makes_sense {
            return 1;
        }
        let mut bytes = [0; 1024];
        let mut text = Text::over(&mut bytes);
        text.fill(say::NOTHING_SAYS, &[symbol, symbol]);
        panic!("{}", as_str(text.bytes()));
    }
}
