//! Loops in constants, which have no `for` yet.

/// A `for` loop over a range of numbers: `each!(0..count, |number| { ... })`. The body can `continue`, `break` and `return`.
///
/// Loops that run for each variable of a fitting struct are written out: in a constant, every step takes time.
macro_rules! each {
    ($range:expr, |$number:pat_param| $body:block) => {{
        let ::std::ops::Range { start: mut next, end } = $range;
        while next < end {
            let $number = next;
            next += 1;
            $body
        }
    }};
}

pub(crate) use each;
