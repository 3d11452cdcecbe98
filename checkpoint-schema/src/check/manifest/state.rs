//! What a walk of a description against a manifest has gathered.

use crate::check::manifest::place::DEPTH;
use crate::check::manifest::report::Report;
use crate::check::manifest::symbols::Shared;
use crate::check::manifest::tuples::Ends;
use crate::description::Node;
use crate::manifest::Manifest;

/// How many symbols all structs may share to be looked at.
pub(super) const SYMBOLS: usize = 64;

/// How many local symbols there may be at one place to be looked at.
pub(super) const LOCALS: usize = 12;

/// How many fields are remembered from one walk to the next; those beyond are looked at again.
pub(super) const FIELDS: usize = 2048;

/// What a walk is for.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// To note which variables fields take, and what each of their shapes says of a symbol.
    Take,
    /// To note what shapes say of symbols, as others have values.
    Solve,
    /// To note what shapes say of local symbols.
    Local,
    /// To say what is wrong.
    Tell,
    /// To note which variables structs within the root let pass.
    Ignore,
}

/// What is known of the variables of a manifest and of a description.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
pub(super) struct State<'m, const VARIABLES: usize> {
    pub(super) root: &'m Node,
    pub(super) manifest: &'m Manifest<'m>,
    /// Whether no manifest follows.
    pub(super) is_last: bool,
    /// Whether a struct within the root lets variables pass.
    pub(super) lenient: bool,
    pub(super) mode: Mode,
    pub(super) ends: Ends<VARIABLES>,
    /// For each variable, by which fields it is taken.
    pub(super) taken: [Taken; VARIABLES],
    pub(super) shared: [Shared; SYMBOLS],
    pub(super) symbols: usize,
    /// The value of each local symbol, plus one, in each combination of indices.
    pub(super) locals: [[u64; VARIABLES]; LOCALS],
    /// Whether there is news of symbols.
    pub(super) news: bool,
    /// Whether fields take parts of variables.
    pub(super) parts: bool,
    /// Whether there is more than is looked at.
    pub(super) overlooks: bool,
    /// How many variables are taken.
    pub(super) takes: usize,
    /// The fields with variables that were met, and what is known of each.
    pub(super) fields: usize,
    pub(super) known: [Option<Known>; FIELDS],
    /// The optional fields that were met.
    pub(super) options: usize,
    /// Of each of them, what is known from this manifest and those before.
    pub(super) optional: Optional,
    pub(super) report: Report,
}

/// Optional fields: the struct and the name of each, and whether there is anything of it.
pub(super) type Optional = [(&'static str, &'static str, bool); FIELDS];

/// What is known of the variables of a field, where nothing is wrong with them but for what they hold.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The family of all.
    pub(super) family: usize,
    /// How many there are.
    pub(super) count: usize,
}

/// What becomes of a variable.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    /// The field that takes it, by its number, plus one.
    pub(super) by: u32,
    /// The elements that fields take which take parts.
    pub(super) elements: u64,
    /// In which of 64 equal ranges of the axis these parts are.
    pub(super) ranges: u64,
    /// Whether a problem that was told explains why no field takes it.
    pub(super) explained: bool,
}

impl Taken {
    pub(super) const NOT: Self = Self { by: 0, elements: 0, ranges: 0, explained: false };
}

impl<'m, const VARIABLES: usize> State<'m, VARIABLES> {
    /// What is known before the first walk: which options are absent from other manifests.
    pub(super) const fn new(
        root: &'m Node,
        manifest: &'m Manifest<'m>,
        optional: &Optional,
    ) -> Self {
        Self {
            root,
            manifest,
            is_last: false,
            lenient: false,
            mode: Mode::Take,
            ends: [[0; VARIABLES]; DEPTH],
            taken: [Taken::NOT; VARIABLES],
            shared: [Shared::NONE; SYMBOLS],
            symbols: 0,
            locals: [[0; VARIABLES]; LOCALS],
            news: false,
            fields: 0,
            parts: false,
            overlooks: false,
            takes: 0,
            known: [None; FIELDS],
            options: 0,
            optional: *optional,
            report: Report::NONE,
        }
    }
}
