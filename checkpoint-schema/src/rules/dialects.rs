//! Rules from one dialect of a struct to another.

use crate::model::description::{
    Absent, Field, Ignore, List, Naming, Node, Op, Path, Squeeze, Struct,
};
use crate::model::dialect::{self, Variant};
use crate::model::expression::{AxisLength, Expression};
use crate::model::template::Piece;
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
                let (dialect, known) = (dialect.to_owned(), dialect::names(variants));
                let problems = vec![RuleProblem::Dialect { dialect, known }];
                return Err(RulesError { problems });
            }
            Ok(own)
        };
        let (from, to) = (of(from)?, of(to)?);
        let mut between = Between::default();
        if let ([first, ..], [second, ..]) = (&from[..], &to[..]) {
            // Names of an object graph are those of the first dialect.
            let naming = |one: &Variant| {
                let is_first = variants.first().is_some_and(|first| first.dialect == one.dialect);
                Some(one.node.naming()).filter(|naming| is_first && *naming != Naming::Key)
            };
            (between.rules.naming, between.rules.target_naming) = (naming(first), naming(second));
            between.node(first.node, second.node, &Position::default());
            for (average, target, steps, place) in std::mem::take(&mut between.averages) {
                between.rule(&place, [vec![average], vec![target]], steps, [true, true]);
            }
            between.ignore(first.node, second.node);
        }
        let Between { mut rules, problems, .. } = between;
        if !problems.is_empty() {
            return Err(RulesError { problems });
        }
        rules.aliases.extend(prefixes(&from));
        rules.reverse_aliases.extend(prefixes(&to));
        Ok(rules)
    }
}

/// The prefixes of a dialect, if it has several.
fn prefixes(variants: &[&Variant]) -> Option<Vec<String>> {
    let prefix = |variant: &&Variant| match variant.node {
        Node::Struct(root) if !root.prefix.pieces.is_empty() => {
            let joiner = root.separator.unwrap_or("/");
            format!("{}{joiner}", written(root.prefix.pieces))
        }
        _ => String::new(),
    };
    (variants.len() > 1).then(|| variants.iter().map(prefix).collect())
}

/// A path with indices.
type Parts = Vec<Piece<'static>>;

/// A place in the tree, in both dialects.
#[derive(Clone, Default)]
struct Position {
    /// The fields, as in messages.
    field: String,
    /// The paths in both dialects. Several are alternatives.
    paths: Vec<[Parts; 2]>,
    /// The separators, if enclosing structs set them.
    separators: [Option<&'static str>; 2],
    /// True if the variables may be missing.
    optional: bool,
    /// The name of averages below variables of the first of both dialects.
    shadow: Option<&'static str>,
}

#[derive(Default)]
struct Between {
    rules: Rules,
    problems: Vec<RuleProblem>,
    /// The averages that replace variables: their names, and those that they get, with steps and places.
    averages: Vec<(String, String, Vec<Op>, Position)>,
}

impl Between {
    fn refuse(&mut self, field: &str, reason: impl Into<String>) {
        self.problems.push(RuleProblem::Field { field: field.to_owned(), reason: reason.into() });
    }

    fn node(&mut self, from: &Node, to: &Node, place: &Position) {
        match (from, to) {
            (Node::Struct(from), Node::Struct(to)) => self.fields(from, to, place),
            (Node::Optional(from), Node::Optional(to)) => {
                self.node(from, to, &Position { optional: true, ..place.clone() });
            }
            (Node::List(List { element: from, .. }), Node::List(List { element: to, .. })) => {
                self.node(from, to, place);
            }
            // The rules of the enclosing fields cover it.
            _ => {}
        }
    }

