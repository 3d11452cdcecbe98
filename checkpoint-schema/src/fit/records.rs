//! The state of a check: tables in borrowed memory.

use crate::fit::stack::{NONE, Span};
use crate::fit::tables::Outline;
use crate::listing::dtype::DType;
use crate::manifest::Manifest;
use crate::model::description::{Naming, Node};
use crate::model::shadow::Shadow;
use crate::problem::ProblemKind;

/// The input of a check.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices of a load")]
pub(crate) struct Input<'a> {
    pub(crate) outline: Outline<'a>,
    pub(crate) manifest: Manifest<'a>,
    /// Variable names at run time, letter by letter. A slot stores the number of a name in place of a family, and each variable is
    /// its own family.
    pub(crate) names: &'a [&'a [u8]],
    /// The names shared by several variables. Slots number them after all variables.
    pub(crate) ambiguous: &'a [&'a [Named<'a>]],
    /// True if names are the keys under which variables are stored.
    pub(crate) are_keys: bool,
    /// Values bound to symbols by the load options, by symbol number.
    pub(crate) bound: &'a [(usize, u64)],
    /// True if the load options may also bind other symbols.
    pub(crate) may_be_bound: bool,
    /// True if the load options allow unexpected variables.
    pub(crate) allow_unmapped: bool,
    /// True if fields must take all elements of a variable, even where other variables are allowed.
    pub(crate) whole: bool,
    /// The names by which variables with averages are read.
    pub(crate) shadow: Shadow,
    /// The numbers of ranks for which fields with `parallel` are checked.
    pub(crate) ranks: Ranks,
    /// The maximum number of problems reported in full.
    pub(crate) limit: usize,
}

/// Numbers of ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranks {
    /// All that a field names.
    Named,
    /// This number.
    One(usize),
}

impl<'a> Input<'a> {
    /// The input for a manifest, without options of a load.
    pub(crate) const fn of_manifest(
        node: &Node,
        outline: Outline<'a>,
        manifest: Manifest<'a>,
        limit: usize,
    ) -> Self {
        Self {
            outline,
            manifest,
            names: &[],
            ambiguous: &[],
            are_keys: matches!(node.naming(), Naming::Key),
            bound: &[],
            may_be_bound: true,
            allow_unmapped: false,
            whole: false,
            shadow: Shadow::PreferAverage,
            ranks: Ranks::Named,
            limit,
        }
    }
}

/// One of several variables that share a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// The object path to the variable.
    pub(crate) path: &'a str,
    /// The key under which the variable is stored.
    pub(crate) key: &'a str,
}

/// An element of a list, or a piece of a `stack`. Frames link the indices around a place, innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) outer: usize,
    pub(crate) index: usize,
    /// The number of indices, including the outer ones.
    pub(crate) depth: usize,
}

/// A variable of a field at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    /// The variable and its family; `NONE` if it is missing, or for zeros.
    pub(crate) variable: usize,
    pub(crate) family: usize,
    /// The number of joined variables, on the first of them; 0 on the others.
    pub(crate) pieces: usize,
    /// True if all joined variables exist, on the first of them.
    pub(crate) complete: bool,
}

/// The elements of a list at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListElements {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// True if the elements were counted instead of written in the struct.
    pub(crate) counted: bool,
    /// The root of the expression whose value is given by the number of elements; `NONE` if there is none.
    pub(crate) says: usize,
    /// True if they are the pieces of a `stack`.
    pub(crate) stacked: bool,
    /// The indices of the elements, if the list takes those that exist.
    pub(crate) met: Span,
}

/// The symbols of one instance of a struct.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) outer: usize,
    /// The number of the scope's first symbol.
    pub(crate) first: usize,
}

/// A symbol and its known values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) value: Option<u64>,
    pub(crate) origin: Origin,
    /// The first of the values implied by variables.
    pub(crate) votes: usize,
    /// True if a missing variable would have given more information about the symbol.
    pub(crate) unsaid: bool,
    /// An overruled value, its source, and the number of variables that imply the value now used; 0 if only a list does.
    pub(crate) contradicted: Option<(u64, Origin, usize)>,
}

/// The source of a symbol's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Struct,
    Bound,
    Variables,
}

/// A value that variables imply for a symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vote {
    pub(crate) value: u64,
    /// The number of variables that imply it.
    pub(crate) variables: usize,
    /// The last of these variables.
    pub(crate) last: usize,
    /// True if the number of elements of a list implies it.
    pub(crate) list: bool,
    pub(crate) next: usize,
}

/// The equation `expression == found` at a place, with several symbols, not solved yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equation {
    pub(crate) term: usize,
    pub(crate) scope: usize,
    pub(crate) found: u64,
}

