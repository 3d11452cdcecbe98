//! The steps of a field, done to the lengths of axes.

use crate::check::manifest::dims::{Dims, Fault, RANK, rank_after};
use crate::check::manifest::state::{Mode, State};
use crate::check::manifest::symbols::{self, At};
use crate::description::{Node, Op, Tensor};
use crate::dtype::DType;
use crate::expression::{Axis, Expression};

/// How many parts of a `split` are looked at.
const PARTS: usize = 8;

/// The arrays of a field.
#[derive(Clone, Copy)]
pub(super) enum Parts<'a> {
    One(&'a Tensor),
    Split(&'a [Node]),
}

/// What is wrong with an array.
#[derive(Clone, Copy)]
pub(super) enum Wrong<'a> {
    Rank { at: Dims, wanted: usize },
    Step { at: Dims, op: &'a Op, fault: Fault },
    Shape { at: Dims, axes: &'a [Axis], wanted: [Option<u64>; RANK] },
}

/// What a field makes its array of: the lengths of a variable, and those of all that are joined.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) dims: Dims,
    pub(super) dtype: DType,
    pub(super) joined: Result<Dims, Dims>,
    /// How many variables are like this one.
    pub(super) variables: usize,
}

impl<'a> Parts<'a> {
    const fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Split(parts) => parts.len(),
        }
    }

    /// The array of this number.
    pub(super) const fn tensor(self, number: usize) -> Option<&'a Tensor> {
        match self {
            Self::One(tensor) if number == 0 => Some(tensor),
            Self::Split(parts) if number < parts.len() => tensor(&parts[number]),
            Self::One(_) | Self::Split(_) => None,
        }
    }
}

/// The tensor that a node takes, once or several times.
pub(super) const fn tensor(node: &Node) -> Option<&Tensor> {
    match node {
        Node::Tensor(tensor) => Some(tensor),
        Node::Optional(inner) => tensor(inner),
        Node::List(list) => tensor(&list.element),
        Node::Split([first, ..]) => tensor(first),
        Node::Split([]) | Node::Struct(_) | Node::Dim(_) => None,
    }
}

/// Why the steps go no further.
enum Stop<'a> {
    /// A symbol has no value, or there is more than is looked at.
    Unknown,
    Wrong(Wrong<'a>),
}

/// What the variable has become so far: after `split`, several.
struct Views {
    all: [Dims; PARTS],
    len: usize,
}

/// Does all steps of a field. As the walk is for it, what the shapes say is noted, or the first that is wrong is given.
pub(super) const fn examine<'a, const VARIABLES: usize>(
    parts: Parts<'a>,
    made: &Made,
    at: &At<'a>,
    state: &mut State<'_, VARIABLES>,
) -> Option<Wrong<'a>> {
    let mut views = Views { all: [made.dims; PARTS], len: 1 };
    let (ops, mut number) = (at.place.field.ops, 0);
    let rank = match parts.tensor(0) {
        Some(tensor) => tensor.rank,
        None => return None,
    };
    while number < ops.len() {
        let stop = match &ops[number] {
            Op::Shape(axes) => shape(&views, axes, made, at, state),
            op => step(&mut views, op, rank_after(ops, number, rank), parts, made, at, state),
        };
        match stop {
            Some(Stop::Wrong(wrong)) => return Some(wrong),
            Some(Stop::Unknown) => return None,
            None => {}
        }
        number += 1;
    }
    ranks(&views, parts, made.dtype)
}

/// Whether the arrays have the ranks that the field holds.
const fn ranks<'a>(views: &Views, parts: Parts<'a>, found: DType) -> Option<Wrong<'a>> {
    let mut at = 0;
    while at < views.len {
        let dims = views.all[at];
        if let Some(tensor) = parts.tensor(at)
            && let Some(wanted) = tensor.rank
            && wanted != dims.rank()
            && !(tensor.or_string && matches!(found, DType::String) && dims.rank() == 0)
        {
            return Some(Wrong::Rank { at: dims, wanted });
        }
        at += 1;
    }
    None
}

