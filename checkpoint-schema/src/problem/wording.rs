//! Message templates, shared by the compiler and the run time. Each `{}` is a placeholder.

use std::fmt;

pub(crate) const FIELD: &str = "field `{}`: ";

pub(crate) const NO_VARIABLE: &str = "missing variable {}; ";
pub(crate) const DID_YOU_MEAN: &str = "did you mean `{}`, {}?";
pub(crate) const PARTS: &str =
    "it is stored in parts, as `{}`, {}; join them with `concat(axis = 0, paths = [...])`";
pub(crate) const MAY_BE_ABSENT: &str = "if it is optional, make the field an `Option`";
pub(crate) const ALIASES: &str = "the checkpoint has {}, but the field takes one; remove the other from the field, and `ignore` it";
pub(crate) const TAKEN: &str = "`{}` is already loaded by `{}`; only one field can take a variable";
pub(crate) const TAKEN_BY_ANOTHER_NAME: &str = "`{}` is another name of `{}`, which is already loaded by `{}`; only one field can take a variable";
pub(crate) const IGNORED: &str =
    "`{}` is loaded, but `ignore` matches it too, by `{}`; remove one of the two";
pub(crate) const HOLE: &str = "its variables are missing, but `{}` of `{}[{}]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`";

pub(crate) const LATER_START: &str =
    "index {} is missing, but `{}` exists; if the list starts there, write `repeat({} = {}..)`";
pub(crate) const LATER_STACK: &str =
    "index {} is missing, but `{}` exists; if the indices start there, write `{} = {}..`";
pub(crate) const HOLE_OF_STACK: &str = "an index before `{}` is missing, which has index {}; the indices of `stack` and `concat` must be contiguous";
pub(crate) const DOES_NOT_FIT: &str = "`{}` does not fit the manifest `{}`: ";
pub(crate) const NOTHING_SAYS: &str =
    "the manifest does not determine `{}`; write `dims({} = ...)` on the struct";
pub(crate) const NO_VALUE: &str = "no variable determines `{}`; write `dims({} = ...)` on the struct, or bind it with \
     `LoadOptions::bind`";
pub(crate) const NO_NUMBER: &str = "`{}` is not a nonnegative integer";
pub(crate) const SHAPELESS: &str = "the shape of its zeros is unknown; write `shape = [...]`";
pub(crate) const AMBIGUOUS: &str =
    "`{}` is the full name of {} variables: {}; write the key of one as an absolute path: `/{}`";
pub(crate) const NOT_STRIDED: &str =
    "which `{}` cannot express with strides; load it unchanged, and convert it with `map`";
pub(crate) const DTYPES: &str =
    "{} variables are {}, such as `{}` of `{}`, but their fields are {}; ";
pub(crate) const DTYPES_OF: &str =
    "field `{}`, at {} places: {} variables are {}, such as `{}`, but the field holds {}; ";
pub(crate) const GIVE_FIELD: &str = "change the field to {}";
pub(crate) const SO_ARE: &str = "; the same at {} more places of `{}`";
pub(crate) const WRITE_CAST: &str = "write `cast = \"{}\"` on the struct, or ";
pub(crate) const GIVE_FIELDS: &str = "change the fields to {}";
pub(crate) const ABSENT: &str = "its {} variables are missing, such as `{}`; ";
pub(crate) const CHANGE_BOUNDS: &str = "change the bounds of its list, or load another checkpoint";
pub(crate) const CHANGE_LIST: &str = "remove its index from `repeat`, or load another checkpoint";
pub(crate) const ELSEWHERE: &str = "no variables under `{}`; did you mean `{}`?";
pub(crate) const UNDER_PREFIX: &str =
    "{} variables are not where the struct expects them, but under `{}`; ";
pub(crate) const WITHOUT_PREFIX: &str =
    "{} variables are not where the struct expects them, but without `{}`; ";
