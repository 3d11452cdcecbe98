//! Field attributes.

use checkpoint_schema::model::description::Cast;
use syn::ExprPath;

use crate::attr::container::{NEVER, StructWords};
use crate::attr::custom::{self, Custom, Fallback};
use crate::attr::dialect::{self, Dialect};
use crate::attr::ops::{self, Op, Step};
use crate::attr::parallel::{self, Parallel};
use crate::attr::repeat::{self, Counted};
use crate::attr::symbols::{self, Renamed};
use crate::attr::syntax::Written;
use crate::attr::value::{self, Path};
use crate::attr::words::{Form, Word, Words};
use crate::diag::Diag;

/// The values of the attributes of a field.
#[expect(clippy::struct_excessive_bools, reason = "one for each word that is a flag")]
#[derive(Default)]
pub(crate) struct FieldWords {
    pub(crate) path: Option<Path>,
    pub(crate) aliases: Vec<Path>,
    /// True if another field takes the same variable: `copy`.
    pub(crate) copy: bool,
    /// Other names of the same variable: `tie`.
    pub(crate) ties: Vec<Path>,
    pub(crate) flatten: bool,
    pub(crate) repeat: Option<Counted>,
    /// The steps for the variable, in the order written.
    pub(crate) steps: Vec<Step>,
    /// The axis of each array that ranks divide.
    pub(crate) parallel: Option<Parallel>,
    /// The paths of the joined variables.
    pub(crate) concat: Vec<Path>,
    pub(crate) cast: Option<Cast>,
    /// True if averages never replace its variables.
    pub(crate) never_averaged: bool,
    pub(crate) dim: bool,
    pub(crate) dims: Vec<Renamed>,
    pub(crate) custom: Option<Custom>,
    /// The inverse of the function of `map`.
    pub(crate) unmap: Option<ExprPath>,
    pub(crate) default: Option<Fallback>,
    pub(crate) skip: bool,
    /// True if a dialect lacks the field.
    pub(crate) absent: bool,
    /// True if the elements have the same order in all dialects.
    pub(crate) same_layout: bool,
    pub(crate) dialects: Vec<Dialect<Self>>,
}

impl FieldWords {
    fn step(&mut self, written: &Written, op: Option<Op>) {
        let word = written.name.clone();
        self.steps.extend(op.map(|op| Step { word, op }));
    }

    /// True if `concat` joins the variables of an index.
    pub(crate) fn counts_parts(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.op, Op::Concat { repeat: Some(_), .. }))
    }
}

fn never_averaged(diag: &mut Diag, written: &Written) -> bool {
    let Some(literal) = value::string(diag, written) else { return false };
    let is_never = literal.value() == NEVER;
    if !is_never {
        let way_out = "write `shadow = \"never\"`, or the name of averages on the struct";
        diag.error(&literal, format!("expected `never` for a field; {way_out}"));
    }
    is_never
}

impl Words for FieldWords {
    const KIND: &'static str = "field";
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
            |diag, words, written| words.repeat = repeat::read(diag, written)
        }),
        Word::repeatable("shape", &[Form::Value("[n_embd, _]")], |diag, words, written| {
            words.step(written, ops::shape(diag, written));
        }),
        Word::new("dim", &[Form::Flag], |_, words, _| words.dim = true),
        Word::new("dims", &[Form::List("n = d_model")], |diag, words, written| {
            words.dims = symbols::renamed(diag, written);
        }),
        Word::repeatable("squeeze", &[Form::Flag, Form::List("0, 2")], {
            |diag, words, written| words.step(written, ops::squeeze(diag, written))
        }),
        Word::repeatable("expand", &[Form::List("0")], |diag, words, written| {
            words.step(written, ops::expand(diag, written));
        }),
        Word::repeatable("transpose", &[Form::Flag], |_, words, written| {
            words.step(written, Some(Op::Transpose));
        }),
        Word::repeatable("permute", &[Form::List("1, 0, 2")], |diag, words, written| {
            words.step(written, ops::permute(diag, written));
        }),
        Word::repeatable("reshape", &[Form::Brackets("n_head, _, n_embd")], {
            |diag, words, written| words.step(written, ops::reshape(diag, written))
        }),
        Word::later("rearrange"),
        Word::new("split", &[Form::List("axis = 1")], |diag, words, written| {
            words.step(written, ops::split(diag, written));
        }),
        Word::repeatable("chunk", &[Form::List("axis = 0, index = 1, of = 3")], {
            |diag, words, written| words.step(written, ops::chunk(diag, written))
        }),
        Word::repeatable("slice", &[Form::List("axis = 0, range = a..b")], {
            |diag, words, written| words.step(written, ops::slice(diag, written))
        }),
        Word::repeatable("reorder", &[Form::List("axis = 0, order = [0, 2, 1, 3]")], {
            |diag, words, written| words.step(written, ops::reorder(diag, written))
        }),
        Word::new(
            "concat",
            &[Form::List("axis = 0, paths = [\"a\", \"b\"]"), Form::List("p, axis = 0")],
            {
                |diag, words, written| {
                    let (op, paths) = ops::concat(diag, written).unzip();
                    words.step(written, op);
                    words.concat = paths.unwrap_or_default();
                }
            },
        ),
        Word::new("stack", &[Form::List("e, axis = 0")], |diag, words, written| {
            words.step(written, ops::stack(diag, written));
        }),
        Word::new("parallel", &[Form::List("axis = 1, of = [1, 2, 4]")], {
            |diag, words, written| words.parallel = parallel::read(diag, written)
        }),
        Word::new("cast", &[Form::Flag, Form::Value("\"any\"")], |diag, words, written| {
            words.cast = symbols::cast(diag, written);
        }),
        Word::new("shadow", &[Form::Value("\"never\"")], |diag, words, written| {
            words.never_averaged = never_averaged(diag, written);
        }),
        Word::new("default", &[Form::Flag, Form::Value("\"function\"")], {
            |diag, words, written| words.default = custom::fallback(diag, written)
        }),
        Word::new("copy", &[Form::Flag], |_, words, _| words.copy = true),
        Word::new("tie", &[Form::Value("[\"lm_head.weight\"]")], |diag, words, written| {
            words.ties = value::paths(diag, written);
        }),
        Word::later("shard"),
        Word::later("replicate"),
        Word::new("absent", &[Form::Flag], |_, words, _| words.absent = true),
        Word::new("same_layout", &[Form::Flag], |_, words, _| words.same_layout = true),
        Word::repeatable("dialect", &[Form::List("hf, path = \"weight\"")], {
            |diag, words, written| words.dialects.extend(dialect::of_field(diag, written))
        }),
        Word::new("skip", &[Form::Flag], |_, words, _| words.skip = true),
        Word::new("with", &[Form::Value("\"module\"")], |diag, words, written| {
            words.custom = custom::with(diag, written);
        }),
        Word::new("map", &[Form::Value("\"function\"")], |diag, words, written| {
            words.custom = custom::map(diag, written);
        }),
        Word::new("unmap", &[Form::Value("\"function\"")], |diag, words, written| {
            words.unmap = custom::function(diag, written);
        }),
        Word::new("try_from", &[Form::Value("\"Type\"")], |diag, words, written| {
            words.custom = custom::try_from(diag, written);
        }),
    ];
}
