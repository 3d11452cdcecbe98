//! Applying rules to the variables of a checkpoint.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::listing::catalog::{Catalog, Name, Place, Spec, Variable};
use crate::listing::glob::Glob;
use crate::model::description::{Borrow, Cast, Field, Node, Op, Path, Struct, Tensor};
use crate::model::family::families;
use crate::model::template::{self, Piece};
use crate::naming::{Names, ignored_globs, near_names};
use crate::plan::{self, PlanOptions};
use crate::problem::Problem;
use crate::rules::{Rule, RuleProblem, Rules, RulesError, Template};
use crate::strided::Layout;

/// The result of applying rules to the listing of a checkpoint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decided {
    /// The new variables, in the file order of their first sources.
    pub targets: Vec<Target>,
    /// The indices of the ignored variables, by glob or preset.
    pub ignored: BTreeMap<String, Vec<usize>>,
}

/// A new variable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// Its name.
    pub name: Name,
    /// Its dtype and shape.
    pub spec: Spec,
    /// Its source variables, at least one.
    pub sources: Vec<TargetSource>,
    /// True if it is an unchanged copy of its only source.
    pub as_it_is: bool,
    /// The index of the rule; `None` for a kept variable.
    pub rule: Option<usize>,
}

/// A source variable, whole or in part.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TargetSource {
    /// The index of the variable in the catalog.
    pub variable: usize,
    /// The elements taken, and their positions.
    #[doc(hidden)]
    pub layout: Layout,
}

/// The values of the indices of a rule.
type Indices = Vec<(&'static str, usize)>;

impl Rules {
    /// Applies the rules to the listing of a checkpoint, by its keys. No tensor is read.
    ///
    /// # Errors
    /// Returns all problems together.
    pub fn decide(&self, catalog: &Catalog) -> Result<Decided, RulesError> {
        self.decide_by(&Names::of_keys(catalog))
    }

    /// Applies the rules to the listing of a checkpoint, by these names. The object graph, from which names come, is left out.
    ///
    /// # Errors
    /// Returns all problems together.
    pub fn decide_by(&self, names: &Names<'_>) -> Result<Decided, RulesError> {
        let rules = &self.in_names_of(names);
        let catalog = names.catalog();
        let mut deciding =
            Deciding { rules, names, catalog, problems: Vec::new(), planned: HashMap::new() };
        let decided = deciding.all();
        let problems = deciding.problems;
        if problems.is_empty() { Ok(decided) } else { Err(RulesError { problems }) }
    }
}

impl Rules {
    /// Returns a name that some rule matches.
    #[must_use]
    pub fn example(&self, names: &Names<'_>) -> Option<String> {
        let templates = || self.lines.iter().flat_map(|rule| &rule.from);
        let is_taken = |name: &&Name| {
            templates()
                .any(|template| template::invert(&template.pieces, name.as_bytes()).is_some())
        };
        let numbers = 0..names.catalog().variables().len();
        let found = numbers.flat_map(|number| names.of(number)).find(is_taken);
        found.map(Name::to_string)
    }
}

struct Deciding<'a> {
    rules: &'a Rules,
    names: &'a Names<'a>,
    catalog: &'a Catalog,
    problems: Vec<RuleProblem>,
    /// Cached plans, by rules and by the dtypes and shapes of their variables.
    planned: HashMap<(Vec<usize>, Vec<Spec>), Rc<Planned>>,
}

/// The targets of some rules on the same variables: for each rule, a list of targets.
type Planned = Result<Vec<Made>, String>;

/// The targets of a rule. Each has its dtype and shape, and the elements it takes from the rule's variables.
type Made = Vec<(Spec, Vec<(usize, Layout)>)>;

/// The rules that match a variable, each with the index of its path and the values of its indices.
type Takers = BTreeMap<usize, Vec<(usize, usize, Indices)>>;

