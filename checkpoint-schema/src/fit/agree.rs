//! Compares what the manifests of a struct with dialects say: those of one model agree, and shapes show the layout of each matrix.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::outline::Subject;
use crate::fit::records::Instance;
use crate::fit::stack::{NONE, Span};
use crate::fit::text::same_lens;
use crate::fit::words::Word::{self, Count, Number, Shape, Text};
use crate::manifest::Manifest;
use crate::model::dialect::lacks;
use crate::model::layout::{Orders, orders};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The largest rank that is compared.
const AXES: usize = 6;

/// The arrays of a field in a manifest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The number of arrays.
    count: usize,
    /// The family of the variable of the last one, and the item that takes it.
    family: usize,
    item: usize,
    /// The shape of the first array that is no square matrix, or of the first array.
    rank: usize,
    lens: [u64; AXES],
    /// True if all arrays are square matrices.
    is_square: bool,
}

impl Seen {
    pub(crate) const NONE: Self =
        Self { count: 0, family: NONE, item: NONE, rank: 0, lens: [0; AXES], is_square: true };

    const fn lens(&self) -> &[u64] {
        self.lens.split_at(self.rank).0
    }
}

/// The manifests of a struct, up to the checked one.
#[derive(Clone, Copy)]
pub(crate) struct Checked<'m, 'a> {
    pub(crate) subjects: &'m [Subject<'a>],
    pub(crate) manifests: &'m [Manifest<'a>],
    /// The arrays of the fields, by the numbers of the fields: so many in each manifest.
    pub(crate) seen: &'m [Seen],
    pub(crate) fields: usize,
    /// The values of symbols: so many in each manifest.
    pub(crate) values: &'m [Option<u64>],
    pub(crate) symbols: usize,
    /// The number of the checked manifest.
    pub(crate) number: usize,
    /// The number of dialects.
    pub(crate) dialects: usize,
}

impl Checked<'_, '_> {
    const fn seen(&self, manifest: usize, field: usize) -> &Seen {
        &self.seen[manifest * self.fields + field]
    }

    const fn value(&self, manifest: usize, symbol: usize) -> Option<u64> {
        self.values[manifest * self.symbols + symbol]
    }

    /// An earlier manifest of the same model in another dialect.
    const fn other(&self) -> Option<usize> {
        let own = &self.subjects[self.number];
        each!(0..self.number, |at| {
            if self.subjects[at].model == own.model {
                return Some(at);
            }
        });
        None
    }

    const fn is_last(&self) -> bool {
        self.number + 1 == self.manifests.len()
    }

    /// True if some manifest has arrays of a field, and all of them are square matrices.
    const fn is_square(&self, field: usize) -> bool {
        let (mut any, mut at) = (false, 0);
        while at <= self.number {
            let seen = self.seen(at, field);
            any |= seen.count > 0;
            if !seen.is_square {
                return false;
            }
            at += 1;
        }
        any
    }
}

impl State<'_, '_> {
    /// Records the arrays of all fields. There must be no problems.
    pub(crate) const fn see(&mut self, seen: &mut [Seen]) {
        each!(0..self.instances.len, |at| {
            let Instance { item, family, pieces, complete, variable, .. } =
                self.instances.cells[at];
            let own = &mut seen[self.input.outline.items[item].number];
            if pieces > 0 && complete && variable != NONE {
                own.count += 1;
                if own.is_square && (own.family != family || own.item != item) {
                    (own.family, own.item) = (family, item);
                    self.see_one(at, own);
                }
            }
        });
    }