pub(crate) const OTHER_PREFIX: &str =
    "{} variables are not where the struct expects them, but under `{}` instead of `{}`; ";
pub(crate) const WRITE_PREFIX: &str = "write `prefix = \"{}\"` on `{}`";
pub(crate) const REMOVE_PREFIX: &str = "remove `prefix` on `{}`";
pub(crate) const LOAD_WITH: &str = "load with `LoadOptions::prefix(\"{}\")`";
pub(crate) const CHANGE_OPTION: &str =
    "load with another `LoadOptions::prefix`, or change the paths";
pub(crate) const ANOTHER_MODEL_S: &str = "{} variables of `{}` are missing, such as `{}` of `{}`, and the checkpoint has {} others, \
     such as `{}`; this seems to be another model";
pub(crate) const RENAMED: &str =
    "{} variables are named `{}`, but `{}` in the struct; change the paths";
pub(crate) const OBJECT_BASED: &str = "the keys of this checkpoint are paths of objects; write `naming = \"object_path\"` on the struct to use them";
pub(crate) const COPY: &str = "no other field takes `{}`, of which this is a `copy`; remove `copy`";
pub(crate) const TIED: &str = "`{}` is {}, but `tie` says that it is `{}`, which is {}; tied variables are equal, so remove it from `tie`";
pub(crate) const ONLY_AVERAGES: &str = "{} {} only averages in the checkpoint, such as `{}`; write \
     `shadow = \"ExponentialMovingAverage\"` on the struct";
pub(crate) const ONLY_AVERAGES_TAKEN: &str =
    "{} {} only averages in the checkpoint, such as `{}`; load with `Shadow::PreferAverage`";
pub(crate) const NO_AVERAGE: &str =
    "{} {} no average in the checkpoint, such as `{}`; load with `Shadow::PreferAverage`";
pub(crate) const BOUND_AND_FIXED: &str =
    "`{}` is bound to {}, but the struct fixes it to {}; remove one of the two";

pub(crate) const NAMELESS: &str =
    "only a struct has paths of variables; load a struct with a field of this type";
pub(crate) const NO_GRAPH: &str =
    "the checkpoint has no object graph for `naming = \"{}\"`; remove `naming`";
pub(crate) const UNBOUND: &str = "`{}` is bound, but no struct declares it; ";
pub(crate) const DID_YOU_MEAN_SYMBOL: &str = "did you mean `{}`?";
pub(crate) const DECLARE_IT: &str = "write `dims({})` on the struct, or bind nothing";

pub(crate) const UNREADABLE: &str = "`{}` is {}";

pub(crate) const DTYPE: &str = "`{}` is {}, but the field is {}; change the field to {}";
pub(crate) const OR_CAST: &str = ", or write `cast`";
pub(crate) const OR_CAST_ANY: &str = ", or write `cast = \"any\"`";

pub(crate) const IS: &str = "`{}` is {}, ";
pub(crate) const IS_IN_THE_CHECKPOINT: &str = "`{}` is {} in the checkpoint, ";
pub(crate) const IN_THE_END: &str = "which is {} after the steps, ";
pub(crate) const HERE: &str = "here {}, ";
pub(crate) const BUT_THE_FIELD_HAS: &str = "but the field has {} {}; ";
pub(crate) const SCALAR: &str = "it is a scalar, so change the field to `{}`";
pub(crate) const GIVE_IT: &str = "change the field to rank {}";
pub(crate) const SQUEEZE: &str = "`squeeze` removes axes of length 1";
pub(crate) const EXPAND: &str = "; `expand` adds axes of length 1";
pub(crate) const BUT_AS: &str = "but {} in the struct, as {}";
pub(crate) const BUT: &str = "but {} in the struct";
pub(crate) const OF_CONSTANT: &str = "; write its `shape` in `constant`, or another path";
pub(crate) const TRANSPOSED: &str = "; its axes are transposed, so write `transpose` before";
pub(crate) const OR_SWAP: &str = ", or swap the symbols in `dims`";
pub(crate) const BEFORE_STEP: &str =
    "; that is its shape before `{}`, so write `shape` before that";
