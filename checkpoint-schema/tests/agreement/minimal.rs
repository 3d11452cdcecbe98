//! Minimizes a case.

use std::panic;

use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{
    Absent, Field, Indices, List, Node, Op, Path, Squeeze, Struct,
};
use checkpoint_schema::model::expression::{AxisLength, Expression};

use crate::Case;
use crate::keep::{keep, keep_all};

/// The number of smaller cases that are tried. Each takes milliseconds, so that a failing test ends within minutes.
const TRIED: usize = 5_000;

/// Shrinks a case as long as `has` returns true.
pub(crate) fn minimal(case: &Case, has: impl Fn(&Case) -> bool) -> Case {
    // Invalid structs panic. Their messages are hidden.
    let loud = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let case = smallest(case.clone(), has);
    panic::set_hook(loud);
    case
}

fn smallest(mut case: Case, has: impl Fn(&Case) -> bool) -> Case {
    let mut left = TRIED;
    'smaller: loop {
        for smaller in smaller(&case) {
            left = left.saturating_sub(1);
            if left == 0 {
                return case;
            }
            if makes_sense(smaller.node) && has(&smaller) {
                case = smaller;
                continue 'smaller;
            }
        }
        return case;
    }
}

/// True if `check::root` accepts a struct.
fn makes_sense(node: &'static Node) -> bool {
    panic::catch_unwind(|| check::root(node)).is_ok()
}

fn smaller(case: &Case) -> Vec<Case> {
    let Case { node, listed } = case;
    let Node::Struct(root) = node else { return Vec::new() };
    let of_root = structs(root).into_iter().map(|root| {
        let node: &Node = keep(Node::Struct(keep(root)));
        Case { node, listed: listed.clone() }
    });
    let fewer = (0..listed.len()).map(|at| {
        let mut listed = listed.clone();
        listed.remove(at);
        Case { node, listed }
    });
    let mut all: Vec<Case> = fewer.chain(of_root).collect();
    for (at, it) in listed.iter().enumerate() {
        if !it.shape.is_empty() {
            let mut listed = listed.clone();
            listed[at].shape.pop();
            all.push(Case { node, listed });
        }
    }
    all
}

fn structs(item: &Struct) -> Vec<Struct> {
    let mut all = Vec::new();
    for (at, field) in item.fields.iter().enumerate() {
        let with = |put: Option<Field>| {
            let mut fields = item.fields.to_vec();
            fields.splice(at..=at, put);
            Struct { fields: keep_all(fields), ..*item }
        };
        if item.fields.len() > 1 {
            all.push(with(None));
        }
        all.extend(fields(field).into_iter().map(|field| with(Some(field))));
    }
    all.extend(without(item.asserts).map(|asserts| Struct { asserts, ..*item }));
    all.extend(without(item.ignore).map(|ignore| Struct { ignore, ..*item }));
    all.extend(without(item.dims).map(|dims| Struct { dims, ..*item }));
    for (at, dim) in item.dims.iter().enumerate() {
        if dim.value.is_some() {
            let mut dims = item.dims.to_vec();
            dims[at].value = None;
            all.push(Struct { dims: keep_all(dims), ..*item });
        }
    }
    let plain = [
        Struct { prefix: Path::EMPTY, ..*item },
        Struct { separator: None, ..*item },
        Struct { cast: None, ..*item },
        Struct { shadow: None, ..*item },
        Struct { naming: None, ..*item },
        Struct { allow_unmapped: false, ..*item },
    ];
    all.extend(plain.into_iter().filter(|plain| format!("{plain:?}") != format!("{item:?}")));
    all
}

fn fields(field: &Field) -> Vec<Field> {
    let mut all: Vec<Field> =
        nodes(&field.node).into_iter().map(|node| Field { node, ..*field }).collect();
    if field.paths.len() > 1 {
        all.extend(without(field.paths).map(|paths| Field { paths, ..*field }));
    }
    all.extend(without(field.ops).map(|ops| Field { ops, ..*field }));
    for (at, op) in field.ops.iter().enumerate() {
        for op in ops(op) {
            let mut ops = field.ops.to_vec();
            ops[at] = op;
            all.push(Field { ops: keep_all(ops), ..*field });
        }
    }
    all.extend(field.parallel.map(|_| Field { parallel: None, ..*field }));
    all.extend(without(field.dims).map(|dims| Field { dims, ..*field }));
    if let Some(repeat) = field.repeat {
        for end in repeat.end.iter().flat_map(expressions).map(Some).chain([None]) {
            if end != repeat.end {
                let repeat = checkpoint_schema::model::description::Repeat { end, ..repeat };
                all.push(Field { repeat: Some(repeat), ..*field });
            }
        }
    }
    if let Node::List(list) = field.node {
        let indices = Indices::Range;
        all.push(Field { repeat: None, indices, node: list.element, ..*field });
        all.push(Field { indices, ..*field });
    }
    if field.absent != Absent::Problem {
        all.push(Field { absent: Absent::Problem, ..*field });
    }
    all.extend(without(field.ties).map(|ties| Field { ties, ..*field }));
    if field.never_averaged {
        all.push(Field { never_averaged: false, ..*field });
    }
    if field.cast.is_some() {
        all.push(Field { cast: None, ..*field });
    }
    all
}

fn nodes(node: &Node) -> Vec<Node> {
    match node {
        Node::Tensor(_) | Node::Dim(_) | Node::Split(_) | Node::Constant(_) => Vec::new(),
        Node::Struct(inner) => {
            let alone = inner.fields.iter().map(|field| field.node);
            structs(inner).into_iter().map(|inner| Node::Struct(keep(inner))).chain(alone).collect()
        }
        Node::Optional(inner) => {
            let within = nodes(inner).into_iter().map(|inner| Node::Optional(keep(inner)));
            [**inner].into_iter().chain(within).collect()
        }
        Node::List(list) => {
            let shorter = list.len.map(|_| List { len: None, ..**list });
            let within = nodes(&list.element).into_iter();
            let within = within.map(|element| List { element, ..**list });
            shorter.into_iter().chain(within).map(|list| Node::List(keep(list))).collect()
        }
    }
}

fn ops(op: &Op) -> Vec<Op> {
    match *op {
        Op::Shape(axes) => {
            let mut all = Vec::new();
            for (at, axis) in axes.iter().enumerate() {
                let AxisLength::Is(expression) = axis else { continue };
                for axis in
                    expressions(expression).into_iter().map(AxisLength::Is).chain([AxisLength::Any])
                {
                    let mut axes = axes.to_vec();
                    axes[at] = axis;
                    all.push(Op::Shape(keep_all(axes)));
                }
            }
            all
        }
        Op::Squeeze(Squeeze::Axes(axes)) if axes.len() > 1 => {
            without(axes).map(|axes| Op::Squeeze(Squeeze::Axes(axes))).collect()
        }
        _ => Vec::new(),
    }
}

fn expressions(expression: &Expression) -> Vec<Expression> {
    match expression {
        Expression::Pair(_, [left, right]) => vec![*left, *right],
        Expression::Symbol(_) => vec![Expression::Number(2)],
        Expression::Number(_) => Vec::new(),
    }
}

/// Returns the list without each of its items in turn.
fn without<T: Copy>(all: &'static [T]) -> impl Iterator<Item = &'static [T]> {
    (0..all.len()).map(|at| {
        let mut fewer = all.to_vec();
        fewer.remove(at);
        keep_all(fewer)
    })
}
