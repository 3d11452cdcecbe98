//! The description of a model, as the derive macro generates it. It is the input of the check of manifests and of the oracle.
//!
//! It lives as long as the program.

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::{
    Absent, Borrow, Cast, Constant, Dim, Field, FieldDialect, Ignore, Indices, List, Node, Number,
    Op, Parallel, Path, Preset, Renamed, Repeat, Squeeze, Struct, StructDialect, Tensor,
    order_problem,
};
use checkpoint_schema::model::expression::{Assertion, AxisLength, Expression, Operator, Relation};
use checkpoint_schema::model::template::{self, Piece};
use syn::{BinOp, Expr, Lit};

use super::model::{self, Model, Word, array_length, bounds};
use super::variant;

/// The reason why there is no description: an error of the derive macro, or of a field's type.
pub(crate) type Refused = String;

/// Returns the description of a model.
pub(crate) fn describe(model: &Model) -> Result<&'static Node, Refused> {
    Ok(keep(Node::Struct(keep(structure(model, &model.root)?))))
}

fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn keep_all<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

fn keep_text(text: &str) -> &'static str {
    text.to_owned().leak()
}

fn structure(model: &Model, name: &str) -> Result<Struct, Refused> {
    let item = model.get(name).ok_or_else(|| format!("`{name}` is no struct"))?;
    let mut described = Struct { name: keep_text(name), ..Struct::EMPTY };
    let (mut constants, mut dialects) = (Vec::new(), Vec::new());
    for word in &item.words {
        let list = word.list();
        match word.name.as_str() {
            "prefix" => described.prefix = path(&word.text())?,
            "separator" if word.text().is_empty() => return Err("a separator is empty".to_owned()),
            "separator" => described.separator = Some(keep_text(&word.text())),
            "cast" => described.cast = Some(cast(word)?),
            "shadow" => described.shadow = Some(keep_text(&word.text())),
            "dims" => described.dims = all(&list, dim)?,
            "assert" => described.asserts = all(&list, assertion)?,
            "ignore" => described.ignore = all(&list, ignored)?,
            "constant" => constants.push(constant(word)?),
            "dialects" => {
                described.declared = keep_all(word.list().iter().map(|it| named(it)).collect());
                for name in described.declared.iter().skip(1) {
                    dialects.push(of_struct(name, &variant::items(word, "dialects", name))?);
                }
            }
            "dialect" => {
                let name = named(&list[0]);
                dialects.push(of_struct(name, &variant::items(word, "dialect", name))?);
            }
            "manifest" => {}
            other => return Err(format!("`{other}` is not described")),
        }
    }
    let fields = item.fields.iter().map(|field| of_field(model, field));
    let mut fields: Vec<Field> = fields.collect::<Result<_, _>>()?;
    differ(&item.fields, &fields)?;
    if constants.iter().any(|constant| has_path(&fields, constant)) {
        return Err("a constant has the path of a field".to_owned());
    }
    fields.extend(constants);
    described.fields = keep_all(fields);
    described.dialects = keep_all(dialects);
    Ok(described)
}

/// Returns the name of `hf(...)`.
fn named(entry: &str) -> &'static str {
    keep_text(&Word::of(entry).name)
}

/// Returns the differences of a struct in another dialect.
fn of_struct(name: &'static str, items: &[Word]) -> Result<StructDialect, Refused> {
    let mut described =
        StructDialect { name, prefixes: &[], separator: None, ignore: None, constants: &[] };
    let mut prefixes = Vec::new();
    for word in items {
        match word.name.as_str() {
            // An empty alias is the root.
            "prefix_alias" if word.text().is_empty() => prefixes.push(Path::EMPTY),
            "prefix" => prefixes.insert(0, path(&word.text())?),
            "prefix_alias" => prefixes.push(path(&word.text())?),
            "separator" if word.text().is_empty() => return Err("a separator is empty".to_owned()),
            "separator" => described.separator = Some(keep_text(&word.text())),
            "ignore" => described.ignore = Some(all(&word.list(), ignored)?),
            other => return Err(format!("`{other}` is not described")),
        }
    }
    described.prefixes = keep_all(prefixes);
    Ok(described)
}