pub(crate) const AS_THE_STRUCT_SAYS: &str = "; `{}` is {}, as the struct says";
pub(crate) const AS_IT_IS_BOUND: &str = "; `{}` is {}, as it is bound";
pub(crate) const AS_ONE_SAYS: &str = "; `{}` is {} in `{}` of `{}`";
pub(crate) const AS_MANY_SAY: &str = "; `{}` is {} in {} variables, such as `{}` of `{}`";
pub(crate) const AS_OTHERS_SAY: &str = "; `{}` is {} in other variables";
pub(crate) const ELEMENTS: &str = "the checkpoint has {} items, but the struct has {}";
pub(crate) const OVERLAP: &str = "`{}` is {}, but `{}` also takes some of its elements; the parts of a variable must not overlap";
pub(crate) const GAP: &str =
    "`{}` is {}, but no field takes {} of its elements; take the other parts too";

pub(crate) const SQUEEZE_NO_AXIS: &str = "which has no axis {} to squeeze; axes are counted from 0";
pub(crate) const SQUEEZE_NOT_UNIT: &str =
    "but `squeeze` cannot remove axis {}; only axes of length 1 can be removed";
pub(crate) const SQUEEZE_AMBIGUOUS: &str =
    "which `squeeze` can make {} or {}; write the axis, as in `squeeze(0)`";
pub(crate) const NO_AXIS: &str = "which has no axis {} for `{}`; axes are counted from 0";
pub(crate) const NAMES_AXES: &str = "but `{}` lists {} axes; expected {}";
pub(crate) const OTHER_ELEMENTS: &str =
    "which has {} elements, but `{}` asks for {}; change the lengths";
pub(crate) const NO_MULTIPLE: &str =
    "which has {} elements, but `{}` asks for a multiple of {}; change the lengths";
pub(crate) const INDIVISIBLE: &str = "but `{}` cannot divide axis {}, of length {}, into {} equal parts; use `split` with `sizes`, or `slice` with a `range`";
pub(crate) const NO_BLOCKS: &str = "but `{}` cannot divide axis {}, of length {}, into {} equal blocks; change the number of blocks";
pub(crate) const BY_DEFAULT: &str = "it is {} by its `default`, ";
pub(crate) const PARALLEL_NO_AXIS: &str =
    "which has no axis {} for `parallel(axis = {})`; axes are counted from 0";
pub(crate) const UNDIVIDED: &str = "but `parallel(axis = {})` cannot divide axis {}, of length {}, among {} ranks; list only divisors of it \
     in `of`";
pub(crate) const PARALLEL_TEARS: &str = "which `parallel(axis = {})` cannot express with strides for {} ranks; list other numbers in \
     `of`, or divide another axis";
pub(crate) const OTHER_SIZES: &str =
    "but axis {} has length {}, and the parts of `{}` add up to {}; change the sizes";
pub(crate) const NO_RANGE: &str =
    "but axis {} has length {}, and `{}` takes {}..{}; take a range within it";
pub(crate) const NOT_STACKED: &str = "but the first that `{}` joins is {}; all have the same shape";
pub(crate) const NOT_JOINED: &str =
    "but the first that `{}` joins is {}; only the axis of `concat` may differ";

pub(crate) const SYMBOL: &str = "`{}` is {} in the struct, but {} in the checkpoint: ";
pub(crate) const SYMBOL_BOUND: &str = "`{}` is bound to {}, but {} in the checkpoint: ";
pub(crate) const BIND_THAT: &str = "; bind it to that, or load another checkpoint";
pub(crate) const SO_MANY: &str = "its list has that many items";
pub(crate) const AGREE: &str = "{} variables agree, such as `{}` of `{}`";
pub(crate) const CHANGE: &str = "; change the struct, or load another checkpoint";
pub(crate) const FIXED_TWICE: &str =
    "structs fix `{}` to {} and to {}; give one of them another name, or make it `local`";
