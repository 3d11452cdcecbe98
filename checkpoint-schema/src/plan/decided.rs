//! Turns decisions into reads.

use std::collections::{BTreeMap, HashSet};

use smallvec::{SmallVec, smallvec};

use crate::fit::{
    Arrays, Built, Frame, Input, Instance, Mark, NONE, Outlined, Ranks, State, problem, with_state,
};
use crate::listing::catalog::Variable;
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::manifest::Listing;
use crate::model::description::{Borrow, Ignore, Node, Tensor};
use crate::naming::{Names, ignored_globs};
use crate::plan::cut::{Cut, Taken};
use crate::plan::display_names::DisplayNames;
use crate::plan::layout::{Layouts, layouts};
use crate::plan::listed::{self, Asked, More};
use crate::plan::{Binding, Output, Plan, PlanOptions, Read, Share, Site, Step, Strides, Tie};
use crate::problem::{Problem, ProblemKind, wording as say};

/// Decides what a type takes from a checkpoint with these names. Reads no tensor data.
///
/// # Errors
/// Returns all problems at once. Those of fields come first, in order.
pub fn plan<'a>(
    node: &'static Node,
    names: &'a Names<'a>,
    options: PlanOptions<'a>,
) -> Result<Plan<'a>, Vec<Problem>> {
    let Node::Struct(owner) = node else {
        return Err(vec![Problem::of(ProblemKind::Nameless, say::NAMELESS)]);
    };
    let outlined = Outlined::in_dialect(owner, options.prefix, options.dialect);
    let (bound, unbound) = bindings(&outlined, options.bind);
    let more = More::new(names, &outlined);
    let PlanOptions { allow_unmapped, whole, shadow, share, .. } = options;
    let ranks = Ranks::One(share.map_or(1, |share| share.ranks));
    let (outline, bound) = (outlined.outline(), &*bound);
    let asked = Asked { outline, bound, allow_unmapped, whole, shadow, ranks };
    let decided = listed::with_each(names, &more, asked, |input| {
        with_state(
            input,
            |state| {
                state.marked = true;
                state.check();
            },
            |state, ()| {
                if state.is_wrong() {
                    Err(loaded(state))
                } else {
                    Ok(Decided::of(state, names, share))
                }
            },
        )
    });
    match decided {
        Ok(decided) if unbound.is_empty() => {
            let plan = decided.planned(outlined, names);
            let idle = plan.idle.iter().filter(|_| options.strict_ignores);
            let problem =
                |glob: &&str| Problem::of(ProblemKind::Idle, say::filled(say::IDLE, &[glob, glob]));
            let problems: Vec<Problem> = idle.map(problem).collect();
            if problems.is_empty() { Ok(plan) } else { Err(problems) }
        }
        Ok(_) => Err(unbound),
        Err(loaded) => Err(problems(names, &more, asked, loaded, unbound)),
    }
}

/// The values that the options bind to symbols, by symbol number, and the problems with the other bindings.
pub(crate) fn bindings(
    outlined: &Outlined<'_>,
    bind: &[Binding],
) -> (Vec<(usize, u64)>, Vec<Problem>) {
    let (mut bound, mut problems): (Vec<(usize, u64)>, Vec<Problem>) = (Vec::new(), Vec::new());
    for Binding { name, value, required } in bind {
        let symbols = outlined.symbols.iter().map(|symbol| symbol.name);
        match symbols.clone().position(|known| known == name) {
            // The first binding of a symbol wins.
            Some(symbol) if bound.iter().all(|(other, _)| *other != symbol) => {
                bound.push((symbol, *value));
            }
            None if *required => {
                let near = symbols.map(|known| (strsim::osa_distance(name, known), known));
                let nearest = near.filter(|(distance, _)| *distance <= 2).min();
                let way_out = match nearest {
                    Some((_, nearest)) => say::filled(say::DID_YOU_MEAN_SYMBOL, &[&nearest]),
                    None => say::filled(say::DECLARE_IT, &[name]),
                };
                let message = say::filled(say::UNBOUND, &[name]) + &way_out;
                problems.push(Problem::of(ProblemKind::Unbound, message));
            }
            Some(_) | None => {}
        }
    }
    (bound, problems)
}

/// The names under which variables are taken.
fn loaded(state: &mut State<'_, '_>) -> Vec<String> {
    let taken = (0..state.instances.len()).filter(|at| state.instances.get(*at).variable != NONE);
    let taken: Vec<usize> = taken.collect();
    let name = |at: usize| {
        let Instance { item, frame, .. } = state.instances.get(at);
        state.spell_at(item, frame);
        String::from_utf8_lossy(state.spelled.bytes()).into_owned()
    };
    taken.into_iter().map(name).collect()
}

