//! Random valid structs: each one passes `check::root`.

use std::collections::BTreeMap;

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::{
    Absent, Cast, Constant, Dim, Field, Ignore, Naming, Node, Number, Op, Path, Preset, Renamed,
    Struct,
};
use checkpoint_schema::model::expression::{Assertion, Expression, Operator, Relation};

use crate::chance::Chance;
use crate::fields::Source;
use crate::keep::{keep_all, keep_text, pair};
use crate::paths;

/// The maximum nesting depth of structs.
const DEPTH: usize = 3;

/// The context at a place of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    /// The number of structs around it.
    pub(crate) depth: usize,
    /// The indices that fields around it bind.
    pub(crate) indices: Vec<&'static str>,
    /// Those that no path uses yet.
    pub(crate) unused: Vec<&'static str>,
    /// The symbols in scope.
    pub(crate) symbols: Vec<&'static str>,
    /// The dtype conversion in effect.
    pub(crate) cast: Cast,
}

/// A struct, with the data for generating its checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The struct.
    pub(crate) root: Struct,
    /// The variables of each field, by the name of the field.
    pub(crate) sources: BTreeMap<&'static str, Source>,
    /// The values of the symbols that all structs share.
    pub(crate) symbols: BTreeMap<&'static str, u64>,
    pub(crate) seed: u64,
}

/// Generates a struct.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) chance: Chance,
    /// The generator of constants. It is separate so that other cases do not change.
    constants: Chance,
    /// The generator of names besides paths. It is separate so that cases without such names do not change.
    pub(crate) names: Chance,
    pub(crate) sources: BTreeMap<&'static str, Source>,
    pub(crate) symbols: BTreeMap<&'static str, u64>,
    /// Structs that are valid at any place, because they use nothing from around them.
    anywhere: Vec<Struct>,
    /// The number of ranks that divide arrays.
    pub(crate) ranks: usize,
    /// The first value of each index.
    pub(crate) starts: BTreeMap<&'static str, usize>,
    fields: usize,
    structs: usize,
}

/// True if a constant could have the path and the shape of a field.
fn is_one_variable(leaf: &Field) -> bool {
    matches!(leaf.node, Node::Tensor(_))
        && leaf.absent == Absent::Problem
        && leaf.paths.len() == 1
        && leaf.ties.is_empty()
        && leaf.ops.iter().all(|op| matches!(op, Op::Shape(_)))
}

/// Returns a constant with the path and the shape of a field.
fn constant_of(leaf: &Field) -> Field {
    const ZERO: Constant = Constant { dtype: DType::Int64, value: Number::Integer(0) };
    Field { node: Node::Constant(&ZERO), cast: None, parallel: None, never_averaged: true, ..*leaf }
}

/// Generates the struct of a seed.
pub(crate) fn write(seed: u64) -> Written {
    let mut writer = Writer {
        chance: Chance::new(seed),
        names: Chance::new(seed.rotate_left(17)),
        constants: Chance::new(seed.rotate_left(31)),
        sources: BTreeMap::new(),
        symbols: BTreeMap::new(),
        anywhere: Vec::new(),
        ranks: 2 + usize::from(seed.is_multiple_of(4)),
        starts: BTreeMap::new(),
        fields: 0,
        structs: 0,
    };
    let root = writer.root();
    Written { root, sources: writer.sources, symbols: writer.symbols, seed }
}

impl Writer {
    fn root(&mut self) -> Struct {
        let mut dims = Vec::new();
        for name in ["a", "b", "n", "m"] {
            if self.chance.percent(45) {
                let value = 1 + self.chance.below(if name < "c" { 6 } else { 4 });
                self.symbols.insert(name, value as u64);
                let fixed = self.chance.percent(25).then_some(value);
                let wrong = self.chance.percent(8);
                let value = if wrong { fixed.map(|value| value + 1) } else { fixed };
                dims.push(Dim { name, value, local: false });
            }
        }
        let symbols = dims.iter().map(|dim| dim.name).collect();
        let around = Around {
            depth: 0,
            indices: Vec::new(),
            unused: Vec::new(),
            symbols,
            cast: Cast::Never,
        };
        let root = self.of_dims(&around, dims);
        let naming = self.chance.percent(4).then_some(Naming::Key);
        let allow_unmapped = self.chance.percent(6);
        Struct { naming, allow_unmapped, ..root }
    }

