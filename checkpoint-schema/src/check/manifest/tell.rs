//! What is wrong with the variables of a field, in sentences.

use crate::check::manifest::dims::{Dims, Fault, rank_after};
use crate::check::manifest::leaf::Seen;
use crate::check::manifest::near::{nearest, write_family};
use crate::check::manifest::place::Place;
use crate::check::manifest::report::Line;
use crate::check::manifest::sets::{Sets, write_field, write_variable};
use crate::check::manifest::state::State;
use crate::check::manifest::steps::{Parts, Wrong, once, sliced, tensor};
use crate::check::manifest::symbols::{self, At};
use crate::check::manifest::text::{Words, written};
use crate::check::manifest::unmapped::{explain, ignores};
use crate::check::manifest::walk::field_of;
use crate::description::{Cast, Node, Op};
use crate::dtype::DType;
use crate::expression::{Axis, Expression};
use crate::manifest::Family;
use crate::problem::wording as say;

/// The start of a sentence about a field: ``field `Gpt2.blocks[0..12].w`: ``.
pub(super) const fn about(place: &Place<'_>, sets: &Sets) -> Line {
    let (mut line, mut field) = (Line::EMPTY, Words::EMPTY);
    write_field(place, sets, &mut field);
    line.fill(say::FIELD, &[field.as_str()]);
    line
}

/// The variables of some places.
pub(super) const fn variable(place: &Place<'_>, sets: &Sets) -> Words {
    let mut words = Words::EMPTY;
    write_variable(place, sets, &mut words);
    words
}

/// `f32 [1, 768, 2304]`
pub(super) const fn spec(family: &Family<'_>) -> Words {
    let mut words = Words::EMPTY;
    words.push(family.dtype.short());
    words.push(" ");
    write_lens(family.shape, &mut words);
    words
}

/// `[1, 768, 2304]`
const fn write_lens(lens: &[u64], out: &mut Words) {
    out.push("[");
    let mut at = 0;
    while at < lens.len() {
        out.push(if at > 0 { ", " } else { "" });
        out.number(lens[at], 1);
        at += 1;
    }
    out.push("]");
}

const fn shape(dims: &Dims) -> Words {
    let mut words = Words::EMPTY;
    write_lens(dims.all(), &mut words);
    words
}

const fn number(number: u64) -> Words {
    let mut words = Words::EMPTY;
    words.number(number, 1);
    words
}

/// Says what is wrong with the variables of one path of a field, but for the arrays that are made of them.
pub(super) const fn seen<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    seen: &Seen,
    state: &mut State<'_, VARIABLES>,
) {
    if seen.missing.count > 0 {
        missing(place, parts, &seen.missing, state);
    }
    let mut at = 0;
    while at < seen.len {
        let (family, sets, _) = &seen.families[at];
        dtype(place, parts, sets, *family, state);
        if let Some(glob) = state.manifest.families[*family].ignored
            && is_ignored(&variable(place, &Sets::one(&sets.last)), state.root)
        {
            let mut line = about(place, sets);
            line.fill(say::IGNORED, &[variable(place, sets).as_str(), glob]);
            state.report.tell(&line);
        }
        at += 1;
    }
    if seen.taken.count > 0 {
        let mut line = about(place, &seen.taken);
        let by = field_of(seen.by, state);
        line.fill(say::TAKEN, &[variable(place, &seen.taken).as_str(), by.as_str()]);
        state.report.tell(&line);
    }
}

/// Whether the root ignores a variable by this of its names.
const fn is_ignored(name: &Words, root: &Node) -> bool {
    let name = name.as_str().as_bytes();
    matches!(root, Node::Struct(root) if ignores(root, name, name))
}

const fn missing<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    sets: &Sets,
    state: &mut State<'_, VARIABLES>,
) {
    if !state.report.has_room() {
        return state.report.tell(&Line::EMPTY);
    }
    let mut line = about(place, sets);
    let mut names = Words::EMPTY;
    names.push("`");
    names.push(variable(place, sets).as_str());
    names.push("`");
    let aliases = if place.field.joins_paths() { 0 } else { place.field.paths.len() };
    let mut path = 1;
    while path < aliases {
        names.push(if path + 1 == aliases { " or `" } else { ", `" });
        names.push(variable(&place.by_path(path), sets).as_str());
        names.push("`");
        path += 1;
    }
    line.fill(say::NO_VARIABLE, &[names.as_str()]);
    may_be(place, parts, &mut line, state, say::MAY_BE_ABSENT);
    state.report.tell(&line);
}

