//! A case as its author would write it: structs with attributes, and the variables of the checkpoint.

use std::fmt::{self, Write as _};

use checkpoint_schema::model::description::{
    Absent, Dim, Field, Ignore, Indices, Node, Op, Parallel, Path, Repeat, Squeeze, Struct, Tensor,
};
use checkpoint_schema::model::expression::Expression;
use checkpoint_schema::model::template::Piece;

use crate::Case;

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Node::Struct(root) = self.node {
            f.write_str(&structs(root))?;
        }
        for it in &self.listed {
            writeln!(f, "{} {} {:?}", it.name.escape_debug(), it.dtype, it.shape)?;
        }
        Ok(())
    }
}

/// Formats a struct and its nested structs.
fn structs(item: &Struct) -> String {
    let mut out = String::new();
    let words = of_struct(item);
    if !words.is_empty() {
        let _ = writeln!(out, "#[ckpt({})]", words.join(", "));
    }
    let _ = writeln!(out, "struct {} {{", item.name);
    let mut inner = Vec::new();
    for field in item.fields {
        let words = of_field(field);
        let ty = ty(&field.node, &mut inner);
        let _ = writeln!(out, "    #[ckpt({})] {}: {ty},", words.join(", "), field.name);
    }
    out += "}\n";
    for inner in inner {
        out += &structs(inner);
    }
    out
}

fn of_struct(item: &Struct) -> Vec<String> {
    let mut words = Vec::new();
    if item.prefix != Path::EMPTY {
        words.push(format!("prefix = {:?}", path(&item.prefix)));
    }
    words.extend(item.naming.map(|naming| format!("naming = {:?}", naming.word())));
    words.extend(item.separator.map(|separator| format!("separator = {separator:?}")));
    words.extend(item.cast.map(|cast| format!("cast = {:?}", cast.word())));
    words.extend(item.shadow.map(|name| format!("shadow = {name:?}")));
    let dim = |dim: &Dim| {
        let local = if dim.local { "local " } else { "" };
        let value = dim.value.map_or(String::new(), |value| format!(" = {value}"));
        format!("{local}{}{value}", dim.name)
    };
    if !item.dims.is_empty() {
        words.push(format!("dims({})", join(item.dims, dim)));
    }
    words.extend(item.asserts.iter().map(|assertion| format!("assert({assertion})")));
    let ignored = |ignore: &Ignore<'_>| match ignore {
        Ignore::Glob(glob) | Ignore::Optional(glob) => format!("{glob:?}"),
        Ignore::Preset(preset) => preset.word().to_owned(),
    };
    if !item.ignore.is_empty() {
        words.push(format!("ignore({})", join(item.ignore, ignored)));
    }
    words.extend(item.allow_unmapped.then(|| "allow_unmapped".to_owned()));
    words
}

fn of_field(field: &Field) -> Vec<String> {
    let mut words = Vec::new();
    let concat = field.joins_paths();
    for (number, it) in field.paths.iter().enumerate().filter(|_| !concat) {
        words.push(match (number, *it == Path::EMPTY) {
            (0, true) => "flatten".to_owned(),
            (0, false) => format!("path = {:?}", path(it)),
            _ => format!("alias = {:?}", path(it)),
        });
    }
    words.extend(field.repeat.map(|repeat| match field.indices {
        Indices::Range => format!("repeat({})", bounds(&repeat)),
        Indices::Listed(values) => format!("repeat({} in {values:?})", repeat.index),
        Indices::Any => format!("repeat({} = any)", repeat.index),
    }));
    if !field.dims.is_empty() {
        let renamed = join(field.dims, |renamed| format!("{} = {}", renamed.name, renamed.is));
        words.push(format!("dims({renamed})"));
    }
    words.extend(field.ops.iter().map(|op| step(op, field)));
    words.extend(field.cast.map(|cast| format!("cast = {:?}", cast.word())));
    words.extend(
        field.parallel.map(|Parallel { axis, of }| format!("parallel(axis = {axis}, of = {of:?})")),
    );
    words.extend(field.copy.then(|| "copy".to_owned()));
    if !field.ties.is_empty() {
        words.push(format!("tie = [{}]", join(field.ties, |it| format!("{:?}", path(it)))));
    }
    words.extend(field.never_averaged.then(|| "shadow = \"never\"".to_owned()));
    match field.absent {
        Absent::Problem => {}
        Absent::Zero => words.push("default".to_owned()),
        Absent::Function => words.push("default = \"function\"".to_owned()),
    }
    words.extend(matches!(field.node, Node::Dim(_)).then(|| "dim".to_owned()));
    words
}