impl<'a> Deciding<'a> {
    fn all(&mut self) -> Decided {
        let takers = self.takers();
        if let (true, [rule, ..], Some(first)) = (
            takers.is_empty() && !self.rules.of_part,
            &self.rules.lines[..],
            self.variables().next(),
        ) {
            // A name like that of a rule shows what differs.
            let near = rule.from.first().and_then(|path| self.nearest(path));
            let example = near.unwrap_or_else(|| self.name(first));
            self.problems.push(RuleProblem::Other { example });
            return Decided { targets: Vec::new(), ignored: BTreeMap::new() };
        }
        if !self.rules.of_part {
            self.idle(&takers);
        }
        let mut ignored = self.ignored(&takers);
        let mut targets = self.made(&takers);
        self.prefer(&mut targets, &mut ignored);
        self.kept(&takers, &ignored, &mut targets);
        self.twice(&targets);
        let place = |target: &Target| {
            let first = target.sources.iter().map(|source| source.variable).min();
            let found = first.and_then(|number| self.catalog.variables().get(number));
            match found.map(|variable| &variable.place) {
                Some(Place::Whole(extent)) => (extent.shard, extent.offset, target.name.clone()),
                _ => (u32::MAX, 0, target.name.clone()),
            }
        };
        targets.sort_by_cached_key(place);
        Decided { targets, ignored }
    }