/// What was meant by a path, or the way out.
pub(super) const fn may_be<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    line: &mut Line,
    state: &mut State<'_, VARIABLES>,
    way_out: &str,
) {
    let dtype = match parts.tensor(0) {
        Some(tensor) => tensor.dtype,
        None => None,
    };
    let Some(near) = nearest(place, dtype, state) else {
        return line.push(way_out);
    };
    let family = &state.manifest.families[near];
    let mut name = Words::EMPTY;
    write_family(family, &mut name);
    line.fill(say::DID_YOU_MEAN, &[name.as_str(), spec(family).as_str()]);
    explain(family, state);
}

/// Whether a family has the dtype of a field, or one that is converted.
pub(super) const fn dtype_fits<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    family: usize,
    state: &State<'_, VARIABLES>,
) -> bool {
    wanted(place, parts, &state.manifest.families[family]).is_none()
}

/// The dtype that the field holds, where it is another.
const fn wanted(place: &Place<'_>, parts: Parts<'_>, found: &Family<'_>) -> Option<DType> {
    let mut at = 0;
    while let Some(tensor) = parts.tensor(at) {
        let string =
            tensor.or_string && matches!(found.dtype, DType::String) && found.shape.is_empty();
        if let Some(wanted) = tensor.dtype
            && !string
            && !place.cast.allows(found.dtype, wanted)
        {
            return Some(wanted);
        }
        at += 1;
    }
    None
}

const fn dtype<const VARIABLES: usize>(
    place: &Place<'_>,
    parts: Parts<'_>,
    sets: &Sets,
    family: usize,
    state: &mut State<'_, VARIABLES>,
) {
    let found = &state.manifest.families[family];
    let Some(wanted) = wanted(place, parts, found) else { return };
    let mut line = about(place, sets);
    let (name, dtype) = (variable(place, sets), found.dtype);
    line.fill(say::DTYPE, &[name.as_str(), spec(found).as_str(), wanted.short(), dtype.short()]);
    if Cast::Lossless.allows(dtype, wanted) {
        line.push(say::OR_CAST);
    } else if Cast::Any.allows(dtype, wanted) {
        line.push(say::OR_CAST_ANY);
    }
    state.report.tell(&line);
}

/// Says what is wrong with an array.
pub(super) const fn wrong<const VARIABLES: usize>(
    place: &Place<'_>,
    sets: &Sets,
    family: usize,
    wrong: &Wrong<'_>,
    at: &At<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let mut line = about(place, sets);
    let (name, family) = (variable(place, sets), &state.manifest.families[family]);
    let found = match Dims::of(family.shape) {
        Some(found) => found,
        None => Dims::NONE,
    };
    match wrong {
        Wrong::Rank { at, wanted } => {
            line.fill(say::IS, &[name.as_str(), spec(family).as_str()]);
            rank(&found, at, *wanted, &mut line);
        }
        Wrong::Step { at, op, fault } => {
            line.fill(say::IS, &[name.as_str(), spec(family).as_str()]);
            if !at.same(&found) {
                line.fill(say::HERE, &[shape(at).as_str()]);
            }
            step(at, op, fault, &mut line);
        }
        Wrong::Shape { at: dims, axes, wanted } => {
            line.fill(say::IS_IN_THE_CHECKPOINT, &[name.as_str(), spec(family).as_str()]);
            if !dims.same(&found) {
                line.fill(say::HERE, &[shape(dims).as_str()]);
            }
            differs(dims, axes, wanted, at, &mut line, state);
        }
    }
    state.report.tell(&line);
}

const fn rank(found: &Dims, at: &Dims, wanted: usize, line: &mut Line) {
    if !at.same(found) {
        line.fill(say::IN_THE_END, &[shape(at).as_str()]);
    }
    let mut dimensions = number(wanted as u64);
    dimensions.push(if wanted == 1 { " dimension" } else { " dimensions" });
    line.fill(say::BUT_THE_FIELD_HAS, &[dimensions.as_str()]);
    let excess = at.rank().saturating_sub(wanted);
    if excess > 0 && excess <= at.units() {
        line.push(say::SQUEEZE);
    } else {
        line.fill(say::GIVE_IT, &[number(at.rank() as u64).as_str()]);
    }
}

