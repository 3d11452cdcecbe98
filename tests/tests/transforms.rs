//! The transforms of fields: every transform against the same in `ndarray`, and the errors of impossible ones.

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_tests::memory::{checkpoint, counting, said};
use expect_test::{Expect, expect};
use ndarray::{
    Array1, Array2, Array3, Array4, ArrayD, ArrayView1, Axis, CowArray, Ix1, IxDyn, concatenate, s,
    stack,
};

fn load<T: for<'c> FromCheckpoint<'c>>(lines: &str) -> T {
    let checkpoint = checkpoint(lines);
    let (value, _) = T::load_with(&checkpoint, LoadOptions::new()).unwrap();
    value
}

/// Checks the error of a checkpoint that does not fit.
fn refused<T: for<'c> FromCheckpoint<'c>>(lines: &str, expected: Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(lines), LoadOptions::new()));
}

#[test]
fn axes_are_added_removed_and_put_in_another_order() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(path = "w", expand(0, 3))]
        expanded: Array4<f32>,
        #[ckpt(path = "b", squeeze(0), transpose)]
        transposed: Array2<f32>,
        #[ckpt(path = "c", permute(1, 2, 0))]
        permuted: Array3<f32>,
    }

    let model: Model = load("w [2, 3]\nb [1, 2, 3]\nc [2, 3, 4]");
    assert_eq!(model.expanded, counting(&[2, 3]).into_shape_with_order((1, 2, 3, 1)).unwrap());
    let b = counting(&[1, 2, 3]).index_axis_move(Axis(0), 0);
    assert_eq!(model.transposed.into_dyn(), b.t());
    let c = counting(&[2, 3, 4]).permuted_axes(IxDyn(&[1, 2, 0]));
    assert_eq!(model.permuted.into_dyn(), c);
}

#[test]
fn elements_get_other_axes_in_their_order() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n_head = 2))]
    struct Model {
        #[ckpt(path = "w", reshape[n_head, _, 3])]
        heads: Array3<f32>,
        #[ckpt(path = "q", reshape[4, n_head, _], permute(1, 0, 2), shape = [n_head, 4, 3])]
        attention: Array3<f32>,
        #[ckpt(path = "k", transpose, reshape[2, 12])]
        rows: Array2<f32>,
    }

    let model: Model = load("w [4, 3]\nq [4, 6]\nk [6, 4]");
    assert_eq!(model.heads, counting(&[4, 3]).into_shape_with_order((2, 2, 3)).unwrap());
    let q = counting(&[4, 6]).into_shape_with_order((4, 2, 3)).unwrap();
    assert_eq!(model.attention, q.permuted_axes([1, 0, 2]));
    let k = counting(&[6, 4]).reversed_axes().as_standard_layout().into_owned();
    assert_eq!(model.rows, k.into_shape_with_order((2, 12)).unwrap());
}

#[test]
fn one_variable_is_cut_into_arrays() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(d))]
    struct Attention {
        #[ckpt(shape = [d, 3 * d], split(axis = 1))]
        qkv: [Array2<f32>; 3],
        #[ckpt(split(axis = 0, sizes = [d, 2 * d]))]
        bias: (Array1<f32>, Array1<f32>),
        #[ckpt(path = "h<i>", repeat, squeeze(0), split(axis = 0), transpose)]
        layers: Vec<[Array2<f32>; 2]>,
    }

    let attention: Attention = load("qkv [4, 12]\nbias [12]\nh0 [1, 4, 3]\nh1 [1, 4, 3]");
    let qkv = counting(&[4, 12]);
    for (number, part) in attention.qkv.iter().enumerate() {
        let columns = 4 * number..4 * (number + 1);
        assert_eq!(part.view().into_dyn(), qkv.slice(s![.., columns]).into_dyn());
    }
    let bias = counting(&[12]);
    assert_eq!(attention.bias.0.into_dyn(), bias.slice(s![..4]).into_dyn());
    assert_eq!(attention.bias.1.into_dyn(), bias.slice(s![4..]).into_dyn());
    let layer = counting(&[4, 3]);
    assert_eq!(attention.layers.len(), 2);
    assert_eq!(attention.layers[1][1].view().into_dyn(), layer.slice(s![2.., ..]).t().into_dyn());
}