pub(crate) const VARIED: &str = "`{}` has {} values in the checkpoint: ";
pub(crate) const VALUE_IN: &str = "{} in `{}`";
pub(crate) const OR_LOCAL: &str = "; if each `{}` has its own, write `local {}` in its `dims`";
pub(crate) const WRITE_LOCAL: &str =
    "if each instance of a struct has its own, write `local {}` in its `dims`";
pub(crate) const ASSERTS: &str = "`{}` asserts that `{}`, but ";
pub(crate) const SYMBOL_IS: &str = "`{}` is {}";
pub(crate) const ANOTHER_MODEL: &str = "; this is another model";

pub(crate) const UNMAPPED: &str = "unexpected variable `{}`, {}; add a field, or ";
pub(crate) const WRITE_IGNORE: &str = "write `ignore({})`";
pub(crate) const NAME_IN_IGNORE: &str = "add it to `ignore`";
pub(crate) const ALL_UNMAPPED: &str = "all {} unexpected variables are {}, such as `{}`; ";
pub(crate) const SOME_UNMAPPED: &str = "{} of the {} unexpected variables are {}, such as `{}`; ";
pub(crate) const BEYOND_ONE: &str =
    "unexpected variable `{}`, {}, beyond the bounds of `{}`; widen them, or add it to `ignore`";
pub(crate) const BEYOND: &str = "{} unexpected variables, such as `{}`, are beyond the bounds of `{}`; widen them, or add them to `ignore`";
pub(crate) const UNLISTED_ONE: &str = "unexpected variable `{}`, {}; its index is not listed in `repeat` of `{}`: list the index, or add the variable to `ignore`";
pub(crate) const UNLISTED: &str = "{} unexpected variables, such as `{}`, have an index that is not listed in `repeat` of `{}`; list the index, or add the variables to `ignore`";

pub(crate) const IDLE: &str =
    "`ignore`: `{}` matches no variable; remove it, or write `optional(\"{}\")`";

pub(crate) const NESTED_IDLE: &str = "`ignore` of `{}`: `{}` matches no variable of any manifest; remove it, or write `optional(\"{}\")` \
     if other checkpoints have some";

pub(crate) const NO_MANIFEST_HAS: &str = "no manifest has a variable `{}`; ";
pub(crate) const NO_MANIFEST_HAS_ANY: &str = "no manifest has any variable of `{}`; ";
pub(crate) const NEVER_THERE: &str = "it can never be `Some`; remove the field";

pub(crate) const OTHER_VALUE: &str = "`{}` is {}, but {} in `{}`; name manifests of one model, or make the steps of the dialects agree";
pub(crate) const OTHER_COUNT: &str =
    "it has {} arrays, but {} in `{}`; list manifests of one model";
pub(crate) const OTHER_SHAPE: &str = "its shape is {}, but {} in `{}`; ";
pub(crate) const ONE_TRANSPOSES: &str =
    "its axes are the other way round, so let one of the dialects `transpose` it";
pub(crate) const ONE_SHAPE: &str = "make the steps of the dialects agree";
pub(crate) const ONE_LAYOUT: &str = "it is square and has one layout in all dialects, so no shape shows if a `transpose` is missing; \
     write `dialect(..., transpose)`, or `same_layout` if that is right";

/// Fills the placeholders `{}` of a sentence.
pub(crate) fn filled(sentence: &str, words: &[&dyn fmt::Display]) -> String {
    let mut words = words.iter();
    let mut filled = String::new();
    for (number, text) in sentence.split("{}").enumerate() {
        if number > 0 {
            filled.extend(words.next().map(ToString::to_string));
        }
        filled.push_str(text);
    }
    filled
}