const fn differs<const VARIABLES: usize>(
    dims: &Dims,
    axes: &[Axis],
    wanted: &[Option<u64>],
    at: &At<'_>,
    line: &mut Line,
    state: &State<'_, VARIABLES>,
) {
    let mut known = Some(Dims::NONE);
    let mut axis = 0;
    while axis < axes.len() {
        match (&mut known, wanted[axis]) {
            (Some(known), Some(len)) => known.push(len),
            _ => known = None,
        }
        axis += 1;
    }
    let written = written(axes);
    match &known {
        Some(known) if !crate::check::sentence::same(shape(known).as_str(), written.as_str()) => {
            line.fill(say::BUT_AS, &[shape(known).as_str(), written.as_str()]);
        }
        _ => line.fill(say::BUT, &[written.as_str()]),
    }
    let backwards = dims.reversed();
    if let Some(known) = &known
        && known.same(&backwards)
        && !backwards.same(dims)
    {
        return line.push(say::TRANSPOSED);
    }
    if dims.rank() > axes.len() && dims.rank() - axes.len() <= dims.units() {
        line.push("; ");
        return line.push(say::SQUEEZE);
    }
    if dims.rank() < axes.len() && axes.len() - dims.rank() <= units(wanted) {
        return line.push(say::EXPAND);
    }
    says(dims, axes, wanted, at, line, state);
}

const fn units(wanted: &[Option<u64>]) -> usize {
    let (mut units, mut at) = (0, 0);
    while at < wanted.len() {
        if matches!(wanted[at], Some(1)) {
            units += 1;
        }
        at += 1;
    }
    units
}

/// What the symbols of the axes are that disagree, each once.
const fn says<const VARIABLES: usize>(
    dims: &Dims,
    axes: &[Axis],
    wanted: &[Option<u64>],
    at: &At<'_>,
    line: &mut Line,
    state: &State<'_, VARIABLES>,
) {
    let mut said = [false; crate::check::manifest::state::SYMBOLS];
    let mut axis = 0;
    while axis < axes.len() {
        let agrees = match wanted[axis] {
            Some(len) => axis < dims.rank() && len == dims.len(axis),
            None => false,
        };
        if let Axis::Is(expression) = &axes[axis]
            && !agrees
        {
            symbol(expression, at, line, &mut said, state);
        }
        axis += 1;
    }
}

/// What the symbols of an expression are that all structs share.
pub(super) const fn symbol<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    line: &mut Line,
    said: &mut [bool],
    state: &State<'_, VARIABLES>,
) {
    if let Expression::Pair(_, [left, right]) = expression {
        symbol(left, at, line, said, state);
        return symbol(right, at, line, said, state);
    }
    if let Some(found) = symbols::only(expression, at, state)
        && !said[found]
        && let Some(value) = state.shared[found].value
    {
        said[found] = true;
        let says =
            if state.shared[found].fixed { say::AS_THE_STRUCT_SAYS } else { say::AS_OTHERS_SAY };
        line.fill(says, &[state.shared[found].name, number(value).as_str()]);
    }
}

const fn step(at: &Dims, op: &Op, fault: &Fault, line: &mut Line) {
    let op = super::text::op(op);
    let op = op.as_str();
    let elements = number(at.elements());
    match fault {
        Fault::NoAxisToSqueeze(axis) => {
            line.fill(say::SQUEEZE_NO_AXIS, &[number(*axis as u64).as_str()]);
        }
        Fault::NotUnit(axis) => line.fill(say::SQUEEZE_NOT_UNIT, &[number(*axis as u64).as_str()]),
        Fault::Ambiguous(first, second) => {
            line.fill(say::SQUEEZE_AMBIGUOUS, &[shape(first).as_str(), shape(second).as_str()]);
        }
        Fault::NoAxis(axis) => line.fill(say::NO_AXIS, &[number(*axis as u64).as_str(), op]),
        Fault::Axes(axes) => {
            let (axes, rank) = (number(*axes as u64), number(at.rank() as u64));
            line.fill(say::NAMES_AXES, &[op, axes.as_str(), rank.as_str()]);
        }
        Fault::Elements(asked) => {
            line.fill(say::OTHER_ELEMENTS, &[elements.as_str(), op, number(*asked).as_str()]);
        }
        Fault::Multiple(of) => {
            line.fill(say::NO_MULTIPLE, &[elements.as_str(), op, number(*of).as_str()]);
        }
        Fault::Indivisible { axis, parts } => {
            let (len, parts) = (number(at.len(*axis)), number(*parts));
            let axis = number(*axis as u64);
            line.fill(say::INDIVISIBLE, &[op, axis.as_str(), len.as_str(), parts.as_str()]);
        }
        Fault::Sizes { axis, sum } => {
            let (len, sum) = (number(at.len(*axis)), number(*sum));
            let axis = number(*axis as u64);
            line.fill(say::OTHER_SIZES, &[axis.as_str(), len.as_str(), op, sum.as_str()]);
        }
        Fault::Range { axis, start, end } => {
            let (len, axis) = (number(at.len(*axis)), number(*axis as u64));
            let (start, end) = (number(*start), number(*end));
            let words = [axis.as_str(), len.as_str(), op, start.as_str(), end.as_str()];
            line.fill(say::NO_RANGE, &words);
        }
        Fault::Joined(first) => line.fill(say::NOT_JOINED, &[op, shape(first).as_str()]),
    }
}

