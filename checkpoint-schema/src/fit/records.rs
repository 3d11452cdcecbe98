//! The state of a check: tables in borrowed memory.

use crate::fit::stack::{NONE, Span, record};
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
    /// The variable that holds the object graph, which is never unexpected; `NONE` if there is none.
    pub(crate) graph: usize,
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
            graph: NONE,
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

record! {
    /// A variable of a field at one place.
    Instance {
        item: usize = 0,
        frame: usize = NONE,
        scope: usize = NONE,
        /// The variable and its family; `NONE` if it is missing, or for zeros.
        variable: usize = NONE,
        family: usize = NONE,
        /// The number of joined variables, on the first of them; 0 on the others.
        pieces: usize = 0,
        /// True if all joined variables exist, on the first of them.
        complete: bool = false,
    }
}

record! {
    /// The elements of a list at one place.
    ListElements {
        item: usize = 0,
        frame: usize = NONE,
        scope: usize = NONE,
        start: usize = 0,
        end: usize = 0,
        /// True if the elements were counted instead of written in the struct.
        counted: bool = false,
        /// The root of the expression whose value is given by the number of elements; `NONE` if there is none.
        says: usize = NONE,
        /// True if they are the pieces of a `stack`.
        stacked: bool = false,
        /// The indices of the elements, if the list takes those that exist.
        met: Span = Span::EMPTY,
        /// The number of elements that are walked: also the first of an empty list that may not be empty.
        len: usize = 0,
    }
}

/// The symbols of one instance of a struct.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) outer: usize,
    /// The number of the scope's first symbol.
    pub(crate) first: usize,
}

record! {
    /// A symbol and its known values.
    Symbol<'a> {
        name: Option<&'a str> = None,
        value: Option<u64> = None,
        origin: Origin = Origin::Variables,
        /// The first of the values implied by variables.
        votes: usize = NONE,
        /// True if a missing variable would have given more information about the symbol; in a save, if no variable says its value.
        unsaid: bool = false,
        /// An overruled value, its source, and the number of variables that imply the value now used; 0 if only a list does.
        contradicted: Option<(u64, Origin, usize)> = None,
    }
}

/// The source of a symbol's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Struct,
    Bound,
    Variables,
}

record! {
    /// A value that variables imply for a symbol.
    Vote {
        value: u64 = 0,
        /// The number of variables that imply it.
        variables: usize = 0,
        /// The last of these variables.
        last: usize = NONE,
        /// True if the number of elements of a list implies it.
        list: bool = false,
        next: usize = NONE,
    }
}

/// The equation `expression == found` at a place, with several symbols, not solved yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equation {
    pub(crate) term: usize,
    pub(crate) scope: usize,
    pub(crate) found: u64,
}

record! {
    /// The use of a variable by fields.
    Taken<'a> {
        /// The first instance that takes it.
        by: usize = NONE,
        /// The first instance of the only array that takes the whole variable.
        whole: usize = NONE,
        /// The first of the parts that arrays take, if there are several or some elements are not taken.
        parts: usize = NONE,
        /// True if one of its arrays could not be built.
        broken: bool = false,
        /// True if no field takes the variable and nothing accounts for it: a problem.
        unmapped: bool = false,
        /// True if no field takes the variable, and a struct allows that.
        allowed: bool = false,
        /// The glob or preset that ignores the variable, and the place of that struct.
        ignored: Option<&'a str> = None,
        place: usize = NONE,
        /// The attribute that accounts for the variable if no field takes it.
        spare: Option<Spare> = None,
    }
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

record! {
    /// Two variables that must be equal.
    Tie {
        /// The taken variable.
        taken: usize = NONE,
        /// The other variable.
        other: usize = NONE,
        site: Site = Site::NONE,
    }
}

record! {
    /// A variable at an index after a hole: the list has no element here, but has later ones.
    HoleAt {
        list: usize = 0,
        /// The place of the list, and the index after its last element.
        frame: usize = NONE,
        end: usize = 0,
        /// The index of the element.
        seen: usize = 0,
        variable: usize = 0,
    }
}

record! {
    /// A variable at an element outside the bounds of a list.
    Outside {
        variable: usize = 0,
        family: usize = 0,
        /// The item that would take the variable.
        item: usize = 0,
        /// The list, and the frame of the element.
        list: usize = 0,
        element: usize = NONE,
    }
}

record! {
    /// A part of a variable, taken by an array.
    Part {
        variable: usize = 0,
        instance: usize = 0,
        first: u64 = 0,
        elements: u64 = 0,
        /// The factors that walk over the part, in any order.
        factors: Span = Span::EMPTY,
        next: usize = NONE,
    }
}