/// A `shape`: says what symbols are, or what it should be.
const fn shape<'a, const VARIABLES: usize>(
    views: &Views,
    axes: &'a [Axis],
    made: &Made,
    at: &At<'a>,
    state: &mut State<'_, VARIABLES>,
) -> Option<Stop<'a>> {
    let mut number = 0;
    while number < views.len && axes.len() <= RANK {
        let dims = views.all[number];
        if matches!(state.mode, Mode::Tell) {
            if let Some(wrong) = differs(dims, axes, at, state) {
                return Some(Stop::Wrong(wrong));
            }
        } else if dims.rank() == axes.len() {
            let mut axis = 0;
            while axis < axes.len() {
                if let Axis::Is(expression) = &axes[axis] {
                    symbols::note(expression, dims.len(axis), made.variables, at, state);
                }
                axis += 1;
            }
        }
        number += 1;
    }
    None
}

const fn differs<'a, const VARIABLES: usize>(
    dims: Dims,
    axes: &'a [Axis],
    at: &At<'a>,
    state: &State<'_, VARIABLES>,
) -> Option<Wrong<'a>> {
    let mut wanted = [None; RANK];
    let (mut fits, mut varied, mut axis) = (dims.rank() == axes.len(), true, 0);
    while axis < axes.len() {
        let found = dims.len(axis);
        match &axes[axis] {
            Axis::Any if axis < dims.rank() => wanted[axis] = Some(found),
            Axis::Any => {}
            Axis::Is(expression) => {
                let value = symbols::value(expression, at, state);
                wanted[axis] = value;
                let agrees = match value {
                    Some(value) => value == found,
                    None => !symbols::is_known(expression, at, state),
                };
                // That a symbol has several values is said once.
                varied &= agrees || matches!(symbols::is_varied(expression, at, state), Some(true));
                fits &= agrees;
            }
        }
        axis += 1;
    }
    if fits || (varied && dims.rank() == axes.len()) {
        None
    } else {
        Some(Wrong::Shape { at: dims, axes, wanted })
    }
}

const fn step<'a, const VARIABLES: usize>(
    views: &mut Views,
    op: &'a Op,
    rank: Option<usize>,
    parts: Parts<'a>,
    made: &Made,
    at: &At<'a>,
    state: &State<'_, VARIABLES>,
) -> Option<Stop<'a>> {
    if let Op::Split { axis, sizes } = op {
        return split(views, *axis, *sizes, parts.len(), op, at, state);
    }
    let mut number = 0;
    while number < views.len {
        let dims = views.all[number];
        let done = match (op, made.joined) {
            (Op::Concat { .. } | Op::Stack { .. }, Ok(joined)) => Some(Ok(joined)),
            (Op::Concat { .. } | Op::Stack { .. }, Err(first)) => Some(Err(Fault::Joined(first))),
            _ => once(dims, op, rank, at, state),
        };
        match done {
            Some(Ok(dims)) => views.all[number] = dims,
            Some(Err(fault)) => return Some(Stop::Wrong(Wrong::Step { at: dims, op, fault })),
            None => return Some(Stop::Unknown),
        }
        number += 1;
    }
    None
}