/// The use of a variable by fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken<'a> {
    /// The first instance that takes it.
    pub(crate) by: usize,
    /// The first instance of the only array that takes the whole variable.
    pub(crate) whole: usize,
    /// The first of the parts that arrays take, if there are several or some elements are not taken.
    pub(crate) parts: usize,
    /// True if one of its arrays could not be built.
    pub(crate) broken: bool,
    /// True if no field takes the variable and nothing accounts for it: a problem.
    pub(crate) unmapped: bool,
    /// True if no field takes the variable, and a struct allows that.
    pub(crate) allowed: bool,
    /// The glob or preset that ignores the variable, and the place of that struct.
    pub(crate) ignored: Option<&'a str>,
    pub(crate) place: usize,
    /// The attribute that accounts for the variable if no field takes it.
    pub(crate) spare: Option<Spare>,
}

/// An attribute that accounts for variables without a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// The average of a taken variable, or the variable of an average.
    Shadow,
    /// An alternative name of a taken variable.
    Tie,
    /// A variable that only copies take: a problem.
    Copy,
}

impl Spare {
    /// The name of the attribute.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Tie => "tie",
            Self::Copy => "copy",
        }
    }
}

impl Taken<'_> {
    pub(crate) const NOT: Self = Self {
        by: NONE,
        whole: NONE,
        parts: NONE,
        broken: false,
        unmapped: false,
        allowed: false,
        ignored: None,
        place: NONE,
        spare: None,
    };
}

/// Two variables that must be equal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tie {
    /// The taken variable.
    pub(crate) taken: usize,
    /// The other variable.
    pub(crate) other: usize,
    pub(crate) site: Site,
}

/// A variable at an index after a hole: the list has no element here, but has later ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoleAt {
    pub(crate) list: usize,
    /// The place of the list, and the index after its last element.
    pub(crate) frame: usize,
    pub(crate) end: usize,
    /// The index of the element.
    pub(crate) seen: usize,
    pub(crate) variable: usize,
}

/// A variable at an element outside the bounds of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside {
    pub(crate) variable: usize,
    pub(crate) family: usize,
    /// The item that would take the variable.
    pub(crate) item: usize,
    /// The list, and the frame of the element.
    pub(crate) list: usize,
    pub(crate) element: usize,
}

/// A part of a variable, taken by an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) variable: usize,
    pub(crate) instance: usize,
    pub(crate) first: u64,
    pub(crate) elements: u64,
    /// The factors that walk over the part, in any order.
    pub(crate) factors: Span,
    pub(crate) next: usize,
}

/// Facts about the last variables of an item. Variables that are alike are checked only once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memo {
    /// The family whose names match the item's template. Only the numbers of such names need comparing.
    pub(crate) aligned: usize,
    /// The first number in that family's names, and the first index in the template.
    pub(crate) number: usize,
    pub(crate) piece: usize,
    /// One of its variables with such a name.
    pub(crate) member: usize,
    /// A bit for each index that is text in the family's names, and the first of their values in the stack `fixed`.
    pub(crate) fixed: u64,
    pub(crate) fixed_at: usize,
    /// A bit for each piece of the family's names that is a number there, and text in the template.
    pub(crate) written: u64,
    /// The family whose dtype the item accepts.
    pub(crate) held: usize,
    /// The family of the last variables; `NONE` if they are not alike.
    pub(crate) family: usize,
    /// The first of the variables that are alike.
    pub(crate) instance: usize,
    /// The number of variables that are alike, while symbols are solved.
    pub(crate) count: usize,
    /// The facts that their shapes imply.
    pub(crate) facts: Span,
    /// The views that the arrays take of each variable, one for each part.
    pub(crate) views: Span,
    /// True if the views cover the whole variable.
    pub(crate) whole: bool,
    /// True if the item is absent somewhere, and is optional.
    pub(crate) absent: bool,
    /// The indices in all names of the elements, once they are collected.
    pub(crate) met: Option<Span>,
}

impl Memo {
    pub(crate) const NONE: Self = Self {
        aligned: NONE,
        number: 0,
        piece: 0,
        member: 0,
        fixed: 0,
        fixed_at: NONE,
        written: 0,
        held: NONE,
        family: NONE,
        instance: 0,
        count: 0,
        facts: Span::EMPTY,
        views: Span::EMPTY,
        whole: false,
        absent: false,
        met: None,
    };
}

/// The globs in the `ignore` of a struct that match a variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Globs {
    /// True if the struct was walked.
    pub(crate) walked: bool,
    /// A bit for each of the first 64 globs. Others are not checked.
    pub(crate) matched: u64,
}

impl Globs {
    pub(crate) const NONE: Self = Self { walked: false, matched: 0 };

    /// True if the glob with this number is known to match nothing.
    pub(crate) const fn is_idle(&self, number: usize) -> bool {
        self.walked && number < 64 && self.matched & (1 << number) == 0
    }
}

