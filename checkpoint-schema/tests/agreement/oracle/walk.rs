//! The walk from fields to variables.

use std::collections::{BTreeMap, BTreeSet};

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::{
    Absent, Cast, Field, Indices, List, Node, Op, Parallel, Repeat, Struct, Tensor,
};
use checkpoint_schema::model::expression::{Assertion, AxisLength, Expression};

use super::Variables;
use super::array::{Array, Steps, Stop};
use super::presence::{Place, is_there, is_whole, numbers};
use super::symbols::{Length, Scope, Term, Values};

/// A field that takes a variable.
#[derive(Debug)]
pub(super) struct Taker {
    pub(super) field: String,
    pub(super) elements: Elements,
    /// True if another field takes the variable, too.
    pub(super) copy: bool,
    /// True if the elements are not read.
    pub(super) constant: bool,
}

/// The elements of a variable that a field takes.
#[derive(Clone, Debug)]
pub(super) enum Elements {
    All,
    These(Vec<u64>),
    /// The steps of the field cannot be applied, or not yet.
    Unknown,
}

/// A struct that allows other variables.
#[derive(Debug)]
pub(super) struct Lenient<'a> {
    /// Its path: `Gpt2.blocks[0]`.
    pub(super) path: String,
    /// The prefix of names at its place.
    pub(super) start: String,
    pub(super) item: &'a Struct,
}

/// A list or a stack with its length.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    pub(super) field: &'a Field,
    pub(super) path: usize,
    pub(super) index: &'static str,
    /// The node of an element of a list; `None` for a stack, whose elements are variables.
    pub(super) element: Option<&'a Node>,
    pub(super) place: Place,
    /// The index after the last.
    pub(super) end: usize,
}