/// Notes which elements a field takes of variables, and says which of them another takes too.
pub(super) const fn part<const VARIABLES: usize>(
    place: &Place<'_>,
    sets: &Sets,
    family: usize,
    field: usize,
    at: &At<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let found = state.manifest.families[family];
    let Some(dims) = Dims::of(found.shape) else { return };
    let Some((taken, ranges)) = taken_part(place, &dims, at, state) else { return };
    state.parts = true;
    let mut overlap = 0;
    let pattern = super::place::Pattern::of(place);
    let mut next = super::tuples::Tuple::first(&place.axes, place.axes.len, &state.ends);
    while let Some(tuple) = next {
        if let Some((variable, other)) = state.manifest.find(pattern.name(&tuple.values))
            && other == family
            && variable < VARIABLES
        {
            let before = &mut state.taken[variable];
            before.elements = before.elements.saturating_add(taken);
            if before.ranges & ranges != 0 || before.elements > dims.elements() {
                overlap = before.by as usize;
            }
            before.ranges |= ranges;
        }
        next = tuple.next(&place.axes, &state.ends);
    }
    if overlap > 0 && overlap != field + 1 {
        let mut line = about(place, sets);
        let by = field_of(overlap, state);
        let name = variable(place, sets);
        line.fill(say::OVERLAP, &[name.as_str(), spec(&found).as_str(), by.as_str()]);
        state.report.tell(&line);
    }
}

/// How many elements the field takes, and in which of 64 equal ranges of the axis they are, where that can be said: none
/// where a step before moves the axes.
const fn taken_part<const VARIABLES: usize>(
    place: &Place<'_>,
    whole: &Dims,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<(u64, u64)> {
    let (ops, mut number) = (place.field.ops, 0);
    let (mut dims, mut ranges) = (*whole, None);
    let rank = match tensor(&place.field.node) {
        Some(tensor) => tensor.rank,
        None => None,
    };
    while number < ops.len() {
        let op = &ops[number];
        match part_range(op, &dims, at, state) {
            Some((axis, start, end)) => {
                ranges = match ranges {
                    None => Some(ranges_of(dims.len(axis), start, end)),
                    Some(_) => Some(0),
                };
                dims = dims.with(axis, end - start);
            }
            None if matches!(op, Op::Split { .. }) => break,
            None if matches!(op, Op::Concat { .. } | Op::Stack { .. }) => return None,
            None if matches!(op, Op::Shape(_)) => {}
            None => {
                let Some(Ok(done)) = once(dims, op, rank_after(ops, number, rank), at, state)
                else {
                    return None;
                };
                ranges = if ranges.is_none() { Some(0) } else { ranges };
                dims = done;
            }
        }
        number += 1;
    }
    match ranges {
        Some(ranges) if dims.elements() > 0 => Some((dims.elements(), ranges)),
        _ => None,
    }
}

/// The axis of which a step takes a part, and from where to where.
const fn part_range<const VARIABLES: usize>(
    op: &Op,
    dims: &Dims,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<(usize, u64, u64)> {
    match op {
        Op::Chunk { axis, index, of } => match dims.equal(*axis, *of as u64) {
            Ok(len) => Some((*axis, len * *index as u64, len * (*index as u64 + 1))),
            Err(_) => None,
        },
        Op::Slice { axis, start, end } => {
            match sliced(dims, *axis, start, end.as_ref(), at, state) {
                Some(Ok((start, end))) => Some((*axis, start, end)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The bits of those of 64 equal ranges that this range covers.
const fn ranges_of(len: u64, start: u64, end: u64) -> u64 {
    if len == 0 {
        return 0;
    }
    let (first, last) = (start as u128 * 64 / len as u128, end as u128 * 64 / len as u128);
    ((1_u128 << last) - (1_u128 << first)) as u64
}