#[test]
fn fields_take_parts_of_one_variable() {
    #[derive(FromCheckpoint)]
    struct Attention {
        #[ckpt(path = "qkv", chunk(axis = 1, index = 0, of = 3))]
        q: Array2<f32>,
        #[ckpt(path = "qkv", chunk(axis = 1, index = 1, of = 3), transpose)]
        k: Array2<f32>,
        #[ckpt(path = "qkv", slice(axis = 1, range = 4..))]
        v: Array2<f32>,
    }

    let attention: Attention = load("qkv [3, 6]");
    let qkv = counting(&[3, 6]);
    assert_eq!(attention.q.into_dyn(), qkv.slice(s![.., ..2]).into_dyn());
    assert_eq!(attention.k.into_dyn(), qkv.slice(s![.., 2..4]).t().into_dyn());
    assert_eq!(attention.v.into_dyn(), qkv.slice(s![.., 4..]).into_dyn());
}

#[test]
fn parts_that_overlap_or_leave_something_are_refused() {
    #[derive(FromCheckpoint)]
    struct Overlap {
        #[ckpt(path = "w", slice(axis = 1, range = ..4))]
        _left: Array2<f32>,
        #[ckpt(path = "w", slice(axis = 1, range = 3..))]
        _right: Array2<f32>,
    }

    #[derive(FromCheckpoint)]
    struct Gap {
        #[ckpt(path = "w", slice(axis = 1, range = ..2))]
        _left: Array2<f32>,
        #[ckpt(path = "w", slice(axis = 1, range = 3..))]
        _right: Array2<f32>,
    }

    #[derive(FromCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Lenient {
        #[ckpt(path = "w", slice(axis = 0, range = 1..2))]
        row: Array2<f32>,
    }

    refused::<Overlap>(
        "w [2, 6]",
        expect![[r#"
        `Overlap` does not fit the checkpoint `memory`: 1 problem
        - field `Overlap._right`: `w` is f32 [2, 6], but `Overlap._left` also takes some of its elements; the parts of a variable must not overlap"#]],
    );
    refused::<Gap>(
        "w [2, 6]",
        expect![[r#"
        `Gap` does not fit the checkpoint `memory`: 1 problem
        - field `Gap._left`: `w` is f32 [2, 6], but no field takes 2 of its elements; take the other parts too"#]],
    );
    let lenient: Lenient = load("w [2, 6]");
    assert_eq!(lenient.row.into_dyn(), counting(&[2, 6]).slice(s![1.., ..]).into_dyn());
}

#[test]
fn several_variables_become_one_array() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(concat(axis = 0, paths = ["q", "k"]))]
        rows: Array2<f32>,
        #[ckpt(transpose, concat(axis = 1, paths = ["m/w", "/v"]), shape = [3, 7])]
        columns: Array2<f32>,
        #[ckpt(path = "expert_<e>", stack(e, axis = 1))]
        experts: Array3<f32>,
    }

    let lines = "
        q [2, 3]
        k [1, 3]
        m/w [2, 3]
        v [5, 3]
        expert_0 [2, 3]
        expert_1 [2, 3]
        expert_2 [2, 3]";
    let model: Model = load(lines);
    let [q, k, v] = [&[2, 3], &[1, 3], &[5, 3]].map(|shape| counting(shape));
    let rows = concatenate(Axis(0), &[q.view(), k.view()]).unwrap();
    assert_eq!(model.rows.into_dyn(), rows);
    let columns = concatenate(Axis(1), &[q.t(), v.t()]).unwrap();
    assert_eq!(model.columns.into_dyn(), columns);
    assert_eq!(model.experts.into_dyn(), stack(Axis(1), &[q.view(), q.view(), q.view()]).unwrap());
    refused::<Model>(
        &lines.replace("k [1, 3]", "k [1, 4]"),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - field `Model.rows`: `k` is f32 [1, 4], but the first that `concat(axis = 0)` joins is [2, 3]; only the axis of `concat` may differ"#]],
    );
    refused::<Model>(
        &lines.replace("v [5, 3]", "u [5, 3]"),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - field `Model.columns`: missing variable `v`; did you mean `u`, f32 [5, 3]?"#]],
    );
    refused::<Model>(
        &lines.replace("expert_1", "expert_4"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - field `Model.experts`: an index before `expert_2` is missing, which has index 2; the indices of `stack` and `concat` must be contiguous"#]],
    );
}

#[test]
fn a_step_that_cannot_be_done_says_why() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(permute(1, 0, 2))]
        _permuted: ArrayD<f32>,
        #[ckpt(reshape[2, _])]
        _reshaped: Array2<f32>,
        #[ckpt(split(axis = 0))]
        _split: [Array1<f32>; 2],
        #[ckpt(split(axis = 0, sizes = [1, 3]))]
        _sized: (Array1<f32>, Array1<f32>),
        #[ckpt(path = "part", slice(axis = 0, range = 2..9))]
        _sliced: Array1<f32>,
        #[ckpt(transpose, reshape[2, 3])]
        _torn: Array2<f32>,
        #[ckpt(expand(0))]
        _rank: Array1<f32>,
    }

    let lines = "
        _permuted [2, 3]
        _reshaped [5]
        _split [3]
        _sized [5]
        part [5]
        _torn [2, 3]
        _rank [3]";
    refused::<Model>(
        lines,
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 7 problems
            - field `Model._permuted`: `_permuted` is f32 [2, 3], but `permute(1, 0, 2)` lists 3 axes; expected 2
            - field `Model._reshaped`: `_reshaped` is f32 [5], which has 5 elements, but `reshape[2, _]` asks for a multiple of 2; change the lengths
            - field `Model._split`: `_split` is f32 [3], but `split(axis = 0)` cannot divide axis 0, of length 3, into 2 equal parts; use `split` with `sizes`, or `slice` with a `range`
            - field `Model._sized`: `_sized` is f32 [5], but axis 0 has length 5, and the parts of `split(axis = 0, sizes = [1, 3])` add up to 4; change the sizes
            - field `Model._sliced`: `part` is f32 [5], but axis 0 has length 5, and `slice(axis = 0, range = 2..9)` takes 2..9; take a range within it
            - field `Model._torn`: `_torn` is f32 [2, 3], here [3, 2], which `reshape[2, 3]` cannot express with strides; load it unchanged, and convert it with `map`
            - field `Model._rank`: `_rank` is f32 [3], which is [1, 3] after the steps, but the field has 1 dimension; `squeeze` removes axes of length 1"#]],
    );
}