/// All problems, reported by families. Each variable has the name that is nearest to the loaded ones.
fn problems(
    names: &Names<'_>,
    more: &More,
    asked: Asked<'_>,
    loaded: Vec<String>,
    mut problems: Vec<Problem>,
) -> Vec<Problem> {
    let shown = DisplayNames::new(loaded.into_iter());
    let listing = Listing::called(names, |number| shown.name(names, number).clone());
    let told = |input: &Input<'_>| {
        let tell = |state: &mut State<'_, '_>| state.check_and_tell(false);
        with_state(input, tell, |state, ()| {
            state.told.all().iter().map(|told| problem(state, told)).collect::<Vec<_>>()
        })
    };
    problems.extend(listed::with_families(names, more, &listing, asked, told));
    problems
}

/// The owned parts of a [`Plan`].
struct Decided {
    steps: Vec<Step>,
    outputs: Vec<Output>,
    reads: Vec<Read>,
    dims: Vec<(String, u64)>,
    ignored: Vec<(String, usize, usize)>,
    /// The variables that an attribute accounts for.
    spare: Vec<(&'static str, usize)>,
    ties: Vec<Tie>,
    unmapped: Vec<usize>,
    /// The structs with `ignore`, once for each place.
    places: Vec<usize>,
    /// The globs of inner structs that match nothing: the struct and the number of the glob.
    idle: Vec<(usize, usize)>,
    absent: Vec<Site>,
    frames: Vec<Frame>,
}

impl Decided {
    fn of(state: &mut State<'_, '_>, names: &Names<'_>, share: Option<Share>) -> Self {
        let idle = idle(state);
        let (steps, emitted) = emit(state, names.catalog().variables(), share);
        let taken = || state.taken.iter().enumerate();
        let ignored =
            taken().filter_map(|(number, taken)| Some((taken.ignored?, taken.place, number)));
        let unused = taken().filter(|(_, taken)| taken.by == NONE);
        let unused = unused.filter_map(|(number, taken)| Some((taken.spare?.word(), number)));
        let symbols = state.symbols.all().iter().take(state.input.outline.symbols.len());
        let mut dims: Vec<(String, u64)> =
            symbols.filter_map(|symbol| Some((symbol.name().to_owned(), symbol.value?))).collect();
        dims.sort_unstable();
        Self {
            steps,
            outputs: emitted.outputs,
            reads: emitted.reads,
            dims,
            ignored: ignored
                .map(|(label, place, number)| (label.to_owned(), place, number))
                .collect(),
            spare: unused.chain(constants(state)).collect(),
            ties: ties(state),
            unmapped: taken()
                .filter(|(_, taken)| taken.allowed)
                .map(|(number, _)| number)
                .collect(),
            idle,
            places: state.places.all().iter().map(|place| place.holder).collect(),
            absent: state
                .absent
                .all()
                .iter()
                .map(|site| Site { item: site.item, frame: site.frame })
                .collect(),
            frames: state.frames.all().to_vec(),
        }
    }
}

/// Lists the steps of building the value, with the arrays and their reads.
fn emit(
    state: &mut State<'_, '_>,
    variables: &[Variable],
    share: Option<Share>,
) -> (Vec<Step>, Emitted) {
    let (arrays, mut next) = (state.built.len(), 0);
    let mut emitted =
        Emitted { share, outputs: Vec::with_capacity(arrays), reads: Vec::with_capacity(arrays) };
    let mut steps = Vec::with_capacity(state.marks.len());
    for mark in 0..state.marks.len() {
        match state.marks.get(mark) {
            Mark::Arrays(first) => {
                while next < arrays && state.built.get(next).first != first {
                    next += 1;
                }
                if next == arrays {
                    continue;
                }
                let count = emitted.arrays(state, &state.built.get(next), variables);
                steps.extend(std::iter::repeat_n(Step::Output, count));
            }
            Mark::Present(present) => steps.push(Step::Present(present)),
            Mark::Absent { item, scope } => {
                steps.push(Step::Absent(shape(state, item, scope, share)));
            }
            Mark::Dim { item, scope } => {
                let root = state.input.outline.roots[state.item(item).roots];
                steps.push(Step::Dim(state.value(root.term, scope).unwrap_or_default()));
            }
            Mark::List(list) => {
                let list = state.lists.get(list);
                let indices = (0..list.len).map(|position| state.index_of(&list, position));
                steps.push(Step::List(indices.collect()));
            }
        }
    }
    (steps, emitted)
}

impl Decided {
    fn planned<'a>(self, outlined: Outlined<'a>, names: &'a Names<'a>) -> Plan<'a> {
        let mut ignored: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        let mut used = HashSet::new();
        for (label, place, number) in &self.ignored {
            let holder = self.places.get(*place).copied().unwrap_or_default();
            let labels = labels(outlined.structs[holder].ignore);
            let Some(label) = labels.into_iter().find(|other| other == label) else { continue };
            ignored.entry(label).or_default().push(*number);
            if holder == 0 {
                used.insert(label);
            }
        }
        for (word, number) in &self.spare {
            ignored.entry(word).or_default().push(*number);
        }
        // Variables that also match another glob are counted for that glob.
        let root = outlined.structs[0].ignore.iter().filter_map(strict_glob);
        let is_unused = |glob: &&'static str| !used.contains(glob) && !any_is(glob, names);
        let nested = self.idle.iter().filter_map(|(holder, number)| {
            let ignore = outlined.structs.get(*holder)?.ignore.get(*number);
            ignore.and_then(strict_glob)
        });
        let idle = root.filter(is_unused).chain(nested).collect();
        let dims = self.dims.into_iter().filter_map(|(name, value)| {
            let symbol = outlined.symbols.iter().find(|symbol| symbol.name == name)?;
            Some((symbol.name, value))
        });
        Plan {
            steps: self.steps,
            outputs: self.outputs,
            reads: self.reads,
            dims: dims.collect(),
            ignored: ignored.into_iter().collect(),
            unmapped: self.unmapped,
            ties: self.ties,
            idle,
            absent: self.absent,
            frames: self.frames,
            outlined,
            names,
        }
    }
}

