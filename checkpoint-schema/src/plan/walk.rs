//! The walk of a description against a catalog.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use smallvec::smallvec;

use crate::catalog::{Catalog, Defect, Spec, Variable};
use crate::description::{Absent, Cast, Field, Node, Op, Repeat, Struct, Tensor};
use crate::dtype::DType;
use crate::expression::{Axis, Expression};
use crate::plan::arrays::{Array, Parts, Piece};
use crate::plan::findings;
use crate::plan::names::{Found, Names};
use crate::plan::route::{RouteId, Routes, Site};
use crate::plan::symbols::{Equation, Scope, SymbolId, Symbols};
use crate::plan::transform::TransformError;
use crate::plan::{Few, Step};
use crate::shape::Shape;

/// What was found wrong at a site. Equal findings of one route are said once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Finding {
    Missing,
    /// The checkpoint lists the variable, but it cannot be read.
    Unreadable(Defect),
    DType {
        found: Spec,
        /// What `cast` has to be, if that would help.
        cast: Option<Cast>,
    },
    /// An array cannot be made.
    Array(ArrayFinding),
    /// The name stands for any of these variables.
    Ambiguous(Vec<usize>),
    /// Another field takes the variable too.
    Taken {
        by: RouteId,
        /// Whether that takes it by another name.
        renamed: bool,
    },
    /// Several of the field's paths are there: their numbers.
    Aliases(Vec<usize>),
    /// Nothing is there for an element of a list, but there is this variable of a later one.
    Hole {
        seen: usize,
        variable: usize,
    },
    /// The variable is loaded, and a glob or preset ignores it.
    Ignored {
        glob: &'static str,
    },
}

/// What was found wrong with the arrays that are made of variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum ArrayFinding {
    /// The axes are more or fewer than the field has.
    Rank { found: Spec, squeezed: Shape, wanted: usize },
    /// A step cannot be done to what it is given.
    Step { found: Spec, at: Shape, op: Op, error: TransformError },
    /// The shape is not the one that is written.
    Shape {
        found: Spec,
        at: Shape,
        axes: &'static [Axis],
        wanted: Vec<Option<u64>>,
        /// Those that disagree.
        symbols: Vec<SymbolId>,
    },
    /// A symbol that is needed has no value.
    Unknown { symbol: &'static str },
    /// An expression has no value, though its symbols have.
    NoNumber { expression: Expression, symbols: Vec<SymbolId> },
    /// The shape of zeros is not known, since this symbol has no value, or since nothing says it.
    Shapeless { unknown: Option<&'static str> },
    /// A list has as many elements, where an expression in symbols says another number.
    Elements { found: u64, wanted: u64, symbols: Vec<SymbolId> },
    /// A part of the variable is taken by another field too.
    Overlap { found: Spec, by: RouteId },
    /// So many elements of the variable are taken by no field.
    Gap { found: Spec, left: u64 },
}

/// The walk, and what it has gathered.
pub(super) struct Walk<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) names: &'a Names<'a>,
    pub(super) routes: Routes<'a>,
    pub(super) symbols: Symbols,
    pub(super) steps: Vec<Step>,
    pub(super) arrays: Vec<Array>,
    /// By the number of the variable: where it is taken.
    pub(super) taken: Vec<Few<Site>>,
    pub(super) findings: Vec<(Site, Finding)>,
    /// What is absent, and need not be there.
    pub(super) absent: Vec<Site>,
    /// The structs that say what is ignored, or that anything is: where each sits.
    pub(super) lenient: Vec<(String, &'static str, &'static Struct)>,
    /// The elements that each list has: by the route and the indices around it.
    pub(super) lists: HashMap<(RouteId, Vec<usize>), Elements>,
    /// What the numbers of elements of lists say of symbols.
    pub(super) equations: Vec<(Site, Equation)>,
    /// The structs that assert something of symbols.
    pub(super) asserts: Vec<(Scope, &'static Struct)>,
    /// What variables and lists that are not there would have said of symbols.
    pub(super) unsaid: Vec<(Scope, Expression)>,
    /// The steps that need the values of symbols: their numbers.
    pub(super) pending: Vec<(usize, Site, Scope, Pending)>,
    /// The values of the indices around the place of the walk.
    pub(super) indices: Vec<usize>,
    /// The indices of the last site.
    here: Arc<[usize]>,
    /// Memory for a name.
    name: String,
    /// What symbols mean at that place.
    scope: Scope,
    /// Which dtypes are converted there.
    cast: Cast,
}

