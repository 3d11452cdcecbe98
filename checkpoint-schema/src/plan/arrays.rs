//! From variables to the arrays that fields hold: symbols solved, every step done to shapes.

use smallvec::smallvec;

use crate::catalog::Catalog;
use crate::description::{Borrow, Field, Node, Op, Tensor};
use crate::dtype::DType;
use crate::expression::{Axis, Expression};
use crate::plan::findings;
use crate::plan::layout::{Layout, View};
use crate::plan::route::Site;
use crate::plan::symbols::{Equation, Scope, SymbolId, Symbols};
use crate::plan::transform::{self, Stop, TransformError};
use crate::plan::walk::ArrayFinding;
use crate::plan::{Few, Strides};
use crate::shape::Shape;

/// What a field holds at one place: an array of variables, or several of one.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) site: Site,
    pub(super) field: &'static Field,
    /// What it holds: one array, or the parts that a `split` makes.
    pub(super) parts: Parts,
    pub(super) scope: Scope,
    /// The variables, and the routes to them; none for zeros.
    pub(super) pieces: Few<Piece>,
}

/// The arrays of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parts {
    One(&'static Tensor),
    Split(&'static [Node]),
}

/// A variable of an array.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) variable: usize,
    pub(super) site: Site,
}

/// An array that is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Built {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    pub(super) borrow: Borrow,
    /// Where the elements are among those of the only piece.
    pub(super) strides: Option<Strides>,
    /// What each piece gives: its number, and the layout.
    pub(super) reads: Few<(usize, Layout)>,
}

/// What came of the steps of an array.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What its shapes say of symbols.
    pub(super) equations: Vec<Equation>,
    /// The arrays; none if something stopped the steps.
    pub(super) built: Option<Few<Built>>,
    /// What is wrong; of that a symbol has no value, only its name.
    pub(super) findings: Vec<(Site, ArrayFinding)>,
}

impl Parts {
    /// How many arrays there are.
    pub(super) fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Split(parts) => parts.len(),
        }
    }

    /// The array of this number.
    pub(super) fn tensor(self, number: usize) -> Option<&'static Tensor> {
        match self {
            Self::One(tensor) => Some(tensor),
            Self::Split(parts) => parts.get(number).and_then(findings::tensor),
        }
    }
}

impl Array {
    /// Whether its steps say or need something of symbols: else what comes of them is known at once.
    pub(super) fn needs_symbols(&self) -> bool {
        let has = |expression: &Expression| {
            let mut symbols = false;
            expression.symbols(&mut |_| symbols = true);
            symbols
        };
        let axes = |axes: &[Axis]| {
            axes.iter().any(|axis| matches!(axis, Axis::Is(expression) if has(expression)))
        };
        self.field.ops.iter().any(|op| match op {
            Op::Shape(shape) | Op::Reshape(shape) => axes(shape),
            Op::Slice { start, end, .. } => has(start) || end.as_ref().is_some_and(has),
            Op::Split { sizes, .. } => sizes.is_some_and(|sizes| sizes.iter().any(has)),
            Op::Squeeze(_)
            | Op::Expand(_)
            | Op::Transpose
            | Op::Permute(_)
            | Op::Chunk { .. }
            | Op::Concat { .. }
            | Op::Stack { .. } => false,
        })
    }
}

/// The steps of an array, as they are done.
struct Steps<'w> {
    array: &'w Array,
    catalog: &'w Catalog,
    symbols: &'w Symbols,
    outcome: Outcome,
}

/// What the variables have become so far.
struct Strands {
    /// One for each variable; after `split`, one for each part.
    views: Vec<View>,
    /// After `concat` and `stack`: the whole, and where each view starts.
    whole: Option<(Vec<u64>, Vec<Vec<u64>>)>,
}

/// Does all steps of an array, as far as symbols have values.
pub(super) fn build(array: &Array, catalog: &Catalog, symbols: &Symbols) -> Outcome {
    let mut steps = Steps { array, catalog, symbols, outcome: Outcome::default() };
    let built = if array.pieces.is_empty() { steps.zeros() } else { steps.all() };
    steps.outcome.built = built;
    steps.outcome
}