/// The variables of constants, with the attribute that accounts for them.
fn constants(state: &State<'_, '_>) -> impl Iterator<Item = (&'static str, usize)> {
    let is_constant = |at: &&Instance| matches!(state.item(at.item).field.node, Node::Constant(_));
    state.instances.all().iter().filter(is_constant).map(|at| ("constant", at.variable))
}

/// The pairs of variables that must be equal.
fn ties(state: &State<'_, '_>) -> Vec<Tie> {
    let tie = |tie: &crate::fit::Tie| {
        let site = Site { item: tie.site.item, frame: tie.site.frame };
        Tie { taken: tie.taken, other: tie.other, site }
    };
    state.ties.all().iter().map(tie).collect()
}

/// The globs of inner structs that match nothing: the struct and the number of the glob.
fn idle(state: &mut State<'_, '_>) -> Vec<(usize, usize)> {
    state.match_globs();
    let structs = state.input.outline.structs.iter().enumerate().skip(1);
    let globs = structs
        .flat_map(|(holder, inner)| (0..inner.ignore.len()).map(move |number| (holder, number)));
    globs
        .filter(|&(holder, number)| state.is_idle(holder, number) && !state.is_earlier(holder))
        .collect()
}

/// True if any name matches a glob of the root.
fn any_is(glob: &str, names: &Names<'_>) -> bool {
    let globs = ignored_globs(&Ignore::Glob(glob));
    let mut all = (0..names.catalog().variables().len()).flat_map(|number| names.of(number));
    all.any(|name| globs.iter().any(|labelled| labelled.glob.matches(&name.to_string())))
}

