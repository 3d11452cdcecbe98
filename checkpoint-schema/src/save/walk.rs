//! The walk of a description beside what a value holds: which arrays there are, and what their variables are called.

use std::{iter, slice};

use crate::listing::catalog::Spec;
use crate::listing::shape::Shape;
use crate::manifest::Shapes;
use crate::model::description::{
    Absent, Constant, Field, Indices, List, Node, Op, Path, Repeat, Struct,
};
use crate::model::dialect;
use crate::model::expression::AxisLength;
use crate::model::template::{self, Piece};
use crate::plan::Binding;
use crate::save::invert::Unsaid;
use crate::save::problem::{ProblemAt, SaveProblem, SaveProblemKind};
use crate::save::scope::{Scope, Symbols};
use crate::save::{Held, OtherName, SaveContext, SavedShadow, Tied};

/// The arrays of a field at one place, with the names of their variables.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) field: &'static Field,
    pub(super) scope: Scope,
    /// The names of the variables: one, or those that are joined.
    pub(super) names: Vec<String>,
    /// Other names to save variables under.
    pub(super) others: Vec<OtherName>,
    /// One array, or the parts of a `split`.
    pub(super) arrays: Vec<Spec>,
    /// True if it can hold the bytes of a string, too.
    pub(super) or_string: bool,
    /// True if a load may leave elements of its variable.
    pub(super) may_leave: bool,
    trail: Trail,
}

/// A variable that no field holds, at one place.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) name: String,
    pub(super) constant: &'static Constant,
    axes: &'static [AxisLength],
    scope: Scope,
    trail: Trail,
}

type Trail = Vec<(&'static str, Option<usize>)>;

impl Fixed {
    /// Its shape, once the symbols in it have values.
    pub(super) fn shape(&self, symbols: &Symbols) -> Result<Shape, ProblemAt> {
        let len = |axis: &AxisLength| match axis {
            AxisLength::Is(expression) => symbols.value(self.scope, expression),
            AxisLength::Any => None,
        };
        let dims: Option<Vec<u64>> = self.axes.iter().map(len).collect();
        dims.and_then(Shape::new).ok_or_else(|| {
            let axes = Op::Shape(self.axes).to_string();
            ProblemAt { trail: self.trail.clone(), kind: SaveProblemKind::Constant { axes } }
        })
    }
}

impl Leaf {
    /// True if it is a part of its variable that says nothing of the others.
    pub(super) fn is_sliced(&self) -> bool {
        self.field.ops.iter().any(|op| matches!(op, Op::Slice { .. }))
    }

    /// True if a load may leave elements of the variable after its own.
    pub(super) fn may_leave_the_end(&self) -> bool {
        let is_closed = |op: &Op| matches!(op, Op::Slice { end: Some(_), .. });
        self.may_leave && self.field.ops.iter().any(is_closed)
    }

    pub(super) fn found(&self, kind: SaveProblemKind) -> ProblemAt {
        ProblemAt { trail: self.trail.clone(), kind }
    }
}

/// The result of a walk.
pub(super) struct Walked {
    pub(super) leaves: Vec<Leaf>,
    pub(super) constants: Vec<Fixed>,
    pub(super) symbols: Symbols,
    /// The values of symbols that all structs share, from fields with `dim`.
    pub(super) dims: Vec<Binding>,
    pub(super) problems: Vec<ProblemAt>,
}

/// The value does not hold the parts that its description names, so that the walk cannot go on.
struct Stop;

/// A place in the tree of structs.
#[derive(Clone)]
struct At<'a> {
    /// The template of the names there.
    template: Vec<Piece<'a>>,
    separator: &'static str,
    /// The name of an average below its variable, if there are averages.
    shadow: Option<&'static str>,
    /// Other templates of the field's variable.
    ties: Vec<Vec<Piece<'a>>>,
    indices: Vec<(&'static str, usize)>,
    trail: Trail,
    scope: Scope,
    /// True below `allow_unmapped`.
    may_leave: bool,
}

impl At<'_> {
    /// The place with an index more.
    fn with(&self, index: &'static str, value: usize) -> Self {
        let mut at = self.clone();
        at.indices.push((index, value));
        at
    }

    /// The name of a variable's average, if there are averages.
    fn average(&self, name: &str) -> Option<String> {
        self.shadow.map(|shadow| format!("{name}{}{shadow}", self.separator))
    }
}

