//! Field attributes.

use checkpoint_schema::model::description::{Cast, Op, Renamed};
use syn::ExprPath;

use crate::attr::container::{NEVER, StructAttributes};
use crate::attr::custom::{self, Custom, Fallback};
use crate::attr::dialect::{self, Dialect};
use crate::attr::ops::{self, Step};
use crate::attr::parallel::{self, Parallel};
use crate::attr::repeat::{self, Counted};
use crate::attr::symbols;
use crate::attr::syntax::Written;
use crate::attr::table::{Entry, Form, Table};
use crate::attr::value::{self, Path};
use crate::diag::Diag;

/// The values of the attributes of a field.
#[expect(clippy::struct_excessive_bools, reason = "one for each word that is a flag")]
#[derive(Default)]
pub(crate) struct FieldAttributes {
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

impl FieldAttributes {
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

impl Table for FieldAttributes {
    const KIND: &'static str = "field";
    const PLACE: &'static str = "a field";
    type Elsewhere = StructAttributes;

    const ENTRIES: &'static [Entry<Self>] = &[
        Entry::new("path", &[Form::Value("\"...\"")], |diag, values, written| {
            values.path = value::path(diag, written, "write `flatten` for that");
        }),
        Entry::repeatable("alias", &[Form::Value("\"...\"")], |diag, values, written| {
            values.aliases.extend(value::path(diag, written, "remove it"));
        }),
        Entry::new("flatten", &[Form::Flag], |_, values, _| values.flatten = true),
        Entry::new("repeat", &[Form::Flag, Form::List("i"), Form::List("i = 0..12")], {
            |diag, values, written| values.repeat = repeat::read(diag, written)
        }),
        Entry::repeatable("shape", &[Form::Value("[n_embd, _]")], |diag, values, written| {
            values.step(written, ops::shape(diag, written));
        }),
        Entry::new("dim", &[Form::Flag], |_, values, _| values.dim = true),
        Entry::new("dims", &[Form::List("n = d_model")], |diag, values, written| {
            values.dims = symbols::renamed(diag, written);
        }),
        Entry::repeatable("squeeze", &[Form::Flag, Form::List("0, 2")], {
            |diag, values, written| values.step(written, ops::squeeze(diag, written))
        }),
        Entry::repeatable("expand", &[Form::List("0")], |diag, values, written| {
            values.step(written, ops::expand(diag, written));
        }),
        Entry::repeatable("transpose", &[Form::Flag], |_, values, written| {
            values.step(written, Some(Op::Transpose));
        }),
        Entry::repeatable("permute", &[Form::List("1, 0, 2")], |diag, values, written| {
            values.step(written, ops::permute(diag, written));
        }),
        Entry::repeatable("reshape", &[Form::Brackets("n_head, _, n_embd")], {
            |diag, values, written| values.step(written, ops::reshape(diag, written))
        }),
        Entry::later("rearrange"),
        Entry::new("split", &[Form::List("axis = 1")], |diag, values, written| {
            values.step(written, ops::split(diag, written));
        }),
        Entry::repeatable("chunk", &[Form::List("axis = 0, index = 1, of = 3")], {
            |diag, values, written| values.step(written, ops::chunk(diag, written))
        }),
        Entry::repeatable("slice", &[Form::List("axis = 0, range = a..b")], {
            |diag, values, written| values.step(written, ops::slice(diag, written))
        }),
        Entry::repeatable("reorder", &[Form::List("axis = 0, order = [0, 2, 1, 3]")], {
            |diag, values, written| values.step(written, ops::reorder(diag, written))
        }),
        Entry::new(
            "concat",
            &[Form::List("axis = 0, paths = [\"a\", \"b\"]"), Form::List("p, axis = 0")],
            {
                |diag, values, written| {
                    let (op, paths) = ops::concat(diag, written).unzip();
                    values.step(written, op);
                    values.concat = paths.unwrap_or_default();
                }
            },
        ),
        Entry::new("stack", &[Form::List("e, axis = 0")], |diag, values, written| {
            values.step(written, ops::stack(diag, written));
        }),
        Entry::new("parallel", &[Form::List("axis = 1, of = [1, 2, 4]")], {
            |diag, values, written| values.parallel = parallel::read(diag, written)
        }),
        Entry::new("cast", &[Form::Flag, Form::Value("\"any\"")], |diag, values, written| {
            values.cast = symbols::cast(diag, written);
        }),
        Entry::new("shadow", &[Form::Value("\"never\"")], |diag, values, written| {
            values.never_averaged = never_averaged(diag, written);
        }),
        Entry::new("default", &[Form::Flag, Form::Value("\"function\"")], {
            |diag, values, written| values.default = custom::fallback(diag, written)
        }),
        Entry::new("copy", &[Form::Flag], |_, values, _| values.copy = true),
        Entry::new("tie", &[Form::Value("[\"lm_head.weight\"]")], |diag, values, written| {
            values.ties = value::paths(diag, written);
        }),
        Entry::later("shard"),
        Entry::later("replicate"),
        Entry::new("absent", &[Form::Flag], |_, values, _| values.absent = true),
        Entry::new("same_layout", &[Form::Flag], |_, values, _| values.same_layout = true),
        Entry::repeatable("dialect", &[Form::List("hf, path = \"weight\"")], {
            |diag, values, written| values.dialects.extend(dialect::of_field(diag, written))
        }),
        Entry::new("skip", &[Form::Flag], |_, values, _| values.skip = true),
        Entry::new("with", &[Form::Value("\"module\"")], |diag, values, written| {
            values.custom = custom::with(diag, written);
        }),
        Entry::new("map", &[Form::Value("\"function\"")], |diag, values, written| {
            values.custom = custom::map(diag, written);
        }),
        Entry::new("unmap", &[Form::Value("\"function\"")], |diag, values, written| {
            values.unmap = custom::function(diag, written);
        }),
        Entry::new("try_from", &[Form::Value("\"Type\"")], |diag, values, written| {
            values.custom = custom::try_from(diag, written);
        }),
    ];
}
