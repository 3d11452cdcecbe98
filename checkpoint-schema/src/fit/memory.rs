//! The memory of a check: arrays in a constant, vectors at run time.

use crate::fit::causes::Change;
use crate::fit::outline::{NONE, Piece};
use crate::fit::problems::{Failed, Folded};
use crate::fit::sentences::Told;
use crate::fit::stack::{Span, Stack};
use crate::fit::state::{
    Elements, Equation, Fact, Finding, Frame, HoleAt, Input, Instance, Mark, Memo, Outside, Part,
    Place, Scope, Site, Symbol, Taken, Tie, Vote, Waiting,
};
use crate::fit::text::Text;
use crate::fit::view::{Factor, View};

/// Declares the stacks of a check once: as a state over lent memory, as arrays and as vectors.
macro_rules! stacks {
    ($($(#[$doc:meta])* $room:ident $name:ident: $type:ty = $none:expr,)*) => {
        /// All that a check gathers.
        pub(crate) struct State<'m, 'a> {
            pub(crate) input: &'m Input<'a>,
            $($(#[$doc])* pub(crate) $name: Stack<'m, $type>,)*
            /// What becomes of each variable.
            pub(crate) taken: &'m mut [Taken<'a>],
            pub(crate) memos: &'m mut [Memo],
            /// Whether anything of an optional item is there, in this manifest or in one before.
            pub(crate) there: &'m mut [bool],
            /// The values of the indices around the place of the walk.
            pub(crate) indices: &'m mut [usize],
            /// Those that were found in a name.
            pub(crate) found: &'m mut [usize],
            /// The values of indices, while places are folded.
            pub(crate) prefix: &'m mut [Span],
            pub(crate) depth: usize,
            pub(crate) frame: usize,
            pub(crate) scope: usize,
            /// How many variables are taken.
            pub(crate) takes: usize,
            /// How many missing variables were compared with every name.
            pub(crate) suggested: usize,
            /// Whether the marks are of interest.
            pub(crate) marked: bool,
            /// A name that is put together.
            pub(crate) spelled: Text<'m>,
            /// Names that are kept.
            pub(crate) texts: Text<'m>,
            /// The problems.
            pub(crate) out: Text<'m>,
        }

        /// A check that has gathered nothing yet, over memory of either kind.
        macro_rules! state {
            ($memory:ident, $input:ident, $there:expr, $out:expr) => {
                State {
                    input: $input,
                    $($name: Stack::over(&mut $memory.$name),)*
                    taken: &mut $memory.taken,
                    memos: &mut $memory.memos,
                    there: $there,
                    indices: &mut $memory.indices,
                    found: &mut $memory.found,
                    prefix: &mut $memory.prefix,
                    depth: 0,
                    frame: NONE,
                    scope: NONE,
                    takes: 0,
                    suggested: 0,
                    marked: false,
                    spelled: Text::over(&mut $memory.spelled),
                    texts: Text::over(&mut $memory.texts),
                    out: Text::over($out),
                }
            };
        }

        /// The memory of a check in a constant: for as many variables and items, cells of which many or few are needed, and
        /// bytes.
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
                    taken: [Taken::NOT; VARIABLES],
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
                out: &'m mut [u8],
            ) -> State<'m, 'a> {
                state!(self, input, there, out)
            }
        }

        /// The memory of a check at run time.
        pub(crate) struct Vectors<'a> {
            $($name: Vec<$type>,)*
            taken: Vec<Taken<'a>>,
            memos: Vec<Memo>,
            there: Vec<bool>,
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
                // Most variables are an array each; of very many, fields may take few.
                let many = many.min(few + (1 << 16));
                // Tests begin with next to nothing, so that they come to the end of all memory.
                let (many, few) = if cfg!(test) { (1, 1) } else { (many, few) };
                Self {
                    $($name: vec![$none; if stringify!($room) == "MANY" { many } else { few }],)*
                    taken: vec![Taken::NOT; input.manifest.variables],
                    memos: vec![Memo::NONE; items],
                    there: vec![false; items],
                    indices: vec![0; depth],
                    found: vec![NONE; depth],
                    prefix: vec![Span::EMPTY; depth],
                    spelled: vec![0; BYTES],
                    texts: vec![0; BYTES],
                    out: vec![0; BYTES],
                }
            }

            /// Makes what was too small larger, and all else as it was at first.
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
                self.taken.fill(Taken::NOT);
                self.memos.fill(Memo::NONE);
                self.there.fill(false);
            }

            pub(crate) fn state<'m>(&'m mut self, input: &'m Input<'a>) -> State<'m, 'a> {
                state!(self, input, &mut self.there, &mut self.out)
            }
        }

        /// Which of the memory was too small.
        pub(crate) struct Full {
            $($name: bool,)*
            all_spelled: bool,
            all_texts: bool,
            all_out: bool,
        }

        impl State<'_, '_> {
            /// Which of the memory was too small.
            pub(crate) fn full(&self) -> Full {
                Full {
                    $($name: self.$name.is_full(),)*
                    all_spelled: self.spelled.is_full(),
                    all_texts: self.texts.is_full(),
                    all_out: self.out.is_full(),
                }
            }

            /// Whether the memory was too small for anything but the text of the problems.
            pub(crate) const fn is_full(&self) -> bool {
                false $(|| self.$name.is_full())* || self.spelled.is_full() || self.texts.is_full()
            }
        }
    };
}

