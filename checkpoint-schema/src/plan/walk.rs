//! The walk of a description against a catalog.

use std::collections::HashMap;
use std::ops::Range;

use crate::catalog::{Catalog, Spec};
use crate::description::{Absent, Field, Node, Op, Struct, Tensor};
use crate::plan::layout::View;
use crate::plan::names::{Found, Names};
use crate::plan::route::{RouteId, Routes, Site};
use crate::plan::squeeze::{SqueezeError, squeeze};
use crate::plan::{Output, Read, Step};
use crate::shape::Shape;

/// What was found wrong at a site. Equal findings of one route are said once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Finding {
    Missing,
    DType {
        found: Spec,
    },
    Rank {
        found: Spec,
        squeezed: Shape,
    },
    Squeeze {
        found: Spec,
        error: SqueezeError,
    },
    /// The name stands for any of these variables.
    Ambiguous(Vec<usize>),
    /// Another field takes the variable too.
    Taken {
        by: RouteId,
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

/// The walk, and what it has gathered.
pub(super) struct Walk<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) names: &'a Names<'a>,
    pub(super) routes: Routes<'a>,
    pub(super) steps: Vec<Step>,
    pub(super) outputs: Vec<Output>,
    pub(super) reads: Vec<Read>,
    /// By the number of the variable: the read that takes it.
    pub(super) taken: Vec<Option<usize>>,
    pub(super) findings: Vec<(Site, Finding)>,
    /// What is absent, and need not be there.
    pub(super) absent: Vec<Site>,
    /// The structs that say what is ignored, or that anything is: where each sits.
    pub(super) lenient: Vec<(String, &'static str, &'static Struct)>,
    /// The elements that each list has: by the route and the indices around it.
    pub(super) lists: HashMap<(RouteId, Vec<usize>), Elements>,
    /// The values of the indices around the place of the walk.
    indices: Vec<usize>,
}

