//! From findings at sites to problems in sentences.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Name, Variable};
use crate::description::{Field, Node, Op, Preset, Tensor};
use crate::dtype::DType;
use crate::expression::Axis;
use crate::fold::Values;
use crate::plan::causes::{self, Prefix};
use crate::plan::coverage::Outside;
use crate::plan::family::families;
use crate::plan::fold;
use crate::plan::ignored::Presets;
use crate::plan::renamed::renamed;
use crate::plan::route::{Route, RouteId, Site, show};
use crate::plan::shown::Shown;
use crate::plan::suggest::{generalise, nearest};
use crate::plan::symbols::{Scope, Symbols};
use crate::plan::walk::{ArrayFinding, Finding, Walk};
use crate::plan::ways::{VALUE_SUFFIX, object_path};
use crate::plan::wholes::{self, Alive, Folded, Place};
use crate::problem::{Nearest, Problem, ProblemKind};
use crate::template::Part;

/// How many of the missing variables are compared with every name of the checkpoint.
const SUGGESTED: usize = 100;

/// The findings of a walk, as they are put into words.
pub(super) struct Findings<'w, 'a> {
    walk: &'w Walk<'a>,
    /// The variables that no field takes, without those that the problems so far explain.
    unmapped: BTreeSet<usize>,
    outside: &'w [Outside],
    shown: &'w Shown,
    presets: Presets,
    /// Why most variables are missing.
    prefix: Option<Prefix>,
    /// The findings that are explained by a word of their names: their numbers.
    renamed: BTreeSet<usize>,
}

impl<'w, 'a> Findings<'w, 'a> {
    pub(super) fn new(
        walk: &'w Walk<'a>,
        unmapped: Vec<usize>,
        outside: &'w [Outside],
        shown: &'w Shown,
    ) -> Self {
        let unmapped = unmapped.into_iter().collect();
        let (prefix, renamed) = (causes::prefix(walk), BTreeSet::new());
        Self { walk, unmapped, outside, shown, presets: Presets::new(), prefix, renamed }
    }

