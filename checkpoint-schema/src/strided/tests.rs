//! Tests against the definitions, element by element.

use std::iter;
use std::ops::Range;

use super::*;

fn layout(from: u64, into: u64, axes: &Steps) -> Layout {
    Layout::new(from, into, axes.iter().map(|&(len, from, into)| Axis { len, from, into }))
}

/// The positions of all elements in both arrays, in the order of the first one.
fn places(layout: &Layout) -> Vec<(u64, u64)> {
    let mut places = vec![(layout.from, layout.into)];
    for axis in &layout.axes {
        let steps = |&(from, into): &(u64, u64)| {
            (0..axis.len).map(move |n| (from + n * axis.from, into + n * axis.into))
        };
        places = places.iter().flat_map(steps).collect();
    }
    places.sort_unstable();
    places
}

/// The index of an element, by axis.
fn index(dims: &[u64], mut number: u64) -> Vec<u64> {
    let digit = |&dim: &u64| {
        let digit = number % dim;
        number /= dim;
        digit
    };
    let mut index: Vec<u64> = dims.iter().rev().map(digit).collect();
    index.reverse();
    index
}

#[test]
fn axes_that_follow_one_another_are_merged() {
    assert_eq!(layout(3, 5, &[(4, 1, 1), (1, 9, 9), (6, 4, 4)]), layout(3, 5, &[(24, 1, 1)]));
    assert_eq!(layout(0, 0, &[(4, 1, 6), (6, 4, 1)]).axes.len(), 2);
    assert_eq!(layout(0, 0, &[(4, 1, 6), (0, 4, 1)]), Layout::whole(0));
    assert!(Layout::whole(1).axes.is_empty());
}

/// The lengths and strides of axes.
type Steps = [(u64, u64, u64)];

const LAYOUTS: [(u64, u64, &Steps); 8] = [
    (0, 0, &[]),
    (7, 0, &[(6, 1, 1)]),
    (0, 2, &[(4, 6, 1), (6, 1, 4)]),
    (2, 0, &[(4, 10, 3), (3, 1, 1)]),
    (5, 1, &[(3, 40, 2), (4, 7, 60), (2, 3, 1)]),
    (1, 0, &[(9, 4, 2)]),
    (0, 0, &[(3, 12, 4), (3, 4, 12), (4, 1, 1)]),
    (0, 0, &[(0, 1, 1)]),
];

#[test]
fn elements_are_numbered_in_the_order_of_the_first_array() {
    for (from, into, axes) in LAYOUTS {
        let layout = layout(from, into, axes);
        let places = places(&layout);
        assert_eq!(layout.elements(), places.len() as u64);
        for (number, &place) in places.iter().enumerate() {
            assert_eq!(layout.place(number as u64), place);
            let run = layout.run(number as u64);
            let len = usize::try_from(run.len).unwrap();
            let next = (0..).map(|n| (place.0 + n, place.1 + n));
            assert!(next.take(len).eq(places[number..][..len].iter().copied()), "{layout:?}");
        }
        for at in 0..200 {
            let before = places.iter().filter(|place| place.0 < at).count();
            assert_eq!(layout.before(at), before as u64, "{layout:?} {at}");
        }
        let is_sorted = places.iter().is_sorted_by_key(|place| place.1);
        assert_eq!(layout.is_in_order(), is_sorted, "{layout:?}");
        let mut swapped: Vec<(u64, u64)> =
            places.iter().map(|&(from, into)| (into, from)).collect();
        swapped.sort_unstable();
        assert_eq!(super::tests::places(&layout.inverse()), swapped);
    }
}

#[test]
fn bounds_are_checked_without_overflow() {
    let layout = layout(2, 1, &[(4, 10, 3), (3, 1, 1)]);
    assert!(layout.is_within(35, 13));
    assert!(!layout.is_within(34, 13) && !layout.is_within(35, 12));
    let huge = |len, stride| super::tests::layout(0, 0, &[(len, stride, 1)]);
    assert!(!huge(3, u64::MAX).is_within(u64::MAX, 3));
    assert!(!huge(u64::MAX, 2).is_within(u64::MAX, u64::MAX));
    assert!(Layout::whole(0).is_within(0, 0));
}