/// How many bytes names and problems have at run time at first.
const BYTES: usize = if cfg!(test) { 1 } else { 1 << 12 };

// Those of which there are as many as variables, and those of which there are few, have so much memory at first; what is too
// small is given more.
stacks! {
    MANY frames: Frame = Frame { outer: NONE, index: 0, depth: 0 },
    MANY instances: Instance = Instance::NONE,
    FEW lists: Elements = Elements::NONE,
    FEW scopes: Scope = Scope { outer: NONE, first: 0 },
    FEW symbols: Symbol<'a> = Symbol::NONE,
    FEW votes: Vote = Vote::NONE,
    FEW equations: Equation = Equation { term: 0, scope: NONE, found: 0 },
    MANY factors: Factor = Factor::NONE,
    FEW lens: u64 = 0,
    /// What the steps of an array have made of its variables so far.
    MANY views: View = View::NONE,
    FEW facts: Fact = Fact { term: 0, len: 0 },
    /// The arrays whose steps wait for the values of symbols.
    FEW waiting: Waiting = Waiting { instance: 0, weight: 0, said: 0 },
    FEW parts: Part = Part::NONE,
    FEW findings: Finding<'a> = Finding::NONE,
    FEW failed: Failed = Failed::NONE,
    /// The structs that say something of variables or symbols.
    FEW places: Place = Place { holder: 0, frame: NONE, scope: NONE },
    /// The fields that are absent, and need not be there.
    FEW absent: Site = Site::NONE,
    /// The fields that are the values of symbols.
    FEW dims: Site = Site::NONE,
    FEW marks: Mark = Mark::Present(false),
    /// The variables that have other names.
    FEW ties: Tie = Tie::NONE,
    FEW holes: HoleAt = HoleAt::NONE,
    FEW outside: Outside = Outside::NONE,
    /// Places that are folded: their indices, the values of boxes, and the ranges of these.
    FEW tuples: u64 = 0,
    FEW values: u64 = 0,
    FEW boxes: Span = Span::EMPTY,
    FEW folded: Folded = Folded::NONE,
    /// Names near those of missing variables, in the text of the problems.
    FEW nears: Span = Span::EMPTY,
    FEW changes: Change = Change::NONE,
    FEW patterns: Piece<'a> = Piece::Number { number: 0, digits: 0 },
    FEW symbols_said: usize = 0,
    FEW told: Told = Told::NONE,
}