/// The results for all fields.
pub(super) struct Walk<'a> {
    pub(super) variables: &'a Variables,
    pub(super) values: Values,
    pub(super) equations: Vec<(Term, u64)>,
    pub(super) asserted: Vec<(Scope, Assertion)>,
    pub(super) wrong: Vec<String>,
    pub(super) taken: BTreeMap<String, Vec<Taker>>,
    /// All possible names of the fields' variables. A variable and its average may both exist, and one may remain unused.
    pub(super) spare: BTreeSet<String>,
    pub(super) lenient: Vec<Lenient<'a>>,
    pub(super) counted: Vec<Counted<'a>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(variables: &'a Variables, values: &Values) -> Self {
        Self {
            variables,
            values: values.clone(),
            equations: Vec::new(),
            asserted: Vec::new(),
            wrong: Vec::new(),
            taken: BTreeMap::new(),
            spare: BTreeSet::new(),
            lenient: Vec::new(),
            counted: Vec::new(),
        }
    }

    pub(super) fn root(&mut self, root: &'a Struct) {
        self.fields(root, Place { path: root.name.to_owned(), ..Place::default() });
    }

    fn fields(&mut self, item: &'a Struct, around: Place) {
        let separator = item.separator.or(around.separator).unwrap_or("/");
        let start = around.name.as_ref().map_or(String::new(), |name| format!("{name}{separator}"));
        self.lenient.push(Lenient { path: around.path.clone(), start, item });
        self.values.fix(item.dims, &around.path);
        let mut place = around.into_struct(item);
        place.scope = place.scope.within(item.dims, &place.path);
        self.asserted.extend(item.asserts.iter().map(|it| (place.scope.clone(), *it)));
        for field in item.fields {
            self.field(field, &place);
        }
    }

    fn field(&mut self, field: &'a Field, around: &Place) {
        self.declared(field, around);
        let mut path = 0;
        if !field.joins_paths() {
            let there = |path: &usize| is_there(self.variables, field, *path, &field.node, around);
            let there: Vec<usize> = (0..field.paths.len()).filter(there).collect();
            if there.len() > 1 {
                self.wrong.push(format!("`{}.{}` is there twice", around.path, field.name));
            }
            path = there.first().copied().unwrap_or(0);
        }
        let mut place = around.clone();
        place.path = format!("{}.{}", around.path, field.name);
        place.cast = field.cast.or(around.cast);
        let absent = field.absent != Absent::Problem
            && !is_there(self.variables, field, path, &field.node, &place);
        match (field.absent, &field.node) {
            (Absent::Zero, Node::Tensor(tensor)) if absent => {
                self.zeros(field, tensor, &place);
                self.divided(field, &place);
            }
            (Absent::Function, _) if absent => self.divided(field, &place),
            _ => self.node(field, path, &field.node, &place),
        }
    }

    /// Checks that all symbols of a field are declared.
    fn declared(&mut self, field: &Field, place: &Place) {
        let mut named: Vec<Expression> = field.dims.iter().map(|renamed| renamed.is).collect();
        named.extend(field.repeat.and_then(|repeat| repeat.end));
        named.extend(field.stack().and_then(|(_, repeat)| repeat.end));
        for op in field.ops {
            match op {
                Op::Shape(axes) | Op::Reshape(axes) => named.extend(axes.iter().filter_map(is)),
                Op::Split { sizes: Some(sizes), .. } => named.extend(*sizes),
                Op::Slice { start, end, .. } => named.extend([*start].into_iter().chain(*end)),
                _ => {}
            }
        }
        if let Node::Dim(name) = field.node {
            named.push(Expression::Symbol(name));
        }
        let undeclared = named.iter().flat_map(|it| place.scope.undeclared(it));
        self.wrong.extend(undeclared.map(|name| format!("`{name}` is not declared")));
    }

    fn node(&mut self, field: &'a Field, path: usize, node: &'a Node, place: &Place) {
        match node {
            Node::Tensor(tensor) => self.leaf(field, path, &[tensor], place),
            Node::Split(parts) => {
                let tensor = |part: &'a Node| match part {
                    Node::Tensor(tensor) => Some(tensor),
                    _ => None,
                };
                self.leaf(field, path, &parts.iter().filter_map(tensor).collect::<Vec<_>>(), place);
            }
            Node::Struct(item) => {
                let mut place = place.along(field, path);
                place.scope = place.scope.renamed(field.dims);
                self.fields(item, place);
            }
            Node::Optional(inner) => {
                if is_there(self.variables, field, path, inner, place) {
                    self.node(field, path, inner, place);
                }
            }
            Node::List(list) => {
                let repeat = field.repeat.unwrap_or(NO_REPEAT);
                let indices = match field.indices {
                    Indices::Range => self.elements(field, path, list, place).collect(),
                    Indices::Listed(values) => {
                        if list.len.is_some_and(|len| len != values.len()) {
                            self.wrong.push(format!("`{}` holds other elements", place.path));
                        }
                        values.to_vec()
                    }
                    Indices::Any => {
                        let there = |index: &usize| {
                            let place = place.at(repeat.index, *index);
                            is_there(self.variables, field, path, &list.element, &place)
                        };
                        let there: Vec<usize> = numbers(self.variables).filter(there).collect();
                        // One element is asked for at least.
                        if there.is_empty() { vec![NOWHERE] } else { there }
                    }
                };
                for (position, index) in indices.into_iter().enumerate() {
                    let mut place = place.at(repeat.index, index);
                    let shown = if list.is_keyed { index } else { position };
                    place.path = format!("{}[{shown}]", place.path);
                    self.node(field, path, &list.element, &place);
                }
            }
            Node::Constant(_) => {
                if is_there(self.variables, field, path, node, place) {
                    self.leaf(field, path, &[&Tensor::ANY], place);
                }
            }
            Node::Dim(_) => {}
        }
    }

    /// Returns the indices from a start that can exist.
    fn from(&self, start: usize) -> std::ops::Range<usize> {
        start..start + self.variables.len()
    }

    /// Returns the indices of a list's elements.
    fn elements(
        &mut self,
        field: &'a Field,
        path: usize,
        list: &'a List,
        place: &Place,
    ) -> std::ops::Range<usize> {
        let Repeat { index, start, end } = field.repeat.unwrap_or(NO_REPEAT);
        let element = |at: usize| place.at(index, at);
        let there =
            |at: &usize| is_there(self.variables, field, path, &list.element, &element(*at));
        let whole =
            |at: &usize| is_whole(self.variables, field, path, &list.element, &element(*at));
        let count = self.from(start).take_while(there).count();
        let term = end.map(|end| place.scope.term(&end));
        let bound = match term.as_ref().map(|term| self.values.fixed(term)) {
            Some(Length::Known(end)) => Some(end as usize),
            _ => None,
        };
        let written = matches!(end, Some(Expression::Number(_)));
        if let (Some(len), Some(end), true) = (list.len, bound, written)
            && start + len != end
        {
            self.wrong.push(format!("`{}` holds {len} elements", place.path));
        }
        let stop = match (list.len, bound) {
            (Some(len), _) => start + len,
            (None, Some(end)) if written => end,
            // An element beyond the length in the symbol is a mistake if it is complete.
            (None, Some(end)) => {
                let more = (end.max(start)..start + count).take_while(whole).count();
                end + more
            }
            (None, None) => start + count.max(1),
        };
        if let Some(term) = term.filter(|_| !written && (list.len.is_some() || count > 0)) {
            self.equations.push((term, stop as u64));
        }
        if list.len.is_none() && bound.is_none() {
            let (element, place) = (Some(&list.element), place.clone());
            // A list without elements is missing its first one, even if a load would make it of nothing.
            let end = start + count;
            self.counted.push(Counted { field, path, index, element, place, end });
        }
        start..stop
    }

    /// Walks a field of variables.
    fn leaf(&mut self, field: &'a Field, path: usize, tensors: &[&Tensor], place: &Place) {
        let names: Vec<String> = if let Some((_, repeat)) = field.stack() {
            let indices = self.stacked(field, *repeat, place);
            indices.flat_map(|at| self.names(field, 0, &place.at(repeat.index, at))).collect()
        } else {
            self.names(field, path, place)
        };
        let indices = place.indices.keys().copied();
        let indices: BTreeSet<&str> =
            indices.chain(field.stack().map(|(_, it)| it.index)).collect();
        let all_named = |path| place.along(field, path).named.is_superset(&indices);
        if !(0..field.paths.len()).all(all_named) {
            self.wrong.push(format!("`{}` is the same variable in all elements", place.path));
        }
        let missing = names.iter().filter(|name| !self.variables.contains_key(*name));
        let missing: Vec<String> = missing.cloned().collect();
        let arrays = self.arrays(field, &names, tensors, place).filter(|_| missing.is_empty());
        self.wrong.extend(missing.iter().map(|name| format!("`{}`: no `{name}`", place.path)));
        for (at, name) in names.iter().enumerate() {
            if self.variables.contains_key(name) {
                let known = arrays.as_ref().map(|arrays| arrays[at].clone());
                let elements = known.unwrap_or(Elements::Unknown);
                let (path, copy) = (place.path.clone(), field.copy);
                let constant = matches!(field.node, Node::Constant(_));
                let taker = Taker { field: path, elements, copy, constant };
                self.taken.entry(name.clone()).or_default().push(taker);
            }
        }
    }

    /// Returns the names of a field's variables at a place, and records all possible ones.
    fn names(&mut self, field: &Field, path: usize, place: &Place) -> Vec<String> {
        self.spare.extend(place.all_names(field, path));
        let names = place.names(field, path, self.variables);
        self.tied(field, path, place, &names);
        names
    }

    /// Checks that all tied names have the same variable, except for averages.
    fn tied(&mut self, field: &Field, path: usize, place: &Place, names: &[String]) {
        let own = place.along(field, path).name.unwrap_or_default();
        let mut all = place.ties(field);
        all.push(own);
        let is_plain = names.iter().all(|name| all.contains(name));
        let found: BTreeSet<_> = all.iter().filter_map(|name| self.variables.get(name)).collect();
        if !field.ties.is_empty() && is_plain && found.len() > 1 {
            self.wrong.push(format!("the names of `{}` hold different things", place.path));
        }
    }

    /// Returns the indices of a `stack`.
    fn stacked(
        &mut self,
        field: &'a Field,
        repeat: Repeat,
        place: &Place,
    ) -> std::ops::Range<usize> {
        let Repeat { index, start, end } = repeat;
        let there = |at: &usize| {
            let names = place.at(index, *at).names(field, 0, self.variables);
            names.iter().any(|name| self.variables.contains_key(name))
        };
        let count = self.from(start).take_while(there).count();
        let term = end.map(|end| place.scope.term(&end));
        let known = term.as_ref().map(|term| self.values.fixed(term));
        let end = if let Some(Length::Known(end)) = known {
            end as usize
        } else {
            let (element, place, end) = (None, place.clone(), start + count);
            self.counted.push(Counted { field, path: 0, index, element, place, end });
            end
        };
        self.equations.extend(term.map(|term| (term, end as u64)));
        start..end.max(start + 1)
    }

    /// Returns the elements that a field takes of each of its variables, if they are known.
    fn arrays(
        &mut self,
        field: &Field,
        names: &[String],
        tensors: &[&Tensor],
        place: &Place,
    ) -> Option<Vec<Elements>> {
        let part = |op: &Op| matches!(op, Op::Chunk { .. } | Op::Slice { .. });
        let followed = field.ops.iter().any(part);
        let mut arrays = Vec::new();
        for name in names {
            let (dtype, dims) = self.variables.get(name)?;
            if !tensors.iter().all(|tensor| holds(tensor, *dtype, dims, place.cast)) {
                self.wrong.push(format!("`{}` cannot hold {dtype}", place.path));
            }
            arrays.push(Array::whole(dims, followed));
        }
        match self.steps(field, tensors, place, arrays) {
            Ok(arrays) => {
                let of = |arrays: &[Array]| {
                    let each: Option<Vec<_>> =
                        arrays.iter().map(|it| it.elements.clone()).collect();
                    each.map_or(Elements::All, |each| Elements::These(each.concat()))
                };
                // The parts of a `split` belong to one variable.
                let of_one = names.len() == 1;
                Some(if of_one { vec![of(&arrays)] } else { arrays.chunks(1).map(of).collect() })
            }
            Err(Stop::Wrong(why)) => {
                self.wrong.push(format!("`{}`: {why}", place.path));
                None
            }
            Err(Stop::Unknown) => None,
        }
    }

    fn steps(
        &mut self,
        field: &Field,
        tensors: &[&Tensor],
        place: &Place,
        mut arrays: Vec<Array>,
    ) -> Result<Vec<Array>, Stop> {
        let rank = tensors.first().and_then(|tensor| tensor.rank);
        let mut joined: Option<Vec<u64>> = None;
        for (at, op) in field.ops.iter().enumerate() {
            match op {
                Op::Shape(axes) => {
                    let all = match &joined {
                        Some(dims) => vec![dims.clone()],
                        None => arrays.iter().map(|array| array.dims.clone()).collect(),
                    };
                    for dims in &all {
                        self.compare(axes, dims, place);
                    }
                }
                Op::Concat { axis, .. } => joined = Some(concat(&arrays, *axis, false)?),
                Op::Stack { axis, .. } => joined = Some(concat(&arrays, *axis, true)?),
                _ => {
                    let length =
                        |expression: &Expression| self.values.of(&place.scope.term(expression));
                    let parts = is_split(field).then_some(tensors.len());
                    let steps = Steps { ops: field.ops, rank, parts, length: &length };
                    let done = arrays.iter().map(|array| steps.done(at, array));
                    arrays = done.collect::<Result<Vec<_>, _>>()?.concat();
                }
            }
        }
        let all: Vec<&[u64]> = match &joined {
            Some(dims) => vec![dims],
            None => arrays.iter().map(|array| &array.dims[..]).collect(),
        };
        let string = tensors.iter().any(|tensor| tensor.or_string) && self.is_string(field, place);
        let fits =
            |dims: &&[u64]| rank.is_none_or(|rank| rank == dims.len()) || string && dims.is_empty();
        let cut = !is_split(field) || arrays.len() == tensors.len();
        if !cut || !all.iter().all(fits) {
            return Err(Stop::Wrong("it has other axes"));
        }
        if all.iter().all(|dims| divides(field, dims)) { Ok(arrays) } else { Err(UNDIVIDED) }
    }

    fn is_string(&self, field: &Field, place: &Place) -> bool {
        let names =
            (0..field.paths.len()).flat_map(|path| place.names(field, path, self.variables));
        let mut dtypes = names.filter_map(|name| self.variables.get(&name));
        dtypes.any(|(dtype, _)| *dtype == DType::String)
    }

    fn compare(&mut self, axes: &[AxisLength], dims: &[u64], place: &Place) {
        if axes.len() != dims.len() {
            return self.wrong.push(format!("`{}` has other axes", place.path));
        }
        for (axis, length) in axes.iter().zip(dims) {
            if let AxisLength::Is(expression) = axis {
                self.equations.push((place.scope.term(expression), *length));
            }
        }
    }

    /// Checks that the shape of zeros follows from the attributes.
    fn zeros(&mut self, field: &Field, tensor: &Tensor, place: &Place) {
        let last = field.ops.iter().rposition(|op| matches!(op, Op::Shape(_)));
        let has_value = |expression: Expression| {
            !matches!(self.values.of(&place.scope.term(&expression)), Length::None)
        };
        let known = match last.map(|at| &field.ops[at]) {
            Some(Op::Shape(axes)) => axes.iter().all(|axis| is(axis).is_some_and(has_value)),
            _ => tensor.rank == Some(0),
        };
        if !known {
            self.wrong.push(format!("`{}`: zeros of no shape", place.path));
        }
    }

    /// Checks that ranks can have equal parts of the value of `default`, if its shape is known.
    fn divided(&mut self, field: &Field, place: &Place) {
        let length = |expression: &Expression| self.values.of(&place.scope.term(expression));
        let known = |axis: &AxisLength| match is(axis).map(|expression| length(&expression)) {
            Some(Length::Known(len)) => Some(len),
            _ => None,
        };
        let last = field.ops.iter().rposition(|op| matches!(op, Op::Shape(_)));
        let Some((last, Op::Shape(axes))) = last.map(|at| (at, field.ops[at])) else { return };
        let Some(dims) = axes.iter().map(known).collect::<Option<Vec<u64>>>() else { return };
        let rank = tensor(&field.node).and_then(|tensor| tensor.rank);
        let steps = Steps { ops: field.ops, rank, parts: None, length: &length };
        let mut arrays = vec![Array::whole(&dims, false)];
        for at in last + 1..field.ops.len() {
            let done = arrays.iter().map(|array| steps.done(at, array));
            let Ok(done) = done.collect::<Result<Vec<_>, _>>() else { return };
            arrays = done.concat();
        }
        if arrays.iter().any(|array| !divides(field, &array.dims)) {
            self.wrong.push(format!("ranks cannot divide the default of `{}`", place.path));
        }
    }

    /// Returns the variables that each field takes.
    pub(super) fn takes(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut takes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, takers) in &self.taken {
            for taker in takers.iter().filter(|taker| !taker.constant) {
                takes.entry(taker.field.clone()).or_default().insert(name.clone());
            }
        }
        takes
    }
}