    /// The numbers of the variables, without the object graph that the names come from.
    fn variables(&self) -> impl Iterator<Item = usize> + use<'a> {
        let names = self.names;
        (0..names.catalog().variables().len()).filter(|&number| !names.come_from(number))
    }

    /// The names of a variable. Rules and globs can use any of them.
    fn names_of(&self, variable: usize) -> &'a [Name] {
        if variable < self.catalog.variables().len() { self.names.of(variable) } else { &[] }
    }

    /// The first name of a variable.
    fn name(&self, variable: usize) -> String {
        self.names_of(variable).first().map(Name::to_string).unwrap_or_default()
    }

    /// A variable under its first name, for messages.
    fn named(&self, variable: usize) -> Option<Variable> {
        let found = self.catalog.variables().get(variable)?;
        Some(Variable { name: self.names_of(variable).first()?.clone(), ..found.clone() })
    }

    fn takers(&self) -> Takers {
        let mut takers = Takers::new();
        for number in self.variables() {
            let names = self.names_of(number);
            for (rule_number, rule) in self.rules.lines.iter().enumerate() {
                for (path, template) in rule.from.iter().enumerate() {
                    let invert = |name: &Name| template::invert(&template.pieces, name.as_bytes());
                    // Another name of the same variable is no other variable.
                    if let Some(mut indices) = names.iter().find_map(invert) {
                        indices.sort_unstable();
                        takers.entry(number).or_default().push((rule_number, path, indices));
                    }
                }
            }
        }
        takers
    }

    /// Returns the variable whose name is most like the first name of a path.
    fn nearest(&self, path: &Template) -> Option<String> {
        let mut name = String::new();
        let _ = template::render(&path.pieces, |_| Some(path.first()), &mut name);
        near_names(&name, self.names).first().map(|(_, _, name)| (*name).to_owned())
    }

    /// Reports paths that match no variable.
    fn idle(&mut self, takers: &Takers) {
        let used: BTreeSet<(usize, usize)> =
            takers.values().flatten().map(|(rule, path, _)| (*rule, *path)).collect();
        let is_used = |number: usize| used.iter().any(|(rule, _)| *rule == number);
        let preferred = self.rules.lines.iter().enumerate().filter(|(_, rule)| rule.preferred);
        let preferred: Vec<&Rule> =
            preferred.filter(|(number, _)| is_used(*number)).map(|(_, rule)| rule).collect();
        for (number, rule) in self.rules.lines.iter().enumerate() {
            // A preferred variable can stand alone.
            let is_replaced = preferred.iter().any(|other| other.to == rule.to);
            for (path, template) in rule.from.iter().enumerate() {
                if rule.optional || is_replaced || used.contains(&(number, path)) {
                    continue;
                }
                let nearest = self.nearest(template);
                self.problems.push(RuleProblem::Idle {
                    line: rule.line,
                    path: template.text,
                    nearest,
                });
            }
        }
    }

    /// The ignored variables, by glob or preset. A variable that a rule matches is a problem.
    fn ignored(&mut self, takers: &Takers) -> BTreeMap<String, Vec<usize>> {
        let mut ignored: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let globs: Vec<_> = self.rules.ignore.iter().flat_map(ignored_globs).collect();
        // The variables that are also taken, by the line that takes them and the glob.
        let mut taken: BTreeMap<(usize, &str), Vec<Variable>> = BTreeMap::new();
        for number in self.variables() {
            let names: Vec<String> = self.names.and_key(number).collect();
            let is_named = |glob: &Glob<'_>| names.iter().any(|name| glob.matches(name));
            let Some(glob) = globs.iter().find(|rule| is_named(&rule.glob)) else { continue };
            let glob = glob.label;
            match takers.get(&number).and_then(|takers| takers.first()) {
                Some((rule, ..)) => {
                    let line = self.rules.lines.get(*rule).map_or(0, |rule| rule.line);
                    taken.entry((line, glob)).or_default().extend(self.named(number));
                }
                None => ignored.entry(glob.to_owned()).or_default().push(number),
            }
        }
        for ((line, glob), variables) in taken {
            for family in families(variables.iter()) {
                let (name, count, glob) = (family.name, family.count, glob.to_owned());
                self.problems.push(RuleProblem::Ignored { line, name, count, glob });
            }
        }
        ignored
    }

    /// The new variables of all rules.
    fn made(&mut self, takers: &Takers) -> Vec<Target> {
        // Rules on the same variables are planned together, because each may take a part.
        let mut sets: BTreeMap<Vec<(usize, Indices)>, Vec<usize>> = BTreeMap::new();
        for (variable, takers) in takers {
            let mut of: Vec<(usize, Indices)> =
                takers.iter().map(|(rule, _, indices)| (*rule, indices.clone())).collect();
            of.dedup();
            sets.entry(of).or_default().push(*variable);
        }
        sets.into_iter().flat_map(|(of, variables)| self.set(&of, &variables)).collect()
    }

    /// The new variables that some rules make from the same sources.
    fn set(&mut self, of: &[(usize, Indices)], variables: &[usize]) -> Vec<Target> {
        let rules: Vec<&Rule> =
            of.iter().filter_map(|(rule, _)| self.rules.lines.get(*rule)).collect();
        if let ([_, _, ..], Some(first)) = (of, variables.first())
            && !rules.iter().all(|rule| rule.steps.iter().any(Op::takes_a_part))
        {
            let lines = rules.iter().map(|rule| rule.line).collect();
            self.problems.push(RuleProblem::Taken { lines, name: self.name(*first) });
            return Vec::new();
        }
        if self.any_negative(of, &rules, variables) {
            return Vec::new();
        }
        let Some(sources) = self.sources(of, &rules, variables) else { return Vec::new() };
        let held = |number: &usize| self.catalog.variables().get(*number).map(Variable::spec);
        let specs: Vec<Spec> = sources.iter().filter_map(held).collect();
        let key = (of.iter().map(|(rule, _)| *rule).collect(), specs);
        let planned = if let Some(planned) = self.planned.get(&key) {
            planned.clone()
        } else {
            let names: Vec<String> = sources.iter().map(|number| self.name(*number)).collect();
            let planned = Rc::new(planned(&rules, &names, &key.1));
            self.planned.insert(key, planned.clone());
            planned
        };
        match &*planned {
            Ok(planned) => targets(of, &rules, &sources, planned),
            Err(problem) => {
                let line = rules.first().map_or(0, |rule| rule.line);
                self.problems.push(RuleProblem::Steps { line, problem: problem.clone() });
                Vec::new()
            }
        }
    }

    /// Reports negative numbers in the names of a rule, such as that of `<i-1>` for `i = 0`. Returns true if there are any.
    fn any_negative(
        &mut self,
        of: &[(usize, Indices)],
        rules: &[&Rule],
        variables: &[usize],
    ) -> bool {
        for ((_, indices), rule) in of.iter().zip(rules) {
            let mut templates = rule.from.iter().chain(&rule.to);
            if let Some(negative) = templates.find(|path| render(&path.pieces, indices).is_none()) {
                let name = variables.first().map(|first| self.name(*first)).unwrap_or_default();
                let (line, path) = (rule.line, negative.text);
                self.problems.push(RuleProblem::Negative { line, path, name });
                return true;
            }
        }
        false
    }

    /// Removes targets with the name of a preferred rule's target; the last such rule counts. The variables of the other rules are
    /// ignored.
    fn prefer(&self, targets: &mut Vec<Target>, ignored: &mut BTreeMap<String, Vec<usize>>) {
        let is_preferred =
            |rule: &usize| self.rules.lines.get(*rule).is_some_and(|rule| rule.preferred);
        let mut preferred: HashMap<Name, usize> = HashMap::new();
        for target in &*targets {
            let Some(rule) = target.rule.filter(is_preferred) else { continue };
            let last = preferred.entry(target.name.clone()).or_insert(rule);
            *last = rule.max(*last);
        }
        let is_kept = |target: &Target| {
            preferred.get(&target.name).is_none_or(|last| target.rule == Some(*last))
        };
        let (kept, others) = std::mem::take(targets).into_iter().partition(is_kept);
        *targets = kept;
        let others: BTreeSet<usize> = others
            .iter()
            .flat_map(|target: &Target| target.sources.iter().map(|source| source.variable))
            .collect();
        if !others.is_empty() {
            ignored.entry("prefer".to_owned()).or_default().extend(others);
        }
    }

    /// The variables of rules, in the order of their paths. All variables that a rule joins must exist.
    fn sources(
        &mut self,
        of: &[(usize, Indices)],
        rules: &[&Rule],
        variables: &[usize],
    ) -> Option<Vec<usize>> {
        let ([(_, indices)], [rule]) = (of, rules) else { return Some(variables.to_vec()) };
        let mut sources = Vec::new();
        for template in &rule.from {
            let name = render(&template.pieces, indices)?;
            let Some(number) = self.names.number_of(&Name::from(&*name)) else {
                // A path without any match is already reported.
                self.problems.push(RuleProblem::Missing { line: rule.line, name });
                return None;
            };
            sources.push(number);
        }
        Some(sources)
    }

    /// Adds the kept variables, and reports variables without a rule.
    fn kept(
        &mut self,
        takers: &Takers,
        ignored: &BTreeMap<String, Vec<usize>>,
        targets: &mut Vec<Target>,
    ) {
        let ignored: BTreeSet<usize> = ignored.values().flatten().copied().collect();
        let globs: Vec<Glob> =
            self.rules.keep.iter().filter_map(|glob| Glob::parse(glob).ok()).collect();
        let mut unmapped = Vec::new();
        for number in self.variables() {
            if takers.contains_key(&number) || ignored.contains(&number) {
                continue;
            }
            let Some(variable) = self.named(number) else { continue };
            let is_kept = |name: &Name| {
                let name = name.to_string();
                globs.iter().any(|glob| glob.matches(&name))
            };
            if !self.rules.keep_all && !self.names_of(number).iter().any(is_kept) {
                unmapped.push(variable);
                continue;
            }
            let alike = self.names_of(number).iter().find(|name| self.rules.alike.contains(name));
            targets.push(Target {
                name: alike.unwrap_or(&variable.name).clone(),
                spec: variable.spec(),
                sources: vec![TargetSource {
                    variable: number,
                    layout: Layout::whole(variable.shape.elements()),
                }],
                as_it_is: true,
                rule: None,
            });
        }
        for family in families(unmapped.iter()) {
            let (count, spec) = (family.count, family.spec);
            self.problems.push(RuleProblem::Unmapped { family: family.name, spec, count });
        }
    }

    fn twice(&mut self, targets: &[Target]) {
        let mut seen: HashMap<&Name, Option<usize>> = HashMap::new();
        for target in targets {
            let line =
                target.rule.and_then(|rule| self.rules.lines.get(rule)).map(|rule| rule.line);
            if let Some(other) = seen.insert(&target.name, line) {
                let lines = [other, line.filter(|line| Some(*line) != other)];
                self.problems.push(RuleProblem::Twice { lines, name: target.name.to_string() });
            }
        }
    }
}