/// Returns a field, also in the dialects that it has attributes for.
fn of_field(model: &Model, field: &model::Field) -> Result<Field, Refused> {
    let mut described = in_one_dialect(model, field)?;
    let mut dialects = Vec::new();
    for word in field.words.iter().filter(|word| word.name == "dialect") {
        let name = named(&word.list()[0]);
        let mut other = field.clone();
        other.choose(name);
        // A bare `repeat` counts the index in the first path.
        let (repeat, indices) = (described.repeat, described.indices);
        let field = Field { repeat, indices, ..in_one_dialect(model, &other)? };
        dialects.push(FieldDialect { name, field });
    }
    described.dialects = keep_all(dialects);
    Ok(described)
}

/// Checks that two fields of one type do not take the same variable.
fn differ(written: &[model::Field], fields: &[Field]) -> Result<(), Refused> {
    for (at, field) in fields.iter().enumerate() {
        let is_same = |(other, ty): (&Field, &model::Field)| {
            let alone = [field, other].iter().all(|it| !it.copy && it.ops.iter().all(is_whole));
            alone && ty.ty == written[at].ty && other.paths == field.paths && other.paths.len() == 1
        };
        if fields.iter().zip(written).take(at).any(is_same) {
            return Err(format!("`{}` takes the variable of another field", field.name));
        }
    }
    Ok(())
}

/// True if a step does not leave parts of the variable to other fields.
fn is_whole(op: &Op) -> bool {
    !matches!(op, Op::Chunk { .. } | Op::Slice { .. })
}

fn has_path(fields: &[Field], constant: &Field) -> bool {
    fields.iter().flat_map(|field| field.paths).any(|path| constant.paths.contains(path))
}

/// Returns a constant, without its value.
fn constant(word: &Word) -> Result<Field, Refused> {
    const ZERO: Constant = Constant { dtype: DType::Int64, value: Number::Integer(0) };
    let written = text(&word.value("path").ok_or("a constant has no path")?);
    let shape = word.value("shape").map(|_| listed(word, "shape")).transpose()?;
    let shape = all(&shape.unwrap_or_default(), axis)?;
    Ok(Field {
        name: keep_text(&format!("constant({written})")),
        paths: keep_all(vec![path(&written)?]),
        ops: keep_all(vec![Op::Shape(shape)]),
        never_averaged: true,
        node: Node::Constant(&ZERO),
        ..Field::EMPTY
    })
}

/// Parses all items of a list.
fn all<T>(
    list: &[String],
    read: impl Fn(&str) -> Result<T, Refused>,
) -> Result<&'static [T], Refused> {
    Ok(keep_all(list.iter().map(|item| read(item)).collect::<Result<_, _>>()?))
}

fn in_one_dialect(model: &Model, field: &model::Field) -> Result<Field, Refused> {
    let mut described = Field { name: keep_text(&field.name), ..Field::EMPTY };
    let mut paths = vec![field.path()];
    let mut ops = Vec::new();
    for word in &field.words {
        match word.name.as_str() {
            "flatten" => paths = vec![String::new()],
            "alias" => paths.push(word.text()),
            "concat" if word.value("paths").is_some() => {
                paths = listed(word, "paths")?.iter().map(|it| text(it)).collect();
            }
            "repeat" => {
                (described.repeat, described.indices) = counted_list(word, &field.path())?;
            }
            "dims" => described.dims = all(&word.list(), renamed)?,
            "cast" => described.cast = Some(cast(word)?),
            "default" => described.absent = Absent::Function,
            "dim" => paths.clear(),
            "copy" => described.copy = true,
            "tie" => described.ties = all(&word.list(), |tie| path(&text(tie)))?,
            "parallel" => described.parallel = Some(parallel(word)?),
            "same_layout" => described.same_layout = true,
            "shadow" => described.never_averaged = word.text() == "never",
            _ => {}
        }
        ops.extend(op(word)?);
    }
    let flat = field.word("flatten").is_some();
    if !flat && paths.iter().any(String::is_empty) {
        return Err("a path is empty".to_owned());
    }
    if (1..paths.len()).any(|at| paths[..at].contains(&paths[at])) {
        return Err("a path is written twice".to_owned());
    }
    let paths = paths.iter().map(|it| if flat { Ok(Path::EMPTY) } else { path(it) });
    described.paths = keep_all(paths.collect::<Result<_, _>>()?);
    described.ops = keep_all(ops);
    described.node = if field.word("dim").is_some() {
        Node::Dim(described.name)
    } else {
        node(model, &field.ty, described.repeat.is_some())?
    };
    let joined = described.ops.iter().position(|op| matches!(op, Op::Concat { .. }));
    let after = described.ops.iter().skip(joined.map_or(usize::MAX, |at| at + 1));
    if after.into_iter().any(|op| !matches!(op, Op::Shape(_))) {
        return Err("only `shape` follows `concat`".to_owned());
    }
    let has_steps = !described.ops.is_empty() || described.parallel.is_some();
    if has_steps && holds_struct(&described.node) {
        return Err(format!("`{}` holds no variable that steps could be done to", field.name));
    }
    Ok(described)
}