    fn fields(&mut self, from: &Struct, to: &Struct, place: &Position) {
        let separators = [from, to].map(|owner| owner.separator);
        let separators =
            [separators[0].or(place.separators[0]), separators[1].or(place.separators[1])];
        let name = if place.field.is_empty() { from.name } else { &place.field };
        // The constants of one dialect alone come last.
        let is_same = |(one, other): &(&Field, &Field)| one.name == other.name;
        let shared = from.fields.iter().zip(to.fields).take_while(is_same);
        for (one, other) in shared.clone() {
            let field = format!("{name}.{}", one.name);
            let shadow = from.shadow.or(place.shadow).filter(|_| !one.never_averaged);
            let place = Position { field, separators, shadow, ..place.clone() };
            self.field([from, to], one, other, place);
        }
        let shared = shared.count();
        let place = Position { separators, ..place.clone() };
        let alone = |dialect: usize, owner: &Struct| -> Vec<Ignore<'static>> {
            let own = owner.fields.iter().skip(shared);
            own.flat_map(|own| place.globs([from, to], dialect, own.paths)).collect()
        };
        let (first, second) = (alone(0, from), alone(1, to));
        self.rules.ignore.extend(first);
        self.rules.reverse_ignore.extend(second);
    }

    fn field(&mut self, owners: [&Struct; 2], from: &Field, to: &Field, mut place: Position) {
        place.optional |=
            from.absent != Absent::Problem || from.paths.len() > 1 && !from.joins_paths();
        if matches!(from.node, Node::Dim(_)) {
            return;
        }
        let around = place.around();
        let paths = |[first, second]: &[Parts; 2]| {
            let join = |number, around: &Parts, field: &Field| -> Vec<Parts> {
                field.paths.iter().map(|path| place.join(owners, number, around, path)).collect()
            };
            [join(0, first, from), join(1, second, to)]
        };
        let all: Vec<[Vec<Parts>; 2]> = around.iter().map(paths).collect();
        let is_absent = |field: &Field| field.paths.iter().any(is_absent);
        match [is_absent(from), is_absent(to)] {
            [false, false] if from.node.is_variable() || matches!(from.node, Node::Constant(_)) => {
                let ties = around.iter().map(|[around, _]| {
                    from.ties.iter().map(|tie| place.join(owners, 0, around, tie)).collect()
                });
                let ties: Vec<Vec<Parts>> = ties.collect();
                place.optional |= !from.ties.is_empty();
                self.leaf(from, to, &place, &all);
                self.tied(from, to, &place, &all, &ties);
            }
            [false, false] => {
                let paths = all.into_iter().flat_map(|[from, to]| alternatives(from, to));
                let paths = paths.collect();
                self.node(&from.node, &to.node, &Position { paths, ..place });
            }
            // Variables that the other dialect lacks are ignored.
            [false, true] => self.rules.ignore.extend(place.globs(owners, 0, from.paths)),
            [true, false] => {
                self.rules.reverse_ignore.extend(place.globs(owners, 1, to.paths));
            }
            [true, true] => {}
        }
    }

    /// Adds the rules of a field with tensors.
    fn leaf(&mut self, from: &Field, to: &Field, place: &Position, all: &[[Vec<Parts>; 2]]) {
        let optional = place.optional || all.len() > 1 || is_optional(&from.node);
        let (first, second, joins) = rest(from.ops, to.ops);
        let steps = match steps(first, second, from.node.rank()) {
            Ok(steps) => steps,
            Err(reason) => return self.refuse(&place.field, reason),
        };
        if joins && from.paths.len() != to.paths.len() {
            return self.refuse(&place.field, "the dialects join different numbers of variables");
        }
        for [sources, targets] in all {
            if let (true, false, Some(target)) = (from.joins_paths(), joins, targets.first()) {
                let sources = sources.iter().map(|source| written(source)).collect();
                let names = [sources, vec![written(target)]];
                self.rule(place, names, steps.clone(), [optional, false]);
                continue;
            }
            for [source, target] in alternatives(sources.clone(), targets.clone()) {
                let (source, target) = (written(&source), written(&target));
                if let Some(shadow) = place.shadow {
                    let separator = place.separators.first().copied().flatten().unwrap_or("/");
                    let average = format!("{source}{separator}{}", shadow.replace('<', "<<"));
                    self.averages.push((average, target.clone(), steps.clone(), place.clone()));
                }
                self.rule(place, [vec![source], vec![target]], steps.clone(), [optional, false]);
            }
        }
    }