    /// What is wrong with all, then with fields, then with the variables that no field takes.
    pub(super) fn problems(mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.asks_for_objects());
        problems.extend(self.under_prefix().or_else(|| self.by_another_word()));
        problems.extend(self.of_fields());
        if self.prefix.is_some() {
            // Globs in `ignore` have the prefix of the struct too: of what is left, there is nothing to say yet.
            return problems;
        }
        problems.extend(self.beyond());
        let list = |&number| Some((number, self.presets.of(self.walk.names.and_key(number))?));
        let listed: BTreeMap<usize, Preset> = self.unmapped.iter().filter_map(list).collect();
        problems.extend(self.slots(&listed));
        problems.extend(self.left(&listed));
        problems
    }

    /// That most variables are under another prefix, which explains what no field takes, too.
    fn under_prefix(&mut self) -> Option<Problem> {
        let prefix = self.prefix.clone()?;
        let routes = &self.walk.routes;
        for route in routes.ids() {
            if let Some(template) = prefix.corrected(&routes.get(route).template) {
                self.explain(&template);
            }
        }
        let names = self.walk.names;
        self.unmapped.retain(|&number| !names.of(number).iter().any(|name| prefix.explains(name)));
        Some(prefix.problem())
    }

    /// That most missing variables are called otherwise, which explains what no field takes, too.
    fn by_another_word(&mut self) -> Option<Problem> {
        let renamed = renamed(self.walk, &self.unmapped)?;
        let before = self.unmapped.len();
        self.unmapped.retain(|&number| !renamed.explains(self.walk, number));
        let problem = renamed.problem(before - self.unmapped.len());
        self.renamed = renamed.findings;
        Some(problem)
    }

    fn of_fields(&mut self) -> Vec<Problem> {
        let walk = self.walk;
        let alive = Alive::new(walk);
        let findings = walk.findings.iter().enumerate();
        let findings =
            findings.filter(|(number, (site, finding))| !self.explained(*number, site, finding));
        let mut findings = fold(findings.map(|(_, (site, finding))| {
            let top = alive.top(walk, site, finding);
            ((site.route, finding.clone(), top), &*site.indices)
        }));
        let mut problems = wholes::dtypes(walk, &mut findings);
        let mut suggested = 0;
        for (whole, group) in wholes::groups(walk, findings) {
            problems.extend(self.of_group(whole.as_ref(), group, &mut suggested));
        }
        // Where a symbol has no value is said once.
        let mut without = BTreeSet::new();
        problems.retain(|problem| match problem.kind {
            ProblemKind::NoValue { symbol } => without.insert(symbol),
            _ => true,
        });
        problems
    }

    /// Whether the cause of something that was found is said elsewhere.
    fn explained(&self, number: usize, site: &Site, finding: &Finding) -> bool {
        match finding {
            Finding::Missing => {
                self.prefix.is_some()
                    || self.renamed.contains(&number)
                    || self.object(site).is_some()
            }
            // Where a list has a hole, its elements were not counted to the end.
            Finding::Array(ArrayFinding::Elements { .. }) => {
                self.walk.findings.iter().any(|(other, finding)| {
                    matches!(finding, Finding::Hole { .. })
                        && other.route == site.route
                        && other.indices.starts_with(&site.indices)
                })
            }
            _ => false,
        }
    }

    /// What is said of a struct of which nothing is there, in one sentence if that can be; or of one finding.
    fn of_group(
        &mut self,
        whole: Option<&Place>,
        group: Vec<Folded>,
        suggested: &mut usize,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for ((route, finding, _), axes) in group {
            *suggested += 1;
            let problem = self.of_field(route, &axes, &finding, *suggested <= SUGGESTED);
            problems.push(((route, axes), problem));
        }
        let whole = whole.filter(|_| problems.len() > 1);
        match whole.and_then(|whole| wholes::problem(self.walk, whole, &problems)) {
            Some(problem) => vec![problem],
            None => problems.into_iter().map(|(_, problem)| problem).collect(),
        }
    }

    /// The variables that are in a documented list, each list in one sentence.
    fn slots(&mut self, listed: &BTreeMap<usize, Preset>) -> Vec<Problem> {
        let of = self.unmapped.len();
        let mut lists: BTreeMap<&'static str, (Preset, Vec<usize>)> = BTreeMap::new();
        for (&number, &preset) in listed {
            lists.entry(preset.word()).or_insert((preset, Vec::new())).1.push(number);
        }
        let mut problems = Vec::new();
        for (preset, numbers) in lists.into_values().filter(|(_, numbers)| numbers.len() > 1) {
            for number in &numbers {
                self.unmapped.remove(number);
            }
            let example = self.shown.name(self.walk.names, numbers[0]).to_string();
            let kind = ProblemKind::Slots { preset, of, example };
            problems.push(Problem { field: None, variable: None, count: numbers.len(), kind });
        }
        problems
    }

    /// The other variables that no field takes.
    fn left(&self, listed: &BTreeMap<usize, Preset>) -> Vec<Problem> {
        let names = self.walk.names;
        let (alone, others): (Vec<usize>, Vec<usize>) =
            self.unmapped.iter().partition(|number| listed.contains_key(number));
        let alone = alone.into_iter().map(|number| {
            let variable = self.shown.variable(names, number);
            let (found, preset) = (variable.spec(), listed.get(&number).copied());
            Problem {
                field: None,
                variable: Some(variable.name.to_string()),
                count: 1,
                kind: ProblemKind::Unmapped { found, preset },
            }
        });
        let others: Vec<Variable> =
            others.iter().map(|&number| self.shown.variable(names, number)).collect();
        let others = families(others.iter()).into_iter().map(|family| Problem {
            field: None,
            variable: Some(family.name),
            count: family.count,
            kind: ProblemKind::Unmapped { found: family.spec, preset: None },
        });
        alone.chain(others).collect()
    }

    /// That missing keys are the paths of objects that are there, which explains what no field takes, too.
    fn asks_for_objects(&mut self) -> Option<Problem> {
        let missing = self.walk.findings.iter().filter(|(_, finding)| *finding == Finding::Missing);
        let there: Vec<usize> = missing.filter_map(|(site, _)| self.object(site)).collect();
        for number in &there {
            self.unmapped.remove(number);
        }
        let kind = ProblemKind::ObjectBased;
        (!there.is_empty()).then_some(Problem { field: None, variable: None, count: 1, kind })
    }

    /// The variable that has the name of a place as the path of an object, where names are keys.
    fn object(&self, site: &Site) -> Option<usize> {
        let walk = self.walk;
        let value = || walk.routes.name(site.route, &site.indices) + VALUE_SUFFIX;
        walk.names.are_keys().then(|| walk.catalog.position(value()))?
    }

    fn of_field(
        &mut self,
        route: RouteId,
        axes: &[Values],
        finding: &Finding,
        suggest: bool,
    ) -> Problem {
        let walk = self.walk;
        let routes = &walk.routes;
        let tensor = tensor(&routes.get(route).field.node);
        let kind = match finding {
            Finding::Missing => self.missing(route, axes, suggest),
            Finding::Unreadable(defect) => ProblemKind::Unreadable(defect.clone()),
            Finding::DType { found, cast } => {
                let wanted = tensor.and_then(|tensor| tensor.dtype).unwrap_or(found.dtype);
                ProblemKind::DType { found: found.clone(), wanted, cast: *cast }
            }
            Finding::Ambiguous(numbers) => self.ambiguous(numbers),
            Finding::Taken { by, renamed } => {
                let other = renamed.then(|| routes.variable(*by, &[]));
                ProblemKind::Taken { by: routes.field(*by, &[]), other }
            }
            Finding::Aliases(paths) => self.aliases(route, axes, paths),
            Finding::Hole { seen, variable } => ProblemKind::Hole {
                later: routes.field(route, &with_last(axes, *seen)),
                variable: self.shown.name(walk.names, *variable).to_string(),
            },
            Finding::Ignored { glob } => ProblemKind::Ignored { glob: (*glob).to_owned() },
            Finding::Array(finding) => self.of_array(finding),
        };
        let several = matches!(
            finding,
            Finding::Aliases(_)
                | Finding::Hole { .. }
                | Finding::Array(
                    ArrayFinding::Unknown { .. }
                        | ArrayFinding::NoNumber { .. }
                        | ArrayFinding::Shapeless { .. }
                        | ArrayFinding::Elements { .. }
                )
        );
        Problem {
            field: Some(routes.field(route, axes)),
            variable: (!several).then(|| routes.variable(route, axes)),
            count: axes.iter().map(Values::len).product(),
            kind,
        }
    }

    /// What is wrong with an array.
    fn of_array(&self, finding: &ArrayFinding) -> ProblemKind {
        let routes = &self.walk.routes;
        match finding {
            ArrayFinding::Rank { found, squeezed, wanted } => ProblemKind::Rank {
                found: found.clone(),
                squeezed: squeezed.clone(),
                wanted: *wanted,
            },
            ArrayFinding::Step { found, at, op, error } => ProblemKind::Step {
                found: found.clone(),
                at: at.clone(),
                op: op.to_string(),
                error: error.clone(),
            },
            ArrayFinding::Shape { found, at, axes, wanted, symbols } => ProblemKind::Shape {
                found: found.clone(),
                at: at.clone(),
                written: written(axes),
                wanted: wanted.clone(),
                symbols: causes::values(self.walk, symbols),
            },
            ArrayFinding::Unknown { symbol } => ProblemKind::NoValue { symbol },
            ArrayFinding::NoNumber { expression, symbols } => ProblemKind::NoNumber {
                expression: expression.to_string(),
                symbols: causes::values(self.walk, symbols),
            },
            ArrayFinding::Shapeless { unknown } => ProblemKind::Shapeless { symbol: *unknown },
            ArrayFinding::Elements { found, wanted, symbols } => ProblemKind::Elements {
                found: *found,
                wanted: *wanted,
                symbols: causes::values(self.walk, symbols),
            },
            ArrayFinding::Overlap { found, by } => {
                ProblemKind::Overlap { found: found.clone(), by: routes.field(*by, &[]) }
            }
            ArrayFinding::Gap { found, left } => {
                ProblemKind::Gap { found: found.clone(), left: *left }
            }
        }
    }

    /// The templates of some of the paths of a field.
    fn paths(&self, route: RouteId, axes: &[Values], paths: &[usize]) -> Vec<String> {
        let routes = &self.walk.routes;
        paths
            .iter()
            .filter_map(|&path| Some(routes.variable(routes.met_by_path(route, path)?, axes)))
            .collect()
    }

    fn aliases(&mut self, route: RouteId, axes: &[Values], paths: &[usize]) -> ProblemKind {
        let routes = &self.walk.routes;
        for route in paths.iter().filter_map(|&path| routes.met_by_path(route, path)) {
            self.explain(&routes.get(route).template);
        }
        ProblemKind::Aliases { present: self.paths(route, axes, paths) }
    }

    fn ambiguous(&mut self, numbers: &[usize]) -> ProblemKind {
        let variables = self.walk.catalog.variables();
        let names = || numbers.iter().map(|&number| &variables[number].name);
        self.unmapped.retain(|number| !numbers.contains(number));
        ProblemKind::Ambiguous {
            paths: names().map(|key| Name::from(object_path(key)).to_string()).collect(),
            keys: names().map(Name::to_string).collect(),
        }
    }

    fn missing(&mut self, route: RouteId, axes: &[Values], suggest: bool) -> ProblemKind {
        let field = self.walk.routes.get(route).field;
        let paths = if field.joins_paths() { 0 } else { field.paths.len() };
        let others: Vec<usize> = (1..paths).collect();
        let aliases = self.paths(route, axes, &others);
        let nearest = if suggest { self.nearest(route, axes) } else { None };
        ProblemKind::Missing { aliases, nearest }
    }

    /// What a missing variable may be called; what is explained so is not unmapped any more.
    fn nearest(&mut self, route: RouteId, axes: &[Values]) -> Option<Nearest> {
        let walk = self.walk;
        let last: Vec<usize> = axes.iter().map(Values::last).collect();
        let name = walk.routes.name(route, &last);
        let route = walk.routes.get(route);
        let dtype = tensor(&route.field.node).and_then(|tensor| tensor.dtype);
        // What is of an element beyond the bounds of its list is said to be.
        let beyond = |number: &usize| self.outside.iter().any(|outside| outside.number == *number);
        let unmapped = self.unmapped.iter().copied().filter(|number| !beyond(number));
        let untaken = (0..walk.taken.len()).filter(|&number| walk.taken[number].is_empty());
        let untaken = untaken.filter(|number| !beyond(number));
        let (near, name) = nearest(&name, dtype, walk.names, &self.presets, unmapped)
            .or_else(|| nearest(&name, dtype, walk.names, &self.presets, untaken))
            .or_else(|| self.of_shape(route, dtype, last.last().copied()))?;
        let template = generalise(name, route, axes, walk.names);
        self.explain(&template);
        let spec = walk.catalog.variables()[near].spec();
        Some(Nearest { name: show(&template, &route.indices, axes), spec })
    }

    /// The only variable without a field that has the shape that a field writes, and the index of this moment in its name.
    fn of_shape(
        &self,
        route: &Route<'_>,
        dtype: Option<DType>,
        index: Option<usize>,
    ) -> Option<(usize, &'a str)> {
        let walk = self.walk;
        let lens = written_lens(route.field, &walk.symbols)?;
        let fits = |number: &usize| {
            let variable = &walk.catalog.variables()[*number];
            let dims: Vec<u64> =
                variable.shape.dims().iter().copied().filter(|dim| *dim != 1).collect();
            let equal = |(dim, len): (&u64, &Option<u64>)| len.is_none_or(|len| len == *dim);
            let same = dims.len() == lens.len() && dims.iter().zip(&lens).all(equal);
            same && dtype.is_none_or(|dtype| dtype == variable.dtype)
        };
        let fitting = self.unmapped.iter().copied().filter(fits).filter_map(|number| {
            let name = walk.names.of(number).first()?.as_str()?;
            let numbered = |index: usize| {
                let numbers = name.split(|letter: char| !letter.is_ascii_digit());
                numbers
                    .filter_map(|digits| digits.parse().ok())
                    .any(|number: usize| number == index)
            };
            index.is_none_or(numbered).then_some((number, name))
        });
        let fitting: Vec<_> = fitting.collect();
        if let [one] = fitting[..] { Some(one) } else { None }
    }

    fn explain(&mut self, template: &[Part<'_>]) {
        let fits = |name: &Name| causes::gives(template, name);
        self.unmapped.retain(|&number| !self.walk.names.of(number).iter().any(fits));
    }

    /// The elements that only the bounds of a list leave out.
    fn beyond(&mut self) -> Vec<Problem> {
        let mut elements: BTreeMap<(RouteId, Vec<usize>), Vec<&Outside>> = BTreeMap::new();
        for outside in self.outside {
            if self.unmapped.remove(&outside.number) {
                elements.entry(outside.element()).or_default().push(outside);
            }
        }
        // What is told by one variable and by how many there are is the same for many elements.
        let sites = elements.iter().map(|((list, indices), outside)| {
            let spec = self.walk.catalog.variables()[outside[0].number].spec();
            ((*list, outside[0].site.route, outside.len(), spec), &**indices)
        });
        let problem = |((list, first, variables, found), axes): (
            (RouteId, RouteId, usize, _),
            Vec<Values>,
        )| Problem {
            field: None,
            variable: Some(self.walk.routes.variable(first, &axes)),
            count: axes.iter().map(Values::len).product(),
            kind: ProblemKind::Beyond {
                found,
                variables,
                element: self.walk.routes.field(list, &axes),
            },
        };
        fold(sites).into_iter().map(problem).collect()
    }
}

