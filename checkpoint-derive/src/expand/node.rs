//! `NODE`: what the struct takes, as a constant.

use checkpoint_schema::description::{Keys, Preset};
use checkpoint_schema::template::Form;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::attr::container::Ignore;
use crate::attr::field::{Fallback, Op};
use crate::attr::value::{self, Part, Path};
use crate::expand::loader;
use crate::input::{Field, Input, Repeat};

/// The description of the struct.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let name = value::name(input.ident);
    let words = &input.attributes.words;
    let prefix = words.prefix.as_ref().map_or_else(|| empty(krate), |prefix| path(krate, prefix));
    let keys = option(words.keys.map(|written| keys(krate, written)));
    let separator = option(words.separator.as_ref());
    let fields = input.fields.iter().filter(|field| field.is_loaded());
    let fields = fields.map(|field| of_field(krate, field));
    let ignore = words.ignore.iter().map(|ignore| ignored(krate, ignore));
    let allow_unmapped = words.allow_unmapped;
    quote! {
        #krate::__private::Node::Struct(&#krate::__private::Struct {
            name: #name,
            prefix: #prefix,
            keys: #keys,
            separator: #separator,
            cast: ::core::option::Option::None,
            dims: &[],
            asserts: &[],
            fields: &[#(#fields),*],
            ignore: &[#(#ignore),*],
            allow_unmapped: #allow_unmapped,
        })
    }
}

/// The description of a struct without fields.
pub(super) fn of_nothing(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let name = value::name(input.ident);
    let prefix = empty(krate);
    quote! {
        #krate::__private::Node::Struct(&#krate::__private::Struct {
            name: #name,
            prefix: #prefix,
            keys: ::core::option::Option::None,
            separator: ::core::option::Option::None,
            cast: ::core::option::Option::None,
            dims: &[],
            asserts: &[],
            fields: &[],
            ignore: &[],
            allow_unmapped: true,
        })
    }
}

fn keys(krate: &syn::Path, keys: Keys) -> TokenStream {
    let keys = match keys {
        Keys::Name => quote!(Name),
        Keys::Object => quote!(Object),
        Keys::FullName => quote!(FullName),
    };
    quote!(#krate::__private::Keys::#keys)
}

fn of_field(krate: &syn::Path, field: &Field<'_>) -> TokenStream {
    let name = field.name();
    let words = &field.attributes.words;
    let paths = field.paths.iter().map(|written| path(krate, written));
    let repeat = option(field.repeat.as_ref().map(|written| repeat(krate, written)));
    let ops = words.ops.iter().map(|written| op(krate, written));
    let absent = absent(krate, words.default.as_ref());
    let loader = loader(krate, field);
    quote! {
        #krate::__private::Field {
            name: #name,
            paths: &[#(#paths),*],
            repeat: #repeat,
            ops: &[#(#ops),*],
            cast: ::core::option::Option::None,
            dims: &[],
            absent: #absent,
            node: #loader::NODE,
        }
    }
}

fn path(krate: &syn::Path, path: &Path) -> TokenStream {
    if !path.absolute && path.parts.is_empty() {
        return empty(krate);
    }
    let absolute = path.absolute;
    let parts = path.parts.iter().map(|written| part(krate, written));
    quote!(#krate::__private::Path { absolute: #absolute, parts: &[#(#parts),*] })
}

fn empty(krate: &syn::Path) -> TokenStream {
    quote!(#krate::__private::Path::EMPTY)
}

fn part(krate: &syn::Path, part: &Part) -> TokenStream {
    match part {
        Part::Text(text) => quote!(#krate::__private::Part::Text(#text)),
        Part::Index { index, factor, offset, form } => {
            let (factor, offset) = (number(*factor), number(*offset));
            let form = self::form(krate, *form);
            quote! {
                #krate::__private::Part::Index(#krate::__private::Placeholder {
                    index: #index,
                    factor: #factor,
                    offset: #offset,
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

fn repeat(krate: &syn::Path, repeat: &Repeat) -> TokenStream {
    let index = &repeat.index;
    let (start, end) = (
        number(repeat.start),
        option(repeat.end.map(|end| {
            let end = number(end);
            quote!(#krate::__private::Expression::Number(#end))
        })),
    );
    quote!(#krate::__private::Repeat { index: #index, start: #start, end: #end })
}

fn op(krate: &syn::Path, op: &Op) -> TokenStream {
    let Op::Squeeze(axes) = op;
    let which = match axes {
        None => quote!(ToRank),
        Some(axes) => {
            let axes = axes.iter().copied().map(number);
            quote!(Axes(&[#(#axes),*]))
        }
    };
    quote!(#krate::__private::Op::Squeeze(#krate::__private::Squeeze::#which))
}

fn absent(krate: &syn::Path, default: Option<&Fallback>) -> TokenStream {
    let absent = match default {
        None => quote!(Problem),
        Some(Fallback::Zero) => quote!(Zero),
        Some(Fallback::Function(_)) => quote!(Function),
    };
    quote!(#krate::__private::Absent::#absent)
}

fn ignored(krate: &syn::Path, ignore: &Ignore) -> TokenStream {
    match ignore {
        Ignore::Glob(glob) => quote!(#krate::__private::Ignore::Glob(#glob)),
        Ignore::Preset(preset) => {
            let preset = match preset {
                Preset::Optimizer => quote!(Optimizer),
                Preset::Bookkeeping => quote!(Bookkeeping),
                Preset::Ema => quote!(Ema),
            };
            quote!(#krate::__private::Ignore::Preset(#krate::__private::Preset::#preset))
        }
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    let some = value.map(|value| quote!(::core::option::Option::Some(#value)));
    some.unwrap_or_else(|| quote!(::core::option::Option::None))
}

fn number(number: usize) -> Literal {
    Literal::usize_unsuffixed(number)
}