pub(super) struct Walk<'a> {
    held: slice::Iter<'a, Held>,
    context: SaveContext<'a>,
    walked: Walked,
}

impl<'a> Walk<'a> {
    pub(super) fn new(held: &'a [Held], context: SaveContext<'a>) -> Self {
        let symbols = Symbols::new();
        let walked = Walked {
            leaves: Vec::new(),
            constants: Vec::new(),
            symbols,
            dims: Vec::new(),
            problems: Vec::new(),
        };
        Self { held: held.iter(), context, walked }
    }

    /// Walks all of a value.
    pub(super) fn all(mut self, node: &'static Node) -> Result<Walked, Vec<SaveProblem>> {
        let trail = Vec::new();
        let Node::Struct(owner) = node else {
            let nameless = ProblemAt { trail, kind: SaveProblemKind::Nameless };
            return Err(SaveProblem::fold(vec![nameless]));
        };
        let template = self.root();
        let trail = vec![(owner.name, None)];
        let at = At {
            template,
            separator: "/",
            shadow: None,
            ties: Vec::new(),
            indices: Vec::new(),
            trail,
            scope: Scope::ROOT,
            may_leave: false,
        };
        self.bind(owner);
        let walked = self.fields(&at, owner);
        if walked.is_ok() && self.held.next().is_some() {
            self.problem(&at, SaveProblemKind::Order { wanted: "the end" });
        }
        match walked {
            Ok(()) => Ok(self.walked),
            Err(Stop) => Err(SaveProblem::fold(self.walked.problems)),
        }
    }

