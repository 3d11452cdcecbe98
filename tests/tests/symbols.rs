//! Symbols: their values, and errors if a struct and a checkpoint disagree on them.

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

/// A model with symbols for all shapes.
#[derive(FromCheckpoint, Debug)]
#[ckpt(prefix = "model", dims(n_embd, n_head = 2, n_layer), assert(n_embd % n_head == 0))]
struct Model {
    #[ckpt(shape = [_, n_embd])]
    wte: Array2<f32>,
    #[ckpt(path = "h<i>", repeat(i = 0..n_layer))]
    blocks: Vec<Block>,
    ln_f: Norm,
    #[ckpt(dim)]
    n_embd: usize,
    #[ckpt(dim)]
    n_head: usize,
    #[ckpt(dim)]
    n_layer: usize,
}

#[derive(FromCheckpoint, Debug)]
struct Block {
    #[ckpt(path = "attn/w", squeeze, shape = [n_embd, 3 * n_embd])]
    attn: Array2<f32>,
    ln: Norm,
}

#[derive(FromCheckpoint, Debug)]
struct Norm {
    #[ckpt(shape = [n_embd])]
    g: Array1<f32>,
    #[ckpt(default, shape = [n_embd])]
    b: Array1<f32>,
}

const GOOD: &str = "
    model/wte [9, 4]
    model/h0/attn/w [1, 4, 12]
    model/h0/ln/g [4]
    model/h0/ln/b [4]
    model/h1/attn/w [1, 4, 12]
    model/h1/ln/g [4]
    model/h1/ln/b [4]
    model/ln_f/g [4]
    model/ln_f/b [4]";

/// Checks the error of a checkpoint that does not fit.
fn check<T: for<'c> FromCheckpoint<'c>>(lines: &str, expected: Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(lines), LoadOptions::new()));
}

#[test]
fn symbols_are_solved_over_the_whole_tree() {
    let checkpoint = checkpoint(GOOD);
    let (model, _) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((model.n_embd, model.n_head, model.n_layer), (4, 2, 2));
    assert_eq!((model.wte.dim(), model.blocks[1].attn.dim()), ((9, 4), (4, 12)));
    assert_eq!(model.blocks[0].ln.g.len(), 4);
}

#[test]
fn what_is_absent_is_zeros_of_the_solved_shape() {
    let without = GOOD.replace("model/ln_f/b [4]", "");
    let checkpoint = checkpoint(&without);
    let (model, report) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(model.ln_f.b, Array1::<f32>::zeros(4));
    assert!(report.absent.is_empty());
    assert_eq!(report.defaulted, ["Model.ln_f.b"]);
}