#[test]
fn blocks_are_all_elements_of_a_range() {
    for (from, into, axes) in LAYOUTS {
        let layout = layout(from, into, axes);
        let places = places(&layout);
        for (start, end) in iter::zip(0..places.len(), 0..=places.len())
            .flat_map(|(start, _)| (start..=places.len()).map(move |end| (start, end)))
        {
            let mut found = Vec::new();
            layout.blocks(start as u64..end as u64, &mut |block| {
                assert!(block.axes.is_sorted_by(|one, next| one.into >= next.into));
                let back = block.inverse();
                assert_eq!((back.from, back.into), (block.into, block.from));
                let all = |from, into| {
                    found.push((from, into));
                    Ok::<(), ()>(())
                };
                block.starts(&block.axes, &mut { all }).unwrap();
            });
            found.sort_unstable();
            assert_eq!(found, places[start..end], "{layout:?} {start} {end}");
        }
    }
}

#[test]
fn ranges_contain_the_elements_and_no_long_gaps() {
    for (from, into, axes) in LAYOUTS {
        let layout = layout(from, into, axes);
        for gap in [1, 2, 5, 50] {
            let mut expected: Vec<Range<u64>> = Vec::new();
            for (place, _) in places(&layout) {
                join(&mut expected, place..place + 1, gap);
            }
            assert_eq!(layout.ranges(gap), expected, "{layout:?} {gap}");
            assert_eq!(layout.has_gaps(gap), expected.len() > 1);
            for within in [0..10, 8..30, 31..200] {
                let inside = layout.ranges_within(&within, gap);
                for (place, _) in places(&layout) {
                    let is_inside = inside.iter().any(|range| range.contains(&place));
                    assert_eq!(is_inside, within.contains(&place), "{layout:?} {within:?} {place}");
                }
            }
        }
    }
}

/// The bytes of a slice, each at its place in the array.
#[test]
fn every_byte_of_a_slice_has_its_place() {
    for (dims, start, lens) in [
        (&[][..], &[][..], &[][..]),
        (&[5], &[1], &[3]),
        (&[3, 4], &[0, 0], &[3, 4]),
        (&[3, 4], &[1, 0], &[2, 4]),
        (&[3, 4], &[0, 1], &[3, 2]),
        (&[1, 4, 5], &[0, 1, 0], &[1, 2, 5]),
        (&[3, 4, 1, 5], &[1, 1, 0, 2], &[2, 3, 1, 2]),
        (&[2, 3, 2, 2], &[1, 0, 1, 0], &[1, 3, 1, 2]),
        (&[4, 0], &[1, 0], &[2, 0]),
    ] {
        for width in [1, 2, 16] {
            let slice = Layout::slice(start, lens, dims, width).unwrap();
            let elements = lens.iter().product();
            let expected = (0..elements).flat_map(|number| {
                let index = index(lens, number);
                let at = iter::zip(iter::zip(index, start), dims)
                    .fold(0, |at, ((index, start), dim)| at * dim + index + start);
                (0..width).map(move |byte| (at * width + byte, number * width + byte))
            });
            assert_eq!(places(&slice), expected.collect::<Vec<_>>());
            assert!(slice.is_in_order());
        }
    }
    let rows = Layout::slice(&[2, 0, 0], &[5, 4, 3], &[10, 4, 3], 4).unwrap();
    assert!(rows.is_run());
    assert!(Layout::slice(&[2], &[2], &[3], 1).is_none());
    assert!(Layout::slice(&[u64::MAX], &[2], &[3], 1).is_none());
    assert!(Layout::slice(&[], &[], &[3], 1).is_none());
}

fn order(first: u64, strides: &[u64]) -> Order {
    Order { first, strides: strides.into() }
}

/// The stored position of the element with this row-major number.
fn position(order: &Order, dims: &[u64], number: u64) -> u64 {
    iter::zip(index(dims, number), &order.strides)
        .fold(order.first, |at, (index, stride)| at + index * stride)
}

