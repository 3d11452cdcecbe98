//! Random fields, with the variables that fit them.

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::{
    Absent, Borrow, Cast, Field, Indices, List, Node, Op, Parallel, Path, Repeat, Tensor,
};
use checkpoint_schema::model::expression::{Expression, Operator};
use checkpoint_schema::model::template::Piece;

use crate::keep::{keep, keep_all, keep_text, pair};
use crate::structs::{Around, Writer};

/// The variables of a field.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Their dtype.
    pub(crate) dtype: DType,
    /// The lengths of each joined variable, or of the only one.
    pub(crate) shapes: Vec<Vec<Expression>>,
    /// The range of stacked variables, if any.
    pub(crate) stacked: Option<(Repeat, Expression)>,
}

/// A field of variables, without its path.
struct Leaf {
    node: Node,
    ops: Vec<Op>,
    source: Source,
}

/// The names that fields of a struct can still use.
type Words = Vec<&'static str>;

impl Writer {
    /// Returns a field for one variable, or for several that are joined.
    pub(crate) fn leaf(&mut self, around: &Around, words: &mut Words) -> Field {
        let cast = self.chance.percent(6).then(|| self.chance.pick(&Cast::ALL));
        let mut around = around.clone();
        around.cast = cast.unwrap_or(around.cast);
        let (leaf, paths) = match self.chance.weighted(&[76, 8, 8, 8]) {
            0 => self.one(&around, words),
            1 => self.split(&around, words),
            2 => self.concat(&around, words),
            _ => self.stack(&around, words),
        };
        let absent = self.absent(&leaf);
        let node = if absent == Absent::Problem && self.chance.percent(16) {
            Node::Optional(keep(leaf.node))
        } else {
            leaf.node
        };
        let name = self.name();
        self.sources.insert(name, leaf.source);
        let (paths, ops) = (keep_all(paths), keep_all(leaf.ops));
        let never_averaged = self.names.percent(10);
        let has_ties = paths.len() == 1 && !ops.iter().any(|op| matches!(op, Op::Stack { .. }));
        let ties = if has_ties && self.names.percent(4) {
            // Another name has the same indices.
            let tie = |word| Path {
                pieces: keep_all([&[Piece::Text(word)], paths[0].pieces].concat()),
                ..paths[0]
            };
            keep_all(["tied_", "other/"].map(tie)[self.names.below(2)..].to_vec())
        } else {
            &[]
        };
        let parallel = self.parallel(&node);
        Field {
            name,
            paths,
            ties,
            ops,
            parallel,
            cast,
            never_averaged,
            absent,
            node,
            ..Field::EMPTY
        }
    }

    /// Generates an axis that ranks divide. Most of the time, the arrays have it.
    fn parallel(&mut self, node: &Node) -> Option<Parallel> {
        let axes = tensor(node)?.rank.unwrap_or(2);
        if axes == 0 || !self.names.percent(12) {
            return None;
        }
        Some(Parallel { axis: self.names.below(axes), of: keep_all(vec![1, self.ranks]) })
    }

    fn absent(&mut self, leaf: &Leaf) -> Absent {
        let has_shape = leaf.ops.iter().any(|op| matches!(op, Op::Shape(_)));
        let can_be_zero =
            matches!(leaf.node, Node::Tensor(Tensor { rank: Some(0), dtype: Some(_), .. }))
                || has_shape && matches!(leaf.node, Node::Tensor(Tensor { dtype: Some(_), .. }));
        match self.chance.weighted(&[88, 5, 7 * usize::from(can_be_zero)]) {
            0 => Absent::Problem,
            1 => Absent::Function,
            _ => Absent::Zero,
        }
    }

    /// Returns the path of a field and its aliases.
    fn aliases(&mut self, around: &Around, words: &mut Words) -> Vec<Path> {
        let count = 1 + self.chance.weighted(&[88, 9, 3]);
        (0..count)
            .map(|_| {
                let word = self.word(words);
                self.path_of_leaf(word, around)
            })
            .collect()
    }