const UNDIVIDED: Stop = Stop::Wrong("ranks cannot divide it");

/// True if ranks can have equal parts of an array with these lengths.
fn divides(field: &Field, dims: &[u64]) -> bool {
    field.parallel.is_none_or(|Parallel { axis, of }| {
        let len = dims.get(axis);
        len.is_some_and(|len| of.iter().all(|ranks| len.is_multiple_of(*ranks as u64)))
    })
}

/// Returns the expression of a length.
fn is(axis: &AxisLength) -> Option<Expression> {
    match axis {
        AxisLength::Is(expression) => Some(*expression),
        AxisLength::Any => None,
    }
}

/// An index that no checkpoint has.
const NOWHERE: usize = 1 << 40;

/// A placeholder for a list without `repeat`, which no struct has.
const NO_REPEAT: Repeat = Repeat { index: "", start: 0, end: None };

/// Returns the first array of a node.
fn tensor(node: &Node) -> Option<&Tensor> {
    match node {
        Node::Tensor(tensor) => Some(tensor),
        Node::Split(parts) => parts.first().and_then(tensor),
        Node::Optional(inner) => tensor(inner),
        Node::List(list) => tensor(&list.element),
        Node::Struct(_) | Node::Dim(_) | Node::Constant(_) => None,
    }
}