    /// Generates a nested struct.
    pub(crate) fn inner(&mut self, around: &Around) -> Struct {
        let can_stand = around.unused.is_empty() && !self.anywhere.is_empty();
        if can_stand && self.chance.percent(35) {
            return self.chance.pick(&self.anywhere);
        }
        let mut dims = Vec::new();
        for name in ["x", "y"] {
            if self.chance.percent(15) {
                let value = self.chance.percent(10).then(|| 1 + self.chance.below(3));
                dims.push(Dim { name, value, local: true });
            }
        }
        if let Some((&name, &value)) = self.symbols.iter().next()
            && self.chance.percent(12)
        {
            let value = value as usize + usize::from(self.chance.percent(10));
            let value = self.chance.percent(30).then_some(value);
            dims.push(Dim { name, value, local: false });
        }
        let inner = self.of_dims(around, dims);
        if around.unused.is_empty() && paths::uses_nothing_around(&inner, &[]) {
            self.anywhere.push(inner);
        }
        inner
    }

    fn of_dims(&mut self, around: &Around, dims: Vec<Dim>) -> Struct {
        self.structs += 1;
        let name = keep_text(format!("S{}", self.structs));
        let cast = self.chance.percent(6).then(|| self.chance.pick(&Cast::ALL));
        let mut within = around.clone();
        within.depth += 1;
        within.cast = cast.unwrap_or(around.cast);
        for dim in &dims {
            if !within.symbols.contains(&dim.name) {
                within.symbols.push(dim.name);
            }
        }
        let mut prefix = Path::EMPTY;
        if self.chance.percent(15) {
            let word = self.chance.pick(&paths::WORDS);
            prefix = self.path(word, &mut within, 60);
        }
        let mut words = paths::WORDS.to_vec();
        let mut fields = Vec::new();
        for _ in 0..=self.chance.below(if around.depth == 0 { 4 } else { 3 }) {
            fields.extend(self.fields(&within, &mut words));
        }
        let separator = self.chance.percent(8).then(|| self.chance.pick(&[".", "_", "/"]));
        let shadow = self.names.percent(if around.depth == 0 { 10 } else { 2 });
        let shadow = shadow.then_some("ExponentialMovingAverage");
        let asserts = self.asserts(&within);
        let ignore = self.ignore(around.depth == 0);
        Struct {
            name,
            prefix,
            separator,
            cast,
            shadow,
            dims: keep_all(dims),
            asserts: keep_all(asserts),
            fields: keep_all(fields),
            ignore: keep_all(ignore),
            allow_unmapped: around.depth > 0 && self.chance.percent(3),
            ..Struct::EMPTY
        }
    }

    /// Generates fields with different paths: one, or those that take the parts of a variable.
    fn fields(&mut self, around: &Around, words: &mut Vec<&'static str>) -> Vec<Field> {
        let deeper = usize::from(around.depth < DEPTH);
        let symbols = usize::from(!around.symbols.is_empty());
        match self.chance.weighted(&[50, 22 * deeper, 18, 4 * symbols, 10]) {
            0 => {
                let leaf = self.leaf(around, words);
                let copy = self.names.percent(3).then(|| self.copy_of(&leaf));
                let alone = copy.is_some() && self.names.percent(20);
                if copy.is_none() && self.constants.percent(6) && is_one_variable(&leaf) {
                    return vec![constant_of(&leaf)];
                }
                copy.into_iter().chain((!alone).then_some(leaf)).collect()
            }
            1 => vec![self.of_struct(around, words)],
            2 => vec![self.list(around, words)],
            3 => {
                let symbol = self.chance.pick(&around.symbols);
                let name = self.name();
                vec![Field { name, node: Node::Dim(symbol), ..Field::EMPTY }]
            }
            _ => self.parts(around, words),
        }
    }