    /// Adds the rules of other names of a field's variable. They are equal, so any of them replaces the path.
    fn tied(
        &mut self,
        from: &Field,
        to: &Field,
        place: &Position,
        all: &[[Vec<Parts>; 2]],
        ties: &[Vec<Parts>],
    ) {
        let (first, second, _) = rest(from.ops, to.ops);
        // A field without steps for rules is refused already.
        let Ok(steps) = steps(first, second, from.node.rank()) else { return };
        for ([_, targets], ties) in all.iter().zip(ties) {
            let Some(target) = targets.first() else { continue };
            for tie in ties {
                let (names, steps) = ([vec![written(tie)], vec![written(target)]], steps.clone());
                self.rule(place, names, steps, [true, true]);
            }
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
    fn ignore(&mut self, from: &Node, to: &Node) {
        let (Node::Struct(from), Node::Struct(to)) = (from, to) else { return };
        self.rules.ignore.extend(from.ignore);
        if from.ignore != to.ignore {
            self.rules.reverse_ignore.extend(to.ignore);
        }
    }
}

/// Pairs a path and its aliases with those of the other dialect: one to one, or all with the first.
fn alternatives(from: Vec<Parts>, to: Vec<Parts>) -> impl Iterator<Item = [Parts; 2]> {
    let is_each = from.len() == to.len();
    let other = move |number: usize| to.get(if is_each { number } else { 0 }).cloned();
    from.into_iter().enumerate().filter_map(move |(number, one)| Some([one, other(number)?]))
}

impl Position {
    /// The paths around a field in both dialects. Several are alternatives.
    fn around(&self) -> Vec<[Parts; 2]> {
        if self.paths.is_empty() { vec![<_>::default()] } else { self.paths.clone() }
    }

    /// Entries of `ignore` for the variables of paths in one of the two dialects.
    fn globs(&self, owners: [&Struct; 2], dialect: usize, paths: &[Path]) -> Vec<Ignore<'static>> {
        let around = self.around();
        let around = around.iter().filter_map(|around| around.get(dialect));
        let join = |around: &Parts, path| self.join(owners, dialect, around, path);
        let paths = around.flat_map(|around| paths.iter().map(move |path| join(around, path)));
        paths.map(|path| Ignore::Glob(globbed(&path).leak())).collect()
    }

    /// Joins a path in one of the two dialects to its place.
    fn join(
        &self,
        owners: [&Struct; 2],
        dialect: usize,
        around: &[Piece<'static>],
        path: &Path,
    ) -> Parts {
        let [first, second] = owners;
        let owner = if dialect == 0 { first } else { second };
        let separator = self.separators.get(dialect).copied().flatten().unwrap_or("/");
        let is_absolute = path.absolute || owner.prefix.absolute;
        let mut pieces = if is_absolute { Vec::new() } else { around.to_vec() };
        let prefix = if path.absolute { &[] } else { owner.prefix.pieces };
        for added in [prefix, path.pieces] {
            if !pieces.is_empty() && !added.is_empty() && !separator.is_empty() {
                pieces.push(Piece::Text(separator));
            }
            pieces.extend(added);
        }
        pieces
    }
}

/// True if the dialect lacks the field.
fn is_absent(path: &Path) -> bool {
    path.pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Text(text) if dialect::is_absent(text.as_bytes())))
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

/// The syntax of a path in a rule.
fn written(pieces: &[Piece<'_>]) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => text.replace('<', "<<"),
        Piece::Index(placeholder) => placeholder.to_string(),
    };
    pieces.iter().map(piece).collect()
}

/// A glob that matches the names of a path.
fn globbed(pieces: &[Piece<'_>]) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Index(_) => "*".to_owned(),
    };
    pieces.iter().map(piece).collect()
}