#[test]
fn a_variable_that_disagrees_with_the_others_is_told_with_what_they_say() {
    check::<Model>(
        &GOOD.replace("ln_f/g [4]", "ln_f/g [5]"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - field `Model.ln_f.g`: `model/ln_f/g` is f32 [5] in the checkpoint, but [4] in the struct, as [n_embd]; `n_embd` is 4 in 8 variables, such as `model/ln_f/b` of `Model.ln_f.b`"#]],
    );
    check::<Model>(
        &GOOD.replace("h1/attn/w [1, 4, 12]", "h1/attn/w [1, 12, 4]"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - field `Model.blocks[1].attn`: `model/h1/attn/w` is f32 [1, 12, 4] in the checkpoint, here [12, 4], but [4, 12] in the struct, as [n_embd, 3 * n_embd]; its axes are transposed, so write `transpose` before"#]],
    );
}

#[test]
fn an_assertion_that_does_not_hold_is_told_with_the_values() {
    check::<Model>(
        &GOOD.replace("12]", "15]").replace('4', "5"),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - `Model` asserts that `n_embd % n_head == 0`, but `n_embd` is 5 and `n_head` is 2; this is another model"#]],
    );
}

#[test]
fn a_symbol_that_explains_all_is_said_once() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(n_embd = 8, n_layer = 3))]
    struct Fixed {
        #[ckpt(flatten)]
        _model: Model,
    }

    check::<Fixed>(
        GOOD,
        expect![[r#"
            `Fixed` does not fit the checkpoint `memory`: 2 problems
            - `n_embd` is 8 in the struct, but 4 in the checkpoint: 9 variables agree, such as `model/ln_f/b` of `Fixed._model.ln_f.b`; change the struct, or load another checkpoint
            - `n_layer` is 3 in the struct, but 2 in the checkpoint: its list has that many items; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn structs_do_not_fix_one_symbol_to_two_values() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(n_head = 4))]
    struct Fixed {
        #[ckpt(flatten)]
        _model: Model,
    }

    check::<Fixed>(
        GOOD,
        expect![[r#"
        `Fixed` does not fit the checkpoint `memory`: 1 problem
        - structs fix `n_head` to 4 and to 2; give one of them another name, or make it `local`"#]],
    );
}

#[test]
fn a_local_symbol_is_that_of_each_instance() {
    #[derive(FromCheckpoint, Debug)]
    struct Stack {
        #[ckpt(path = "conv<i:_>", repeat)]
        convs: Vec<Conv>,
    }

    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(local c_in, local c_out))]
    struct Conv {
        #[ckpt(shape = [c_in, c_out])]
        kernel: Array2<f32>,
        #[ckpt(shape = [c_out])]
        bias: Array1<f32>,
        #[ckpt(dim)]
        c_out: usize,
    }

    let lines = "
        conv/kernel [3, 4]
        conv/bias [4]
        conv_1/kernel [4, 7]
        conv_1/bias [7]";
    let memory = checkpoint(lines);
    let (stack, _) = Stack::load_with(&memory, LoadOptions::new()).unwrap();
    let c_out: Vec<_> = stack.convs.iter().map(|conv| conv.c_out).collect();
    assert_eq!(c_out, [4, 7]);
    assert_eq!((stack.convs[1].kernel.dim(), stack.convs[1].bias.dim()), ((4, 7), 7));
    check::<Stack>(
        &lines.replace("bias [7]", "bias [8]"),
        expect![[r#"
            `Stack` does not fit the checkpoint `memory`: 1 problem
            - field `Stack.convs[1].kernel`: `conv_1/kernel` is f32 [4, 7] in the checkpoint, but [4, 8] in the struct, as [c_in, c_out]; `c_out` is 8 in `conv_1/bias` of `Stack.convs[1].bias`"#]],
    );
}

#[test]
fn a_field_renames_symbols_for_what_is_within() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(d_model, d_ff = 16))]
    struct Model {
        #[ckpt(shape = [d_model])]
        bias: Array1<f32>,
        #[ckpt(dims(n = d_model, m = 2 * d_ff))]
        dense: Dense,
    }

    #[derive(FromCheckpoint, Debug)]
    struct Dense {
        #[ckpt(shape = [n, m])]
        kernel: Array2<f32>,
    }

    let memory = checkpoint("bias [3]\ndense/kernel [3, 32]");
    let (model, _) = Model::load_with(&memory, LoadOptions::new()).unwrap();
    assert_eq!((model.bias.dim(), model.dense.kernel.dim()), (3, (3, 32)));
    check::<Model>(
        "bias [3]\ndense/kernel [4, 32]",
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - field `Model.bias`: `bias` is f32 [3] in the checkpoint, but [4] in the struct, as [d_model]; `d_model` is 4 in `dense/kernel` of `Model.dense.kernel`"#]],
    );
}

#[test]
fn a_symbol_without_a_value_is_told() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(n, n_head))]
    struct Model {
        #[ckpt(path = "w", shape = [n], reshape[n_head, _])]
        _w: Array2<f32>,
        #[ckpt(path = "b", default, shape = [n_head])]
        _b: Array1<f32>,
    }

    check::<Model>(
        "w [6]",
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 2 problems
            - field `Model._w`: no variable determines `n_head`; write `dims(n_head = ...)` on the struct, or bind it with `LoadOptions::bind`
            - field `Model._b`: no variable determines `n_head`; write `dims(n_head = ...)` on the struct, or bind it with `LoadOptions::bind`"#]],
    );
}