    fn root(&self) -> Vec<Piece<'a>> {
        match self.context.prefix {
            "" => Vec::new(),
            prefix => vec![Piece::Text(prefix)],
        }
    }

    /// Gives symbols that the root declares the values that options bind.
    fn bind(&mut self, owner: &'static Struct) {
        for dim in owner.dims {
            for binding in self.context.bind.iter().filter(|binding| binding.name == dim.name) {
                self.walked.symbols.set(Scope::ROOT, dim.name, binding.value);
            }
        }
    }

    fn problem(&mut self, at: &At<'_>, kind: SaveProblemKind) {
        self.walked.problems.push(ProblemAt { trail: at.trail.clone(), kind });
    }

    /// The next part of the value, of the kind that the description names.
    fn next<T>(
        &mut self,
        at: &At<'_>,
        wanted: &'static str,
        of: impl Fn(&'a Held) -> Option<T>,
    ) -> Result<T, Stop> {
        self.held.next().and_then(of).ok_or_else(|| {
            self.problem(at, SaveProblemKind::Order { wanted });
            Stop
        })
    }

    fn fields(&mut self, at: &At<'a>, owner: &'static Struct) -> Result<(), Stop> {
        let mut here = at.clone();
        here.separator = owner.separator.unwrap_or(at.separator);
        here.shadow = owner.shadow.or(at.shadow);
        here.may_leave |= owner.allow_unmapped;
        here.scope = self.walked.symbols.within(at.scope, owner.dims);
        for field in owner.fields {
            self.field(&here, owner, field)?;
        }
        Ok(())
    }

    fn field(
        &mut self,
        at: &At<'a>,
        owner: &'static Struct,
        field: &'static Field,
    ) -> Result<(), Stop> {
        let mut here = at.clone();
        here.trail.push((field.name, None));
        if let Node::Dim(symbol) = field.node {
            let dim = |held: &Held| if let Held::Dim(value) = held { Some(*value) } else { None };
            let value = self.next(&here, "the value of a symbol", dim)?;
            self.dim(at, symbol, value);
            return Ok(());
        }
        here.scope = self.walked.symbols.renamed(at.scope, field.dims);
        here.shadow = at.shadow.filter(|_| !field.never_averaged);
        let paths = field.paths.iter().map(|path| self.template(at, owner, path)).collect();
        here.ties = field.ties.iter().map(|path| self.template(at, owner, path)).collect();
        self.node(&here, field, paths, &field.node)
    }

    /// Notes the value of a symbol. A symbol that all structs share is bound to it.
    fn dim(&mut self, at: &At<'_>, symbol: &'static str, value: u64) {
        self.walked.symbols.set(at.scope, symbol, value);
        let is_bound = |dims: &[Binding]| dims.iter().any(|dim| dim.name == symbol);
        if self.walked.symbols.is_shared(at.scope, symbol) && !is_bound(&self.walked.dims) {
            let name = symbol.to_owned();
            self.walked.dims.push(Binding { name, value, required: false });
        }
    }

    /// The template of a path of a field.
    fn template(&self, at: &At<'a>, owner: &'static Struct, path: &'static Path) -> Vec<Piece<'a>> {
        let mut template = at.template.clone();
        for path in [&owner.prefix, path] {
            if path.absolute {
                template = self.root();
            }
            if !template.is_empty() && !path.pieces.is_empty() && !at.separator.is_empty() {
                template.push(Piece::Text(at.separator));
            }
            template.extend(path.pieces);
        }
        template
    }

    fn node(
        &mut self,
        at: &At<'a>,
        field: &'static Field,
        paths: Vec<Vec<Piece<'a>>>,
        node: &'static Node,
    ) -> Result<(), Stop> {
        match node {
            Node::Tensor(tensor) => self.leaf(at, field, &paths, 1, tensor.or_string),
            Node::Split(parts) => self.leaf(at, field, &paths, parts.len(), false),
            Node::Struct(inner) => {
                let template = self.struct_path(at, &paths, inner);
                self.fields(&At { template, ..at.clone() }, inner)
            }
            Node::Optional(inner) => {
                let present =
                    |held: &Held| if let Held::Present(is) = held { Some(*is) } else { None };
                if self.next(at, "an optional value", present)? {
                    self.node(at, field, paths, inner)?;
                }
                Ok(())
            }
            Node::List(list) => self.list(at, field, &paths, list),
            Node::Constant(constant) => {
                self.constant(at, field, &paths, constant);
                Ok(())
            }
            Node::Dim(_) => Ok(()),
        }
    }

    /// Notes a variable that no field holds, unless the dialect lacks it.
    fn constant(
        &mut self,
        at: &At<'a>,
        field: &'static Field,
        paths: &[Vec<Piece<'a>>],
        constant: &'static Constant,
    ) {
        let axes = field
            .ops
            .iter()
            .find_map(|op| if let Op::Shape(axes) = op { Some(*axes) } else { None });
        let (axes, scope, trail) = (axes.unwrap_or_default(), at.scope, at.trail.clone());
        match render(paths.first().map(Vec::as_slice).unwrap_or_default(), &at.indices) {
            Ok(name) if dialect::is_absent(name.as_bytes()) => {}
            Ok(name) => self.walked.constants.push(Fixed { name, constant, axes, scope, trail }),
            Err(index) => self.problem(at, SaveProblemKind::Index { index: index.to_owned() }),
        }
    }

    fn list(
        &mut self,
        at: &At<'a>,
        field: &'static Field,
        paths: &[Vec<Piece<'a>>],
        list: &'static List,
    ) -> Result<(), Stop> {
        let start = field.repeat.map_or(0, |repeat| repeat.start);
        let name = field.repeat.map_or("", |repeat| repeat.index);
        let elements = |held: &Held| match held {
            Held::Elements(_) | Held::Keys(_) => Some(held.clone()),
            _ => None,
        };
        let held = self.next(at, "a list", elements)?;
        self.has_elements(at, field, list, &held);
        if let Some(end) = field.repeat.and_then(|repeat| repeat.end) {
            let end_of = start.saturating_add(held.elements());
            let end_of = u64::try_from(end_of).unwrap_or(u64::MAX);
            self.walked.symbols.equate(at.scope, &end, end_of);
        }
        let indices = match (held, field.indices) {
            (Held::Keys(keys), _) => keys,
            (Held::Elements(count), Indices::Listed(values)) => {
                values.iter().copied().chain(iter::repeat(usize::MAX)).take(count).collect()
            }
            (Held::Elements(count), _) => (start..start.saturating_add(count)).collect(),
            _ => Vec::new(),
        };
        let count = indices.len();
        for (position, index) in indices.into_iter().enumerate() {
            let mut here = at.clone();
            here.indices.push((name, index));
            if let Some((_, of)) = here.trail.last_mut() {
                *of = Some(if list.is_keyed { index } else { position });
            }
            let before = self.walked.leaves.len();
            self.node(&here, field, paths.to_vec(), &list.element)?;
            let is_empty = self.walked.leaves.len() == before;
            if is_empty && is_counted(field, list, position > 0 && position + 1 == count) {
                self.problem(&here, SaveProblemKind::Uncounted);
            }
        }
        Ok(())
    }

    /// Checks that a list has the elements that a load asks for.
    fn has_elements(&mut self, at: &At<'a>, field: &'static Field, list: &List, held: &Held) {
        let start = field.repeat.map_or(0, |repeat| repeat.start);
        let kind = match (held, field.indices) {
            (Held::Elements(found), Indices::Listed(values)) => {
                let (found, listed) = (*found, values.len());
                (found != listed).then_some(SaveProblemKind::Listed { found, listed })
            }
            (Held::Keys(keys), Indices::Listed(values)) => {
                let missing = values.iter().find(|value| !keys.contains(value));
                let unlisted = keys.iter().find(|key| !values.contains(key));
                let missing = missing.map(|&missing| SaveProblemKind::Missing { missing });
                missing.or(unlisted.map(|&key| SaveProblemKind::Unlisted { key }))
            }
            (Held::Keys(keys), Indices::Range) => {
                let hole = (start..).zip(keys).find(|(wanted, key)| wanted != *key);
                hole.map(|(missing, _)| SaveProblemKind::Hole { missing, start })
            }
            _ => None,
        };
        let is_empty = matches!(held, Held::Elements(0))
            || matches!(held, Held::Keys(keys) if keys.is_empty());
        let bounded = is_bounded(field, list) || kind.is_some();
        // A load counts at least one element of other lists.
        let may_be_empty = field.indices == Indices::Any && !asks_for_variables(&list.element);
        let needs_one = !bounded && !may_be_empty;
        let empty = (is_empty && needs_one).then_some(SaveProblemKind::Empty);
        if let Some(kind) = kind.or(empty) {
            self.problem(at, kind);
        }
    }

    /// The path that an array is saved under: the first, or the one that the checkpoint to be like has.
    fn array_path(&self, at: &At<'a>, paths: &[Vec<Piece<'a>>]) -> Vec<Piece<'a>> {
        let is_there = |path: &&Vec<Piece<'a>>| {
            render(path, &at.indices).is_ok_and(|name| self.is_there(at, &name))
        };
        let there = paths.iter().find(is_there);
        there.or(paths.first()).cloned().unwrap_or_default()
    }

    /// The path that a struct is saved under: the first, or the one below which the checkpoint to be like has most of its variables.
    fn struct_path(
        &self,
        at: &At<'a>,
        paths: &[Vec<Piece<'a>>],
        inner: &'static Struct,
    ) -> Vec<Piece<'a>> {
        let there = |template: &&Vec<Piece<'a>>| {
            let mut walk = Walk::new(self.held.as_slice(), self.context);
            let at = At { template: (*template).clone(), scope: Scope::ROOT, ..at.clone() };
            // The walk itself reports a value with other parts.
            let _ = walk.fields(&at, inner);
            let names = walk.walked.leaves.iter().flat_map(|leaf| &leaf.names);
            names.filter(|name| self.has(name)).count()
        };
        // The first of equal ones.
        let most =
            if paths.len() > 1 { paths.iter().rev().max_by_key(there) } else { paths.first() };
        most.cloned().unwrap_or_default()
    }

    fn leaf(
        &mut self,
        at: &At<'a>,
        field: &'static Field,
        paths: &[Vec<Piece<'a>>],
        arrays: usize,
        or_string: bool,
    ) -> Result<(), Stop> {
        let array =
            |held: &Held| if let Held::Array(spec) = held { Some(spec.clone()) } else { None };
        let arrays = (0..arrays).map(|_| self.next(at, "an array", array));
        let mut arrays: Vec<Spec> = arrays.collect::<Result<_, _>>()?;
        self.make_whole(field, &mut arrays);
        let first = paths.first().map(Vec::as_slice).unwrap_or_default();
        let found = if let Some((axis, repeat)) = field.stack() {
            let Some(count) = self.pieces(at, field, axis, *repeat, arrays.first(), first) else {
                return Ok(());
            };
            let indices = repeat.start..repeat.start.saturating_add(count);
            indices.map(|index| self.named(&at.with(repeat.index, index), first)).collect()
        } else if field.joins_paths() {
            let named = |path: &Vec<Piece<'a>>| Ok((render(path, &at.indices)?, Vec::new()));
            paths.iter().map(named).collect()
        } else {
            let path = self.array_path(at, paths);
            self.named(at, &path).map(|named| vec![named])
        };
        let found: Result<Vec<(String, Vec<String>)>, &str> = found;
        match found {
            Ok(found) => {
                let (scope, trail) = (at.scope, at.trail.clone());
                let saved = found.into_iter().map(|(name, ties)| self.shadowed(at, name, ties));
                let (names, others): (Vec<_>, Vec<_>) = saved.unzip();
                let others = others.concat();
                let may_leave = at.may_leave;
                let leaf =
                    Leaf { field, scope, names, others, arrays, or_string, may_leave, trail };
                self.walked.leaves.push(leaf);
            }
            Err(index) => self.problem(at, SaveProblemKind::Index { index: index.to_owned() }),
        }
        Ok(())
    }
}

