//! Rules from one dialect of a struct to another.

use crate::fit::{Outlined, Piece, part};
use crate::model::description::{Absent, Field, Ignore, Naming, Node, Op, Squeeze, Struct};
use crate::model::dialect::{self, Dialect, Variant, lacks};
use crate::model::expression::{AxisLength, Expression};
use crate::rules::{Rule, RuleProblem, Rules, RulesError, Template};

impl Rules {
    /// Returns the rules from one dialect of a description to another.
    ///
    /// Optional fields and fields with aliases yield `optional` rules. Aliases are paired with those of the other dialect if it
    /// has as many, and otherwise with its path. Names in `tie` yield `prefer` rules, and only the path of the other dialect is
    /// written. Variables that one dialect has as constants are ignored. Rules contain no symbols, shape checks or `allow_unmapped`.
    ///
    /// # Errors
    /// Returns all fields that no rule can express, or the name of an unknown dialect.
    pub fn between(node: &'static Node, from: &str, to: &str) -> Result<Self, RulesError> {
        let variants = dialect::variants(node);
        let of = |dialect: &str| {
            let own: Vec<&Variant> =
                variants.iter().filter(|variant| variant.dialect == dialect).collect();
            if own.is_empty() {
                let (dialect, known) = (dialect.to_owned(), dialect::names(&variants));
                let problems = vec![RuleProblem::Dialect { dialect, known }];
                return Err(RulesError { problems });
            }
            Ok(own)
        };
        let (from, to) = (of(from)?, of(to)?);
        let Node::Struct(root) = node else { return Ok(Self::default()) };
        let outlined = |variants: &[&Variant]| {
            let form = variants.first().map_or(Dialect::FIRST, |variant| variant.form);
            Outlined::in_dialect(root, "", form)
        };
        let (one, other) = (outlined(&from), outlined(&to));
        // Names of an object graph are those of the first dialect.
        let naming = |own: &[&Variant]| {
            let is_first =
                variants.first().map(|first| first.dialect) == own.first().map(|own| own.dialect);
            Some(node.naming()).filter(|naming| is_first && *naming != Naming::Key)
        };
        let mut between = Between::of([&one, &other]);
        (between.rules.naming, between.rules.target_naming) = (naming(&from), naming(&to));
        between.fields([0, 0], &Position::default());
        for (average, target, steps, place) in std::mem::take(&mut between.averages) {
            between.rule(&place, [vec![average], vec![target]], steps, [true, true]);
        }
        between.ignore();
        let Between { mut rules, problems, .. } = between;
        if !problems.is_empty() {
            return Err(RulesError { problems });
        }
        rules.aliases.extend(prefixes(root, &from));
        rules.reverse_aliases.extend(prefixes(root, &to));
        Ok(rules)
    }
}

/// The prefixes of a dialect, if it has several.
fn prefixes(root: &Struct, variants: &[&Variant]) -> Option<Vec<String>> {
    // A field without a path is at the prefix.
    let root = Struct { fields: &[Field::EMPTY], ..*root };
    let prefix = |variant: &&Variant| {
        let outlined = Outlined::in_dialect(&root, "", variant.form);
        let prefix = name(&outlined, 0);
        if prefix.is_empty() { prefix } else { prefix + outlined.structs[0].separator }
    };
    (variants.len() > 1).then(|| variants.iter().map(prefix).collect())
}

/// A place in the tree.
#[derive(Clone, Default)]
struct Position {
    /// The fields, as in messages.
    field: String,
    /// True if the variables may be missing.
    optional: bool,
}

struct Between<'o> {
    /// The descriptions in both dialects.
    outlined: [&'o Outlined<'static>; 2],
    rules: Rules,
    problems: Vec<RuleProblem>,
    /// The averages that replace variables: their names, and those that they get, with steps and places.
    averages: Vec<(String, String, Vec<Op>, Position)>,
}

impl<'o> Between<'o> {
    fn of(outlined: [&'o Outlined<'static>; 2]) -> Self {
        let (rules, problems, averages) = (Rules::default(), Vec::new(), Vec::new());
        Self { outlined, rules, problems, averages }
    }