/// What a step needs of symbols.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pending {
    /// The value of one.
    Dim(&'static str),
    /// The shape that an absent field would have.
    Shape(&'static Field, &'static Tensor),
}

/// The elements of a list.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    pub(super) indices: Range<usize>,
    /// Whether they were counted, not written.
    pub(super) counted: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(names: &'a Names<'a>, prefix: &'a str, symbols: Symbols) -> Self {
        let catalog = names.catalog();
        let variables = catalog.variables().len();
        // Most variables are an array each; of very many, fields may take few.
        let arrays = variables.min(1 << 16);
        Self {
            catalog,
            names,
            routes: Routes::new(prefix),
            symbols,
            steps: Vec::with_capacity(arrays),
            arrays: Vec::with_capacity(arrays),
            taken: vec![Few::new(); variables],
            findings: Vec::new(),
            absent: Vec::new(),
            lenient: Vec::new(),
            lists: HashMap::new(),
            equations: Vec::new(),
            asserts: Vec::new(),
            unsaid: Vec::new(),
            pending: Vec::new(),
            indices: Vec::new(),
            here: Arc::default(),
            name: String::new(),
            scope: Scope::ROOT,
            cast: Cast::Never,
        }
    }

    /// Plans all fields of a struct.
    pub(super) fn fields(&mut self, outer: Option<RouteId>, owner: &'static Struct) {
        if !owner.ignore.is_empty() || owner.allow_unmapped {
            let location = self.location(outer);
            self.lenient.push((location, self.routes.separator(outer, owner), owner));
        }
        let around = (self.scope, self.cast);
        self.scope = self.symbols.within(self.scope, owner.dims);
        self.cast = owner.cast.unwrap_or(self.cast);
        if !owner.asserts.is_empty() {
            self.asserts.push((self.scope, owner));
        }
        for (number, field) in owner.fields.iter().enumerate() {
            if let Node::Dim(symbol) = field.node {
                let route = self.routes.add(outer, owner, number, 0);
                let site = self.site(route);
                self.pending.push((self.steps.len(), site, self.scope, Pending::Dim(symbol)));
                self.steps.push(Step::Dim(0));
                continue;
            }
            let route = self.choose(outer, owner, number, field);
            self.field(route, field);
        }
        (self.scope, self.cast) = around;
    }

    /// Where a struct sits, with the indices of this moment.
    fn location(&self, outer: Option<RouteId>) -> String {
        match outer {
            Some(outer) => self.routes.name(outer, &self.indices),
            None => crate::plan::route::show(&self.routes.location(None), &[], &[]),
        }
    }

    /// The route to a field by the one of its paths that is there; by the first if none is.
    fn choose(
        &mut self,
        outer: Option<RouteId>,
        owner: &'static Struct,
        number: usize,
        field: &'static Field,
    ) -> RouteId {
        let first = self.routes.add(outer, owner, number, 0);
        if field.paths.len() < 2 || field.joins_paths() {
            return first;
        }
        let mut there = Vec::new();
        for path in 0..field.paths.len() {
            let route = self.routes.add(outer, owner, number, path);
            if self.is_present(route, &field.node) {
                there.push((path, route));
            }
        }
        match there[..] {
            [] => first,
            [(_, route)] => route,
            _ => {
                let paths = there.iter().map(|&(path, _)| path).collect();
                let site = self.site(first);
                self.findings.push((site, Finding::Aliases(paths)));
                there[0].1
            }
        }
    }

    fn field(&mut self, route: RouteId, field: &'static Field) {
        let around = (self.scope, self.cast);
        if !field.dims.is_empty() {
            self.scope = self.symbols.renamed(self.scope, field.dims);
        }
        self.cast = field.cast.unwrap_or(self.cast);
        match field.absent {
            Absent::Problem => self.node(route, &field.node),
            Absent::Function => self.or_function(route, field),
            Absent::Zero => self.or_zeros(route, field),
        }
        (self.scope, self.cast) = around;
    }

    fn or_function(&mut self, route: RouteId, field: &'static Field) {
        if self.is_present(route, &field.node) {
            self.steps.push(Step::Present(true));
            return self.node(route, &field.node);
        }
        let site = self.site(route);
        if let Some(tensor) = findings::tensor(&field.node) {
            let pending = Pending::Shape(field, tensor);
            self.pending.push((self.steps.len(), site.clone(), self.scope, pending));
        }
        self.steps.push(Step::Absent(None));
        self.absent.push(site);
    }

    fn or_zeros(&mut self, route: RouteId, field: &'static Field) {
        match &field.node {
            Node::Tensor(tensor) if !self.is_present(route, &field.node) => {
                let site = self.site(route);
                self.absent.push(site);
                self.array(route, Parts::One(tensor), Few::new());
            }
            node => self.node(route, node),
        }
    }

    fn node(&mut self, route: RouteId, node: &'static Node) {
        match node {
            Node::Tensor(tensor) => self.variables(route, Parts::One(tensor)),
            Node::Split(parts) => self.variables(route, Parts::Split(parts)),
            Node::Struct(inner) => self.fields(Some(route), inner),
            Node::Optional(inner) => {
                if self.presence(route, inner) {
                    self.node(route, inner);
                }
            }
            Node::List(list) => self.list(route, &list.element, list.len),
            Node::Dim(_) => {}
        }
    }

    /// Notes whether any variable of something that may be absent is there.
    fn presence(&mut self, route: RouteId, node: &'static Node) -> bool {
        let present = self.is_present(route, node);
        self.steps.push(Step::Present(present));
        if !present {
            let site = self.site(route);
            self.absent.push(site);
        }
        present
    }

    fn list(&mut self, route: RouteId, element: &'static Node, len: Option<usize>) {
        let repeat = self.routes.get(route).field.repeat;
        let planned = self.elements(route, element, repeat, len);
        self.steps.push(Step::List(planned.clone()));
        for index in planned {
            self.indices.push(index);
            self.node(route, element);
            self.indices.pop();
        }
    }

    /// The values of an index to plan: those that are written, or else those that are there.
    fn elements(
        &mut self,
        route: RouteId,
        element: &'static Node,
        repeat: Option<Repeat>,
        len: Option<usize>,
    ) -> Range<usize> {
        let start = repeat.map_or(0, |repeat| repeat.start);
        let bound = repeat.and_then(|repeat| repeat.end);
        let fixed = len.map(|len| start.saturating_add(len));
        let written = match bound {
            Some(Expression::Number(end)) => Some(end),
            Some(bound) => self.bound(route, element, start, bound, fixed),
            None => fixed,
        };
        let end = written.unwrap_or_else(|| self.count(route, element, start));
        // What a bound says that no symbol said before was counted, too.
        let value = bound.and_then(|bound| self.symbols.value(self.scope, &bound));
        let counted = fixed.is_none() && value != Some(end as u64);
        let elements = Elements { indices: start..end, counted };
        self.lists.insert((route, self.indices.clone()), elements);
        if end == start {
            self.unsaid.extend(bound.map(|bound| (self.scope, bound)));
        }
        // A list of nothing is a mistake: planning its first element says what is missing.
        if written.is_none() && end == start { start..start.saturating_add(1) } else { start..end }
    }

    /// The end of a list whose bound has symbols; `None` if nothing is there and nothing says it.
    ///
    /// What is there is believed, and says what the symbols have to be; but where the last element that they promise is
    /// there, those before it are missing.
    fn bound(
        &mut self,
        route: RouteId,
        element: &'static Node,
        start: usize,
        bound: Expression,
        fixed: Option<usize>,
    ) -> Option<usize> {
        let value =
            self.symbols.value(self.scope, &bound).and_then(|end| usize::try_from(end).ok());
        let counted = fixed.unwrap_or_else(|| {
            let counted = self.count(route, element, start);
            value.map_or(counted, |end| self.whole(route, element, start..counted, end))
        });
        let promised = value.filter(|&end| counted < end && fixed.is_none());
        let last_is_there =
            |walk: &mut Self, end: usize| walk.element_is_present(route, element, end - 1);
        if counted == start || promised.is_some_and(|end| last_is_there(self, end)) {
            return value;
        }
        let equation = Equation {
            scope: self.scope,
            expression: bound,
            found: counted as u64,
            variable: None,
        };
        let site = self.site(route);
        self.equations.push((site, equation));
        Some(counted)
    }

    /// Plans the arrays of a field at one place: finds the variables that they are made of.
    fn variables(&mut self, route: RouteId, parts: Parts) {
        let field = self.routes.get(route).field;
        let pieces: Option<Few<Piece>> = if let Some((_, repeat)) = field.stack() {
            self.stacked(route, repeat)
                .map(|index| self.stacked_piece(route, parts, index))
                .collect()
        } else if field.joins_paths() {
            let routes: Vec<_> =
                (0..field.paths.len()).map(|path| self.routes.by_path(route, path)).collect();
            routes.into_iter().map(|route| self.piece(route, parts)).collect()
        } else {
            self.piece(route, parts).map(|piece| smallvec![piece])
        };
        if let Some(pieces) = pieces {
            self.array(route, parts, pieces);
        }
    }

    /// The values of the index of a `stack`.
    fn stacked(&mut self, route: RouteId, repeat: Repeat) -> Range<usize> {
        let value = repeat.end.and_then(|end| self.symbols.value(self.scope, &end));
        let written = value.and_then(|end| usize::try_from(end).ok());
        let most = repeat.start.saturating_add(self.catalog.variables().len());
        let count = |walk: &mut Self| {
            (repeat.start..most).find(|&index| !walk.piece_is_present(route, index)).unwrap_or(most)
        };
        let end = written.unwrap_or_else(|| count(self));
        if let (Some(expression), None) = (repeat.end, written) {
            let (scope, found) = (self.scope, end as u64);
            let equation = Equation { scope, expression, found, variable: None };
            let site = self.site(route);
            self.equations.push((site, equation));
        }
        // Planning the first says what is missing.
        repeat.start..end.max(repeat.start.saturating_add(1))
    }

    fn stacked_piece(&mut self, route: RouteId, parts: Parts, index: usize) -> Option<Piece> {
        self.indices.push(index);
        let piece = self.piece(route, parts);
        self.indices.pop();
        piece
    }

    /// The variable of a route at this moment.
    fn piece(&mut self, route: RouteId, parts: Parts) -> Option<Piece> {
        let number = match self.found(route) {
            Found::One(number) => number,
            Found::Nothing => return self.missing(route),
            Found::Several(numbers) => return self.find(route, Finding::Ambiguous(numbers)),
        };
        let site = self.site(route);
        self.taken[number].push(site.clone());
        let variable = &self.catalog.variables()[number];
        if let Some(defect) = variable.defect() {
            self.leave_unsaid(route);
            return self.find(route, Finding::Unreadable(defect.clone()));
        }
        self.fits_dtype(route, parts, &self.catalog.variables()[number]);
        Some(Piece { variable: number, site })
    }

    /// Notes that a variable is not there, and with it what its shape would say.
    fn missing<T>(&mut self, route: RouteId) -> Option<T> {
        self.leave_unsaid(route);
        self.find(route, Finding::Missing)
    }

    /// Notes what the shape of a variable would say of symbols.
    fn leave_unsaid(&mut self, route: RouteId) {
        for op in self.routes.get(route).field.ops {
            let Op::Shape(axes) = op else { continue };
            self.unsaid.extend(axes.iter().filter_map(|axis| match axis {
                Axis::Is(expression) => Some((self.scope, *expression)),
                Axis::Any => None,
            }));
        }
    }

    /// Whether the dtype of a variable is that of the arrays, or can be converted.
    fn fits_dtype(&mut self, route: RouteId, parts: Parts, found: &Variable) {
        for tensor in (0..parts.len()).filter_map(|number| parts.tensor(number)) {
            let Some(wanted) = tensor.dtype.filter(|dtype| *dtype != found.dtype) else { continue };
            if tensor.or_string && found.dtype == DType::String && found.shape.rank() == 0 {
                continue;
            }
            let cast = Cast::ALL.into_iter().find(|cast| cast.allows(found.dtype, wanted));
            if !self.cast.allows(found.dtype, wanted) {
                let found = found.spec();
                return self.find(route, Finding::DType { found, cast }).unwrap_or_default();
            }
        }
    }

    fn array(&mut self, route: RouteId, parts: Parts, pieces: Few<Piece>) {
        self.steps.extend(std::iter::repeat_n(Step::Output, parts.len()));
        let (site, field) = (self.site(route), self.routes.get(route).field);
        self.arrays.push(Array { site, field, parts, scope: self.scope, pieces });
    }

    /// What the name of a route stands for at this moment.
    pub(super) fn found(&mut self, route: RouteId) -> Found {
        self.routes.write_name(route, &self.indices, &mut self.name);
        self.names.find(&self.name)
    }

    /// Notes what is wrong at a route.
    fn find<T>(&mut self, route: RouteId, finding: Finding) -> Option<T> {
        let site = self.site(route);
        self.findings.push((site, finding));
        None
    }

    /// The place of a route at this moment: with the indices that it is within.
    fn site(&mut self, route: RouteId) -> Site {
        let depth = self.routes.get(route).indices.len();
        let indices = self.indices.get(..depth).unwrap_or(&self.indices);
        // Most sites are where the one before is.
        if *self.here != *indices {
            self.here = indices.into();
        }
        Site { route, indices: self.here.clone() }
    }
}