    fn one(&mut self, around: &Around, words: &mut Words) -> (Leaf, Vec<Path>) {
        let paths = self.aliases(around, words);
        let rank = self.chance.weighted(&[12, 38, 38, 12]);
        let dims = self.lengths(around, rank);
        let (dtype, stored) = self.dtypes(around.cast);
        let any_rank = self.chance.percent(6);
        let tensor = match self.chance.weighted(&[94, 3, 3]) {
            0 => Tensor { rank: (!any_rank).then_some(rank), ..array(dtype, rank) },
            1 => Tensor { dtype: None, rank: None, ..array(dtype, rank) },
            _ => Tensor { or_string: true, ..array(DType::UInt8, rank) },
        };
        let stored = if tensor.or_string { DType::UInt8 } else { stored };
        let steps = if tensor.dtype.is_none() { 0 } else { self.chance.below(4) };
        let (ops, shape) = self.steps(around, dims, steps);
        let source = Source { dtype: stored, shapes: vec![shape], stacked: None };
        (Leaf { node: Node::Tensor(tensor), ops, source }, paths)
    }

    fn split(&mut self, around: &Around, words: &mut Words) -> (Leaf, Vec<Path>) {
        let paths = self.aliases(around, words);
        let rank = 1 + self.chance.below(2);
        let (axis, parts) = (self.chance.below(rank), 2 + self.chance.below(2));
        let mut dims = self.lengths(around, rank);
        let sizes = self.chance.percent(40).then(|| self.lengths(around, parts));
        let (mut ops, whole) = if let Some(sizes) = &sizes {
            (Vec::new(), sum(sizes))
        } else {
            let steps = self.chance.below(2);
            let (ops, part) = self.steps_of_same_rank(dims, steps);
            let whole = pair(Operator::Multiply, Expression::Number(parts), part[axis]);
            dims = part;
            (ops, whole)
        };
        dims[axis] = whole;
        ops.insert(0, Op::Split { axis, sizes: sizes.map(keep_all) });
        let count = self.chance.below(2);
        let (before, shape) = self.steps(around, dims, count);
        let (dtype, stored) = self.dtypes(around.cast);
        let part = Node::Tensor(array(dtype, rank));
        let node = Node::Split(keep_all(vec![part; parts]));
        let source = Source { dtype: stored, shapes: vec![shape], stacked: None };
        (Leaf { node, ops: [before, ops].concat(), source }, paths)
    }

    fn concat(&mut self, around: &Around, words: &mut Words) -> (Leaf, Vec<Path>) {
        let count = 2 + self.chance.below(2);
        let paths: Vec<Path> = (0..count)
            .map(|_| {
                let word = self.word(words);
                self.path_of_leaf(word, around)
            })
            .collect();
        let rank = 1 + self.chance.below(2);
        let axis = self.chance.below(rank);
        let dims = self.lengths(around, rank);
        let (dtype, stored) = self.dtypes(around.cast);
        let mut whole = dims.clone();
        let (mut ops, shapes) = if self.chance.percent(50) {
            let lengths = self.lengths(around, count);
            whole[axis] = sum(&lengths);
            let with = |length: &Expression| {
                let mut dims = dims.clone();
                dims[axis] = *length;
                dims
            };
            (Vec::new(), lengths.iter().map(with).collect())
        } else {
            whole[axis] = pair(Operator::Multiply, Expression::Number(count), dims[axis]);
            let steps = self.chance.below(3);
            let (ops, shape) = self.steps(around, dims, steps);
            (ops, vec![shape; count])
        };
        ops.push(Op::Concat { axis, repeat: None });
        ops.extend(self.maybe_shape(&whole));
        let source = Source { dtype: stored, shapes, stacked: None };
        (Leaf { node: Node::Tensor(array(dtype, rank)), ops, source }, paths)
    }

    fn stack(&mut self, around: &Around, words: &mut Words) -> (Leaf, Vec<Path>) {
        let index = self.name();
        let index = keep_text(format!("e{}", &index[1..]));
        let mut within = around.clone();
        within.indices.push(index);
        within.unused.push(index);
        let (repeat, end) = self.bounds(around, index);
        let word = self.word(words);
        let path = self.path_of_leaf(word, &within);
        let rank = self.chance.below(3);
        let axis = self.chance.below(rank + 1);
        let dims = self.lengths(around, rank);
        let mut whole = dims.clone();
        let count = pair(Operator::Subtract, end, Expression::Number(repeat.start));
        let joins = axis < rank && self.chance.percent(40);
        let op = if joins {
            whole[axis] = pair(Operator::Multiply, count, dims[axis]);
            Op::Concat { axis, repeat: Some(repeat) }
        } else {
            whole.insert(axis, count);
            Op::Stack { axis, repeat }
        };
        let steps = self.chance.below(3);
        let (mut ops, shape) = self.steps(around, dims, steps);
        ops.push(op);
        let rank = whole.len();
        ops.extend(self.maybe_shape(&whole));
        let (dtype, stored) = self.dtypes(around.cast);
        let source = Source { dtype: stored, shapes: vec![shape], stacked: Some((repeat, end)) };
        (Leaf { node: Node::Tensor(array(dtype, rank)), ops, source }, vec![path])
    }