fn parallel(word: &Word) -> Result<Parallel, Refused> {
    let axis = number(&word.value("axis").ok_or("`parallel` has no `axis`")?)?;
    let of = all(&listed(word, "of")?, number)?;
    let twice = (1..of.len()).any(|at| of[..at].contains(&of[at]));
    if of.is_empty() || of.contains(&0) || twice {
        return Err(format!("{of:?} are no numbers of ranks"));
    }
    Ok(Parallel { axis, of })
}

fn holds_struct(node: &Node) -> bool {
    match node {
        Node::Struct(_) | Node::Dim(_) => true,
        Node::Optional(inner) => holds_struct(inner),
        Node::List(list) => holds_struct(&list.element),
        Node::Tensor(_) | Node::Split(_) | Node::Constant(_) => false,
    }
}

/// Returns the node of a type. With `repeat`, it is a list.
fn node(model: &Model, ty: &str, repeat: bool) -> Result<Node, Refused> {
    let within = |wrapper: &str| ty.strip_prefix(wrapper)?.strip_suffix('>');
    if let Some(inner) = within("Option<") {
        return Ok(Node::Optional(keep(node(model, inner, repeat)?)));
    }
    if let (Some(element), true) = (within("std::collections::BTreeMap<usize,"), repeat) {
        let element = node(model, element, false)?;
        return Ok(Node::List(keep(List { element, len: None, is_keyed: true })));
    }
    if let Some(element) = within("Vec<") {
        let element = node(model, element, false)?;
        return match element {
            _ if repeat => Ok(Node::List(keep(List { element, len: None, is_keyed: false }))),
            Node::Tensor(Tensor { rank: Some(0), .. }) => Err("a list of numbers".to_owned()),
            _ => Err(format!("`{ty}` needs `repeat`")),
        };
    }
    if let Some(len) = array_length(ty) {
        let len = usize::try_from(len).map_err(|error| error.to_string())?;
        let element = ty.strip_prefix('[').and_then(|rest| rest.rsplit_once(';'));
        let element = node(model, element.map_or("", |(element, _)| element), false)?;
        return Ok(match element {
            _ if repeat => Node::List(keep(List { element, len: Some(len), is_keyed: false })),
            _ => Node::Split(keep_all(vec![element; len])),
        });
    }
    if repeat {
        return Err(format!("`{ty}` is no list"));
    }
    if model.get(ty).is_some() {
        return Ok(Node::Struct(keep(structure(model, ty)?)));
    }
    let inner = ty.strip_prefix("Array").and_then(|rest| rest.strip_suffix('>'));
    let (rank, element) = inner.and_then(|rest| rest.split_once('<')).unwrap_or(("0", ty));
    let rank = rank.parse().ok().filter(|rank| *rank <= 6);
    let rank = Some(rank.ok_or_else(|| format!("there is no `{ty}`"))?);
    let dtype = match element {
        "f32" => DType::Float32,
        "f64" => DType::Float64,
        "half::f16" => DType::Float16,
        "i32" => DType::Int32,
        "u8" => DType::UInt8,
        "bool" => DType::Bool,
        _ => return Err(format!("`{element}` is not described")),
    };
    Ok(Node::Tensor(Tensor { dtype: Some(dtype), rank, or_string: false, borrow: Borrow::Never }))
}