/// The value of an expression, or what stops the step that needs it.
fn number(symbols: &Symbols, scope: Scope, expression: &Expression) -> Result<u64, Stop> {
    symbols.value(scope, expression).ok_or_else(|| match symbols.unknown(scope, expression) {
        Some(symbol) => Stop::Unknown(symbol),
        None => Stop::NoNumber(*expression),
    })
}

/// The shape of a field that has nothing to be made of, as far as its last `shape` says it.
pub(super) fn written_shape(
    field: &Field,
    tensor: &Tensor,
    scope: Scope,
    symbols: &Symbols,
) -> Result<Shape, Option<&'static str>> {
    let last = field.ops.iter().rposition(|op| matches!(op, Op::Shape(_)));
    let Some((last, Op::Shape(axes))) = last.and_then(|at| Some((at, field.ops.get(at)?))) else {
        return if tensor.rank == Some(0) { Ok(Shape::default()) } else { Err(None) };
    };
    let value = |expression: &Expression| number(symbols, scope, expression);
    let len = |axis: &Axis| match axis {
        Axis::Any => Err(None),
        Axis::Is(expression) => value(expression).map_err(|stop| match stop {
            Stop::Unknown(name) => Some(name),
            Stop::NoNumber(_) | Stop::Error(_) => None,
        }),
    };
    let dims = axes.iter().map(len).collect::<Result<Vec<_>, _>>()?;
    let mut view = View::whole(&Shape::new(dims).ok_or(None)?);
    let ranks = transform::ranks(field.ops, tensor.rank);
    for (op, rank) in field.ops.iter().zip(ranks).skip(last + 1) {
        transform::apply(&mut view, op, rank, &value).map_err(|_| None)?;
    }
    Shape::new(view.dims()).ok_or(None)
}