    const fn see_one(&mut self, first: usize, seen: &mut Seen) {
        let (lens, factors, views) = (self.lens.len(), self.factors.len(), self.views.len());
        let facts = self.facts.len();
        let Instance { item, family, .. } = self.instances.get(first);
        let memo = self.memos[item];
        let shape = if memo.whole && memo.family == family {
            // The check of these variables has found it.
            Some(self.views.get(memo.views.at).dims(&self.factors, &mut self.lens))
        } else {
            self.shape_of(first)
        };
        match shape {
            Some(shape) if shape.len <= AXES => {
                let is_square = shape.len == 2 && {
                    let lens = self.lens.part(shape);
                    lens[0] == lens[1] && lens[0] > 1
                };
                seen.is_square = is_square;
                seen.rank = shape.len;
                each!(0..shape.len, |axis| {
                    seen.lens[axis] = self.lens.get(shape.at + axis);
                });
            }
            _ => seen.is_square = false,
        }
        self.lens.truncate(lens);
        self.factors.truncate(factors);
        self.views.truncate(views);
        self.facts.truncate(facts);
    }

    /// Compares the manifest with one of the same model in another dialect, and reports the difference. After the last manifest, also
    /// reports matrices whose layout no shape shows.
    pub(crate) const fn compare(&mut self, checked: &Checked<'_, '_>) {
        if let Some(other) = checked.other() {
            self.compare_symbols(checked, other);
            if self.told.len() == 0 {
                self.compare_fields(checked, other);
            }
        }
        if checked.is_last() && self.told.len() == 0 {
            self.tell_squares(checked);
        }
    }

    const fn compare_symbols(&mut self, checked: &Checked<'_, '_>, other: usize) {
        let file = Text(checked.manifests[other].file);
        each!(0..self.input.outline.symbols.len(), |symbol| {
            if let (Some(own), Some(value)) =
                (checked.value(checked.number, symbol), checked.value(other, symbol))
                && own != value
            {
                let name = Text(self.input.outline.symbols[symbol].name);
                let words = [name, Number(own), Number(value), file];
                self.tell(ProblemKind::Dialects, 1, say::OTHER_VALUE, &words);
            }
        });
    }

    const fn compare_fields(&mut self, checked: &Checked<'_, '_>, other: usize) {
        let (items, file, mut at) =
            (self.input.outline.items, Text(checked.manifests[other].file), 0);
        while at < items.len() {
            let number = items[at].number;
            let (own, seen) = (checked.seen(checked.number, number), checked.seen(other, number));
            let is_first = own.item == at || (own.item == NONE && items[at].path == 0);
            if is_first && !lacks(items[at].field) && own.count > 0 && seen.count > 0 {
                if own.count != seen.count {
                    let words = [Count(own.count), Count(seen.count), file];
                    self.tell_dialects(at, say::OTHER_COUNT, &words, "");
                } else if !same_lens(own.lens(), seen.lens()) {
                    let words = [Shape(own.lens()), Shape(seen.lens()), file];
                    let is_turned = matches!((own.lens(), seen.lens()), ([a, b], [c, d]) if *a == *d && *b == *c);
                    let advice = if is_turned { say::ONE_TRANSPOSES } else { say::ONE_SHAPE };
                    self.tell_dialects(at, say::OTHER_SHAPE, &words, advice);
                }
            }
            at += 1;
        }
    }

    const fn tell_squares(&mut self, checked: &Checked<'_, '_>) {
        let (items, mut number) = (self.input.outline.items, 0);
        each!(0..items.len(), |at| {
            let written = items[at].written;
            if items[at].number >= number
                && !written.same_layout
                && checked.is_square(items[at].number)
                && matches!(orders(written, checked.dialects), Orders::Same)
            {
                self.tell_dialects(at, say::ONE_LAYOUT, &[], "");
            }
            // Other paths of the same field follow.
            number = items[at].number + 1;
        });
    }

    /// Reports a problem of the dialects of an item.
    const fn tell_dialects(
        &mut self,
        item: usize,
        sentence: &str,
        words: &[Word<'_>],
        advice: &str,
    ) {
        let told = self.begin_field(ProblemKind::Dialects, item, Span::EMPTY, false);
        self.write(sentence, words);
        self.out.push(advice);
        self.end(told);
    }
}