/// The length of an axis described by a `shape`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) term: usize,
    pub(crate) len: u64,
}

/// An array whose steps need symbols without a value yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) instance: usize,
    /// The number of variables that are like the first variable of the array.
    pub(crate) weight: usize,
    /// The number of lengths it had already recorded for symbols.
    pub(crate) said: usize,
}

/// A problem at a place. Findings that differ only in their places are reported together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) kind: Kind,
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    /// The family of the variable at fault; `NONE` if there is no variable, or several.
    pub(crate) family: usize,
    /// The input shape of a step, or the shape that is compared.
    pub(crate) at: Span,
    /// Further lengths: those of other shapes. They may include [`UNKNOWN`].
    pub(crate) other: Span,
    /// Numbers whose meaning depends on the kind.
    pub(crate) numbers: [u64; 4],
    /// A symbol, a glob, or a reason.
    pub(crate) word: Option<&'a str>,
    /// The missing instance.
    pub(crate) instance: usize,
    /// True if another problem reports it.
    pub(crate) told: bool,
}

/// An unknown length.
pub(crate) const UNKNOWN: u64 = u64::MAX;

impl<'a> Finding<'a> {
    /// The symbol, glob or reason; empty if the finding has none.
    pub(crate) const fn word(&self) -> &'a str {
        text(self.word)
    }

    pub(crate) const NONE: Self = Self {
        kind: Kind::Missing,
        item: 0,
        frame: NONE,
        scope: NONE,
        family: NONE,
        at: Span::EMPTY,
        other: Span::EMPTY,
        numbers: [0; 4],
        word: None,
        instance: NONE,
        told: false,
    };
}

/// The kind of a finding. It determines the meaning of the numbers, and the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No variable has the name.
    Missing,
    /// The variable cannot be read. The reason is in `word`.
    Unreadable,
    /// Several variables have the name. Number: its position among the ambiguous names.
    Ambiguous,
    /// The dtype differs.
    DType,
    /// The rank differs. Number: the rank of the field.
    Rank,
    /// `squeeze` names an axis that does not exist. Numbers: the step, the axis.
    SqueezeNoAxis,
    /// `squeeze` names an axis longer than 1. Numbers: the step, the axis.
    SqueezeNotUnit,
    /// `squeeze` is ambiguous; `other` has two of the results. Number: the step.
    SqueezeAmbiguous,
    /// The axis does not exist. Numbers: the step, the axis.
    NoAxis,
    /// The step names the wrong number of axes. Numbers: the step, the number of axes.
    Axes,
    /// `reshape` changes the number of elements. Numbers: the step, the new number of elements.
    OtherElements,
    /// `reshape` does not divide evenly. Numbers: the step, the required divisor.
    NoMultiple,
    /// An axis cannot be cut into equal parts. Numbers: the step, the axis, the number of parts.
    Indivisible,
    /// The sizes of the parts do not add up to the axis. Numbers: the step, the axis, the sum of the sizes.
    OtherSizes,
    /// The range is outside the axis. Numbers: the step, the axis, the start and the end.
    NoRange,
    /// Strides cannot express the result. Number: the step.
    NotStrided,
    /// The first of the joined variables has a different shape, in `other`. Number: the step.
    NotJoined,
    /// The shape differs from the one written by a step; the lengths of that are in `other`. Numbers: the step, its first root.
    Shape,
    /// A symbol has no value.
    NoValue,
    /// An expression has no valid value. Number: its root.
    NoNumber,
    /// The shape of zeros is unknown.
    Shapeless,
    /// The number of elements of a list differs from an expression. Numbers: both counts, the root.
    Elements,
    /// Another item takes the variable. Numbers: that item, and whether it uses another name.
    Taken,
    /// Another item takes some of the same elements. Number: that item.
    Overlap,
    /// Some elements are not taken. Number: their count.
    Gap,
    /// Several of the field's alternative paths exist. Number: one bit for each path.
    Aliases,
    /// A list lacks an element, but has a later one. Numbers: the later index, a variable at that index.
    Hole,
    /// A variable is both loaded and ignored.
    Ignored,
    /// No other field takes the variable of a `copy`.
    Copy,
    /// Ranks cannot have equal parts of an array. Numbers: the axis, the number of ranks.
    Undivided,
    /// An alternative name belongs to a variable of a different dtype or shape. Numbers: the item and the family of the taken one.
    Tied,
}

impl Kind {
    /// True if the kind is about a step that cannot be applied.
    pub(crate) const fn is_step(self) -> bool {
        matches!(
            self,
            Self::SqueezeNoAxis
                | Self::SqueezeNotUnit
                | Self::SqueezeAmbiguous
                | Self::NoAxis
                | Self::Axes
                | Self::OtherElements
                | Self::NoMultiple
                | Self::Indivisible
                | Self::OtherSizes
                | Self::NoRange
                | Self::NotStrided
                | Self::NotJoined
        )
    }
}