impl Steps<'_> {
    fn zeros(&mut self) -> Option<Few<Built>> {
        let Array { field, scope, parts, .. } = self.array;
        let tensor = parts.tensor(0)?;
        match written_shape(field, tensor, *scope, self.symbols) {
            Ok(shape) => {
                let dtype = tensor.dtype.unwrap_or(DType::Float32);
                let (borrow, strides, reads) = (tensor.borrow, None, Few::new());
                Some(smallvec![Built { dtype, shape, borrow, strides, reads }])
            }
            Err(unknown) => {
                self.find(self.array.site.clone(), ArrayFinding::Shapeless { unknown });
                None
            }
        }
    }

    fn all(&mut self) -> Option<Few<Built>> {
        let shape = |piece: &Piece| &self.catalog.variables()[piece.variable].shape;
        if let ([], [piece]) = (self.array.field.ops, &self.array.pieces[..]) {
            let shape = shape(piece);
            let strides = self.borrows(0).then(|| Strides::whole(shape));
            let reads = smallvec![(0, Layout::whole(shape))];
            return Some(smallvec![self.built(0, shape.dims(), strides, reads)?]);
        }
        let views = self.array.pieces.iter().map(|piece| View::whole(shape(piece))).collect();
        let mut strands = Strands { views, whole: None };
        let rank = self.array.parts.tensor(0).and_then(|tensor| tensor.rank);
        let ranks = transform::ranks(self.array.field.ops, rank);
        for (op, rank) in self.array.field.ops.iter().zip(ranks) {
            self.step(&mut strands, op, rank)?;
        }
        self.finish(&strands)
    }

    /// Does one step; `None` if it cannot be done.
    fn step(&mut self, strands: &mut Strands, op: &'static Op, rank: Option<usize>) -> Option<()> {
        match op {
            Op::Shape(axes) => {
                let dims = |strands: &Strands, at: usize| match &strands.whole {
                    Some((dims, _)) => dims.clone(),
                    None => strands.views[at].dims(),
                };
                let shapes = if strands.whole.is_some() { 1 } else { strands.views.len() };
                for at in 0..shapes {
                    self.compare(at, &dims(strands, at), axes);
                }
                Some(())
            }
            Op::Concat { axis } | Op::Stack { axis, .. } => {
                let stack = matches!(op, Op::Stack { .. });
                let joined = join(&mut strands.views, *axis, stack);
                let joined = joined.map_err(|(at, error)| (at, Stop::Error(error)));
                strands.whole = Some(self.done(strands, op, joined)?);
                Some(())
            }
            Op::Split { axis, sizes } => {
                let parts = self.array.parts.len();
                let split =
                    transform::split(&strands.views[0], *axis, *sizes, parts, &self.value());
                strands.views = self.done(strands, op, split.map_err(|stop| (0, stop)))?;
                Some(())
            }
            _ => {
                for at in 0..strands.views.len() {
                    let view = &mut strands.views[at];
                    let applied = transform::apply(view, op, rank, &self.value());
                    self.done(strands, op, applied.map_err(|stop| (at, stop)))?;
                }
                Some(())
            }
        }
    }

    /// The value of a step, or what stopped it, which is noted.
    fn done<T>(
        &mut self,
        strands: &Strands,
        op: &'static Op,
        result: Result<T, (usize, Stop)>,
    ) -> Option<T> {
        let (at, stop) = match result {
            Ok(value) => return Some(value),
            Err(stop) => stop,
        };
        let piece = self.piece(at);
        let found = self.catalog.variables()[piece.variable].spec();
        let shape = Shape::new(strands.views[at].dims()).unwrap_or_default();
        let (site, finding) = match stop {
            Stop::Unknown(symbol) => (self.array.site.clone(), ArrayFinding::Unknown { symbol }),
            Stop::NoNumber(expression) => {
                let mut symbols = Vec::new();
                self.symbols.of(self.array.scope, &expression, &mut symbols);
                (self.array.site.clone(), ArrayFinding::NoNumber { expression, symbols })
            }
            Stop::Error(error) => {
                (piece.site.clone(), ArrayFinding::Step { found, at: shape, op: *op, error })
            }
        };
        self.find(site, finding);
        None
    }

    /// The variable that a view is of.
    fn piece(&self, view: usize) -> &Piece {
        // The parts of a split are all of one variable.
        self.array.pieces.get(view).unwrap_or(&self.array.pieces[0])
    }

    fn value(&self) -> impl Fn(&Expression) -> Result<u64, Stop> + use<'_> {
        let (symbols, scope) = (self.symbols, self.array.scope);
        move |expression| number(symbols, scope, expression)
    }

    /// Compares the shape of an array with what a `shape` says of it.
    fn compare(&mut self, at: usize, dims: &[u64], axes: &'static [Axis]) {
        let scope = self.array.scope;
        let mut fits = dims.len() == axes.len();
        let mut wanted = Vec::new();
        for (number, axis) in axes.iter().enumerate() {
            let Axis::Is(expression) = axis else {
                wanted.push(dims.get(number).copied());
                continue;
            };
            let value = self.symbols.value(scope, expression);
            wanted.push(value);
            if let Some(&found) = dims.get(number).filter(|_| dims.len() == axes.len()) {
                let expression = *expression;
                let variable = Some(self.piece(at).variable);
                self.outcome.equations.push(Equation { scope, expression, found, variable });
                // What no value follows for does not disagree.
                let solvable = self.symbols.unknown(scope, &expression).is_some();
                fits &= value == Some(found) || solvable;
            }
        }
        if !fits {
            let piece = self.piece(at);
            let found = self.catalog.variables()[piece.variable].spec();
            let at = Shape::new(dims).unwrap_or_default();
            let symbols = self.disagreeing(dims, axes, &wanted);
            let finding = ArrayFinding::Shape { found, at, axes, wanted, symbols };
            self.find(piece.site.clone(), finding);
        }
    }

    /// The symbols of the axes that have another length.
    fn disagreeing(&self, dims: &[u64], axes: &[Axis], wanted: &[Option<u64>]) -> Vec<SymbolId> {
        let mut disagreeing = Vec::new();
        for ((axis, dim), wanted) in axes.iter().zip(dims).zip(wanted) {
            let Axis::Is(expression) = axis else { continue };
            if *wanted != Some(*dim) {
                self.symbols.of(self.array.scope, expression, &mut disagreeing);
            }
        }
        disagreeing.sort_unstable();
        disagreeing.dedup();
        disagreeing
    }

    /// The arrays that the strands make.
    fn finish(&mut self, strands: &Strands) -> Option<Few<Built>> {
        if let Some((dims, starts)) = &strands.whole {
            let reads = strands.views.iter().zip(starts).enumerate();
            let reads = reads.map(|(at, (view, start))| (at, view.layout(dims, start)));
            return Some(smallvec![self.built(0, dims, None, reads.collect())?]);
        }
        let built = strands.views.iter().enumerate().map(|(at, view)| {
            let dims = view.dims();
            let layout = view.layout(&dims, &vec![0; dims.len()]);
            let strides = self.borrows(at).then(|| view.strides()).flatten();
            self.built(at, &dims, strides, smallvec![(0, layout)])
        });
        built.collect()
    }

    /// Whether one of the arrays may borrow its elements.
    fn borrows(&self, part: usize) -> bool {
        let tensor = self.array.parts.tensor(part);
        tensor.is_some_and(|tensor| tensor.borrow != Borrow::Never)
    }

    fn built(
        &mut self,
        part: usize,
        dims: &[u64],
        strides: Option<Strides>,
        reads: Few<(usize, Layout)>,
    ) -> Option<Built> {
        let tensor = self.array.parts.tensor(part)?;
        let piece = &self.array.pieces[0];
        let found = &self.catalog.variables()[piece.variable];
        let shape = Shape::new(dims).unwrap_or_default();
        if tensor.or_string && found.dtype == DType::String && dims.is_empty() {
            let (dtype, borrow) = (DType::String, tensor.borrow);
            return Some(Built { dtype, shape, borrow, strides, reads });
        }
        if let Some(wanted) = tensor.rank.filter(|rank| *rank != dims.len()) {
            // That the shape has not the axes that are written says it already.
            if !self.lacks_axes() {
                let found = found.spec();
                let finding = ArrayFinding::Rank { found, squeezed: shape, wanted };
                self.find(piece.site.clone(), finding);
            }
            return None;
        }
        let dtype = tensor.dtype.unwrap_or(found.dtype);
        Some(Built { dtype, shape, borrow: tensor.borrow, strides, reads })
    }

    fn lacks_axes(&self) -> bool {
        self.outcome.findings.iter().any(|(_, finding)| {
            matches!(finding, ArrayFinding::Shape { at, axes, .. } if at.rank() != axes.len())
        })
    }

    fn find(&mut self, site: Site, finding: ArrayFinding) {
        let finding = (site, finding);
        if !self.outcome.findings.contains(&finding) {
            self.outcome.findings.push(finding);
        }
    }
}

