//! Saving: the variables that a value becomes.
//!
//! The input is the contents of a value: its arrays, options and lists ([`Held`]). The description has the name of each array. The
//! steps of a field, in reverse, give the shape of the variable. The result is a listing. A load of this listing is planned, which
//! finds all problems before anything is written. Then each read of the plan is done in reverse.

mod invert;
mod problem;
mod walk;

use std::collections::{BTreeMap, HashMap};

use self::invert::{Inverse, Known, Total, Unsaid};
use self::problem::ProblemAt;
pub use self::problem::{SaveProblem, SaveProblemKind};
use self::walk::{Leaf, Walk};
use crate::fit::{Input, Outlined, State, with_state};
use crate::listing::catalog::{Catalog, Name, Place, Spec, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::manifest::{Manifest, Shapes};
use crate::model::description::{Constant, Node};
use crate::model::dialect::Dialect;
use crate::naming::Names;
use crate::plan::{Binding, Share, bindings};

/// A part of what a value holds, in the order in which its [`Node`] names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// An array.
    Array(Spec),
    /// An option: true if it is `Some`, and its value follows.
    Present(bool),
    /// The number of elements of a list, which follow.
    Elements(usize),
    /// The keys of a map, whose values follow.
    Keys(Vec<usize>),
    /// The value of a field with `dim`.
    Dim(u64),
}

impl Held {
    /// The number of elements of a list or a map.
    fn elements(&self) -> usize {
        match self {
            Self::Elements(count) => *count,
            Self::Keys(keys) => keys.len(),
            Self::Array(_) | Self::Present(_) | Self::Dim(_) => 0,
        }
    }
}

/// The options of a save that decide names and shapes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SaveContext<'a> {
    /// The dialect of the names.
    pub dialect: Dialect<'a>,
    /// Put before every path, as the prefix of a load is.
    pub prefix: &'a str,
    /// The values of symbols.
    pub bind: &'a [Binding],
    /// The names of a checkpoint that has the variables already: it says what steps have thrown away.
    pub like: Option<&'a Names<'a>>,
    /// The shapes in the manifests of the struct. They say what steps have thrown away, if no other checkpoint does.
    pub manifests: &'a [Shapes<'a>],
    /// The names that variables with averages are saved under; `None` for those of `like`, or plain names.
    pub shadow: Option<SavedShadow>,
    /// The names that variables with several are saved under; `None` for those of `like`, or the first.
    pub tied: Option<Tied>,
    /// The rank whose parts of fields with `parallel` the value holds; `None` if it holds all of them.
    pub share: Option<Share>,
}

impl<'a> SaveContext<'a> {
    /// The shape of a variable of the checkpoint to be like. If it has an average too, a load takes that.
    fn shape_to_be_like(&self, leaf: &Leaf<'_>, name: &String) -> Option<&'a [u64]> {
        let average = leaf.others.iter().find(|other| !other.tied && other.of == *name);
        let name = average.map_or(name, |average| &average.name);
        Some(self.like?.variable(name)?.shape.dims())
    }
}

/// The names that variables with several are saved under, for fields with `tie`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tied {
    /// The path of the field.
    First,
    /// The path and all names in `tie`. In `TensorFlow`'s format, they share one place.
    Each,
}

/// Another name to save a variable under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherName {
    /// The name.
    pub name: String,
    /// The name in the catalog.
    pub of: String,
    /// True for a name of `tie`, false for an average.
    pub tied: bool,
}

/// The names that variables with averages are saved under, for structs with `shadow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedShadow {
    /// Their plain names.
    Plain,
    /// The names of their averages.
    Average,
    /// Both, with the same elements.
    Both,
}

/// The variables that a value becomes.
#[derive(Debug)]
pub struct Listing {
    /// The variables, without places.
    pub catalog: Catalog,
    /// The variables among them that no array holds, by name.
    pub constants: BTreeMap<String, &'static Constant>,
    /// Other names to save variables under.
    pub others: Vec<OtherName>,
    /// The symbols that no variable says: fields with `dim` hold their values, or arrays have them as axes that a step makes.
    pub dims: Vec<Binding>,
}

/// Returns the variables that a value becomes.
///
/// # Errors
/// Returns all steps that cannot be reversed, and all lists with holes.
pub fn variables(
    node: &'static Node,
    held: &[Held],
    context: SaveContext<'_>,
) -> Result<Listing, Vec<SaveProblem>> {
    let Node::Struct(owner) = node else {
        let kind = SaveProblemKind::Nameless;
        return Err(vec![SaveProblem { field: String::new(), count: 1, kind }]);
    };
    let outlined = Outlined::in_dialect(owner, context.prefix, context.dialect);
    let (bound, _) = bindings(&outlined, context.bind);
    let outline = outlined.outline();
    // Memory as for a load of so many variables.
    let manifest = Manifest { variables: held.len(), ..Manifest::EMPTY };
    let input = Input { bound: &bound, ..Input::of_manifest(node, outline, manifest, usize::MAX) };
    let listing = |state: &mut State<'_, '_>| listing(state, held, context);
    let found = with_state(&input, listing, |_, found| found);
    found.map_err(|problems| SaveProblem::fold(&outlined, &problems))
}