/// A record for building values, in the order of the walk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// The arrays that begin with an instance.
    Arrays(usize),
    /// True if an optional value is present, and follows.
    Present(bool),
    /// A field whose value is made by its own function.
    Absent { item: usize, scope: usize },
    /// A field that stores the value of a symbol.
    Dim { item: usize, scope: usize },
    /// A list with the indices of a range. The elements follow, as for the other lists.
    Range { start: usize, end: usize },
    /// A list with the indices that the field of an item lists.
    Listed { item: usize },
    /// A list with the indices that exist.
    There(Span),
}

/// An item at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
}

/// A struct with ignored or allowed variables, or with assertions, at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HolderSite {
    /// The number of the struct.
    pub(crate) holder: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
}

impl Instance {
    pub(crate) const NONE: Self = Self {
        item: 0,
        frame: NONE,
        scope: NONE,
        variable: NONE,
        family: NONE,
        pieces: 0,
        complete: false,
    };
}

impl ListElements {
    pub(crate) const NONE: Self = Self {
        item: 0,
        frame: NONE,
        scope: NONE,
        start: 0,
        end: 0,
        counted: false,
        says: NONE,
        stacked: false,
        met: Span::EMPTY,
    };
}

impl<'a> Symbol<'a> {
    pub(crate) const fn name(&self) -> &'a str {
        text(self.name)
    }

    pub(crate) const NONE: Self = Self {
        name: None,
        value: None,
        origin: Origin::Variables,
        votes: NONE,
        unsaid: false,
        contradicted: None,
    };
}

impl Vote {
    pub(crate) const NONE: Self =
        Self { value: 0, variables: 0, last: NONE, list: false, next: NONE };
}

impl Part {
    pub(crate) const NONE: Self =
        Self { variable: 0, instance: 0, first: 0, elements: 0, factors: Span::EMPTY, next: NONE };
}

impl Site {
    pub(crate) const NONE: Self = Self { item: 0, frame: NONE, scope: NONE };
}

impl Tie {
    pub(crate) const NONE: Self = Self { taken: NONE, other: NONE, site: Site::NONE };
}

impl HoleAt {
    pub(crate) const NONE: Self = Self { list: 0, frame: NONE, end: 0, seen: 0, variable: 0 };
}

impl Outside {
    pub(crate) const NONE: Self = Self { variable: 0, family: 0, item: 0, list: 0, element: NONE };
}

/// Optional text. Cells in a constant start without references: if any cell has one, each write to a cell costs the
/// compiler time in proportion to the number of cells.
const fn text(text: Option<&str>) -> &str {
    match text {
        Some(text) => text,
        None => "",
    }
}

/// A reported problem: ranges of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) kind: ProblemKind,
    pub(crate) field: Span,
    pub(crate) variable: Span,
    pub(crate) message: Span,
    /// The number of places.
    pub(crate) count: usize,
    /// The family of the variables it is about.
    pub(crate) family: usize,
    pub(crate) wanted: Want,
}

/// The expected dtype, rank or shape of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    Nothing,
    DType(DType),
    Rank(usize),
    /// Lengths. They may include [`UNKNOWN`].
    Shape(Span),
}

impl Told {
    pub(crate) const NONE: Self = Self {
        kind: ProblemKind::Missing,
        field: Span::EMPTY,
        variable: Span::EMPTY,
        message: Span::EMPTY,
        count: 1,
        family: NONE,
        wanted: Want::Nothing,
    };
}

/// Findings that differ only in their places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folded {
    /// The first finding.
    pub(crate) finding: usize,
    /// The values of each index, among the boxes.
    pub(crate) axes: Span,
    /// The outermost absent struct around a missing variable.
    pub(crate) top: usize,
    pub(crate) told: bool,
}

/// An assertion that fails, or an expression without a valid value: its struct, its number there, its roots, and the scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) holder: usize,
    pub(crate) number: usize,
    pub(crate) roots: usize,
    pub(crate) scope: usize,
}

impl Folded {
    pub(crate) const NONE: Self = Self { finding: 0, axes: Span::EMPTY, top: NONE, told: false };
}

impl Failed {
    pub(crate) const NONE: Self = Self { holder: 0, number: 0, roots: 0, scope: NONE };
}

/// A text in the names of missing variables and its replacement in the manifest. Both are in the memory for texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) written: Span,
    pub(crate) found: Span,
    pub(crate) count: usize,
}

impl Change {
    pub(crate) const NONE: Self = Self { written: Span::EMPTY, found: Span::EMPTY, count: 0 };
}