/// The whole that views make along an axis, and where each starts in it; else which of them does not fit, and why.
type Joined = Result<(Vec<u64>, Vec<Vec<u64>>), (usize, TransformError)>;

/// Joins views along an axis: a new one if they are stacked.
fn join(views: &mut [View], axis: usize, stack: bool) -> Joined {
    let rank = views[0].dims().len();
    if axis > rank || (axis == rank && !stack) {
        return Err((0, TransformError::NoAxis(axis)));
    }
    if stack {
        for view in views.iter_mut() {
            view.expand(&[axis]);
        }
    }
    let mut whole = views[0].dims();
    let mut starts = Vec::new();
    let mut end = 0_u64;
    for (at, view) in views.iter().enumerate() {
        let dims = view.dims();
        let others = |dims: &[u64]| {
            dims.iter().enumerate().filter(|(at, _)| *at != axis).map(|(_, dim)| *dim).collect()
        };
        let (these, first): (Vec<u64>, Vec<u64>) = (others(&dims), others(&whole));
        if dims.len() != whole.len() || these != first {
            let mut first = views[0].dims();
            if stack {
                first.remove(axis);
            }
            return Err((at, TransformError::Joined(Shape::new(first).unwrap_or_default())));
        }
        let mut start = vec![0; dims.len()];
        start[axis] = end;
        starts.push(start);
        end = end.saturating_add(dims[axis]);
    }
    whole[axis] = end;
    Ok((whole, starts))
}