fn step(op: &Op, field: &Field) -> String {
    match op {
        Op::Squeeze(Squeeze::ToRank) => "squeeze".to_owned(),
        Op::Squeeze(Squeeze::Axes(axes)) => format!("squeeze({})", join(axes, usize::to_string)),
        Op::Expand(axes) => format!("expand({})", join(axes, usize::to_string)),
        Op::Transpose => "transpose".to_owned(),
        Op::Permute(axes) => format!("permute({})", join(axes, usize::to_string)),
        Op::Reshape(axes) => format!("reshape[{}]", join(axes, ToString::to_string)),
        Op::Shape(axes) => format!("shape = [{}]", join(axes, ToString::to_string)),
        Op::Split { axis, sizes: None } => format!("split(axis = {axis})"),
        Op::Split { axis, sizes: Some(sizes) } => {
            format!("split(axis = {axis}, sizes = [{}])", join(sizes, ToString::to_string))
        }
        Op::Chunk { axis, index, of } => {
            format!("chunk(axis = {axis}, index = {index}, of = {of})")
        }
        Op::Slice { axis, start, end } => {
            let end = end.map_or(String::new(), |end| end.to_string());
            format!("slice(axis = {axis}, range = ({start})..{end})")
        }
        Op::Reorder { axis, order } => {
            format!("reorder(axis = {axis}, order = [{}])", join(order, usize::to_string))
        }
        Op::Concat { axis, repeat: Some(repeat) } => {
            format!("concat({}, axis = {axis})", bounds(repeat))
        }
        Op::Concat { axis, .. } => {
            let paths = join(field.paths, |it| format!("{:?}", path(it)));
            format!("concat(axis = {axis}, paths = [{paths}])")
        }
        Op::Stack { axis, repeat } => format!("stack({}, axis = {axis})", bounds(repeat)),
    }
}

fn bounds(repeat: &Repeat) -> String {
    let Repeat { index, start, end } = repeat;
    let end = end.map_or(String::new(), |end: Expression| end.to_string());
    format!("{index} = {start}..{end}")
}

fn path(path: &Path) -> String {
    let parts = path.pieces.iter().map(|part| match part {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Index(placeholder) => placeholder.to_string(),
    });
    let start = if path.absolute { "/" } else { "" };
    start.to_owned() + &parts.collect::<String>()
}

fn ty(node: &Node, structs: &mut Vec<&'static Struct>) -> String {
    match node {
        Node::Tensor(tensor) => of_tensor(tensor),
        Node::Struct(inner) => {
            structs.push(inner);
            inner.name.to_owned()
        }
        Node::Optional(inner) => format!("Option<{}>", ty(inner, structs)),
        Node::List(list) => match list.len {
            Some(len) => format!("[{}; {len}]", ty(&list.element, structs)),
            None if list.is_keyed => {
                format!("BTreeMap<usize, {}>", ty(&list.element, structs))
            }
            None => format!("Vec<{}>", ty(&list.element, structs)),
        },
        Node::Split(parts) => {
            let first = parts.first().map_or(String::new(), |part| ty(part, structs));
            format!("[{first}; {}]", parts.len())
        }
        Node::Dim(symbol) => format!("usize /* {symbol} */"),
        Node::Constant(_) => "() /* constant */".to_owned(),
    }
}

fn of_tensor(tensor: &Tensor) -> String {
    let element = tensor.dtype.map_or("_".to_owned(), |dtype| dtype.to_string());
    match tensor.rank {
        Some(rank) if tensor.or_string => format!("Vec<u8> /* {rank} */"),
        Some(rank) => format!("Array{rank}<{element}>"),
        None => format!("ArrayD<{element}>"),
    }
}

fn join<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}