/// Renders a template at these indices; `None` if a number is negative.
fn render(pieces: &[Piece<'_>], indices: &Indices) -> Option<String> {
    let mut name = String::new();
    let value =
        |name: &str| indices.iter().find(|(index, _)| *index == name).map(|(_, value)| *value);
    // All paths of a rule have the same indices.
    template::render(pieces, value, &mut name).ok()?;
    Some(name)
}

fn targets(
    of: &[(usize, Indices)],
    rules: &[&Rule],
    sources: &[usize],
    planned: &[Made],
) -> Vec<Target> {
    let mut targets = Vec::new();
    for (((number, indices), rule), made) in of.iter().zip(rules).zip(planned) {
        for (template, (spec, reads)) in rule.to.iter().zip(made) {
            let Some(name) = render(&template.pieces, indices) else { continue };
            let source = |(read, layout): &(usize, Layout)| {
                Some(TargetSource { variable: *sources.get(*read)?, layout: layout.clone() })
            };
            let as_it_is = matches!(&reads[..], [(_, layout)] if layout.is_run())
                && made.len() == 1
                && of.len() == 1;
            targets.push(Target {
                name: Name::from(name),
                spec: spec.clone(),
                sources: reads.iter().filter_map(source).collect(),
                as_it_is,
                rule: Some(*number),
            });
        }
    }
    targets
}

/// Plans rules as fields of a struct. Descriptions are `'static`, so this one is leaked.
fn planned(rules: &[&Rule], names: &[String], specs: &[Spec]) -> Planned {
    const ANY: Tensor = Tensor { dtype: None, rank: None, or_string: false, borrow: Borrow::Never };
    let field = |rule: &&Rule| {
        let path = |name: &String| {
            let pieces: &'static [Piece<'static>] = vec![Piece::Text(name.clone().leak())].leak();
            Path { absolute: false, pieces }
        };
        // Rules that take parts all have the same variable.
        let paths: Vec<Path> = names.iter().take(rule.from.len()).map(path).collect();
        let node = match rule.to.len() {
            1 => Node::Tensor(ANY),
            parts => Node::Split(vec![Node::Tensor(ANY); parts].leak()),
        };
        let (paths, ops): (&'static [Path], &'static [_]) =
            (paths.leak(), rule.steps.clone().leak());
        Field { name: "rule", paths, ops, cast: Some(Cast::Never), node, ..Field::EMPTY }
    };
    let fields: &'static [Field] = rules.iter().map(field).collect::<Vec<_>>().leak();
    let owner: &'static Struct =
        Box::leak(Box::new(Struct { name: "rules", fields, ..Struct::EMPTY }));
    let node: &'static Node = Box::leak(Box::new(Node::Struct(owner)));
    let variable = |(name, spec): (&String, &Spec)| Variable {
        name: Name::from(name.as_str()),
        dtype: spec.dtype,
        shape: spec.shape.clone(),
        place: Place::Opaque,
    };
    let catalog = Catalog::new(names.iter().zip(specs).map(variable).collect(), 0);
    let keys = Names::of_keys(&catalog);
    let plan = plan::plan(node, &keys, PlanOptions::default()).map_err(|problems| {
        problems.iter().map(Problem::without_field).collect::<Vec<_>>().join("; ")
    })?;
    // The catalog is sorted, so its indices are not those of `names`.
    let source = |variable: usize| {
        let name = catalog.variables().get(variable).map(|variable| variable.name.to_string());
        names.iter().position(|other| Some(other) == name.as_ref()).unwrap_or_default()
    };
    let mut outputs = plan.outputs.iter().enumerate().map(|(number, output)| {
        let spec = Spec { dtype: output.dtype, shape: output.shape.clone() };
        let reads = plan.reads_of(number).iter();
        (spec, reads.map(|read| (source(read.variable), read.layout.clone())).collect())
    });
    Ok(rules.iter().map(|rule| outputs.by_ref().take(rule.to.len()).collect()).collect())
}