/// The hyper-parameters of a program: more than the lengths of axes.
#[derive(serde::Serialize)]
struct Hparams {
    n_embd: u64,
    n_layer: u32,
    n_vocab: u64,
    dropout: f64,
    name: &'static str,
    n_inner: Option<u64>,
}

const HPARAMS: Hparams =
    Hparams { n_embd: 4, n_layer: 2, n_vocab: 9, dropout: 0.1, name: "gpt2", n_inner: None };

fn bound<T: for<'c> FromCheckpoint<'c>>(options: LoadOptions<'_>, expected: Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(GOOD), options));
}

#[test]
fn the_options_give_symbols_their_values() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n_head, n_hidden, n_layer))]
    struct Heads {
        #[ckpt(path = "w", reshape[n_head, _])]
        w: Array2<f32>,
        #[ckpt(default, shape = [n_hidden])]
        hidden: Array1<f32>,
        #[ckpt(path = "h<i>", repeat(i = 0..n_layer))]
        layers: Vec<f32>,
        #[ckpt(dim)]
        n_head: usize,
    }

    let memory = checkpoint("w [12]\nh0 []\nh1 []");
    let options = || LoadOptions::new().bind("n_head", 3).bind(String::from("n_hidden"), 5);
    let (heads, _) = Heads::load_with(&memory, options()).unwrap();
    assert_eq!((heads.w.dim(), heads.hidden.len(), heads.n_head), ((3, 4), 5, 3));
    assert_eq!(heads.layers, [0.0, 0.0]);
    let (heads, report) = Heads::load_with(&memory, options().bind("n_layer", 2)).unwrap();
    assert_eq!(heads.layers.len(), 2);
    let dims = [("n_head", 3), ("n_hidden", 5), ("n_layer", 2)];
    assert_eq!(report.dims, dims.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn hyperparameters_bind_those_symbols_that_there_are() {
    bound::<Model>(LoadOptions::new().bind_all(&HPARAMS), expect!["it fits"]);
    let map = std::collections::BTreeMap::from([("n_embd", 4), ("n_ctx", 1024)]);
    bound::<Model>(LoadOptions::new().bind_all(&map), expect!["it fits"]);
    bound::<Model>(
        LoadOptions::new().bind_all(&[1, 2]),
        expect![
            "`bind_all` gets no values: it is neither a struct nor a map; give it a struct or a map with integers, or use `bind`"
        ],
    );
}

#[test]
fn a_bound_symbol_that_nobody_declares_is_told() {
    bound::<Model>(
        LoadOptions::new().bind("n_emb", 4).bind("n_layer", 2),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - `n_emb` is bound, but no struct declares it; did you mean `n_embd`?"#]],
    );
}

#[test]
fn a_bound_value_that_contradicts_is_told() {
    let options = LoadOptions::new().bind("n_embd", 8).bind_all(&Hparams { n_layer: 3, ..HPARAMS });
    bound::<Model>(
        options,
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 2 problems
            - `n_embd` is bound to 8, but 4 in the checkpoint: 9 variables agree, such as `model/ln_f/b` of `Model.ln_f.b`; bind it to that, or load another checkpoint
            - `n_layer` is bound to 3, but 2 in the checkpoint: its list has that many items; bind it to that, or load another checkpoint"#]],
    );
    bound::<Model>(
        LoadOptions::new().bind("n_head", 4),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - `n_head` is bound to 4, but the struct fixes it to 2; remove one of the two"#]],
    );
}

#[test]
fn zeros_that_memory_cannot_hold_are_told_with_their_field() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(dims(n))]
    struct Zeros {
        _w: f32,
        #[ckpt(default, shape = [n])]
        _zeros: Array1<f32>,
    }

    let options = LoadOptions::new().bind("n", 1 << 60);
    let error = Zeros::load_with(&checkpoint("_w []"), options).unwrap_err();
    expect!["field `Zeros._zeros`: out of memory: cannot allocate 4611686018427387904 bytes of zeros; give its symbols smaller values"].assert_eq(&error.to_string());
}

