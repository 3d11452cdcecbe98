//! The memory of a check: arrays in a constant, vectors at run time.

use crate::fit::arrays::Built;
use crate::fit::outline::{Item, Piece};
use crate::fit::records::{
    Change, Equation, Fact, Finding, Folded, Frame, Globs, HolderSite, HoleAt, Input, Instance,
    ListElements, Mark, Memo, Outside, Part, Scope, Site, Symbol, Taken, Tie, Told, Vote, Waiting,
};
use crate::fit::stack::{NONE, Span, Stack};
use crate::fit::text::{Text, same_lens};
use crate::fit::view::{Factor, View};
use crate::listing::dtype::DType;
use crate::model::text::equal;

/// Declares the stacks of a check once, in three forms: a state over borrowed memory, arrays, and vectors.
macro_rules! stacks {
    ($($(#[$doc:meta])* $room:ident $name:ident: $type:ty = $none:expr,)*) => {
        /// The state of a check.
        pub(crate) struct State<'m, 'a> {
            pub(crate) input: &'m Input<'a>,
            $($(#[$doc])* pub(crate) $name: Stack<'m, $type>,)*
            /// The use of each variable.
            pub(crate) taken: &'m mut [Taken<'a>],
            pub(crate) memos: &'m mut [Memo],
            /// True if any variable of an optional item exists, in this manifest or an earlier one.
            pub(crate) there: &'m mut [bool],
            /// The globs of each struct that match a variable, in this manifest or an earlier one.
            pub(crate) globs: &'m mut [Globs],
            /// The values of the indices at the current place of the walk.
            pub(crate) indices: &'m mut [usize],
            /// The values of indices found in a name.
            pub(crate) found: &'m mut [usize],
            /// The values of indices, while places are folded.
            pub(crate) prefix: &'m mut [Span],
            pub(crate) depth: usize,
            pub(crate) frame: usize,
            pub(crate) scope: usize,
            /// The number of taken variables.
            pub(crate) takes: usize,
            /// The number of names with which missing variables were compared, for suggestions.
            pub(crate) compared: usize,
            /// True if marks and built arrays are recorded, for a load.
            pub(crate) marked: bool,
            /// A name under construction.
            pub(crate) spelled: Text<'m>,
            /// Names kept for later.
            pub(crate) texts: Text<'m>,
            /// The text of the problems.
            pub(crate) out: Text<'m>,
        }

        /// Creates an empty check over either kind of memory.
        macro_rules! state {
            ($memory:ident, $input:ident, $there:expr, $globs:expr, $out:expr) => {
                State {
                    input: $input,
                    $($name: Stack::over(&mut $memory.$name),)*
                    taken: &mut $memory.taken,
                    memos: &mut $memory.memos,
                    there: $there,
                    globs: $globs,
                    indices: &mut $memory.indices,
                    found: &mut $memory.found,
                    prefix: &mut $memory.prefix,
                    depth: 0,
                    frame: NONE,
                    scope: NONE,
                    takes: 0,
                    compared: 0,
                    marked: false,
                    spelled: Text::over(&mut $memory.spelled),
                    texts: Text::over(&mut $memory.texts),
                    out: Text::over($out),
                }
            };
        }

        /// The memory of a check in a constant: the numbers of variables and items, the cells of large and small stacks, and the bytes
        /// of text.
        pub(crate) struct Arrays<
            'a,
            const VARIABLES: usize,
            const ITEMS: usize,
            const MANY: usize,
            const FEW: usize,
            const BYTES: usize,
        > {
            $($name: [$type; $room],)*
            taken: [Taken<'a>; VARIABLES],
            memos: [Memo; ITEMS],
            indices: [usize; ITEMS],
            found: [usize; ITEMS],
            prefix: [Span; ITEMS],
            spelled: [u8; BYTES],
            texts: [u8; BYTES],
        }

        impl<
            'a,
            const VARIABLES: usize,
            const ITEMS: usize,
            const MANY: usize,
            const FEW: usize,
            const BYTES: usize,
        > Arrays<'a, VARIABLES, ITEMS, MANY, FEW, BYTES>
        {
            pub(crate) const fn new() -> Self {
                Self {
                    $($name: [$none; $room],)*
                    taken: [Taken::NONE; VARIABLES],
                    memos: [Memo::NONE; ITEMS],
                    indices: [0; ITEMS],
                    found: [NONE; ITEMS],
                    prefix: [Span::EMPTY; ITEMS],
                    spelled: [0; BYTES],
                    texts: [0; BYTES],
                }
            }

            pub(crate) const fn state<'m>(
                &'m mut self,
                input: &'m Input<'a>,
                there: &'m mut [bool],
                globs: &'m mut [Globs],
                out: &'m mut [u8],
            ) -> State<'m, 'a> {
                state!(self, input, there, globs, out)
            }
        }

        /// The memory of a check at run time.
        pub(crate) struct Vectors<'a> {
            $($name: Vec<$type>,)*
            taken: Vec<Taken<'a>>,
            memos: Vec<Memo>,
            there: Vec<bool>,
            globs: Vec<Globs>,
            indices: Vec<usize>,
            found: Vec<usize>,
            prefix: Vec<Span>,
            spelled: Vec<u8>,
            texts: Vec<u8>,
            out: Vec<u8>,
        }

        impl<'a> Vectors<'a> {
            pub(crate) fn new(input: &Input<'a>) -> Self {
                let (items, depth) = (input.outline.items.len(), input.outline.depth + 1);
                let (variables, few) = (input.manifest.variables, 2 * items + 64);
                let (many, few) = (variables + few, variables / 16 + few);
                // Most variables have an array each. In very large checkpoints, fields may take only a few of them.
                let many = many.min(few + (1 << 16));
                // Tests start with almost no memory, so that each stack has to grow.
                let (many, few) = if cfg!(test) { (1, 1) } else { (many, few) };
                let axes: usize = input.manifest.families.iter().map(|it| it.shape.len()).sum();
                let axes = if cfg!(test) { 1 } else { axes.min(1 << 16) + few };
                let has_locals = input.outline.structs.iter().any(|holder| holder.has_locals);
                let cells = |name: &str, room: &str| match name {
                    // A constant checks the variables of a family once. In a load, each variable has a factor for each axis, and
                    // often a length in a `shape`.
                    "facts" => many,
                    "factors" => many.max(axes),
                    // Only problems fill these. Few loads have any, and those have few.
                    "findings" | "holes" | "outside" | "nears" | "changes" | "patterns" | "told"
                    | "tuples" | "values" | "boxes" | "folded" | "symbols_said" => few.div_ceil(8),
                    "scopes" | "symbols" if has_locals => many,
                    _ if room == "FEW" => few,
                    _ => many,
                };
                Self {
                    $($name: vec![$none; cells(stringify!($name), stringify!($room))],)*
                    taken: vec![Taken::NONE; input.manifest.variables],
                    memos: vec![Memo::NONE; items],
                    there: vec![false; items],
                    globs: vec![Globs::NONE; input.outline.structs.len()],
                    indices: vec![0; depth],
                    found: vec![NONE; depth],
                    prefix: vec![Span::EMPTY; depth],
                    spelled: vec![0; BYTES],
                    texts: vec![0; BYTES],
                    out: vec![0; BYTES],
                }
            }

            /// Grows the memory that was too small, and resets the rest.
            pub(crate) fn grow(&mut self, full: &Full) {
                $(if full.$name {
                    let cells = self.$name.len().saturating_mul(16);
                    self.$name = vec![$none; cells];
                })*
                for (bytes, full) in [
                    (&mut self.spelled, full.all_spelled),
                    (&mut self.texts, full.all_texts),
                    (&mut self.out, full.all_out),
                ] {
                    if full {
                        *bytes = vec![0; bytes.len().saturating_mul(8)];
                    }
                }
                self.taken.fill(Taken::NONE);
                self.memos.fill(Memo::NONE);
                self.there.fill(false);
                self.globs.fill(Globs::NONE);
            }

            pub(crate) fn state<'m>(&'m mut self, input: &'m Input<'a>) -> State<'m, 'a> {
                state!(self, input, &mut self.there, &mut self.globs, &mut self.out)
            }
        }

        /// The parts of the memory that were too small.
        pub(crate) struct Full {
            $($name: bool,)*
            all_spelled: bool,
            all_texts: bool,
            all_out: bool,
        }

        impl State<'_, '_> {
            /// Returns the parts of the memory that were too small.
            pub(crate) fn full(&self) -> Full {
                Full {
                    $($name: self.$name.is_full(),)*
                    all_spelled: self.spelled.is_full(),
                    all_texts: self.texts.is_full(),
                    all_out: self.out.is_full(),
                }
            }

            /// True if any memory was too small, except the text of the problems.
            pub(crate) const fn is_full(&self) -> bool {
                false $(|| self.$name.is_full())* || self.spelled.is_full() || self.texts.is_full()
            }
        }
    };
}

/// The initial number of bytes for names and for problems at run time.
const BYTES: usize = if cfg!(test) { 1 } else { 1 << 12 };

/// The number of cells in a constant of stacks that only a load fills.
const LOAD: usize = 1;

// The stacks and their initial size: MANY if they grow with the number of variables, LOAD if they also are for loads alone, FEW
// otherwise. Full stacks grow.
stacks! {
    MANY frames: Frame = Frame { outer: NONE, index: 0, depth: 0 },
    MANY instances: Instance = Instance::NONE,
    FEW lists: ListElements = ListElements::NONE,
    /// The indices in names, for lists that take the elements that exist.
    FEW met: u64 = 0,
    /// The indices of the elements that exist, for these lists.
    FEW here: usize = 0,
    /// The values of indices that are text in the names of a family.
    FEW fixed: usize = NONE,
    FEW scopes: Scope = Scope { outer: NONE, first: 0 },
    FEW symbols: Symbol<'a> = Symbol::NONE,
    FEW votes: Vote = Vote::NONE,
    FEW equations: Equation = Equation { term: 0, scope: NONE, found: 0 },
    MANY factors: Factor = Factor::NONE,
    FEW lens: u64 = 0,
    /// The views of the variables of an array, after some of its steps.
    MANY views: View = View::NONE,
    FEW facts: Fact = Fact { term: 0, len: 0 },
    /// The arrays whose steps wait for the values of symbols.
    FEW waiting: Waiting = Waiting { instance: 0, weight: 0, said: 0 },
    FEW parts: Part = Part::NONE,
    FEW findings: Finding<'a> = Finding::NONE,
    /// The structs with attributes about variables or symbols.
    FEW places: HolderSite = HolderSite { holder: 0, frame: NONE, scope: NONE },
    /// The absent optional fields.
    FEW absent: Site = Site::NONE,
    /// The fields that store the values of symbols.
    FEW dims: Site = Site::NONE,
    LOAD marks: Mark = Mark::Present(false),
    LOAD built: Built = Built::NONE,
    /// The pairs of variables that must be equal.
    FEW ties: Tie = Tie::NONE,
    FEW holes: HoleAt = HoleAt::NONE,
    FEW outside: Outside = Outside::NONE,
    /// The places to fold: their indices, the values of boxes, and the ranges of these values.
    FEW tuples: u64 = 0,
    FEW values: u64 = 0,
    FEW boxes: Span = Span::EMPTY,
    FEW folded: Folded = Folded::NONE,
    /// Names similar to those of missing variables, in the text of the problems.
    FEW nears: Span = Span::EMPTY,
    FEW changes: Change = Change::NONE,
    FEW patterns: Piece<'a> = Piece::Number { number: 0, digits: 0 },
    FEW symbols_said: usize = 0,
    FEW told: Told = Told::NONE,
}

impl<'a> State<'_, 'a> {
    pub(crate) const fn item(&self, item: usize) -> &'a Item<'a> {
        &self.input.outline.items[item]
    }

    /// Returns the value of index `number` at a frame, if the frame has it.
    pub(crate) const fn index_at(&self, frame: usize, number: usize) -> Option<usize> {
        let mut at = frame;
        while at != NONE {
            let Frame { outer, index, depth } = self.frames.get(at);
            if depth == number + 1 {
                return Some(index);
            }
            if depth <= number {
                return None;
            }
            at = outer;
        }
        None
    }

    /// The number of indices at a frame.
    pub(crate) const fn depth_at(&self, frame: usize) -> usize {
        if frame == NONE { 0 } else { self.frames.get(frame).depth }
    }

    /// The enclosing frame with this many indices.
    pub(crate) const fn frame_of(&self, frame: usize, depth: usize) -> usize {
        let mut at = frame;
        while at != NONE && self.frames.get(at).depth > depth {
            at = self.frames.get(at).outer;
        }
        at
    }

    /// Sets the indices of the walk to those of a frame.
    pub(crate) const fn go_to(&mut self, frame: usize) {
        let mut at = frame;
        self.depth = self.depth_at(frame);
        while at != NONE {
            let Frame { outer, index, depth } = self.frames.get(at);
            self.indices[depth - 1] = index;
            at = outer;
        }
        self.frame = frame;
    }

    /// Enters an element. Its index becomes the innermost.
    pub(crate) const fn enter(&mut self, index: usize) {
        self.indices[self.depth] = index;
        self.depth += 1;
        let depth = self.depth;
        self.frame = self.frames.push(Frame { outer: self.frame, index, depth });
    }

    /// Leaves the innermost element.
    pub(crate) const fn leave(&mut self) {
        self.depth -= 1;
        self.frame = self.frames.get(self.frame).outer;
    }

    /// Records a problem with a field. Skips an exact repeat of the last finding at the same place.
    pub(crate) const fn find(&mut self, finding: Finding<'a>) {
        if self.findings.len() > 0 {
            let last = self.findings.get(self.findings.len() - 1);
            if last.frame == finding.frame && self.alike(&last, &finding) {
                return;
            }
        }
        let _ = self.findings.push(finding);
    }

    /// True if two findings report the same problem of one field, at any places.
    pub(crate) const fn alike(&self, one: &Finding<'_>, other: &Finding<'_>) -> bool {
        one.item == other.item
            && one.kind as u8 == other.kind as u8
            && one.numbers[0] == other.numbers[0]
            && one.numbers[1] == other.numbers[1]
            && one.numbers[2] == other.numbers[2]
            && one.numbers[3] == other.numbers[3]
            && self.same_lens(one.at, other.at)
            && self.same_lens(one.other, other.other)
            && equal(one.word().as_bytes(), other.word().as_bytes())
            && self.same_spec(one.family, other.family)
    }

    /// True if two lists of lengths are equal.
    pub(crate) const fn same_lens(&self, one: Span, other: Span) -> bool {
        same_lens(self.lens.part(one), self.lens.part(other))
    }

    /// True if the variables of two families have the same dtype and shape.
    pub(crate) const fn same_spec(&self, one: usize, other: usize) -> bool {
        if one == other || one == NONE || other == NONE {
            return one == other;
        }
        let ((dtype, shape), (other_dtype, other_shape)) = (self.spec(one), self.spec(other));
        dtype as u8 == other_dtype as u8 && same_lens(shape, other_shape)
    }

    /// The dtype and shape of the variables of a family.
    pub(crate) const fn spec(&self, family: usize) -> (DType, &'a [u64]) {
        let family = &self.input.manifest.families[family];
        (family.dtype, family.shape)
    }
}
