//! Loading of a field, by its type or by user code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ExprPath, Type, WherePredicate, parse_quote};

use crate::attr::custom::Custom;
use crate::attr::value;
use crate::expand::{krate_at, local, parts};
use crate::input::{Field, Input};

/// The node of the field.
pub(super) fn node(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    if field.attributes.values.dim {
        let name = field.name();
        return quote!(#krate::__private::Node::Dim(#name));
    }
    let Some(custom) = &field.attributes.values.custom else {
        let loader = loader(krate, input, field, field.ty);
        return quote!(#loader::NODE);
    };
    let item = item(krate, field);
    let node = match custom {
        Custom::With(function) => {
            taken_by(krate, input, function, &quote!(::core::result::Result<#item, _>))
        }
        Custom::Map(function) => taken_by(krate, input, function, &item),
        Custom::TryFrom(ty) => {
            let loader = loader(krate, input, field, ty);
            quote!(#loader::NODE)
        }
    };
    if field.repeat.is_none() {
        return node;
    }
    let [options, len, is_keyed] =
        ["OPTIONS", "LEN", "IS_KEYED"].map(|name| of_list(krate, field, name));
    quote! {
        #krate::__private::items_node(#options, const {
            &#krate::__private::Node::List(&#krate::__private::List {
                element: #node,
                len: #len,
                is_keyed: #is_keyed,
            })
        })
    }
}

/// The type that user code makes: that of the field, or of the items of its list.
pub(super) fn item(krate: &syn::Path, field: &Field<'_>) -> TokenStream {
    match field.repeat {
        None => field.ty.to_token_stream(),
        Some(_) => of_list(krate, field, "Item"),
    }
}

/// An item of the type of a field as a list. The error of a missing impl points at the type.
pub(super) fn of_list(krate: &syn::Path, field: &Field<'_>, name: &str) -> TokenStream {
    let (ty, name) = (field.ty, Ident::new(name, at(field.ty)));
    let krate = krate_at(krate, at(ty));
    quote_spanned!(at(ty)=> <#ty as #krate::__private::Items>::#name)
}

/// The node of the argument of a function with this return type. It is a `const` block, so the compiler evaluates it.
fn taken_by(
    krate: &syn::Path,
    input: &Input<'_>,
    function: &ExprPath,
    returns: &impl ToTokens,
) -> TokenStream {
    let span = at(function);
    let krate = krate_at(krate, span);
    let context = input.attributes.values.context.as_ref();
    let context = context.map_or_else(|| quote_spanned!(span=> ()), ToTokens::to_token_stream);
    let node = quote_spanned!(span=> #krate::__private::map_node::<_, #returns, #context>);
    let taken = quote_spanned!(span=> #node(&#function));
    quote!(const { #taken })
}

/// The expression for the value of the field.
pub(super) fn build(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    if field.attributes.values.dim {
        let parts = local("__parts", ty.span());
        return quote_spanned!(at(ty)=> #parts.dim()?);
    }
    let Some(custom) = &field.attributes.values.custom else {
        let (parts, loader) = (parts(), loader(krate, input, field, ty));
        return quote!(#loader::build(#parts)?);
    };
    let name = format!("{}.{}", value::name(input.ident), field.name());
    let span = match custom {
        Custom::With(function) | Custom::Map(function) => at(function),
        Custom::TryFrom(from) => at(from),
    };
    let (gather, item) = (of_list(krate, field, "gather"), item(krate, field));
    let (krate, parts) = (krate_at(krate, span), local("__parts", span));
    let made = match custom {
        Custom::With(function) => {
            quote_spanned!(span=> #krate::__private::with(#function, #name, #parts))
        }
        Custom::Map(function) => quote_spanned!(span=> #krate::__private::map(#function, #parts)),
        Custom::TryFrom(from) => {
            quote_spanned!(span=> #krate::__private::try_from::<#from, #item, _>(#name, #parts))
        }
    };
    if field.repeat.is_none() {
        return quote_spanned!(span=> #made?);
    }
    // The error of a missing impl is the same as that of the node.
    quote_spanned!(at(ty)=> #gather(#parts, |#parts| #made)?)
}

/// The bounds for the types of the field, if they mention a parameter.
pub(super) fn bounds(
    krate: &syn::Path,
    input: &Input<'_>,
    field: &Field<'_>,
) -> Vec<WherePredicate> {
    let ty = field.ty;
    let values = &field.attributes.values;
    let is = loaded_by(krate, input, field);
    match &values.custom {
        _ if values.skip => vec![parse_quote!(#ty: ::core::default::Default)],
        None => vec![parse_quote!(#ty: #is)],
        Some(Custom::With(_) | Custom::Map(_)) => Vec::new(),
        Some(Custom::TryFrom(from)) => {
            let item = item(krate, field);
            vec![
                parse_quote!(#from: #is),
                parse_quote!(#item: ::core::convert::TryFrom<#from, Error: ::core::fmt::Display>),
            ]
        }
    }
}

/// A type as the loader of the field. The error of a missing impl points at the type.
fn loader(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>, ty: &Type) -> TokenStream {
    let span = at(ty);
    let is = loaded_by(krate, input, field);
    quote_spanned!(span=> <#ty as #is>)
}

/// The trait that loads the field, or what user code takes.
fn loaded_by(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    let context = input.context();
    let is_list = field.repeat.is_some() && field.attributes.values.custom.is_none();
    let name = if is_list { quote!(Repeated) } else { quote!(FromCheckpoint) };
    quote!(#krate::__private::#name<'__ckpt #context>)
}

/// The span of user code, hygienic for names that are not the user's.
fn at(written: impl ToTokens) -> Span {
    written.span().resolved_at(Span::mixed_site())
}
