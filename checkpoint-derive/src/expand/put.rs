//! `put`: the values of the fields, in the order of `NODE`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ExprPath, GenericParam, Ident, WherePredicate, parse_quote};

use crate::attr::custom::Custom;
use crate::attr::value;
use crate::expand::{generics, krate_at, load, local};
use crate::input::{Field, Input};

/// The impl of `ToCheckpoint`.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let puts = input.fields.iter().filter(|field| field.is_loaded());
    let puts: Vec<_> = puts.map(|field| of_field(&krate, input, field)).collect();
    implementation(&krate, input, &puts)
}

/// An impl that lets the rest of the program compile if the item has mistakes.
pub(crate) fn stand_in(input: &Input<'_>) -> TokenStream {
    input.krate().map_or_else(TokenStream::new, |krate| implementation(&krate, input, &[]))
}

fn implementation(krate: &syn::Path, input: &Input<'_>, puts: &[TokenStream]) -> TokenStream {
    let ident = input.ident;
    let mut generics = input.generics.clone();
    let bounds = bounds(krate, input);
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (values, loaded) = (values(Span::mixed_site()), loaded(input));
    let (context, argument) = (input.context(), argument(input));
    let loads = krate_at(krate, ident.span().resolved_at(Span::mixed_site()));
    let has_manifest = !input.attributes.values.manifests.is_empty();
    let manifests = has_manifest.then(|| {
        quote! {
            const SHAPES: &'static [#krate::__private::manifest::Shapes<'static>] =
                <#loaded as #loads::__private::FromCheckpoint<'static #context>>::SHAPES;
        }
    });
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::__private::ToCheckpoint #argument for #ident #ty_generics #where_clause {
            const NODE: #krate::__private::Node =
                <#loaded as #loads::__private::FromCheckpoint<'static #context>>::NODE;
            #manifests

            fn put<'__values>(
                &'__values self,
                #values: &mut #krate::__private::Values<'__values #context>,
            ) -> ::core::result::Result<(), #krate::__private::SaveError> {
                #(#puts)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

fn values(span: Span) -> Ident {
    local("__values", span)
}

/// The struct as a load returns it. Lifetimes do not change its description, so they are `'static`.
fn loaded(input: &Input<'_>) -> TokenStream {
    let ident = input.ident;
    let arguments = input.generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    });
    let arguments = (!input.generics.params.is_empty()).then(|| quote!(<#(#arguments),*>));
    quote!(#ident #arguments)
}

/// The bounds of the impl: the struct can be loaded, and fields that mention parameters can be saved.
fn bounds(krate: &syn::Path, input: &Input<'_>) -> Vec<WherePredicate> {
    if !input.is_generic() {
        return Vec::new();
    }
    let (loaded, context) = (loaded(input), input.context());
    let saved = input.fields.iter().filter(|field| field.attributes.values.custom.is_none());
    let saved = saved.filter(|field| field.is_loaded() && !field.attributes.values.dim);
    let saved =
        saved.filter(|field| generics::mentions(field.ty.to_token_stream(), input.generics));
    let saved = saved.map(|field| {
        let (ty, is) = (field.ty, saved_by(krate, input, field));
        parse_quote!(#ty: #is)
    });
    let written = input.attributes.values.bound.iter().flatten().cloned();
    let loads = parse_quote!(#loaded: #krate::__private::FromCheckpoint<'static #context>);
    std::iter::once(loads).chain(saved).chain(written).collect()
}

fn saved_by(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    let name = if field.repeat.is_some() { quote!(ToRepeated) } else { quote!(ToCheckpoint) };
    let argument = argument(input);
    quote!(#krate::__private::#name #argument)
}

/// The context as the only argument of a trait.
fn argument(input: &Input<'_>) -> Option<TokenStream> {
    input.attributes.values.context.as_ref().map(|ty| quote!(<#ty>))
}

/// Adds the value of a field.
fn of_field(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    let (ty, member) = (field.ty, &field.member);
    let span = ty.span().resolved_at(Span::mixed_site());
    let of = values(span);
    // `self` is only in scope with the span of the method.
    let place = quote!(self.#member);
    if field.attributes.values.dim {
        return quote_spanned!(span=> #of.dim(#place););
    }
    let Some(custom) = &field.attributes.values.custom else {
        let is = saved_by(&parse_quote!(#krate), input, field);
        let saver = quote_spanned!(span=> <#ty as #is>);
        return quote!(#saver::put(&#place, #of)?;);
    };
    // A field without `unmap` is already rejected.
    let function = match custom {
        Custom::With(load) => Some(saver(load)),
        Custom::Map(_) => field.attributes.values.unmap.clone(),
        Custom::TryFrom(_) => None,
    };
    let span = match (custom, &function) {
        (Custom::TryFrom(from), _) => from.span(),
        (_, Some(function)) => function.span(),
        _ => return TokenStream::new(),
    };
    let name = format!("{}.{}", value::name(input.ident), field.name());
    let put_each = load::of_list(krate, field, "put_each");
    let item = load::item(krate, field);
    let span = span.resolved_at(Span::mixed_site());
    let (krate, of) = (krate_at(krate, span), values(span));
    let is_list = field.repeat.is_some();
    let each = local("__item", span);
    let value = if is_list { quote!(#each) } else { quote_spanned!(span=> &#place) };
    let put = match custom {
        Custom::With(_) => {
            quote_spanned!(span=> #krate::__private::save_with(#function, #name, #value, #of))
        }
        Custom::Map(_) => quote_spanned!(span=> #krate::__private::unmap(#function, #value, #of)),
        Custom::TryFrom(from) => {
            quote_spanned!(span=> #krate::__private::save_try_from::<#from, #item, _>(#name, #value, #of))
        }
    };
    if !is_list {
        return quote_spanned!(span=> #put?;);
    }
    quote_spanned!(span=> #put_each(&#place, #of, |#each, #of| #put)?;)
}

/// The `save` function of the same module as `load`.
fn saver(load: &ExprPath) -> ExprPath {
    let mut save = load.clone();
    if let Some(last) = save.path.segments.last_mut() {
        last.ident = Ident::new("save", last.ident.span());
    }
    save
}