#[test]
fn a_step_of_any_rank_says_what_the_variable_does_not_have() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(path = "a", chunk(axis = 2, index = 0, of = 2))]
        _axis: ArrayD<f32>,
        #[ckpt(path = "b", reshape[2, 3])]
        _elements: ArrayD<f32>,
    }

    refused::<Model>(
        "a [2, 3]\nb [5]",
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 2 problems
        - field `Model._axis`: `a` is f32 [2, 3], which has no axis 2 for `chunk(axis = 2, index = 0, of = 2)`; axes are counted from 0
        - field `Model._elements`: `b` is f32 [5], which has 5 elements, but `reshape[2, 3]` asks for 6; change the lengths"#]],
    );
}

#[test]
fn what_is_done_to_shapes_is_done_to_zeros_too() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n))]
    struct Model {
        #[ckpt(shape = [n])]
        w: Array1<f32>,
        #[ckpt(default, shape = [n, 2], transpose, expand(0))]
        zeros: Array3<f32>,
        #[ckpt(default = "sized", shape = [n, 2], transpose)]
        sized: Array2<f32>,
    }

    fn sized(shape: &[usize]) -> Array2<f32> {
        Array2::ones((shape[0], shape[1]))
    }

    let model: Model = load("w [4]");
    assert_eq!(model.w.len(), 4);
    assert_eq!(model.zeros, Array3::<f32>::zeros((1, 2, 4)));
    assert_eq!(model.sized, Array2::<f32>::ones((2, 4)));
}