/// Returns the step of an attribute, if it is one.
fn op(word: &Word) -> Result<Option<Op>, Refused> {
    let list = word.list();
    let numbers = || all(&list, number);
    let value = |key: &str| {
        let value = word.value(key).ok_or_else(|| format!("`{}` has no `{key}`", word.name))?;
        number(&value)
    };
    Ok(Some(match word.name.as_str() {
        "squeeze" if list.is_empty() => Op::Squeeze(Squeeze::ToRank),
        "squeeze" => Op::Squeeze(Squeeze::Axes(numbers()?)),
        "expand" => Op::Expand(numbers()?),
        "transpose" => Op::Transpose,
        "permute" => Op::Permute(numbers()?),
        "shape" => Op::Shape(all(&list, axis)?),
        "reshape" => Op::Reshape(all(&list, axis)?),
        "split" => {
            let sizes = word.value("sizes").map(|_| listed(word, "sizes")).transpose()?;
            let sizes = sizes.map(|sizes| all(&sizes, expression)).transpose()?;
            Op::Split { axis: value("axis")?, sizes }
        }
        "chunk" => {
            let (axis, index, of) = (value("axis")?, value("index")?, value("of")?);
            if index >= of {
                return Err(format!("there is no part {index} of {of}"));
            }
            Op::Chunk { axis, index, of }
        }
        "slice" => {
            let range = word.value("range").ok_or("`slice` has no `range`")?;
            let (start, end) = range.split_once("..").ok_or("`range` is no range")?;
            let [start, end] = [start, end].map(|end| match end.trim() {
                "" => Ok(None),
                end => expression(end).map(Some),
            });
            Op::Slice {
                axis: value("axis")?,
                start: start?.unwrap_or(Expression::Number(0)),
                end: end?,
            }
        }
        "reorder" => {
            let order = all(&listed(word, "order")?, number)?;
            match order_problem(order) {
                Some(problem) => return Err(problem),
                None => Op::Reorder { axis: value("axis")?, order },
            }
        }
        "concat" if word.value("paths").is_none() => Op::Concat {
            axis: value("axis")?,
            repeat: Some(counted(&list.first().cloned().unwrap_or_default())?),
        },
        "concat" if listed(word, "paths")?.len() < 2 => return Err("it joins one".to_owned()),
        "concat" => Op::Concat { axis: value("axis")?, repeat: None },
        "path" | "flatten" | "alias" | "repeat" | "dims" | "cast" | "default" | "dim" | "copy"
        | "tie" | "shadow" | "parallel" | "dialect" | "same_layout" => {
            return Ok(None);
        }
        other => return Err(format!("`{other}` is not described")),
    }))
}

/// Returns the list that is the value of a key.
fn listed(word: &Word, key: &str) -> Result<Vec<String>, Refused> {
    let value = word.value(key).ok_or_else(|| format!("`{}` has no `{key}`", word.name))?;
    Ok(Word::new(key, value).list())
}

/// Returns the text of a literal.
fn text(literal: &str) -> String {
    Word::new("", literal).text()
}

fn path(text: &str) -> Result<Path, Refused> {
    let parsed = template::parse(text.to_owned().leak()).map_err(|error| error.to_string())?;
    if parsed.pieces.is_empty() {
        return Err("a path is empty".to_owned());
    }
    let pieces: Vec<Piece<'static>> = parsed.pieces;
    Ok(Path { absolute: parsed.absolute, pieces: keep_all(pieces) })
}

/// Parses the index of `concat(p, axis = 0)`.
fn counted(item: &str) -> Result<Repeat, Refused> {
    if item.contains('=') {
        return repeat(&Word::new("repeat", format!("({item})")), "");
    }
    Ok(Repeat { index: keep_text(item), start: 0, end: None })
}

/// Returns the index of a list, and its values.
fn counted_list(word: &Word, of: &str) -> Result<(Option<Repeat>, Indices), Refused> {
    let indexed = |index: &str, start, indices| {
        Ok((Some(Repeat { index: keep_text(index), start, end: None }), indices))
    };
    if let Some((index, numbers)) = model::listed(word) {
        let numbers = all(&numbers, number)?;
        let is_twice = |at: usize| numbers[..at].contains(&numbers[at]);
        if (0..numbers.len()).any(is_twice) {
            return Err("a number is listed twice".to_owned());
        }
        let start = numbers.iter().min().copied().ok_or("the list has no numbers")?;
        return indexed(&index, start, Indices::Listed(numbers));
    }
    match word.pairs().first() {
        Some((index, any)) if any == "any" => indexed(index, 0, Indices::Any),
        _ => Ok((Some(repeat(word, of)?), Indices::Range)),
    }
}