/// The tensor that a field takes, once or several times.
pub(super) fn tensor(node: &'static Node) -> Option<&'static Tensor> {
    match node {
        Node::Tensor(tensor) => Some(tensor),
        Node::Optional(inner) => tensor(inner),
        Node::List(list) => tensor(&list.element),
        Node::Split(parts) => parts.first().and_then(tensor),
        Node::Struct(_) | Node::Dim(_) => None,
    }
}

fn with_last(axes: &[Values], last: usize) -> Vec<Values> {
    let around = axes.len().saturating_sub(1);
    axes.iter().take(around).cloned().chain([Values::from(last)]).collect()
}

/// The lengths of a variable's axes but those of length 1, if a field writes them before it changes more than these;
/// `None` among them for any.
fn written_lens(field: &Field, symbols: &Symbols) -> Option<Vec<Option<u64>>> {
    let shape = field.ops.iter().find(|op| !matches!(op, Op::Squeeze(_)))?;
    let Op::Shape(axes) = shape else { return None };
    let len = |axis: &Axis| match axis {
        Axis::Any => Some(None),
        Axis::Is(expression) => symbols.value(Scope::ROOT, expression).map(Some),
    };
    let lens: Vec<Option<u64>> = axes.iter().map(len).collect::<Option<_>>()?;
    Some(lens.into_iter().filter(|len| *len != Some(1)).collect())
}

/// `[n_ctx, n_embd]`
fn written(axes: &[Axis]) -> String {
    let axes: Vec<String> = axes.iter().map(ToString::to_string).collect();
    format!("[{}]", axes.join(", "))
}