/// A glob that must match something.
fn strict_glob(ignore: &Ignore<'static>) -> Option<&'static str> {
    match ignore {
        Ignore::Glob(glob) => Some(*glob),
        Ignore::Optional(_) | Ignore::Preset(_) => None,
    }
}

/// The names of the globs and presets in a struct's `ignore`.
fn labels(ignore: &[Ignore<'static>]) -> Vec<&'static str> {
    let label = |ignore: &Ignore<'static>| match ignore {
        Ignore::Glob(glob) | Ignore::Optional(glob) => *glob,
        Ignore::Preset(preset) => preset.word(),
    };
    ignore.iter().map(label).collect()
}

/// The shape of an absent field, if known.
fn shape(
    state: &mut State<'_, '_>,
    item: usize,
    scope: usize,
    share: Option<Share>,
) -> Option<Shape> {
    let field = state.item(item).field;
    field.node.tensor()?;
    let view = state.written_shape(item, scope).ok()?;
    let mut lens: Vec<u64> = (0..view.rank).map(|axis| view.len(axis, &state.factors)).collect();
    if let Some(cut) = Cut::of(field, share, &lens) {
        lens[cut.axis] = cut.len();
    }
    Shape::new(lens)
}

/// The lengths of the axes of an array.
type Dims = SmallVec<[u64; 4]>;

/// Outputs and reads, while they are created.
struct Emitted {
    share: Option<Share>,
    outputs: Vec<Output>,
    reads: Vec<Read>,
}

impl Emitted {
    /// Adds the arrays that begin with an instance. Returns their number.
    fn arrays(&mut self, state: &State<'_, '_>, built: &Built, variables: &[Variable]) -> usize {
        let first = built.first;
        let Instance { item, pieces, variable, .. } = state.instances.get(first);
        let field = state.item(item).field;
        let Some(arrays) = Arrays::of(&field.node) else { return 0 };
        let found = (variable != NONE).then(|| &variables[variable]);
        for part in 0..arrays.len() {
            let Some(tensor) = arrays.tensor(part) else { continue };
            let output = self.outputs.len();
            if let Some((axis, whole)) = built.joined {
                let mut dims = state.lens.part(whole).to_vec();
                let cut = Cut::of(field, self.share, &dims);
                if let Some(cut) = &cut {
                    dims[cut.axis] = cut.len();
                }
                self.joined(state, pieces, built, axis, &dims, cut.as_ref(), output);
                self.output(tensor, found, &dims, None);
                continue;
            }
            let view = state.views.get(built.views.at + part);
            let mut dims: Dims =
                (0..view.rank).map(|axis| view.len(axis, &state.factors)).collect();
            let whole = Taken { view, factors: state.factors.part(view.factors).into() };
            let own = match Cut::of(field, self.share, &dims) {
                Some(cut) => {
                    dims[cut.axis] = cut.len();
                    whole.range(cut.axis, &cut.range)
                }
                None => whole,
            };
            let Taken { view, factors } = &own;
            let borrows = tensor.borrow != Borrow::Never && found.is_some();
            let strides = borrows.then(|| Strides::of(view, factors)).flatten();
            if found.is_some() {
                let start: Dims = smallvec![0; dims.len()];
                let layouts = layouts(view, factors, &dims, &start);
                self.read(state, first, output, layouts);
            }
            self.output(tensor, found, &dims, strides);
        }
        arrays.len()
    }

    #[expect(clippy::too_many_arguments, reason = "an array, and what it is joined of")]
    fn joined(
        &mut self,
        state: &State<'_, '_>,
        pieces: usize,
        built: &Built,
        axis: usize,
        dims: &[u64],
        cut: Option<&Cut>,
        output: usize,
    ) {
        let (mut start, mut before) = (vec![0; dims.len()], 0);
        for piece in 0..pieces {
            let view = state.views.get(built.views.at + piece);
            let whole = Taken { view, factors: state.factors.part(view.factors).into() };
            let len = view.len(axis, &state.factors);
            let (own, taken) = match cut {
                Some(cut) if cut.axis == axis => match cut.within(before, len) {
                    Some(range) => (whole.range(axis, &range), range.end - range.start),
                    None => (whole, 0),
                },
                Some(cut) => (whole.range(cut.axis, &cut.range), len),
                None => (whole, len),
            };
            before += len;
            if taken > 0 || len == 0 {
                let layouts = layouts(&own.view, &own.factors, dims, &start);
                self.read(state, built.first + piece, output, layouts);
            }
            start[axis] += taken;
        }
    }

    fn read(&mut self, state: &State<'_, '_>, instance: usize, output: usize, layouts: Layouts) {
        let Instance { item, frame, variable, .. } = state.instances.get(instance);
        let site = Site { item, frame };
        let read = |layout| Read { variable, output, layout, site };
        self.reads.extend(layouts.into_iter().map(read));
    }

    fn output(
        &mut self,
        tensor: &Tensor,
        found: Option<&Variable>,
        dims: &[u64],
        strides: Option<Strides>,
    ) {
        let string = tensor.or_string && dims.is_empty();
        let dtype = match (found, tensor.dtype) {
            (Some(found), _) if string && found.dtype == DType::String => DType::String,
            (_, Some(dtype)) => dtype,
            (Some(found), None) => found.dtype,
            (None, None) => DType::Float32,
        };
        let shape = Shape::new(dims).unwrap_or_default();
        self.outputs.push(Output { dtype, shape, borrow: tensor.borrow, strides });
    }
}