const ORDERS: [(&[u64], u64, &[u64]); 6] = [
    (&[4, 6], 0, &[1, 4]),
    (&[4, 6], 3, &[10, 1]),
    (&[2, 3, 4], 0, &[1, 2, 6]),
    (&[2, 3, 4], 5, &[4, 8, 1]),
    (&[1, 6, 1, 4], 0, &[77, 2, 0, 12]),
    (&[], 2, &[]),
];

#[test]
fn a_stored_order_replaces_row_major_numbers_where_strides_can() {
    let views: [(u64, &Steps); 8] = [
        (0, &[(24, 1, 1)]),
        (0, &[(4, 6, 1), (6, 1, 4)]),
        (6, &[(2, 6, 3), (3, 1, 1)]),
        (0, &[(8, 3, 1), (3, 1, 8)]),
        (0, &[(2, 12, 12), (3, 4, 4), (4, 1, 1)]),
        (12, &[(12, 1, 1)]),
        (0, &[(3, 7, 1)]),
        (5, &[]),
    ];
    let mut expressed = 0;
    for ((dims, first, strides), (from, axes)) in
        ORDERS.iter().flat_map(|order| views.iter().map(move |view| (order, view)))
    {
        let (order, view) = (order(*first, strides), layout(*from, 0, axes));
        if !view.is_within(dims.iter().product(), 24) {
            continue;
        }
        let Some(stored) = order.stored(dims, &view) else { continue };
        expressed += 1;
        let at = |&(from, into): &(u64, u64)| (position(&order, dims, from), into);
        let mut expected: Vec<_> = places(&view).iter().map(at).collect();
        expected.sort_unstable();
        assert_eq!(places(&stored), expected, "{order:?} {dims:?} {view:?}");
        assert!(stored.is_within(order.span(dims).unwrap(), 24));
    }
    assert_eq!(expressed, 28);
    // Numbers that cross from row to row in the middle of a step, or of a range.
    let transposed = order(0, &[1, 4]);
    assert_eq!(transposed.stored(&[4, 6], &layout(0, 0, &[(3, 8, 1), (8, 1, 3)])), None);
    assert_eq!(transposed.stored(&[4, 6], &layout(4, 0, &[(8, 1, 1)])), None);
}

#[test]
fn views_of_a_stored_order_have_a_stride_for_each_axis() {
    let transposed = order(0, &[1, 4]);
    let axes = |axes: &[(u64, u64)]| -> Vec<Axis> {
        axes.iter().map(|&(len, from)| Axis { len, from, into: 1 }).collect()
    };
    let view = |first, all: &[(u64, u64)]| transposed.view(&[4, 6], first, &axes(all));
    assert_eq!(view(0, &[(4, 6), (6, 1)]), Some((0, vec![1, 4])));
    assert_eq!(view(0, &[(6, 1), (4, 6)]), Some((0, vec![4, 1])));
    assert_eq!(view(8, &[(3, 6), (1, 1), (4, 1)]), Some((9, vec![1, 1, 4])));
    assert_eq!(view(0, &[(4, 6), (2, 3), (3, 1)]), Some((0, vec![1, 12, 4])));
    assert_eq!(view(0, &[(24, 1)]), None);
}

#[test]
fn elements_of_a_stored_order_are_distinct_or_not() {
    for (dims, first, strides) in ORDERS {
        let order = order(first, strides);
        assert!(order.is_distinct(dims), "{order:?}");
        for number in 0..dims.iter().product() {
            assert_eq!(order.number(dims, position(&order, dims, number)), number, "{order:?}");
        }
    }
    assert!(!order(0, &[0, 1]).is_distinct(&[2, 3]));
    assert!(!order(0, &[2, 1]).is_distinct(&[2, 3]));
    assert!(order(0, &[0, 0]).is_distinct(&[2, 0]));
    assert_eq!(order(0, &[u64::MAX, 1]).span(&[3, 3]), None);
    assert_eq!(order(9, &[5, 1]).span(&[0, 3]), Some(0));
    assert_eq!(Order::column_major(&[2, 3, 4]), Some(order(0, &[1, 2, 6])));
    assert_eq!(Order::column_major(&[u64::MAX, 3]), None);
}