    fn refuse(&mut self, field: &str, reason: impl Into<String>) {
        let problem = RuleProblem::Field { field: field.to_owned(), reason: reason.into() };
        // A field below several paths is one.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The fields of a struct in both dialects.
    fn fields(&mut self, holders: [usize; 2], place: &Position) {
        let [from, to] = self.outlined;
        let (one, other) = (&from.structs[holders[0]], &to.structs[holders[1]]);
        let name = if place.field.is_empty() { one.owner.name } else { &place.field };
        let (mut from_item, mut to_item) = (one.first, other.first);
        // The constants of one dialect alone come last.
        while from_item < one.end && to_item < other.end {
            let items = [&from.items[from_item], &to.items[to_item]];
            if items[0].field.name != items[1].field.name {
                break;
            }
            let field = format!("{name}.{}", items[0].field.name);
            self.field([from_item, to_item], Position { field, ..place.clone() });
            (from_item, to_item) = (items[0].next, items[1].next);
        }
        for item in from_item..one.end {
            self.rules.ignore.push(globbed(from, item));
        }
        for item in to_item..other.end {
            self.rules.reverse_ignore.push(globbed(to, item));
        }
    }

    fn field(&mut self, items: [usize; 2], mut place: Position) {
        let [from, to] = self.outlined;
        let fields = [from.items[items[0]].field, to.items[items[1]].field];
        let field = fields[0];
        let has_aliases = field.paths.len() > 1 && !field.joins_paths();
        place.optional |=
            field.absent != Absent::Problem || has_aliases || is_optional(&field.node);
        if matches!(field.node, Node::Dim(_)) {
            return;
        }
        let paths = [from.outline().paths(items[0]), to.outline().paths(items[1])];
        match fields.map(lacks) {
            [false, false] if field.node.inner_struct().is_none() => {
                place.optional |= !field.ties.is_empty();
                self.leaf(&paths, &place);
            }
            [false, false] => {
                for [one, other] in alternatives(&paths) {
                    let inner = [from.items[one].inner, to.items[other].inner];
                    self.fields(inner, &place);
                }
            }
            // Variables that the other dialect lacks are ignored.
            [false, true] => {
                let [paths, _] = &paths;
                self.rules.ignore.extend(paths.iter().map(|&item| globbed(from, item)));
            }
            [true, false] => {
                let [_, paths] = &paths;
                self.rules.reverse_ignore.extend(paths.iter().map(|&item| globbed(to, item)));
            }
            [true, true] => {}
        }
    }

    /// Adds the rules of a field with tensors. Other names of its variable are equal, so any of them replaces the path.
    fn leaf(&mut self, paths: &[Vec<usize>; 2], place: &Position) {
        let ([from, to], [sources, targets]) = (self.outlined, paths);
        let (Some(&first), Some(&target)) = (sources.first(), targets.first()) else { return };
        let (field, other) = (from.items[first].field, to.items[target].field);
        let (ops, others, joins) = rest(field.ops, other.ops);
        let steps = match steps(ops, others, field.node.rank()) {
            Ok(steps) => steps,
            Err(reason) => return self.refuse(&place.field, reason),
        };
        if joins && field.paths.len() != other.paths.len() {
            return self.refuse(&place.field, "the dialects join different numbers of variables");
        }
        if field.joins_paths() && !joins {
            let sources = sources.iter().map(|&source| name(from, source)).collect();
            let names = [sources, vec![name(to, target)]];
            return self.rule(place, names, steps, [place.optional, false]);
        }
        for [source, target] in alternatives(paths) {
            let target = name(to, target);
            if let Some(average) = from.outline().average(source) {
                let average = name(from, average);
                self.averages.push((average, target.clone(), steps.clone(), place.clone()));
            }
            let names = [vec![name(from, source)], vec![target]];
            self.rule(place, names, steps.clone(), [place.optional, false]);
        }
        for tie in from.outline().ties(first) {
            let names = [vec![name(from, tie)], vec![name(to, target)]];
            self.rule(place, names, steps.clone(), [true, true]);
        }
    }

    /// Adds a rule from some names to others. The flags are those of `optional` and `prefer`.
    fn rule(
        &mut self,
        place: &Position,
        [from, to]: [Vec<String>; 2],
        steps: Vec<Op>,
        [optional, preferred]: [bool; 2],
    ) {
        let from: Result<Vec<Template>, String> = from.into_iter().map(Template::parse).collect();
        let line = self.rules.lines.len().saturating_add(1);
        let rule = from.and_then(|from| {
            let to: Result<Vec<Template>, String> = to.into_iter().map(Template::parse).collect();
            let rule = Rule { line, from, to: to?, steps, optional, preferred };
            rule.check().map(|()| rule)
        });
        match rule {
            // Fields that take parts of one variable can yield the same rule.
            Ok(rule) => {
                let is_new = |other: &Rule| (&other.from, &other.to) != (&rule.from, &rule.to);
                if self.rules.lines.iter().all(|other| is_new(other) || other.steps != rule.steps) {
                    self.rules.lines.push(rule);
                }
            }
            Err(reason) => self.refuse(&place.field, reason),
        }
    }

    /// Adds the variables that the roots ignore.
    fn ignore(&mut self) {
        let [from, to] = self.outlined.map(|outlined| outlined.structs[0].ignore);
        self.rules.ignore.extend(from);
        if from != to {
            self.rules.reverse_ignore.extend(to);
        }
    }
}

/// Pairs a path and its aliases with those of the other dialect: one to one, or all with the first.
fn alternatives([from, to]: &[Vec<usize>; 2]) -> impl Iterator<Item = [usize; 2]> {
    let is_each = from.len() == to.len();
    let pair = move |(number, &one): (usize, &usize)| {
        Some([one, *to.get(if is_each { number } else { 0 })?])
    };
    from.iter().enumerate().filter_map(pair)
}

fn is_optional(node: &Node) -> bool {
    match node {
        Node::Optional(_) | Node::Constant(_) => true,
        Node::List(list) => is_optional(&list.element),
        _ => false,
    }
}

/// The steps of both dialects before their common suffix, and whether that suffix joins variables.
fn rest<'o>(mut from: &'o [Op], mut to: &'o [Op]) -> (&'o [Op], &'o [Op], bool) {
    let mut joins = false;
    while let (Some((one, before)), Some((other, others))) = (from.split_last(), to.split_last()) {
        // The steps before a `reshape` must be equal too.
        let is_said =
            matches!((before.last(), others.last()), (Some(Op::Shape(_)), Some(Op::Shape(_))));
        let is_known = !matches!(one, Op::Reshape(_)) || is_said && before.last() == others.last();
        if one != other || !is_known || matches!(one, Op::Squeeze(Squeeze::ToRank)) {
            break;
        }
        joins |= matches!(one, Op::Concat { repeat: None, .. });
        (from, to) = (before, others);
    }
    // A final shape applies to both dialects.
    let without = |ops: &'o [Op]| match ops {
        [before @ .., Op::Shape(_)] => before,
        ops => ops,
    };
    (without(from), without(to), joins)
}