#[test]
fn a_length_that_is_no_whole_number_is_told_with_its_symbols() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n))]
    struct Halves {
        #[ckpt(path = "w", shape = [n], reshape[n / 2, 2])]
        _w: Array2<f32>,
    }

    check::<Halves>(
        "w [5]",
        expect![[r#"
            `Halves` does not fit the checkpoint `memory`: 1 problem
            - field `Halves._w`: `n / 2` is not a nonnegative integer; `n` is 5 in `w` of `Halves._w`"#]],
    );
}

#[test]
fn zeros_of_any_length_have_none() {
    #[derive(FromCheckpoint)]
    struct Bias {
        #[ckpt(path = "w")]
        _w: Array1<f32>,
        #[ckpt(path = "b", default, shape = [_])]
        _b: Array1<f32>,
    }

    check::<Bias>(
        "w [5]",
        expect![[r#"
        `Bias` does not fit the checkpoint `memory`: 1 problem
        - field `Bias._b`: the shape of its zeros is unknown; write `shape = [...]`"#]],
    );
}

/// A list whose items are all optional, and whose number nothing determines.
#[derive(FromCheckpoint, Debug)]
#[ckpt(dims(m))]
struct Uncounted {
    #[ckpt(path = "gate_<i>", repeat(i = 0..m))]
    _gates: Vec<Gate>,
    #[ckpt(path = "h", slice(axis = 0, range = 0..m))]
    _first: Array1<f32>,
    #[ckpt(path = "h", slice(axis = 0, range = m..))]
    _rest: Array1<f32>,
}

#[derive(FromCheckpoint, Debug)]
struct Gate {
    #[ckpt(shape = [m], default)]
    _w: Array1<f32>,
}

#[test]
fn a_list_of_nothing_leaves_its_symbol_without_a_value() {
    check::<Uncounted>(
        "h [3]",
        expect![[r#"
        `Uncounted` does not fit the checkpoint `memory`: 2 problems
        - field `Uncounted._gates[0]._w`: no variable determines `m`; write `dims(m = ...)` on the struct, or bind it with `LoadOptions::bind`
        - field `Uncounted._first`: no variable determines `m`; write `dims(m = ...)` on the struct, or bind it with `LoadOptions::bind`"#]],
    );
}

/// A length that a field gives to the symbol of its struct.
#[derive(FromCheckpoint, Debug)]
#[ckpt(dims(a))]
struct Thirds {
    #[ckpt(path = "cut", dims(m = a / 3))]
    cut: Cut,
    #[ckpt(path = "absent", shape = [a / 3], default)]
    absent: Array1<f32>,
    #[ckpt(path = "a", shape = [a])]
    _a: Array1<f32>,
}

#[derive(FromCheckpoint, Debug)]
#[ckpt(dims(m))]
struct Cut {
    #[ckpt(path = "bias", slice(axis = 0, range = 0..m))]
    first: Array1<f32>,
    #[ckpt(path = "bias", slice(axis = 0, range = m..))]
    _rest: Array1<f32>,
}

#[test]
fn a_renamed_symbol_and_zeros_need_whole_numbers() {
    check::<Thirds>(
        "a [4]\ncut/bias [4]",
        expect![[r#"
        `Thirds` does not fit the checkpoint `memory`: 3 problems
        - field `Thirds.cut.first`: `m` is not a nonnegative integer; `a` is 4 in `a` of `Thirds._a`
        - field `Thirds.cut._rest`: `m` is not a nonnegative integer; `a` is 4 in `a` of `Thirds._a`
        - field `Thirds.absent`: `a / 3` is not a nonnegative integer; `a` is 4 in `a` of `Thirds._a`"#]],
    );
    let fits = checkpoint("a [6]\ncut/bias [4]");
    let (thirds, _) = Thirds::load_with(&fits, LoadOptions::new()).unwrap();
    assert_eq!((thirds.cut.first.len(), thirds.absent.len()), (2, 2));
}
