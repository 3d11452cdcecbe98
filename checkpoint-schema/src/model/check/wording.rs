//! The messages about mistakes in a struct alone. Each `{}` is a placeholder.

pub(super) const NAMING_ALONE: &str =
    "`{}` has `naming = \"{}\"`, but `{}` around it has none; write it there";
pub(super) const OTHER_NAMING: &str = "`{}` has `naming = \"{}\"`, but `{}` around it has `naming = \"{}\"`; all names of a model \
     are of one kind, so remove one of the two";
pub(super) const SAME_VARIABLE: &str =
    "it takes the same variable as `{}`; give one of them another path";
pub(super) const TIE_OF_MANY: &str =
    "`tie` is for a field of one variable; write it on that field of the struct";
pub(super) const LACKING: &str =
    "the dialect lacks it, so its value is unknown; make it an `Option`, or write `default`";
pub(super) const DEFAULT_OF_OPTION: &str = "an `Option` is `None` when absent; remove `default`";
pub(super) const BORROWED_ZEROS: &str =
    "the zeros of `default` cannot be borrowed; let the field be a `CowArray`";
pub(super) const SHAPELESS_ZEROS: &str = "`default` cannot know the shape of its zeros; write `shape = [...]` too, or `default = \"a \
     function\"` that makes the value";
pub(super) const ZEROS_OF_MANY: &str =
    "`default` makes zeros of one array; write `default = \"a function\"` that makes the value";
pub(super) const SAME_INDEX: &str =
    "the index `{}` is already used by an outer field; rename this one";
pub(super) const NEGATIVE: &str = "`{}` is negative where `{}` is {}";
pub(super) const LIST_FROM: &str = "; list numbers from {} on";
pub(super) const WRITE_INDEX: &str = "; write `<{}>` here, and add to it in the other paths";
pub(super) const START_AT: &str = "; start at {}, as in `{} = {}..`";
pub(super) const ANY_NEEDS_MAP: &str = "`repeat({} = any)` needs a map, which keeps the indices; change the field to \
     `BTreeMap<usize, _>`";
pub(super) const OTHER_LENGTH: &str =
    "`repeat` has {} items, but the array has {}; change the length of one of them";
pub(super) const UNBOUND_INDEX: &str =
    "unbound index `<{}>`; write `repeat({})` on the field that repeats";
pub(super) const UNUSED_INDEX: &str =
    "its path does not contain `<{}>`, so {}; add `<{}>` to the path";

pub(super) const SEVERAL_ARRAYS: &str =
    "`{}` makes several arrays, but the field holds one; make it an array `[T; N]` or a tuple";
pub(super) const NO_VARIABLES: &str =
    "`{}` applies to variables, but the field has none of its own; write it on the nested fields";
pub(super) const NO_SOURCE: &str = "its {} values have no source; write `split(axis = 0)` for parts of one variable, or \
     `repeat(i)` for several variables";
pub(super) const OTHER_SIZES: &str =
    "`sizes` lists {} lengths, but the field has {} parts; list one length for each part";
pub(super) const NO_ARRAY: &str =
    "the parts that `split` makes are arrays, and part {} holds something else; write arrays";
pub(super) const OTHER_AXES: &str = "`{}` lists {} {}, but the array has rank {} at this step; change the list, or the type of \
     the field";
pub(super) const NO_AXIS: &str =
    "`{}` refers to axis {}, but the array has rank {}; axes are numbered from 0";

pub(super) const LAYOUT_OF_NO_MATRIX: &str =
    "`same_layout` is for a matrix; write it on a field of two axes, or remove it";
pub(super) const LAYOUT_CONTRADICTED: &str = "`same_layout` contradicts the steps: some dialect transposes it, and another does not; \
     remove one";

pub(super) const DIMS_OF_LOCAL: &str = "`dims` says what `{}` is, but `{}` declares it as `local`; write `dims({})` there, and each \
     field gives it a value";
pub(super) const UNDECLARED: &str =
    "undeclared symbol `{}`; write `dims({})` on the struct, or on one around it";
