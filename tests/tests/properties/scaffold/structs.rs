//! Descriptions of structs, parsed from text. The parser only supports the output of scaffolds.

use std::collections::HashMap;

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::{
    Borrow, Dim, Field, Ignore, Indices, List, Node, Op, Path, Preset, Renamed, Repeat, Struct,
    Tensor,
};
use checkpoint_schema::model::expression::{AxisLength, Expression, Operator};
use checkpoint_schema::model::template;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Data, DeriveInput, LitStr};

/// Returns the description of the first struct in a text. It is never freed, like constants.
pub(super) fn node(text: &str) -> &'static Node {
    let (_, structs) = text.split_once("\n///").unwrap();
    let items: Vec<DeriveInput> =
        structs.split("\n///").map(|item| syn::parse_str(&format!("///{item}")).unwrap()).collect();
    let root = items[0].ident.to_string();
    let items: HashMap<String, DeriveInput> =
        items.into_iter().map(|item| (item.ident.to_string(), item)).collect();
    let mut known = HashMap::new();
    leak(structure(&root, &items, &mut known))
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// An attribute in `#[ckpt(...)]`, with its value.
struct Word {
    name: String,
    value: TokenStream,
}

fn words(attributes: &[Attribute]) -> Vec<Word> {
    let ckpt = attributes.iter().filter(|attribute| attribute.path().is_ident("ckpt"));
    let lists = ckpt.map(|attribute| attribute.meta.require_list().unwrap().tokens.clone());
    lists
        .flat_map(items)
        .map(|item| {
            let mut tokens = item.into_iter();
            let name = tokens.next().unwrap().to_string();
            let value = match tokens.next() {
                Some(TokenTree::Group(group)) => group.stream(),
                _ => tokens.collect(),
            };
            Word { name, value }
        })
        .collect()
}

/// Splits tokens at commas.
fn items(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    let items = tokens.split(is_comma).filter(|item| !item.is_empty());
    items.map(|item| item.iter().cloned().collect()).collect()
}

fn string(tokens: &TokenStream) -> &'static str {
    text(syn::parse2::<LitStr>(tokens.clone()).unwrap().value())
}

fn path(tokens: &TokenStream) -> Path {
    let template::Parsed { absolute, pieces } = template::parse(string(tokens)).unwrap();
    Path { absolute, pieces: pieces.leak() }
}

fn structure(
    name: &str,
    items: &HashMap<String, DeriveInput>,
    known: &mut HashMap<String, Node>,
) -> Node {
    if let Some(node) = known.get(name) {
        return *node;
    }
    let item = &items[name];
    let mut is = Struct { name: text(name.to_owned()), ..Struct::EMPTY };
    for Word { name, value } in words(&item.attrs) {
        match &name[..] {
            "prefix" => is.prefix = path(&value),
            "separator" => is.separator = Some(string(&value)),
            "dims" => is.dims = self::items(value).into_iter().map(dim).collect::<Vec<_>>().leak(),
            "ignore" => {
                is.ignore = self::items(value).into_iter().map(ignore).collect::<Vec<_>>().leak();
            }
            "allow_unmapped" => is.allow_unmapped = true,
            other => panic!("`{other}` is not written by scaffolds"),
        }
    }
    let Data::Struct(data) = &item.data else { panic!("`{name}` is no struct") };
    let fields = data.fields.iter().map(|is| field(is, items, known));
    is.fields = fields.collect::<Vec<_>>().leak();
    let node = Node::Struct(leak(is));
    known.insert(name.to_owned(), node);
    node
}

fn dim(tokens: TokenStream) -> Dim {
    let said = tokens.to_string();
    let (local, name) = match said.strip_prefix("local ") {
        Some(name) => (true, name),
        None => (false, &said[..]),
    };
    Dim { name: text(name.to_owned()), value: None, local }
}

fn ignore(tokens: TokenStream) -> Ignore<'static> {
    let said = tokens.to_string();
    let preset = Preset::ALL.into_iter().find(|preset| preset.word() == said);
    preset.map_or_else(|| Ignore::Glob(string(&tokens)), Ignore::Preset)
}