    /// Returns the bounds of an index, and the end for which the struct fits.
    fn bounds(&mut self, around: &Around, index: &'static str) -> (Repeat, Expression) {
        let start = usize::from(self.chance.percent(12));
        self.starts.insert(index, start);
        let number = Expression::Number(start + 1 + self.chance.below(3));
        let end = match self.chance.weighted(&[45, 25, 25, 5]) {
            0 => None,
            1 => Some(number),
            2 if !around.symbols.is_empty() => {
                Some(Expression::Symbol(self.chance.pick(&around.symbols)))
            }
            _ => Some(self.expression(around)),
        };
        (Repeat { index, start, end }, end.unwrap_or(number))
    }

    /// Returns a list of variables or structs.
    pub(crate) fn list(&mut self, around: &Around, words: &mut Words) -> Field {
        let index = self.name();
        let index = keep_text(format!("i{}", &index[1..]));
        let mut within = around.clone();
        within.indices.push(index);
        within.unused.push(index);
        let (mut repeat, _) = self.bounds(around, index);
        let field = if around.depth < 3 && self.chance.percent(60) {
            self.of_struct(&within, words)
        } else {
            self.leaf(&within, words)
        };
        let len = match repeat.end {
            Some(Expression::Number(end)) => Some(end.saturating_sub(repeat.start)),
            _ => Some(1 + self.chance.below(3)),
        };
        let mut len = len.filter(|_| self.chance.percent(20));
        if self.chance.percent(10) {
            repeat.end = None;
        }
        let (indices, is_keyed) = self.indices(&mut repeat);
        if let Indices::Listed(values) = indices {
            len = len.map(|_| values.len());
        }
        len = len.filter(|_| !is_keyed);
        let (option, element) = match field.node {
            // Half of the options are around the list.
            Node::Optional(inner) if self.chance.percent(50) => (true, *inner),
            node => (false, node),
        };
        let mut node = Node::List(keep(List { element, len, is_keyed }));
        if option {
            node = Node::Optional(keep(node));
        }
        let absent = if field.absent == Absent::Zero { Absent::Problem } else { field.absent };
        Field { repeat: Some(repeat), indices, node, absent, ..field }
    }

    /// Returns the values of the index of a list, and whether they are keys. Few lists have other values than a range.
    fn indices(&mut self, repeat: &mut Repeat) -> (Indices, bool) {
        if self.names.percent(7) {
            let mut values: Vec<usize> = (0..6).map(|value| repeat.start + 2 * value).collect();
            let count = 1 + self.names.below(3);
            let values = (0..count).map(|_| values.swap_remove(self.names.below(values.len())));
            let values = keep_all(values.collect());
            let start = values.iter().copied().min().unwrap_or_default();
            *repeat = Repeat { start, end: None, ..*repeat };
            (Indices::Listed(values), self.names.percent(30))
        } else if self.names.percent(7) && repeat.start == 0 {
            repeat.end = None;
            (Indices::Any, true)
        } else {
            (Indices::Range, self.names.percent(10))
        }
    }

    /// Returns a field that is a struct.
    pub(crate) fn of_struct(&mut self, around: &Around, words: &mut Words) -> Field {
        let mut within = around.clone();
        let mut paths = vec![Path::EMPTY];
        if !self.chance.percent(12) {
            let word = self.word(words);
            paths = vec![self.path(word, &mut within, 65)];
            if self.chance.percent(8) {
                let mut used = around.clone();
                used.unused.retain(|index| !within.unused.contains(index));
                let word = self.word(words);
                paths.push(self.path(word, &mut used, 100));
            }
        }
        let dims = self.renamed(around);
        within.symbols.extend(dims.iter().map(|renamed| renamed.name));
        let inner = Node::Struct(keep(self.inner(&within)));
        let node = if self.chance.percent(18) { Node::Optional(keep(inner)) } else { inner };
        let function = !matches!(node, Node::Optional(_)) && self.chance.percent(3);
        let absent = if function { Absent::Function } else { Absent::Problem };
        let name = self.name();
        let (paths, never_averaged) = (keep_all(paths), self.names.percent(5));
        Field { name, paths, never_averaged, dims, absent, node, ..Field::EMPTY }
    }

