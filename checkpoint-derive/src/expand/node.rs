//! `NODE`: the description of the struct, as a constant.

use checkpoint_schema::model::description::{
    Cast, Dim, Indices, Naming, Number, Op, Preset, Renamed, Repeat,
};
use checkpoint_schema::model::template::Form;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use crate::attr::constant::Constant;
use crate::attr::container::{Glob, Ignore, StructAttributes};
use crate::attr::custom::Fallback;
use crate::attr::dialect::Dialect;
use crate::attr::field::FieldAttributes;
use crate::attr::ops::Step;
use crate::attr::parallel::Parallel;
use crate::attr::value::{self, Path, Piece};
use crate::expand::{load, op, symbols};
use crate::input::{Field, Input};
use crate::shared;

/// The description of the struct.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let values = &input.attributes.values;
    let fields = input.fields.iter().filter(|field| field.is_loaded());
    let shared = shared::paths(fields.clone()).into_iter();
    let shared = shared.filter(|shared| !shared.paths[0].pieces.is_empty()).map(|shared| {
        let [first, second] = shared.fields.map(number);
        quote!([#first, #second])
    });
    let fields = fields.map(|field| of_field(krate, input, field));
    let fields = fields.chain(values.constants.iter().map(|constant| of_constant(krate, constant)));
    let ignore = values.ignore.iter().map(|ignore| ignored(krate, ignore));
    let dims = values.dims.iter().map(|written| dim(krate, written));
    let asserts = values.asserts.iter().map(|written| symbols::assertion(krate, written));
    let said = [
        values.prefix.as_ref().map(|prefix| said("prefix", path(krate, prefix))),
        values.naming.map(|written| said("naming", some(naming(krate, written)))),
        values.separator.as_ref().map(|separator| said("separator", some(separator))),
        values.cast.map(|written| said("cast", some(cast(krate, written)))),
        values.shadow.as_ref().map(|name| said("shadow", some(name))),
        list("dims", dims),
        list("asserts", asserts),
        list("fields", fields),
        list("shared", shared),
        list("ignore", ignore),
        values.allow_unmapped.then(|| said("allow_unmapped", true)),
        list(
            "declared",
            values.declared.iter().map(|dialect| dialect.name.to_string().to_token_stream()),
        ),
        list("dialects", struct_dialects(krate, values)),
        (!input.is_generic()).then(|| said("checks", quote!(#krate::__private::Checks::Own))),
    ];
    structure(krate, input, said.into_iter().flatten())
}

/// The description of a struct with mistakes.
pub(super) fn of_refused(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    structure(krate, input, [said("checks", quote!(#krate::__private::Checks::Refused))])
}

fn structure(
    krate: &syn::Path,
    input: &Input<'_>,
    said: impl IntoIterator<Item = TokenStream>,
) -> TokenStream {
    let name = value::name(input.ident);
    let said = said.into_iter();
    quote! {
        #krate::__private::Node::Struct(&#krate::__private::Struct {
            name: #name,
            #(#said,)*
            ..#krate::__private::Struct::EMPTY
        })
    }
}

/// `member: value`
fn said(member: &str, value: impl ToTokens) -> TokenStream {
    let member = format_ident!("{member}");
    quote!(#member: #value)
}

/// `member: &[value, value]`, if there are values.
fn list(member: &str, values: impl Iterator<Item = TokenStream>) -> Option<TokenStream> {
    let mut values = values.peekable();
    values.peek()?;
    Some(said(member, quote!(&[#(#values),*])))
}

fn naming(krate: &syn::Path, naming: Naming) -> TokenStream {
    let naming = match naming {
        Naming::Key => quote!(Key),
        Naming::ObjectPath => quote!(ObjectPath),
        Naming::FullName => quote!(FullName),
    };
    quote!(#krate::__private::Naming::#naming)
}

fn of_field(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    let values = &field.attributes.values;
    let dialects = values.dialects.iter().map(|dialect| {
        let (name, own) = (dialect.name.to_string(), in_dialect(field, &dialect.attributes.values));
        let field = in_places(krate, input, field, &own, None);
        quote!(#krate::__private::FieldDialect { name: #name, field: #field })
    });
    let own = Places {
        paths: Some(field.paths.iter().collect()),
        ties: values.ties.iter().collect(),
        steps: values.steps.iter().collect(),
    };
    in_places(krate, input, field, &own, list("dialects", dialects))
}

/// The attributes of a field that depend on the dialect.
struct Places<'f> {
    /// The path and its aliases; `None` if the dialect lacks the field.
    paths: Option<Vec<&'f Path>>,
    ties: Vec<&'f Path>,
    steps: Vec<&'f Step>,
}

/// The attributes of a field in another dialect, given those that it has for the dialect.
fn in_dialect<'f>(field: &'f Field<'_>, said: &'f FieldAttributes) -> Places<'f> {
    let values = &field.attributes.values;
    let own = said.path.iter().chain(&said.aliases);
    let paths: Vec<&Path> = match (&said.path, said.aliases.is_empty()) {
        (None, true) => field.paths.iter().collect(),
        (None, false) => field.paths.iter().take(1).chain(own).collect(),
        (Some(_), _) => own.collect(),
    };
    let ties = if said.ties.is_empty() { &values.ties } else { &said.ties };
    // The final shape is that of all dialects.
    let is_shape = |step: &&Step| matches!(step.op, Op::Shape(_));
    let shape = values.steps.last().filter(is_shape);
    let shape = shape.filter(|_| !said.steps.last().as_ref().is_some_and(is_shape));
    Places {
        paths: (!said.absent).then_some(paths),
        ties: if said.absent { Vec::new() } else { ties.iter().collect() },
        steps: said.steps.iter().chain(shape).collect(),
    }
}

fn in_places(
    krate: &syn::Path,
    input: &Input<'_>,
    field: &Field<'_>,
    places: &Places<'_>,
    dialects: Option<TokenStream>,
) -> TokenStream {
    let name = field.name();
    let values = &field.attributes.values;
    let paths = match &places.paths {
        Some(paths) => list("paths", paths.iter().map(|written| path(krate, written))),
        None => Some(said("paths", quote!(&[#krate::__private::Path::LACKING]))),
    };
    let ops = places.steps.iter().map(|step| op::op(krate, &step.op));
    let dims = values.dims.iter().map(|written| renamed(krate, written));
    let said = [
        paths,
        field.repeat.as_ref().map(|written| said("repeat", some(repeat(krate, written)))),
        indices(krate, field.indices),
        list("ops", ops),
        values.parallel.as_ref().map(|written| said("parallel", some(parallel(krate, written)))),
        values.cast.map(|written| said("cast", some(cast(krate, written)))),
        values.copy.then(|| said("copy", true)),
        list("ties", places.ties.iter().map(|written| path(krate, written))),
        values.never_averaged.then(|| said("never_averaged", true)),
        list("dims", dims),
        values.default.as_ref().map(|written| said("absent", absent(krate, written))),
        values.same_layout.then(|| said("same_layout", true)),
        dialects,
        Some(said("node", load::node(krate, input, field))),
    ];
    let said = said.into_iter().flatten();
    quote! {
        #krate::__private::Field {
            name: #name,
            #(#said,)*
            ..#krate::__private::Field::EMPTY
        }
    }
}

/// A variable that no field holds, as a field without a value.
fn of_constant(krate: &syn::Path, constant: &Constant) -> TokenStream {
    let dialects = constant.dialects.iter().map(|Dialect { name, attributes }| {
        let (name, values) = (name.to_string(), &attributes.values);
        let own = values.path.as_ref().unwrap_or(&constant.path);
        let paths = std::iter::once(own).chain(&values.aliases).map(|own| path(krate, own));
        let paths = if values.absent {
            quote!(#krate::__private::Path::LACKING)
        } else {
            quote!(#(#paths),*)
        };
        let field = constant_at(krate, constant, &paths, &TokenStream::new());
        quote!(#krate::__private::FieldDialect { name: #name, field: #field })
    });
    let dialects = quote!(#(#dialects),*);
    constant_at(krate, constant, &path(krate, &constant.path), &dialects)
}

fn constant_at(
    krate: &syn::Path,
    constant: &Constant,
    paths: &TokenStream,
    dialects: &TokenStream,
) -> TokenStream {
    let Constant { name, dtype, value, shape, .. } = constant;
    let name = format!("constant({name})");
    let shape = op::shape(krate, shape);
    let dtype = format_ident!("{dtype:?}");
    let value = match value {
        Number::Integer(value) => {
            let value = Literal::i128_unsuffixed(*value);
            quote!(Integer(#value))
        }
        Number::Float(value) => {
            let value = Literal::f64_suffixed(*value);
            quote!(Float(#value))
        }
    };
    quote! {
        #krate::__private::Field {
            name: #name,
            paths: &[#paths],
            ops: &[#shape],
            never_averaged: true,
            dialects: &[#dialects],
            node: #krate::__private::Node::Constant(&#krate::__private::Constant {
                dtype: #krate::__private::DType::#dtype,
                value: #krate::__private::Number::#value,
            }),
            ..#krate::__private::Field::EMPTY
        }
    }
}

/// The dialects of a struct: those that it declares, and those of its tree.
fn struct_dialects(
    krate: &syn::Path,
    values: &StructAttributes,
) -> impl Iterator<Item = TokenStream> {
    let dialects = values.declared.iter().skip(1).chain(&values.dialects);
    dialects.map(move |Dialect { name, attributes }| {
        let (name, values) = (name.to_string(), &attributes.values);
        let prefixes = values.prefix.iter().chain(&values.prefix_aliases);
        let prefixes = prefixes.map(|written| path(krate, written));
        let separator = match &values.separator {
            Some(separator) => some(separator),
            None => none(),
        };
        let ignore = values.ignore.iter().map(|ignore| ignored(krate, ignore));
        let ignore = if values.ignore.is_empty() { none() } else { some(quote!(&[#(#ignore),*])) };
        let constants = values.constants.iter().map(|constant| of_constant(krate, constant));
        quote! {
            #krate::__private::StructDialect {
                name: #name,
                prefixes: &[#(#prefixes),*],
                separator: #separator,
                ignore: #ignore,
                constants: &[#(#constants),*],
            }
        }
    })
}

fn none() -> TokenStream {
    quote!(::core::option::Option::None)
}

fn path(krate: &syn::Path, path: &Path) -> TokenStream {
    if !path.absolute && path.pieces.is_empty() {
        return empty(krate);
    }
    let absolute = path.absolute;
    let pieces = path.pieces.iter().map(|written| piece(krate, written));
    quote!(#krate::__private::Path { absolute: #absolute, pieces: &[#(#pieces),*] })
}

fn empty(krate: &syn::Path) -> TokenStream {
    quote!(#krate::__private::Path::EMPTY)
}

fn piece(krate: &syn::Path, piece: &Piece) -> TokenStream {
    match piece {
        Piece::Text(text) => quote!(#krate::__private::Piece::Text(#text)),
        Piece::Index { index, factor, offset, form } => {
            let factor = number(*factor);
            let sign = (*offset < 0).then(|| quote!(-));
            let offset = number(offset.unsigned_abs());
            let form = self::form(krate, *form);
            quote! {
                #krate::__private::Piece::Index(#krate::__private::Placeholder {
                    index: #index,
                    factor: #factor,
                    offset: #sign #offset,
                    form: #form,
                })
            }
        }
    }
}

fn form(krate: &syn::Path, form: Form) -> TokenStream {
    let form = match form {
        Form::Plain => quote!(Plain),
        Form::Padded(width) => {
            let width = number(width);
            quote!(Padded(#width))
        }
        Form::Suffix => quote!(Suffix),
    };
    quote!(#krate::__private::Form::#form)
}

/// The range of an index.
pub(super) fn repeat(krate: &syn::Path, repeat: &Repeat) -> TokenStream {
    let Repeat { index, start, end } = repeat;
    let (start, end) = (number(*start), symbols::optional(krate, end.as_ref()));
    quote!(#krate::__private::Repeat { index: #index, start: #start, end: #end })
}

/// The values of an index, if they are not those of its range.
fn indices(krate: &syn::Path, indices: Indices) -> Option<TokenStream> {
    let indices = match indices {
        Indices::Range => return None,
        Indices::Listed(values) => {
            let values = values.iter().copied().map(number);
            quote!(Listed(&[#(#values),*]))
        }
        Indices::Any => quote!(Any),
    };
    Some(said("indices", quote!(#krate::__private::Indices::#indices)))
}

fn dim(krate: &syn::Path, dim: &Dim) -> TokenStream {
    let Dim { name, value, local } = dim;
    let value = option(value.map(number));
    quote!(#krate::__private::Dim { name: #name, value: #value, local: #local })
}

fn renamed(krate: &syn::Path, renamed: &Renamed) -> TokenStream {
    let (name, is) = (&renamed.name, symbols::expression(krate, &renamed.is));
    quote!(#krate::__private::Renamed { name: #name, is: #is })
}

fn parallel(krate: &syn::Path, parallel: &Parallel) -> TokenStream {
    let (axis, of) = (number(parallel.axis), parallel.of.iter().copied().map(number));
    quote!(#krate::__private::Parallel { axis: #axis, of: &[#(#of),*] })
}

fn cast(krate: &syn::Path, cast: Cast) -> TokenStream {
    let cast = match cast {
        Cast::Never => quote!(Never),
        Cast::Lossless => quote!(Lossless),
        Cast::Any => quote!(Any),
    };
    quote!(#krate::__private::Cast::#cast)
}

fn absent(krate: &syn::Path, default: &Fallback) -> TokenStream {
    let absent = match default {
        Fallback::Zero => quote!(Zero),
        Fallback::Function(_) => quote!(Function),
    };
    quote!(#krate::__private::Absent::#absent)
}

fn ignored(krate: &syn::Path, ignore: &Ignore) -> TokenStream {
    match ignore {
        Ignore::Glob(Glob { text, optional: true, .. }) => {
            quote!(#krate::__private::Ignore::Optional(#text))
        }
        Ignore::Glob(Glob { text, .. }) => quote!(#krate::__private::Ignore::Glob(#text)),
        Ignore::Preset(preset) => {
            let preset = self::preset(krate, *preset);
            quote!(#krate::__private::Ignore::Preset(#preset))
        }
    }
}

/// A preset.
fn preset(krate: &syn::Path, preset: Preset) -> TokenStream {
    let preset = match preset {
        Preset::Optimizer => quote!(Optimizer),
        Preset::Bookkeeping => quote!(Bookkeeping),
        Preset::Ema => quote!(Ema),
    };
    quote!(#krate::__private::Preset::#preset)
}

/// `Some(value)` or `None`.
pub(super) fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), some)
}

fn some(value: impl ToTokens) -> TokenStream {
    quote!(::core::option::Option::Some(#value))
}

/// A number without a suffix.
pub(super) fn number(number: usize) -> Literal {
    Literal::usize_unsuffixed(number)
}
