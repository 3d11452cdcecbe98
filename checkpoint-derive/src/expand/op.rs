//! Steps of a field, as constants.

use checkpoint_schema::model::description::{Op, Squeeze};
use checkpoint_schema::model::expression::AxisLength;
use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::node::{number, option, repeat};
use crate::expand::symbols::{self, expression};

/// A step from the variable to the field.
pub(super) fn op(krate: &syn::Path, op: &Op) -> TokenStream {
    let op = match op {
        Op::Squeeze(which) => squeeze(krate, *which),
        Op::Expand(axes) => of_axes(&quote!(Expand), axes),
        Op::Transpose => quote!(Transpose),
        Op::Permute(axes) => of_axes(&quote!(Permute), axes),
        Op::Reshape(lengths) => of_lengths(krate, &quote!(Reshape), lengths),
        Op::Shape(lengths) => of_lengths(krate, &quote!(Shape), lengths),
        Op::Split { axis, sizes } => {
            let sizes = sizes.map(|sizes| {
                let sizes = sizes.iter().map(|size| expression(krate, size));
                quote!(&[#(#sizes),*])
            });
            let (axis, sizes) = (number(*axis), option(sizes));
            quote!(Split { axis: #axis, sizes: #sizes })
        }
        Op::Chunk { axis, index, of } => {
            let [axis, index, of] = [*axis, *index, *of].map(number);
            quote!(Chunk { axis: #axis, index: #index, of: #of })
        }
        Op::Slice { axis, start, end } => {
            let (axis, start) = (number(*axis), expression(krate, start));
            let end = symbols::optional(krate, end.as_ref());
            quote!(Slice { axis: #axis, start: #start, end: #end })
        }
        Op::Reorder { axis, order } => {
            let (axis, order) = (number(*axis), order.iter().copied().map(number));
            quote!(Reorder { axis: #axis, order: &[#(#order),*] })
        }
        Op::Concat { axis, repeat: counted } => {
            let counted = counted.as_ref().map(|counted| repeat(krate, counted));
            let (axis, counted) = (number(*axis), option(counted));
            quote!(Concat { axis: #axis, repeat: #counted })
        }
        Op::Stack { axis, repeat: counted } => {
            let (axis, counted) = (number(*axis), repeat(krate, counted));
            quote!(Stack { axis: #axis, repeat: #counted })
        }
    };
    quote!(#krate::__private::Op::#op)
}

fn squeeze(krate: &syn::Path, which: Squeeze) -> TokenStream {
    let which = match which {
        Squeeze::ToRank => quote!(ToRank),
        Squeeze::Axes(axes) => of_axes(&quote!(Axes), axes),
    };
    quote!(Squeeze(#krate::__private::Squeeze::#which))
}

fn of_axes(of: &TokenStream, axes: &[usize]) -> TokenStream {
    let axes = axes.iter().copied().map(number);
    quote!(#of(&[#(#axes),*]))
}

/// A check of the shape.
pub(super) fn shape(krate: &syn::Path, lengths: &[AxisLength]) -> TokenStream {
    let shape = of_lengths(krate, &quote!(Shape), lengths);
    quote!(#krate::__private::Op::#shape)
}

fn of_lengths(krate: &syn::Path, of: &TokenStream, lengths: &[AxisLength]) -> TokenStream {
    let lengths = lengths.iter().map(|length| symbols::axis(krate, length));
    quote!(#of(&[#(#lengths),*]))
}