fn field(
    field: &syn::Field,
    items: &HashMap<String, DeriveInput>,
    known: &mut HashMap<String, Node>,
) -> Field {
    let name = text(field.ident.as_ref().unwrap().to_string());
    let own = Path { absolute: false, pieces: vec![template::Piece::Text(name)].leak() };
    let mut paths = vec![own];
    let mut is = Field { name, ..Field::EMPTY };
    let mut ops = Vec::new();
    for Word { name, value } in words(&field.attrs) {
        match &name[..] {
            "path" => paths = vec![path(&value)],
            "flatten" => paths = vec![Path::EMPTY],
            "repeat" => {
                let (repeat, indices) = repeat(&value, &paths[0]);
                (is.repeat, is.indices) = (Some(repeat), indices);
            }
            "concat" => ops.push(concat(value)),
            "shape" => ops.push(Op::Shape(shape(&value))),
            "dims" => {
                is.dims = self::items(value).into_iter().map(renamed).collect::<Vec<_>>().leak();
            }
            other => panic!("`{other}` is not written by scaffolds"),
        }
    }
    (is.paths, is.ops) = (paths.leak(), ops.leak());
    let ty = field.ty.to_token_stream().to_string().replace(' ', "");
    is.node = match parameter(&ty, "Option") {
        Some(ty) => Node::Optional(leak(of_type(ty, is.repeat.is_some(), items, known))),
        None => of_type(&ty, is.repeat.is_some(), items, known),
    };
    is
}

/// Parses `repeat`. Without an index, it is the only one of the path.
fn repeat(value: &TokenStream, path: &Path) -> (Repeat, Indices) {
    let index = path.pieces.iter().find_map(|part| match part {
        template::Piece::Index(placeholder) => Some(placeholder.index),
        template::Piece::Text(_) => None,
    });
    let said = value.to_string();
    let index = said.split([' ', '=']).next().filter(|index| !index.is_empty()).or(index).unwrap();
    let index = text(index.to_owned());
    if let Some((_, numbers)) = said.split_once(" in ") {
        let numbers = numbers.trim_matches(['[', ']']).split(',');
        let numbers: Vec<usize> = numbers.map(|number| number.trim().parse().unwrap()).collect();
        let start = *numbers.iter().min().unwrap();
        return (Repeat { index, start, end: None }, Indices::Listed(numbers.leak()));
    }
    let said = said.replace(' ', "");
    let (start, end) =
        said.split_once('=').map_or(("0", ""), |(_, range)| range.split_once("..").unwrap());
    let end = end.parse().ok().map(Expression::Number);
    (Repeat { index, start: start.parse().unwrap(), end }, Indices::Range)
}

/// Parses `concat(i, axis = 0)`.
fn concat(value: TokenStream) -> Op {
    let said: Vec<String> = items(value).iter().map(TokenStream::to_string).collect();
    let [index, axis] = &said[..] else { panic!("{said:?} is not written by scaffolds") };
    let axis = axis.strip_prefix("axis = ").unwrap().parse().unwrap();
    Op::Concat { axis, repeat: Some(Repeat { index: text(index.clone()), start: 0, end: None }) }
}

fn shape(value: &TokenStream) -> &'static [AxisLength] {
    let Some(TokenTree::Group(lengths)) = value.clone().into_iter().next() else {
        panic!("`{value}` is no list")
    };
    let axis = |length: TokenStream| match &length.to_string()[..] {
        "_" => AxisLength::Any,
        length => AxisLength::Is(expression(length)),
    };
    items(lengths.stream()).into_iter().map(axis).collect::<Vec<_>>().leak()
}

fn renamed(tokens: TokenStream) -> Renamed {
    let said = tokens.to_string();
    let (name, is) = said.split_once(" = ").unwrap();
    Renamed { name: text(name.to_owned()), is: expression(is) }
}

/// Parses a number, a symbol, or a number and a symbol.
fn expression(said: &str) -> Expression {
    if let Some((factor, symbol)) = said.split_once(" * ") {
        return Expression::Pair(
            Operator::Multiply,
            leak([expression(factor), expression(symbol)]),
        );
    }
    said.parse().map_or_else(|_| Expression::Symbol(text(said.to_owned())), Expression::Number)
}

/// Returns the `T` of `Vec<T>`.
fn parameter<'t>(ty: &'t str, of: &str) -> Option<&'t str> {
    ty.strip_prefix(of)?.strip_prefix('<')?.strip_suffix('>')
}

fn of_type(
    ty: &str,
    is_list: bool,
    items: &HashMap<String, DeriveInput>,
    known: &mut HashMap<String, Node>,
) -> Node {
    if is_list {
        let element = of_type(parameter(ty, "Vec").unwrap(), false, items, known);
        return Node::List(leak(List { element, len: None, is_keyed: false }));
    }
    if items.contains_key(ty) {
        return structure(ty, items, known);
    }
    let (rank, element) = match ty.strip_prefix("Array").and_then(|array| array.split_once('<')) {
        Some((rank, element)) => (Some(rank.parse().unwrap()), element.strip_suffix('>').unwrap()),
        None => (Some(0), ty),
    };
    let (dtype, rank) = match element {
        "f32" => (Some(DType::Float32), rank),
        "i64" => (Some(DType::Int64), rank),
        "Tensor" => (None, None),
        other => panic!("`{other}` is not among the types of the test"),
    };
    Node::Tensor(Tensor { dtype, rank, or_string: false, borrow: Borrow::Never })
}