/// True if the type or the range of a list fixes the number of its items.
fn is_bounded(field: &Field, list: &List) -> bool {
    list.len.is_some() || field.repeat.is_some_and(|repeat| repeat.end.is_some())
}

/// True if a load only finds an item of a list by its variables. It counts up to the last item with any, and at least one item.
fn is_counted(field: &Field, list: &List, is_last: bool) -> bool {
    match field.indices {
        Indices::Range => is_last && !is_bounded(field, list),
        Indices::Listed(_) => false,
        Indices::Any => true,
    }
}

impl Walk<'_> {
    /// True if the checkpoint to be like has a variable of this name.
    fn has(&self, name: &str) -> bool {
        self.context.like.is_some_and(|like| like.variable(name).is_some())
    }

    /// True if the checkpoint to be like has a variable of this name, or its average.
    fn is_there(&self, at: &At<'_>, name: &str) -> bool {
        self.has(name) || at.average(name).is_some_and(|average| self.has(&average))
    }

    /// The number of variables that an array is saved as: as many as a stack is long, or as `concat` says; otherwise as many as the
    /// checkpoint to be like has.
    fn pieces(
        &mut self,
        at: &At<'_>,
        field: &'static Field,
        axis: usize,
        repeat: Repeat,
        array: Option<&Spec>,
        path: &[Piece<'_>],
    ) -> Option<usize> {
        let Some(op) = field.ops.iter().find(|op| matches!(op, Op::Concat { .. })) else {
            let len = array.and_then(|spec| spec.shape.dims().get(axis)).copied();
            return Some(len.and_then(|len| usize::try_from(len).ok()).unwrap_or_default());
        };
        let end = repeat.end.and_then(|end| self.walked.symbols.value(at.scope, &end));
        let written = end.and_then(|end| usize::try_from(end).ok()?.checked_sub(repeat.start));
        let names = |index: usize| {
            let at = at.with(repeat.index, index);
            let paths = [path].into_iter().chain(at.ties.iter().map(Vec::as_slice));
            paths.filter_map(|path| render(path, &at.indices).ok()).collect::<Vec<String>>()
        };
        // There are no more parts than variables.
        let count = |variables: usize, has: &dyn Fn(&String) -> bool| {
            let indices = repeat.start..repeat.start.saturating_add(variables);
            let there = indices.take_while(|index| names(*index).iter().any(has));
            Some(there.count()).filter(|count| *count > 0)
        };
        let like = || {
            let variables = self.context.like?.catalog().variables().len();
            count(variables, &|name| self.is_there(at, name))
        };
        let listed =
            |manifest: &Shapes<'_>| count(manifest.variables, &|name| manifest.of(name).is_some());
        let counted = || like().or_else(|| self.context.manifests.iter().find_map(listed));
        let count = written.or_else(counted).unwrap_or(0);
        if count == 0 {
            let after = array.map(|spec| spec.shape.dims().to_vec()).unwrap_or_default();
            self.problem(at, Unsaid::Step { op: *op, after }.into());
            return None;
        }
        Some(count)
    }

    /// Sets the shapes of a rank's parts to those of the whole arrays.
    fn make_whole(&self, field: &Field, arrays: &mut [Spec]) {
        let (Some(parallel), Some(share)) = (field.parallel, self.context.share) else { return };
        for spec in arrays {
            let mut dims = spec.shape.dims().to_vec();
            if let Some(len) = dims.get_mut(parallel.axis) {
                *len = len.saturating_mul(u64::try_from(share.ranks).unwrap_or(u64::MAX));
            }
            // An overflow leaves the part, whose shape then differs from that of a load.
            spec.shape = Shape::new(dims).unwrap_or_else(|| spec.shape.clone());
        }
    }

    /// The names to save a variable under that can have several; or the index that has no value.
    fn named<'p>(&self, at: &At<'p>, path: &[Piece<'p>]) -> Result<(String, Vec<String>), &'p str> {
        let paths = [path].into_iter().chain(at.ties.iter().map(Vec::as_slice));
        let all: Result<Vec<String>, _> = paths.map(|path| render(path, &at.indices)).collect();
        let mut all = all?;
        match (self.context.tied, self.context.like) {
            (Some(Tied::Each), _) => {}
            (None, Some(_)) if all.iter().any(|name| self.is_there(at, name)) => {
                all.retain(|name| self.is_there(at, name));
            }
            _ => all.truncate(1),
        }
        let mut all = all.into_iter();
        Ok((all.next().unwrap_or_default(), all.collect()))
    }

    /// The name to save a variable under, and others with it: names of `tie`, and averages if both are saved.
    fn shadowed(&self, at: &At<'_>, name: String, ties: Vec<String>) -> (String, Vec<OtherName>) {
        let (name, average) = self.with_average(at, name);
        let mut others: Vec<(String, bool)> =
            average.map(|name| (name, false)).into_iter().collect();
        for tie in ties {
            let (tie, average) = self.with_average(at, tie);
            others.push((tie, true));
            others.extend(average.map(|name| (name, false)));
        }
        let other = |(other, tied)| OtherName { name: other, of: name.clone(), tied };
        let others = others.into_iter().map(other).collect();
        (name, others)
    }

    /// The name to save a variable under, and that of its average, if it is saved under both.
    fn with_average(&self, at: &At<'_>, name: String) -> (String, Option<String>) {
        let Some(average) = at.average(&name) else { return (name, None) };
        let there = (self.has(&name), self.has(&average));
        let saved = self.context.shadow.unwrap_or(match there {
            (false, true) => SavedShadow::Average,
            (true, true) => SavedShadow::Both,
            (_, false) => SavedShadow::Plain,
        });
        match saved {
            SavedShadow::Plain => (name, None),
            SavedShadow::Average => (average, None),
            SavedShadow::Both => (name, Some(average)),
        }
    }
}

/// True if a load of the node fails without variables.
fn asks_for_variables(node: &Node) -> bool {
    let field = |field: &Field| field.absent == Absent::Problem && asks_for_variables(&field.node);
    match node {
        Node::Tensor(_) | Node::Split(_) => true,
        Node::Struct(inner) => inner.fields.iter().any(field),
        Node::List(list) => asks_for_variables(&list.element),
        Node::Optional(_) | Node::Dim(_) | Node::Constant(_) => false,
    }
}

/// The name of a variable, or the index that has no value.
fn render<'a>(template: &[Piece<'a>], indices: &[(&str, usize)]) -> Result<String, &'a str> {
    let mut name = String::new();
    let value = |index: &str| {
        indices.iter().rev().find(|(other, _)| *other == index).map(|(_, value)| *value)
    };
    template::render(template, value, &mut name).map(|()| name)
}