    /// Returns a field that takes the same variables, with `copy`.
    fn copy_of(&mut self, leaf: &Field) -> Field {
        let name = keep_text(format!("{}_copy", leaf.name));
        let source = self.sources.get(leaf.name).cloned();
        self.sources.extend(source.map(|source| (name, source)));
        Field { name, copy: true, ..*leaf }
    }

    /// Returns a new field name.
    pub(crate) fn name(&mut self) -> &'static str {
        self.fields += 1;
        keep_text(format!("f{}", self.fields))
    }

    /// Generates the renamed symbols of a field.
    pub(crate) fn renamed(&mut self, around: &Around) -> &'static [Renamed] {
        let shared: Vec<&'static str> = self.symbols.keys().copied().collect();
        if around.symbols.is_empty() || shared.is_empty() || !self.chance.percent(18) {
            return &[];
        }
        let is = self.expression(around);
        keep_all(vec![Renamed { name: self.chance.pick(&shared), is }])
    }

    /// Generates the length of an axis.
    pub(crate) fn expression(&mut self, around: &Around) -> Expression {
        use Expression::{Number, Symbol};
        let number = Number(1 + self.chance.below(5));
        if around.symbols.is_empty() {
            return number;
        }
        let symbol = Symbol(self.chance.pick(&around.symbols));
        let other = Symbol(self.chance.pick(&around.symbols));
        let factor = Number(2 + self.chance.below(2));
        match self.chance.weighted(&[40, 40, 9, 5, 3, 2, 2]) {
            0 => number,
            1 => symbol,
            2 => pair(Operator::Multiply, factor, symbol),
            3 => pair(Operator::Add, symbol, Number(1)),
            4 => pair(Operator::Multiply, symbol, other),
            5 => pair(Operator::Divide, symbol, factor),
            _ => pair(Operator::Subtract, pair(Operator::Add, symbol, other), Number(1)),
        }
    }

    fn asserts(&mut self, around: &Around) -> Vec<Assertion> {
        if around.symbols.is_empty() || !self.chance.percent(12) {
            return Vec::new();
        }
        let left = Expression::Symbol(self.chance.pick(&around.symbols));
        let right = Expression::Number(1 + self.chance.below(6));
        let remainder = pair(Operator::Remainder, left, right);
        let zero = Expression::Number(0);
        let one = match self.chance.below(3) {
            0 => Assertion { left: remainder, relation: Relation::Equal, right: zero },
            1 => Assertion { left, relation: Relation::AtLeast, right: Expression::Number(1) },
            _ => Assertion { left, relation: self.chance.pick(&Relation::ALL), right },
        };
        vec![one]
    }

    fn ignore(&mut self, root: bool) -> Vec<Ignore<'static>> {
        const GLOBS: [&str; 9] = [
            "mask",
            "extra/**",
            "/extra/**",
            "**/mask",
            "*/ste[pq]",
            "w?",
            "b*",
            "h*/**",
            "[!a-m]",
        ];
        let mut ignore = Vec::new();
        for preset in Preset::ALL {
            if self.chance.percent(if root { 22 } else { 2 }) {
                ignore.push(Ignore::Preset(preset));
            }
        }
        // The first globs match no variable of a field.
        for _ in 0..2 {
            if self.chance.percent(if root { 18 } else { 8 }) {
                let most = if self.chance.percent(75) { 5 } else { GLOBS.len() };
                ignore.push(Ignore::Glob(GLOBS[self.chance.below(most)]));
            }
        }
        ignore
    }
}