record! {
    /// Facts about the last variables of an item. Variables that are alike are checked only once.
    Memo {
        /// The family whose names match the item's template. Only the numbers of such names need comparing.
        aligned: usize = NONE,
        /// The first number in that family's names, and the first index in the template.
        number: usize = 0,
        piece: usize = 0,
        /// One of its variables with such a name.
        member: usize = 0,
        /// A bit for each index that is text in the family's names, and the first of their values in the stack `fixed`.
        fixed: u64 = 0,
        fixed_at: usize = NONE,
        /// A bit for each piece of the family's names that is a number there, and text in the template.
        written: u64 = 0,
        /// The family whose dtype the item accepts.
        held: usize = NONE,
        /// The family of the last variables; `NONE` if they are not alike.
        family: usize = NONE,
        /// The first of the variables that are alike.
        instance: usize = 0,
        /// The number of variables that are alike, while symbols are solved.
        count: usize = 0,
        /// The facts that their shapes imply.
        facts: Span = Span::EMPTY,
        /// The views that the arrays take of each variable, one for each part.
        views: Span = Span::EMPTY,
        /// True if the views cover the whole variable.
        whole: bool = false,
        /// True if the item is absent somewhere, and is optional.
        absent: bool = false,
        /// A hash of the letters in its names, once they are collected.
        letters: u64 = 0,
        /// The indices in all names of the elements, once they are collected.
        met: Option<Span> = None,
    }
}

record! {
    /// The globs in the `ignore` of a struct that match a variable.
    Globs {
        /// True if the struct was walked.
        walked: bool = false,
        /// A bit for each of the first 64 globs. Others are not checked.
        matched: u64 = 0,
    }
}

impl Globs {
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

record! {
    /// A problem at a place. Findings that differ only in their places are reported together.
    Finding<'a> {
        kind: Kind = Kind::Missing,
        item: usize = 0,
        frame: usize = NONE,
        scope: usize = NONE,
        /// The family of the variable at fault; `NONE` if there is no variable, or several.
        family: usize = NONE,
        /// The input shape of a step, or the shape that is compared.
        at: Span = Span::EMPTY,
        /// Further lengths: those of other shapes. They may include [`UNKNOWN`].
        other: Span = Span::EMPTY,
        /// Numbers whose meaning depends on the kind.
        numbers: [u64; 4] = [0; 4],
        /// A symbol, a glob, or a reason.
        word: Option<&'a str> = None,
        /// The missing instance.
        instance: usize = NONE,
        /// True if another problem reports it.
        told: bool = false,
    }
}

/// An unknown length.
pub(crate) const UNKNOWN: u64 = u64::MAX;

impl<'a> Finding<'a> {
    /// A problem at a place.
    pub(crate) const fn at(kind: Kind, site: Site) -> Self {
        let Site { item, frame, scope } = site;
        Self { kind, item, frame, scope, ..Self::NONE }
    }

    /// The symbol, glob or reason; empty if the finding has none.
    pub(crate) const fn word(&self) -> &'a str {
        text(self.word)
    }
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
    /// Variables of an element are excluded only by the bounds of a list. Numbers: the item of the list, the number of variables.
    Beyond,
    /// No manifest has a variable of an optional field.
    NeverThere,
    /// Structs fix a symbol to two values. Numbers: the symbol, the values.
    FixedTwice,
    /// The options bind a symbol that a struct fixes. Numbers: the symbol, both values.
    BoundAndFixed,
    /// Variables contradict the value of a symbol. Numbers: the symbol, the given value, the value in variables.
    Contradicted,
    /// An assertion fails, or an expression in it has no valid value. Numbers: its struct, its number there, its first root.
    Failed,
    /// Variables imply several values of a symbol. Number: the symbol.
    Varied,
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
    /// True if the kind is about symbols, not fields.
    pub(crate) const fn is_of_symbol(self) -> bool {
        matches!(
            self,
            Self::FixedTwice
                | Self::BoundAndFixed
                | Self::Contradicted
                | Self::Failed
                | Self::Varied
        )
    }

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
    /// A list, by its number. Its elements follow.
    List(usize),
}

record! {
    /// An item at one place.
    Site {
        item: usize = 0,
        frame: usize = NONE,
        scope: usize = NONE,
    }
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
    /// The place of its item.
    pub(crate) const fn site(&self) -> Site {
        Site { item: self.item, frame: self.frame, scope: self.scope }
    }
}

impl<'a> Symbol<'a> {
    pub(crate) const fn name(&self) -> &'a str {
        text(self.name)
    }
}

/// Optional text. Cells in a constant start without references: if any cell has one, each write to a cell costs the
/// compiler time in proportion to the number of cells.
const fn text(text: Option<&str>) -> &str {
    match text {
        Some(text) => text,
        None => "",
    }
}

record! {
    /// A reported problem: ranges of the text.
    Told {
        kind: ProblemKind = ProblemKind::Missing,
        field: Span = Span::EMPTY,
        variable: Span = Span::EMPTY,
        message: Span = Span::EMPTY,
        /// The number of places.
        count: usize = 1,
        /// The family of the variables it is about.
        family: usize = NONE,
        wanted: Want = Want::Nothing,
    }
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

record! {
    /// Findings that differ only in their places.
    Folded {
        /// The first finding.
        finding: usize = 0,
        /// The values of each index, among the boxes.
        axes: Span = Span::EMPTY,
        /// The outermost absent struct around a missing variable.
        top: usize = NONE,
        told: bool = false,
    }
}

record! {
    /// A text in the names of missing variables and its replacement in the manifest. Both are in the memory for texts.
    Change {
        /// True if a word differs, wherever it is; false if the prefix does.
        is_word: bool = false,
        written: Span = Span::EMPTY,
        found: Span = Span::EMPTY,
        /// The hash of the replacement.
        hash: u64 = 0,
        count: usize = 0,
    }
}