/// True if a field takes the parts of a variable.
fn is_split(field: &Field) -> bool {
    let mut node = &field.node;
    loop {
        node = match node {
            Node::Optional(inner) => inner,
            Node::List(list) => &list.element,
            _ => return matches!(node, Node::Split(_)),
        };
    }
}

/// True if an array can store a variable.
fn holds(tensor: &Tensor, dtype: DType, dims: &[u64], cast: Option<Cast>) -> bool {
    let as_string = tensor.or_string && dtype == DType::String && dims.is_empty();
    let allows = |wanted| cast.unwrap_or(Cast::Never).allows(dtype, wanted);
    as_string || tensor.dtype.is_none_or(allows)
}

/// Returns the lengths of joined arrays.
fn concat(arrays: &[Array], axis: usize, stack: bool) -> Result<Vec<u64>, Stop> {
    let mut all: Vec<Vec<u64>> = arrays.iter().map(|array| array.dims.clone()).collect();
    for dims in &mut all {
        if axis > dims.len() || (axis == dims.len() && !stack) {
            return Err(Stop::Wrong("there is no such axis"));
        }
        if stack {
            dims.insert(axis, 1);
        }
    }
    let length: u64 = all.iter().map(|dims| dims[axis]).sum();
    for dims in &mut all {
        dims[axis] = length;
    }
    match all.split_first() {
        Some((first, others)) if others.iter().all(|dims| dims == first) => Ok(first.clone()),
        _ => Err(Stop::Wrong("they cannot be joined")),
    }
}