    /// Returns fields that take the parts of a variable.
    pub(crate) fn parts(&mut self, around: &Around, words: &mut Words) -> Vec<Field> {
        let word = self.word(words);
        let paths = keep_all(vec![self.path_of_leaf(word, around)]);
        let rank = 1 + self.chance.below(2);
        let (axis, of) = (self.chance.below(rank), 2 + self.chance.below(2));
        let mut dims = self.lengths(around, rank);
        let (mut cuts, after) = if self.chance.percent(50) {
            let (after, part) = self.steps_of_same_rank(dims, 1);
            dims = part;
            dims[axis] = pair(Operator::Multiply, Expression::Number(of), dims[axis]);
            ((0..of).map(|index| Op::Chunk { axis, index, of }).collect(), after)
        } else {
            let (cuts, whole) = self.slices(around, axis, of);
            dims[axis] = whole;
            (cuts, Vec::new())
        };
        if self.chance.percent(8) {
            cuts.pop();
        } else if self.chance.percent(6) {
            cuts.push(cuts[0]);
        }
        let count = self.chance.below(2);
        let (before, shape) = self.steps(around, dims, count);
        let (dtype, stored) = self.dtypes(around.cast);
        let node = Node::Tensor(array(dtype, rank));
        let source = Source { dtype: stored, shapes: vec![shape], stacked: None };
        let mut fields = Vec::new();
        for cut in cuts {
            let name = self.name();
            self.sources.insert(name, source.clone());
            let ops = keep_all([before.clone(), vec![cut], after.clone()].concat());
            fields.push(Field { name, paths, ops, node, ..Field::EMPTY });
        }
        fields
    }

    /// Returns consecutive slices, and the length of the whole axis.
    fn slices(&mut self, around: &Around, axis: usize, of: usize) -> (Vec<Op>, Expression) {
        let lengths = self.lengths(around, of);
        let mut start = Expression::Number(0);
        let mut cuts = Vec::new();
        for (number, length) in lengths.iter().enumerate() {
            let last = number + 1 == of;
            let end = if number == 0 { *length } else { pair(Operator::Add, start, *length) };
            let end = if last && self.chance.percent(60) { None } else { Some(end) };
            cuts.push(Op::Slice { axis, start, end });
            start = end.unwrap_or(start);
        }
        (cuts, sum(&lengths))
    }

    /// Returns the dtypes of a field and of its variable.
    fn dtypes(&mut self, cast: Cast) -> (DType, DType) {
        const WANTED: [DType; 8] = [
            DType::Float32,
            DType::Float32,
            DType::Float32,
            DType::Float32,
            DType::Float64,
            DType::Int64,
            DType::Bool,
            DType::String,
        ];
        let wanted = self.chance.pick(&WANTED);
        let stored: Vec<DType> = [DType::BFloat16, DType::Float64, DType::Int32, DType::Float16]
            .into_iter()
            .filter(|stored| cast.allows(*stored, wanted))
            .collect();
        let converted = !stored.is_empty() && self.chance.percent(40);
        (wanted, if converted { self.chance.pick(&stored) } else { wanted })
    }

    /// Returns `count` lengths.
    pub(crate) fn lengths(&mut self, around: &Around, count: usize) -> Vec<Expression> {
        (0..count).map(|_| self.expression(around)).collect()
    }
}

/// Returns the first array of a field.
fn tensor(node: &Node) -> Option<&Tensor> {
    match node {
        Node::Tensor(tensor) => Some(tensor),
        Node::Split(parts) => parts.first().and_then(tensor),
        Node::Optional(inner) => tensor(inner),
        Node::List(list) => tensor(&list.element),
        Node::Struct(_) | Node::Dim(_) | Node::Constant(_) => None,
    }
}

/// An owned array.
fn array(dtype: DType, rank: usize) -> Tensor {
    Tensor { dtype: Some(dtype), rank: Some(rank), or_string: false, borrow: Borrow::Never }
}

fn sum(lengths: &[Expression]) -> Expression {
    let add = |sum: Expression, length: &Expression| pair(Operator::Add, sum, *length);
    match lengths.split_first() {
        Some((first, rest)) => rest.iter().fold(*first, add),
        None => Expression::Number(0),
    }
}
