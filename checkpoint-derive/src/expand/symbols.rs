//! Expressions in symbols, as constants.

use checkpoint_schema::model::expression::{Assertion, AxisLength, Expression, Operator, Relation};
use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::node::{number, option};

/// An expression.
pub(super) fn expression(krate: &syn::Path, expression: &Expression) -> TokenStream {
    match expression {
        Expression::Number(written) => {
            let written = number(*written);
            quote!(#krate::__private::Expression::Number(#written))
        }
        Expression::Symbol(name) => quote!(#krate::__private::Expression::Symbol(#name)),
        Expression::Pair(operator, pair) => {
            let operator = self::operator(krate, *operator);
            let sides = pair.iter().map(|side| self::expression(krate, side));
            quote!(#krate::__private::Expression::Pair(#operator, &[#(#sides),*]))
        }
    }
}

/// An optional expression.
pub(super) fn optional(krate: &syn::Path, written: Option<&Expression>) -> TokenStream {
    option(written.map(|written| expression(krate, written)))
}

/// The length of an axis.
pub(super) fn axis(krate: &syn::Path, length: &AxisLength) -> TokenStream {
    match length {
        AxisLength::Any => quote!(#krate::__private::AxisLength::Any),
        AxisLength::Is(length) => {
            let length = expression(krate, length);
            quote!(#krate::__private::AxisLength::Is(#length))
        }
    }
}

/// A relation between symbols.
pub(super) fn assertion(krate: &syn::Path, assertion: &Assertion) -> TokenStream {
    let (left, right) = (expression(krate, &assertion.left), expression(krate, &assertion.right));
    let relation = relation(krate, assertion.relation);
    quote! {
        #krate::__private::Assertion { left: #left, relation: #relation, right: #right }
    }
}

fn operator(krate: &syn::Path, operator: Operator) -> TokenStream {
    let operator = match operator {
        Operator::Add => quote!(Add),
        Operator::Subtract => quote!(Subtract),
        Operator::Multiply => quote!(Multiply),
        Operator::Divide => quote!(Divide),
        Operator::Remainder => quote!(Remainder),
    };
    quote!(#krate::__private::Operator::#operator)
}

fn relation(krate: &syn::Path, relation: Relation) -> TokenStream {
    let relation = match relation {
        Relation::Equal => quote!(Equal),
        Relation::Unequal => quote!(Unequal),
        Relation::Less => quote!(Less),
        Relation::AtMost => quote!(AtMost),
        Relation::Greater => quote!(Greater),
        Relation::AtLeast => quote!(AtLeast),
    };
    quote!(#krate::__private::Relation::#relation)
}