/// Returns the index of a field with this path.
fn repeat(word: &Word, of: &str) -> Result<Repeat, Refused> {
    if let [index] = &word.list()[..]
        && !index.contains('=')
        && !word.rest.is_empty()
    {
        return Ok(Repeat { index: keep_text(index), start: 0, end: None });
    }
    if word.rest.is_empty() {
        let pieces = path(of)?.pieces.iter();
        let mut indices = pieces.filter_map(|piece| match piece {
            Piece::Index(placeholder) => Some(placeholder.index),
            Piece::Text(_) => None,
        });
        let index = indices.next().ok_or("the path has no index")?;
        return Ok(Repeat { index, start: 0, end: None });
    }
    let (index, start, end) =
        bounds(word).ok_or_else(|| format!("`repeat{}` is not described", word.rest))?;
    let start = number(&start)?;
    let end = if end.is_empty() { None } else { Some(expression(&end)?) };
    if matches!(end, Some(Expression::Number(end)) if end <= start) {
        return Err("the range is empty".to_owned());
    }
    Ok(Repeat { index: keep_text(&index), start, end })
}

fn renamed(item: &str) -> Result<Renamed, Refused> {
    let (name, is) = item.split_once('=').ok_or_else(|| format!("`{item}` names nothing"))?;
    Ok(Renamed { name: keep_text(name.trim()), is: expression(is)? })
}

fn dim(item: &str) -> Result<Dim, Refused> {
    let (name, value) = item.split_once('=').map_or((item, None), |(a, b)| (a, Some(b)));
    let value = value.map(number).transpose()?;
    let local = name.trim().strip_prefix("local ");
    Ok(Dim { name: keep_text(local.unwrap_or(name).trim()), value, local: local.is_some() })
}

fn cast(word: &Word) -> Result<Cast, Refused> {
    let text = if word.rest.is_empty() { "lossless".to_owned() } else { word.text() };
    let cast = Cast::ALL.into_iter().find(|cast| cast.word() == text);
    cast.ok_or_else(|| format!("there is no `cast` {text:?}"))
}

fn ignored(item: &str) -> Result<Ignore<'static>, Refused> {
    if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.word() == item) {
        return Ok(Ignore::Preset(preset));
    }
    let optional = Word::of(item);
    let glob = match optional.name.as_str() {
        "optional" => text(&optional.list().concat()),
        _ => text(item),
    };
    Glob::parse(&glob).map_err(|error| error.to_string())?;
    let glob = keep_text(&glob);
    Ok(if optional.name == "optional" { Ignore::Optional(glob) } else { Ignore::Glob(glob) })
}

fn axis(item: &str) -> Result<AxisLength, Refused> {
    if item.trim() == "_" { Ok(AxisLength::Any) } else { expression(item).map(AxisLength::Is) }
}

fn number(text: &str) -> Result<usize, Refused> {
    text.trim().parse().map_err(|_| format!("`{text}` is no number"))
}

fn expression(text: &str) -> Result<Expression, Refused> {
    of_expression(&syn::parse_str(text).map_err(|error| error.to_string())?)
}

fn of_expression(expression: &Expr) -> Result<Expression, Refused> {
    let refused = || Err("an expression is not described".to_owned());
    match expression {
        Expr::Paren(inner) => of_expression(&inner.expr),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => {
                number.base10_parse().map(Expression::Number).map_err(|it| it.to_string())
            }
            _ => refused(),
        },
        Expr::Path(path) => match path.path.get_ident() {
            Some(name) => Ok(Expression::Symbol(keep_text(&name.to_string()))),
            None => refused(),
        },
        Expr::Binary(binary) => {
            let operator = match binary.op {
                BinOp::Add(_) => Operator::Add,
                BinOp::Sub(_) => Operator::Subtract,
                BinOp::Mul(_) => Operator::Multiply,
                BinOp::Div(_) => Operator::Divide,
                BinOp::Rem(_) => Operator::Remainder,
                _ => return refused(),
            };
            let sides = [of_expression(&binary.left)?, of_expression(&binary.right)?];
            Ok(Expression::Pair(operator, keep(sides)))
        }
        _ => refused(),
    }
}

fn assertion(item: &str) -> Result<Assertion, Refused> {
    let parsed: Expr = syn::parse_str(item).map_err(|error| error.to_string())?;
    let Expr::Binary(binary) = parsed else { return Err("it compares nothing".to_owned()) };
    let relation = match binary.op {
        BinOp::Eq(_) => Relation::Equal,
        BinOp::Ne(_) => Relation::Unequal,
        BinOp::Lt(_) => Relation::Less,
        BinOp::Le(_) => Relation::AtMost,
        BinOp::Gt(_) => Relation::Greater,
        BinOp::Ge(_) => Relation::AtLeast,
        _ => return Err("it compares nothing".to_owned()),
    };
    let (left, right) = (of_expression(&binary.left)?, of_expression(&binary.right)?);
    Ok(Assertion { left, relation, right })
}