fn listing(
    state: &mut State<'_, '_>,
    held: &[Held],
    context: SaveContext<'_>,
) -> Result<Listing, Vec<ProblemAt>> {
    let walked = Walk::new(state, held, context).all()?;
    let values = |state: &State<'_, '_>| {
        state.symbols.all().iter().filter(|symbol| symbol.value.is_some()).count()
    };
    let mut known = values(state);
    let mut inferred = infer(&walked.leaves, state, context);
    // What one field says of symbols may be what another one needs.
    while !inferred.unsaid.is_empty() && values(state) > known {
        known = values(state);
        inferred = infer(&walked.leaves, state, context);
    }
    let mut problems = walked.problems;
    problems.extend(inferred.unsaid);
    let mut constants = BTreeMap::new();
    for fixed in walked.constants {
        let like = context.like.and_then(|like| like.variable(&fixed.name));
        let shape =
            fixed.shape(state).or_else(|found| like.map(|it| it.shape.clone()).ok_or(found));
        match shape {
            Ok(shape) => {
                let spec = Spec { dtype: fixed.constant.dtype, shape };
                // A load rejects the name of another variable.
                inferred.variables.entry(fixed.name.clone()).or_insert(spec);
                constants.insert(fixed.name, fixed.constant);
            }
            Err(found) => problems.push(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let variable = |(name, Spec { dtype, shape }): (String, Spec)| Variable {
        name: Name::from(name.as_str()),
        dtype,
        shape,
        place: Place::Opaque,
    };
    let others = walked.leaves.iter().flat_map(|leaf| leaf.others.iter().cloned());
    let variables = inferred.variables.into_iter().map(variable);
    let mut dims = walked.dims;
    let shared = state.symbols.all().iter().take(state.input.outline.symbols.len());
    for symbol in shared.filter(|symbol| symbol.unsaid) {
        if let Some(value) = symbol.value
            && !dims.iter().any(|dim| dim.name == symbol.name())
        {
            dims.push(Binding { name: symbol.name().to_owned(), value, required: false });
        }
    }
    let catalog = Catalog::new(variables.collect(), 0);
    Ok(Listing { catalog, constants, others: others.collect(), dims })
}

/// The variables whose shapes follow, and what does not.
#[derive(Default)]
struct Inferred {
    variables: BTreeMap<String, Spec>,
    unsaid: Vec<ProblemAt>,
}

fn infer<'a>(leaves: &[Leaf<'a>], state: &mut State<'_, 'a>, context: SaveContext<'_>) -> Inferred {
    let totals = totals(leaves, state, context);
    let mut inferred = Inferred::default();
    // A copy says nothing of a variable that another field says, too.
    let (copies, own): (Vec<_>, Vec<_>) = leaves.iter().partition(|leaf| leaf.item.field.copy);
    for leaf in own.into_iter().chain(copies) {
        match inverse(leaf, state, context, &totals) {
            Ok(shapes) => {
                for (name, shape) in leaf.names.iter().zip(shapes) {
                    let spec = spec(leaf, name, shape, context.like);
                    inferred.variables.entry(name.clone()).or_insert(spec);
                }
            }
            Err(unsaid) => inferred.unsaid.push(leaf.found(unsaid.into())),
        }
    }
    inferred
}

/// The lengths that parts of an axis (`slice`) have together, by the name of the variable.
fn totals<'a>(
    leaves: &[Leaf<'a>],
    state: &mut State<'_, 'a>,
    context: SaveContext<'_>,
) -> HashMap<String, Total> {
    let mut totals: HashMap<String, Total> = HashMap::new();
    for leaf in leaves.iter().filter(|leaf| leaf.is_sliced()) {
        let Err(Unsaid::Part { len }) = inverse(leaf, state, context, &HashMap::new()) else {
            continue;
        };
        for name in &leaf.names {
            let none = Total { len: 0, leaves_the_end: true };
            let total = totals.entry(name.clone()).or_insert(none);
            total.len = total.len.saturating_add(len);
            total.leaves_the_end &= leaf.may_leave_the_end(name, state);
        }
    }
    totals
}

/// The shape of each variable of a leaf. Those that its steps do not say are of the checkpoint to be like, or of a manifest.
fn inverse<'a>(
    leaf: &Leaf<'a>,
    state: &mut State<'_, 'a>,
    context: SaveContext<'_>,
    totals: &HashMap<String, Total>,
) -> Result<Vec<Shape>, Unsaid> {
    let total = leaf.names.first().and_then(|name| totals.get(name)).copied();
    let mut of = |variables| {
        let known = Known { variables, total };
        let Leaf { item, scope, .. } = *leaf;
        Inverse { item, scope, state, known: &known }.shapes(&leaf.arrays)
    };
    let shapes = of(leaf.names.iter().map(|name| context.shape_to_be_like(leaf, name)).collect());
    if !matches!(shapes, Err(Unsaid::Step { .. })) {
        return shapes;
    }
    // A manifest may be that of a model with other lengths.
    let elements = |spec: &Spec| spec.shape.elements();
    let held: u64 = leaf.arrays.iter().map(elements).sum();
    let fits = |shapes: &Vec<Shape>| shapes.iter().map(Shape::elements).sum::<u64>() == held;
    let mut manifests = context.manifests.iter().filter_map(|manifest| {
        let shapes = leaf.names.iter().map(|name| manifest.of(name)).collect();
        of(shapes).ok().filter(fits)
    });
    manifests.next().map_or(shapes, Ok)
}

/// The dtype and shape of a variable. An array of bytes can be one string in the checkpoint to be like.
fn spec(leaf: &Leaf<'_>, name: &str, shape: Shape, like: Option<&Names<'_>>) -> Spec {
    let found = like.and_then(|like| like.variable(name));
    if leaf.or_string() && found.is_some_and(|found| found.dtype == DType::String) {
        return Spec { dtype: DType::String, shape: Shape::default() };
    }
    Spec { dtype: leaf.arrays.first().map_or(DType::Unknown, |spec| spec.dtype), shape }
}