/// Removes a split that only surrounds a step on the parts: `split(axis = 1), transpose, concat(axis = 0)` becomes `transpose`.
fn uncut(steps: Vec<Op>, rank: Option<usize>) -> Vec<Op> {
    let place = |is_one: fn(&Op) -> bool| steps.iter().position(is_one);
    let cut = place(|step| matches!(step, Op::Split { .. }));
    let joined = place(|step| matches!(step, Op::Concat { .. }));
    let (Some(cut), Some(joined), Some(rank)) = (cut, joined, rank) else { return steps };
    let between = steps.get(cut.saturating_add(1)..joined).unwrap_or_default();
    let moved = |axis: Option<usize>, step: &Op| match step {
        Op::Transpose => rank.checked_sub(axis?)?.checked_sub(1),
        Op::Permute(order) => order.iter().position(|from| Some(*from) == axis),
        _ => None,
    };
    match (steps.get(cut), steps.get(joined)) {
        (Some(Op::Split { axis, .. }), Some(Op::Concat { axis: end, repeat: None }))
            if between.iter().fold(Some(*axis), moved) == Some(*end) =>
        {
            let is_kept = |(number, _): &(usize, &Op)| *number != cut && *number != joined;
            steps.iter().enumerate().filter(is_kept).map(|(_, step)| *step).collect()
        }
        _ => steps,
    }
}