/// Does a step to one variable; `None` if a symbol has no value.
pub(super) const fn once<const VARIABLES: usize>(
    dims: Dims,
    op: &Op,
    rank: Option<usize>,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<Result<Dims, Fault>> {
    Some(match op {
        Op::Squeeze(squeeze) => dims.squeezed(*squeeze, rank),
        Op::Expand(axes) => dims.expanded(axes),
        Op::Transpose => Ok(dims.reversed()),
        Op::Permute(order) => dims.permuted(order),
        Op::Reshape(axes) => return reshaped(&dims, axes, at, state),
        Op::Chunk { axis, of, .. } => match dims.equal(*axis, *of as u64) {
            Ok(len) => Ok(dims.with(*axis, len)),
            Err(fault) => Err(fault),
        },
        Op::Slice { axis, start, end } => {
            match sliced(&dims, *axis, start, end.as_ref(), at, state) {
                Some(Ok((start, end))) => Ok(dims.with(*axis, end - start)),
                Some(Err(fault)) => Err(fault),
                None => return None,
            }
        }
        Op::Shape(_) | Op::Split { .. } | Op::Concat { .. } | Op::Stack { .. } => Ok(dims),
    })
}

/// What a variable is when it is joined with others: after the steps before; `None` if one cannot be done.
pub(super) const fn before_joined<const VARIABLES: usize>(
    mut dims: Dims,
    parts: Parts<'_>,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<Dims> {
    let (ops, mut number) = (at.place.field.ops, 0);
    let rank = match parts.tensor(0) {
        Some(tensor) => tensor.rank,
        None => None,
    };
    while number < ops.len() && !matches!(ops[number], Op::Concat { .. } | Op::Stack { .. }) {
        match once(dims, &ops[number], rank_after(ops, number, rank), at, state) {
            Some(Ok(done)) => dims = done,
            Some(Err(_)) | None => return None,
        }
        number += 1;
    }
    Some(dims)
}

/// The range of a `slice`; `None` if a symbol has no value.
pub(super) const fn sliced<const VARIABLES: usize>(
    dims: &Dims,
    axis: usize,
    start: &Expression,
    end: Option<&Expression>,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<Result<(u64, u64), Fault>> {
    if axis >= dims.rank() {
        return Some(Err(Fault::NoAxis(axis)));
    }
    let Some(start) = symbols::value(start, at, state) else { return None };
    let end = match end {
        None => dims.len(axis),
        Some(end) => match symbols::value(end, at, state) {
            Some(end) => end,
            None => return None,
        },
    };
    if start > end || end > dims.len(axis) {
        return Some(Err(Fault::Range { axis, start, end }));
    }
    Some(Ok((start, end)))
}

/// After `reshape`; `None` if a symbol has no value.
const fn reshaped<const VARIABLES: usize>(
    dims: &Dims,
    axes: &[Axis],
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<Result<Dims, Fault>> {
    let (mut lens, mut known, mut open, mut axis) = (Dims::NONE, 1_u64, false, 0);
    while axis < axes.len() && axis < RANK {
        match &axes[axis] {
            Axis::Any => {
                open = true;
                lens.push(0);
            }
            Axis::Is(expression) => match symbols::value(expression, at, state) {
                Some(len) => {
                    known = known.saturating_mul(len);
                    lens.push(len);
                }
                None => return None,
            },
        }
        axis += 1;
    }
    let elements = dims.elements();
    let inferred = match elements.checked_div(known) {
        Some(inferred) => inferred,
        None => 0,
    };
    let mut axis = 0;
    while axis < axes.len() {
        if matches!(axes[axis], Axis::Any) {
            lens.set(axis, inferred);
        }
        axis += 1;
    }
    Some(match lens.elements() == elements {
        true => Ok(lens),
        false if open => Err(Fault::Multiple(known)),
        false => Err(Fault::Elements(known)),
    })
}

const fn split<'a, const VARIABLES: usize>(
    views: &mut Views,
    axis: usize,
    sizes: Option<&[Expression]>,
    parts: usize,
    op: &'a Op,
    at: &At<'a>,
    state: &State<'_, VARIABLES>,
) -> Option<Stop<'a>> {
    let dims = views.all[0];
    if axis >= dims.rank() {
        let fault = Fault::NoAxis(axis);
        return Some(Stop::Wrong(Wrong::Step { at: dims, op, fault }));
    }
    let (mut sum, mut number) = (0_u64, 0);
    while number < parts {
        let size = match sizes {
            None => match dims.equal(axis, parts as u64) {
                Ok(size) => size,
                Err(fault) => return Some(Stop::Wrong(Wrong::Step { at: dims, op, fault })),
            },
            Some(sizes) if number < sizes.len() => {
                match symbols::value(&sizes[number], at, state) {
                    Some(size) => size,
                    None => return Some(Stop::Unknown),
                }
            }
            Some(_) => 0,
        };
        sum = sum.saturating_add(size);
        if number < PARTS {
            views.all[number] = dims.with(axis, size);
        }
        number += 1;
    }
    if sum != dims.len(axis) {
        let fault = Fault::Sizes { axis, sum };
        return Some(Stop::Wrong(Wrong::Step { at: dims, op, fault }));
    }
    views.len = if parts < PARTS { parts } else { PARTS };
    None
}