#[test]
fn blocks_of_an_axis_are_put_in_another_order() {
    #[derive(FromCheckpoint)]
    struct Model<'a> {
        #[ckpt(path = "w", reorder(axis = 1, order = [2, 0, 1]), transpose)]
        whole: Array2<f32>,
        #[ckpt(path = "u", split(axis = 0, sizes = [1, 3]), reorder(axis = 1, order = [1, 0]), expand(0))]
        parts: (Array3<f32>, Array3<f32>),
        #[ckpt(path = "s<e>", reorder(axis = 0, order = [1, 0]), stack(e, axis = 1))]
        stacked: Array2<f32>,
        #[ckpt(path = "b", reorder(axis = 0, order = [1, 0]))]
        bias: CowArray<'a, f32, Ix1>,
    }

    let source = checkpoint("w [2, 6]\nu [4, 2]\ns0 [4]\ns1 [4]\nb [4]");
    let (model, _) = Model::load_with(&source, LoadOptions::new()).unwrap();
    let columns = |array: ArrayD<f32>, order: &[usize]| array.select(Axis(1), order);
    let w = columns(counting(&[2, 6]), &[4, 5, 0, 1, 2, 3]);
    assert_eq!(model.whole.into_dyn(), w.t());
    let u = columns(counting(&[4, 2]), &[1, 0]).insert_axis(Axis(0));
    assert_eq!(model.parts.0.into_dyn(), u.slice_axis(Axis(1), (0..1).into()));
    assert_eq!(model.parts.1.into_dyn(), u.slice_axis(Axis(1), (1..4).into()));
    let s = counting(&[4]).select(Axis(0), &[2, 3, 0, 1]);
    assert_eq!(model.stacked.into_dyn(), stack(Axis(1), &[s.view(), s.view()]).unwrap());
    assert_eq!(model.bias.into_dyn(), s);
}

#[test]
fn blocks_that_cannot_be_reordered_are_refused() {
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Model {
        #[ckpt(reorder(axis = 0, order = [0, 2, 1, 3]))]
        bias: Array1<f32>,
        #[ckpt(reorder(axis = 0, order = [1, 0]), slice(axis = 0, range = ..3))]
        part: Array1<f32>,
        #[ckpt(path = "part", reorder(axis = 0, order = [1, 0]), slice(axis = 0, range = 3..))]
        rest: Array1<f32>,
        #[ckpt(reorder(axis = 0, order = [1, 0]), reshape[3, 2])]
        rows: Array2<f32>,
    }

    refused::<Model>(
        "bias [6]\npart [4]\nrows [6]",
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 4 problems
        - field `Model.bias`: `bias` is f32 [6], but `reorder(axis = 0, order = [0, 2, 1, 3])` cannot divide axis 0, of length 6, into 4 equal blocks; change the number of blocks
        - field `Model.part`: `part` is f32 [4], which `slice(axis = 0, range = 0..3)` cannot express with strides; load it unchanged, and convert it with `map`
        - field `Model.rest`: `part` is f32 [4], which `slice(axis = 0, range = 3..)` cannot express with strides; load it unchanged, and convert it with `map`
        - field `Model.rows`: `rows` is f32 [6], which `reshape[3, 2]` cannot express with strides; load it unchanged, and convert it with `map`"#]],
    );
}

#[test]
fn an_array_whose_blocks_are_reordered_is_not_borrowed() {
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct View<'a> {
        #[ckpt(reorder(axis = 0, order = [1, 0]))]
        bias: ArrayView1<'a, f32>,
    }

    let source = checkpoint("bias [4]");
    let Err(error) = View::load_with(&source, LoadOptions::new()) else { panic!("it is borrowed") };
    expect![[r#"
        `View` does not fit the checkpoint `memory`: 1 problem
        - field `View.bias`: `bias` is f32 [4], which the field cannot borrow, since its elements are not in that order in memory; change the field to `CowArray`, which can own a copy"#]].assert_eq(&error.to_string());
}