/// The steps from a variable of the first dialect to one of the second, for arrays of a rank.
fn steps(from: &[Op], to: &[Op], rank: Option<usize>) -> Result<Vec<Op>, String> {
    let template = |text: &str| Template { text: text.to_owned().leak(), pieces: Vec::new() };
    let back = Rule {
        line: 0,
        from: vec![template("to")],
        to: vec![template("field")],
        steps: to.to_vec(),
        optional: false,
        preferred: false,
    };
    let back = back.reversed().map_err(|problem| match problem {
        RuleProblem::NoWayBack { step, way_out, .. } => {
            format!("`{step}` has no way back; {way_out}")
        }
        problem => problem.to_string(),
    })?;
    let sizes = |ops: &[Op]| {
        ops.iter().find_map(|op| if let Op::Split { sizes, .. } = op { Some(*sizes) } else { None })
    };
    let mut steps: Vec<Op> = from.iter().chain(&back.steps).copied().collect();
    if sizes(from) == sizes(to) {
        steps = uncut(steps, rank);
    }
    let mut kept: Vec<Op> = Vec::new();
    for step in steps {
        match step {
            Op::Transpose if kept.last() == Some(&Op::Transpose) => {
                kept.pop();
            }
            Op::Squeeze(Squeeze::ToRank) => {
                return Err(
                    "the axes that `squeeze` removes are not known; write them, as in `squeeze(0)`"
                        .into(),
                );
            }
            Op::Stack { .. } | Op::Concat { repeat: Some(_), .. } => {
                return Err("variables that are joined by an index have no rule".into());
            }
            Op::Shape(_) if !is_of_numbers(&step) => {}
            step => kept.push(step),
        }
    }
    match kept.iter().find(|step| !is_of_numbers(step)) {
        Some(step) => Err(format!(
            "the lengths in `{step}` are symbols, and rules have numbers; write numbers"
        )),
        None => Ok(kept),
    }
}

/// True if a step has no symbols.
fn is_of_numbers(step: &Op) -> bool {
    let is_number = |expression: &Expression| matches!(expression, Expression::Number(_));
    let is_axis = |axis: &AxisLength| {
        !matches!(axis, AxisLength::Is(Expression::Symbol(_) | Expression::Pair(..)))
    };
    match step {
        Op::Shape(axes) | Op::Reshape(axes) => axes.iter().all(is_axis),
        Op::Split { sizes: Some(sizes), .. } => sizes.iter().all(is_number),
        Op::Slice { start, end, .. } => is_number(start) && end.as_ref().is_none_or(is_number),
        _ => true,
    }
}

/// The syntax of a name in a rule.
fn name(outlined: &Outlined<'_>, item: usize) -> String {
    let piece = |piece: &Piece<'_>| match *piece {
        Piece::Text { text, .. } => text.replace('<', "<<"),
        Piece::Index(index) => index.placeholder().to_string(),
        Piece::Number { number, .. } => number.to_string(),
    };
    part(&outlined.pieces, outlined.items[item].pieces).iter().map(piece).collect()
}

/// An entry of `ignore` for the variables of an item.
fn globbed(outlined: &Outlined<'_>, item: usize) -> Ignore<'static> {
    let piece = |piece: &Piece<'_>| match *piece {
        Piece::Text { text, .. } => text.to_owned(),
        Piece::Index(_) | Piece::Number { .. } => "*".to_owned(),
    };
    let pieces = part(&outlined.pieces, outlined.items[item].pieces);
    Ignore::Glob(pieces.iter().map(piece).collect::<String>().leak())
}