/// The elements of a list.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    pub(super) indices: Range<usize>,
    /// Whether they were counted, not written.
    pub(super) counted: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(names: &'a Names<'a>, prefix: &'a str) -> Self {
        let catalog = names.catalog();
        Self {
            catalog,
            names,
            routes: Routes::new(prefix),
            steps: Vec::new(),
            outputs: Vec::new(),
            reads: Vec::new(),
            taken: vec![None; catalog.variables().len()],
            findings: Vec::new(),
            absent: Vec::new(),
            lenient: Vec::new(),
            lists: HashMap::new(),
            indices: Vec::new(),
        }
    }

    /// Plans all fields of a struct.
    pub(super) fn fields(&mut self, outer: Option<RouteId>, owner: &'static Struct) {
        if !owner.ignore.is_empty() || owner.allow_unmapped {
            let location = self.location(outer);
            self.lenient.push((location, self.routes.separator(outer, owner), owner));
        }
        for (number, field) in owner.fields.iter().enumerate() {
            let route = self.choose(outer, owner, number, field);
            self.field(route, field);
        }
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
        if field.paths.len() < 2 {
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
                self.find(first, Finding::Aliases(paths));
                there[0].1
            }
        }
    }

    fn field(&mut self, route: RouteId, field: &'static Field) {
        if field.absent != Absent::Problem && !self.presence(route, &field.node) {
            return;
        }
        self.node(route, &field.node);
    }

    fn node(&mut self, route: RouteId, node: &'static Node) {
        match node {
            Node::Tensor(tensor) => self.tensor(route, tensor),
            Node::Struct(inner) => self.fields(Some(route), inner),
            Node::Optional(inner) => {
                if self.presence(route, inner) {
                    self.node(route, inner);
                }
            }
            Node::List(list) => self.list(route, &list.element, list.len),
            Node::Split(_) | Node::Dim(_) => {}
        }
    }

    /// Notes whether any variable of something that may be absent is there.
    fn presence(&mut self, route: RouteId, node: &'static Node) -> bool {
        let present = self.is_present(route, node);
        self.steps.push(Step::Present(present));
        if !present {
            self.absent.push(self.site(route));
        }
        present
    }

    fn list(&mut self, route: RouteId, element: &'static Node, len: Option<usize>) {
        let repeat = self.routes.get(route).field.repeat;
        let start = repeat.map_or(0, |repeat| repeat.start);
        let end = repeat.and_then(|repeat| repeat.end);
        let written = end
            .and_then(|end| end.value(&mut |_| None))
            .and_then(|end| usize::try_from(end).ok())
            .or(len.map(|len| start.saturating_add(len)));
        let end = written.unwrap_or_else(|| self.count(route, element, start));
        // A list of nothing is a mistake: planning its first element says what is missing.
        let planned = if written.is_none() && end == start {
            start..start.saturating_add(1)
        } else {
            start..end
        };
        let elements = Elements { indices: start..end, counted: written.is_none() };
        self.lists.insert((route, self.indices.clone()), elements);
        self.steps.push(Step::List(planned.clone()));
        for index in planned {
            self.indices.push(index);
            self.node(route, element);
            self.indices.pop();
        }
    }

    /// The index after the last element that is there, with none absent before it.
    fn count(&mut self, route: RouteId, element: &'static Node, start: usize) -> usize {
        // More elements than variables: the path does not use the index, and would be there for ever.
        let most = start.saturating_add(self.catalog.variables().len());
        (start..most).find(|&index| !self.element_is_present(route, element, index)).unwrap_or(most)
    }

    fn element_is_present(&mut self, route: RouteId, element: &'static Node, index: usize) -> bool {
        self.indices.push(index);
        let present = self.is_present(route, element);
        self.indices.pop();
        present
    }

    /// Whether any variable of a node is there.
    fn is_present(&mut self, route: RouteId, node: &'static Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) => {
                self.names.has(&self.routes.name(route, &self.indices))
            }
            Node::Dim(_) => false,
            Node::Optional(inner) => self.is_present(route, inner),
            Node::Struct(owner) => owner.fields.iter().enumerate().any(|(number, field)| {
                (0..field.paths.len()).any(|path| {
                    let route = self.routes.add(Some(route), owner, number, path);
                    self.is_present(route, &field.node)
                })
            }),
            Node::List(list) => {
                let start = self.routes.get(route).field.repeat.map_or(0, |repeat| repeat.start);
                self.element_is_present(route, &list.element, start)
            }
        }
    }

    fn tensor(&mut self, route: RouteId, tensor: &Tensor) {
        let number = match self.names.find(&self.routes.name(route, &self.indices)) {
            Found::One(number) => number,
            Found::Nothing => return self.find(route, Finding::Missing),
            Found::Several(numbers) => return self.find(route, Finding::Ambiguous(numbers)),
        };
        let variable = &self.catalog.variables()[number];
        if let Some(read) = self.taken[number] {
            let by = self.reads[read].site.route;
            return self.find(route, Finding::Taken { by });
        }
        self.taken[number] = Some(self.reads.len());
        let dtype = tensor.dtype.unwrap_or(variable.dtype);
        if variable.dtype != dtype {
            self.find(route, Finding::DType { found: variable.spec() });
        }
        let shape = self.shape(route, tensor, &variable.spec());
        self.steps.push(Step::Output);
        let dims = shape.dims();
        let layout = View::whole(&shape).layout(dims, &vec![0; dims.len()]);
        let (output, site) = (self.outputs.len(), self.site(route));
        self.reads.push(Read { variable: number, output, layout, site });
        self.outputs.push(Output { dtype, shape });
    }

    /// The shape that the field holds, after all that is done to the variable.
    fn shape(&mut self, route: RouteId, tensor: &Tensor, found: &Spec) -> Shape {
        let mut shape = found.shape.clone();
        for op in self.routes.get(route).field.ops {
            let Op::Squeeze(axes) = op else { continue };
            match squeeze(&shape, *axes, tensor.rank) {
                Ok(squeezed) => shape = squeezed,
                Err(error) => {
                    self.find(route, Finding::Squeeze { found: found.clone(), error });
                    return shape;
                }
            }
        }
        if tensor.rank.is_some_and(|rank| rank != shape.rank()) {
            self.find(route, Finding::Rank { found: found.clone(), squeezed: shape.clone() });
        }
        shape
    }

    /// The names by which variables are loaded.
    pub(super) fn loaded(&self) -> impl Iterator<Item = String> {
        self.reads.iter().map(|read| self.routes.name(read.site.route, &read.site.indices))
    }

    fn find(&mut self, route: RouteId, finding: Finding) {
        self.findings.push((self.site(route), finding));
    }

    /// The place of a route at this moment: with the indices that it is within.
    fn site(&self, route: RouteId) -> Site {
        let depth = self.routes.get(route).indices.len();
        Site { route, indices: self.indices.iter().copied().take(depth).collect() }
    }
}
