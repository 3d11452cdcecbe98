//! The words of a field.

use proc_macro2::{TokenStream, TokenTree};
use syn::ExprPath;

use crate::attr::container::StructWords;
use crate::attr::syntax::{Argument, Written, items};
use crate::attr::value::{self, Path};
use crate::attr::words::{Form, Word, Words};
use crate::diag::Diag;

/// What the words of a field say.
#[derive(Default)]
pub(crate) struct FieldWords {
    pub(crate) path: Option<Path>,
    pub(crate) aliases: Vec<Path>,
    pub(crate) flatten: bool,
    pub(crate) repeat: Option<Repeat>,
    /// What is done to the variable, in the order written.
    pub(crate) ops: Vec<Op>,
    pub(crate) default: Option<Fallback>,
    pub(crate) skip: bool,
}

/// `repeat(index = start..end)`.
#[derive(Clone, Default)]
pub(crate) struct Repeat {
    /// The name of the index; `None` if it follows from the path.
    pub(crate) index: Option<String>,
    pub(crate) start: usize,
    pub(crate) end: Option<usize>,
}

/// A step from the variable to the field.
pub(crate) enum Op {
    /// Removes unit axes: these, or as many as the field has fewer.
    Squeeze(Option<Vec<usize>>),
}

/// What fills the field when the checkpoint does not.
pub(crate) enum Fallback {
    Zero,
    Function(ExprPath),
}

impl Words for FieldWords {
    const PLACE: &'static str = "a field";
    type Elsewhere = StructWords;

    const TABLE: &'static [Word<Self>] = &[
        Word::new("path", &[Form::Value("\"...\"")], |diag, words, written| {
            words.path = value::path(diag, written, "write `flatten` for that");
        }),
        Word::repeatable("alias", &[Form::Value("\"...\"")], |diag, words, written| {
            words.aliases.extend(value::path(diag, written, "remove it"));
        }),
        Word::new("flatten", &[Form::Flag], |_, words, _| words.flatten = true),
        Word::new("repeat", &[Form::Flag, Form::List("i"), Form::List("i = 0..12")], {
            |diag, words, written| words.repeat = repeat(diag, written)
        }),
        Word::new("squeeze", &[Form::Flag, Form::List("0, 2")], |diag, words, written| {
            words.ops.push(squeeze(diag, written));
        }),
        Word::new("default", &[Form::Flag, Form::Value("\"function\"")], {
            |diag, words, written| words.default = fallback(diag, written)
        }),
        Word::new("skip", &[Form::Flag], |_, words, _| words.skip = true),
        Word::later("shape"),
        Word::later("dim"),
        Word::later("dims"),
        Word::later("expand"),
        Word::later("transpose"),
        Word::later("permute"),
        Word::later("reshape"),
        Word::later("rearrange"),
        Word::later("split"),
        Word::later("chunk"),
        Word::later("slice"),
        Word::later("concat"),
        Word::later("stack"),
        Word::later("cast"),
        Word::later("tie"),
        Word::later("shard"),
        Word::later("replicate"),
        Word::later("with"),
        Word::later("map"),
        Word::later("try_from"),
    ];
}

fn repeat(diag: &mut Diag, written: &Written) -> Option<Repeat> {
    let Argument::List(list) = &written.argument else { return Some(Repeat::default()) };
    let items = items(diag, list.stream());
    let [item] = items.as_slice() else {
        diag.error(list, "`repeat` counts one index; write `repeat(i)`");
        return None;
    };
    match item.as_slice() {
        [TokenTree::Ident(index)] => {
            Some(Repeat { index: Some(value::name(index)), ..Repeat::default() })
        }
        [TokenTree::Ident(index), TokenTree::Punct(equals), range @ ..]
            if equals.as_char() == '=' && !range.is_empty() =>
        {
            let (start, end) = self::range(diag, range)?;
            Some(Repeat { index: Some(value::name(index)), start, end })
        }
        item => {
            let way_out = "write `repeat(i)` or `repeat(i = 0..12)`";
            diag.error(tokens(item), format!("`repeat` names the index that it counts; {way_out}"));
            None
        }
    }
}

/// `0..12` or `1..`.
fn range(diag: &mut Diag, range: &[TokenTree]) -> Option<(usize, Option<usize>)> {
    let dot = |token: &TokenTree| matches!(token, TokenTree::Punct(dot) if dot.as_char() == '.');
    let Some(dots) = range.windows(2).position(|pair| pair.iter().all(dot)) else {
        diag.error(tokens(range), "expected a range; write `0..12` or `0..`");
        return None;
    };
    let (start, end) = (&range[..dots], &range[dots + 2..]);
    if start.is_empty() {
        diag.error(tokens(range), "the range has no start; write `0..12` or `0..`");
        return None;
    }
    if matches!(end, [TokenTree::Punct(equals), ..] if equals.as_char() == '=') {
        diag.error(tokens(range), "`..=` is not supported; write `0..12` for `0..=11`");
        return None;
    }
    let start = bound(diag, start);
    let end = if end.is_empty() { Some(None) } else { bound(diag, end).map(Some) };
    let (start, end) = (start?, end?);
    if end.is_some_and(|end| end <= start) {
        diag.error(tokens(range), "the range is empty; write the smaller bound first");
        return None;
    }
    Some((start, end))
}

fn bound(diag: &mut Diag, bound: &[TokenTree]) -> Option<usize> {
    let number = value::number(bound);
    if let [TokenTree::Ident(symbol)] = bound {
        diag.error(symbol, "a symbol as a bound is not supported yet; write a number");
    } else if number.is_none() {
        diag.error(tokens(bound), "a bound is a whole number; write `0..12`");
    }
    number
}

fn squeeze(diag: &mut Diag, written: &Written) -> Op {
    let Argument::List(list) = &written.argument else { return Op::Squeeze(None) };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(list, "`squeeze` names no axis; write `squeeze(0)`, or `squeeze` alone");
    }
    let mut axes = Vec::new();
    for item in &items {
        match value::number(item) {
            None => diag.error(tokens(item), "an axis is a whole number; the first one is 0"),
            Some(number) if axes.contains(&number) => {
                diag.error(tokens(item), format!("axis {number} is removed twice; remove it"));
            }
            Some(number) => axes.push(number),
        }
    }
    Op::Squeeze(Some(axes))
}

fn fallback(diag: &mut Diag, written: &Written) -> Option<Fallback> {
    if let Argument::None = written.argument {
        return Some(Fallback::Zero);
    }
    let literal = value::string(diag, written)?;
    let function = literal.parse().ok();
    if function.is_none() {
        let way_out = "write `default = \"function\"`";
        diag.error(&literal, format!("`default` takes the path of a function; {way_out}"));
    }
    function.map(Fallback::Function)
}

fn tokens(of: &[TokenTree]) -> TokenStream {
    of.iter().cloned().collect()
}
