//! Expressions in symbols such as `3 * n_embd`, and their uses: lengths of axes, ranges and assertions.

use checkpoint_schema::model::expression::{Assertion, AxisLength, Expression, Operator, Relation};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::attr::syntax::{items, tokens};
use crate::attr::value;
use crate::diag::Diag;

/// Parses an expression. An error for a missing one points at `place`.
pub(crate) fn expression(
    diag: &mut Diag,
    written: &[TokenTree],
    place: &TokenStream,
) -> Option<Expression> {
    if written.is_empty() {
        diag.error(place, "missing expression; write one, such as `3 * n_embd`");
        return None;
    }
    let mut rest = written;
    let sum = sum(diag, &mut rest)?;
    if let [next, ..] = rest {
        diag.error(next, "expected an operator before this; write one of `+ - * / %`");
        return None;
    }
    Some(sum)
}

fn sum(diag: &mut Diag, rest: &mut &[TokenTree]) -> Option<Expression> {
    pairs(diag, rest, &[Operator::Add, Operator::Subtract], product)
}

fn product(diag: &mut Diag, rest: &mut &[TokenTree]) -> Option<Expression> {
    pairs(diag, rest, &[Operator::Multiply, Operator::Divide, Operator::Remainder], operand)
}

/// Parses operands joined by these operators, left-associative.
fn pairs(
    diag: &mut Diag,
    rest: &mut &[TokenTree],
    operators: &[Operator],
    operand: fn(&mut Diag, &mut &[TokenTree]) -> Option<Expression>,
) -> Option<Expression> {
    let mut left = operand(diag, rest)?;
    while let [TokenTree::Punct(sign), after @ ..] = *rest {
        let is = |operator: &&Operator| operator.sign().chars().eq([sign.as_char()]);
        let Some(operator) = operators.iter().find(is) else { break };
        if after.is_empty() {
            diag.error(
                sign,
                "missing value after the operator; write a number, a symbol or parentheses",
            );
            return None;
        }
        *rest = after;
        left = Expression::Pair(*operator, Box::leak(Box::new([left, operand(diag, rest)?])));
    }
    Some(left)
}

fn operand(diag: &mut Diag, rest: &mut &[TokenTree]) -> Option<Expression> {
    let [first, after @ ..] = *rest else { return None };
    *rest = after;
    match first {
        TokenTree::Ident(any) if any == "_" => {
            let way_out = "write the length, or a symbol for it";
            diag.error(first, format!("`_` stands for a whole length in a shape; {way_out}"));
            None
        }
        TokenTree::Ident(symbol) => Some(Expression::Symbol(value::name(symbol).leak())),
        TokenTree::Group(group)
            if matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::None) =>
        {
            let inner: Vec<_> = group.stream().into_iter().collect();
            expression(diag, &inner, &tokens(std::slice::from_ref(first)))
        }
        other => {
            let number = value::number(std::slice::from_ref(other));
            if number.is_none() {
                diag.error(other, "expected a whole number, a symbol or parentheses");
            }
            number.map(Expression::Number)
        }
    }
}

/// Parses a list of expressions.
pub(crate) fn expressions(diag: &mut Diag, list: TokenStream) -> Option<Vec<Expression>> {
    let items = items(diag, list);
    items.iter().map(|item| expression(diag, item, &tokens(item))).collect()
}

/// Parses a list of lengths. Each may be `_`.
pub(crate) fn lengths(diag: &mut Diag, list: TokenStream) -> Option<Vec<AxisLength>> {
    let items = items(diag, list);
    let length = |item: &Vec<TokenTree>| match item.as_slice() {
        [TokenTree::Ident(any)] if any == "_" => Some(AxisLength::Any),
        item => expression(diag, item, &tokens(item)).map(AxisLength::Is),
    };
    items.iter().map(length).collect()
}

/// `n_embd % n_head == 0`
pub(crate) fn assertion(diag: &mut Diag, written: &[TokenTree]) -> Option<Assertion> {
    let place = tokens(written);
    let found = (0..written.len()).find_map(|at| Some((at, relation(&written[at..])?)));
    let Some((at, (relation, len))) = found else {
        let way_out = "write two expressions with `==`, `!=`, `<`, `<=`, `>` or `>=` between them";
        diag.error(place, format!("this is not a comparison; {way_out}"));
        return None;
    };
    let left = expression(diag, &written[..at], &place);
    let right = expression(diag, &written[at + len..], &place);
    Some(Assertion { left: left?, relation, right: right? })
}

/// The relation at the start of the tokens, and its number of tokens.
fn relation(written: &[TokenTree]) -> Option<(Relation, usize)> {
    let mut sign = String::new();
    for token in written.iter().take(2) {
        let TokenTree::Punct(punct) = token else { break };
        sign.push(punct.as_char());
        if punct.spacing() == Spacing::Alone {
            break;
        }
    }
    // Tries the longest sign first: `<` is also a prefix of `<=`, and the whole sign in `<-`.
    (1..=sign.len()).rev().find_map(|len| {
        let is = |relation: &Relation| sign.get(..len) == Some(relation.sign());
        Some((Relation::ALL.into_iter().find(is)?, len))
    })
}

/// Splits a range at its dots, and rejects `..=`.
pub(crate) fn ends<'t>(
    diag: &mut Diag,
    range: &'t [TokenTree],
    place: &TokenStream,
) -> Option<[&'t [TokenTree]; 2]> {
    let dot = |token: &TokenTree| matches!(token, TokenTree::Punct(dot) if dot.as_char() == '.');
    let Some(dots) = range.windows(2).position(|pair| pair.iter().all(dot)) else {
        diag.error(place, "expected a range; write `0..12` or `0..`");
        return None;
    };
    let (start, end) = (&range[..dots], &range[dots + 2..]);
    if matches!(end, [TokenTree::Punct(equals), ..] if equals.as_char() == '=') {
        diag.error(place, "`..=` is not supported; write `0..12` for `0..=11`");
        return None;
    }
    Some([start, end])
}

/// An error that was already reported.
pub(crate) struct Reported;

/// Parses the end of a range, after the dots; `None` if it is open.
pub(crate) fn end(
    diag: &mut Diag,
    written: &[TokenTree],
    start: Option<usize>,
    place: &TokenStream,
) -> Result<Option<Expression>, Reported> {
    if written.is_empty() {
        return Ok(None);
    }
    let end = expression(diag, written, place).ok_or(Reported)?;
    if let (Some(start), Some(end)) = (start, end.number())
        && end <= start
    {
        diag.error(place, "the range is empty; write the smaller bound first");
        return Err(Reported);
    }
    Ok(Some(end))
}
