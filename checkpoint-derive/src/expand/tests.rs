//! Snapshots of the derive's output, formatted for readers: see `tests/expand`.

use expect_test::{ExpectFile, expect_file};

fn check(item: &str, expected: ExpectFile) {
    let written = unparse(item).replace("::checkpoint_core::__private::", "");
    let written = written.replace(env!("CARGO_MANIFEST_DIR"), "");
    let file = syn::parse_file(&written).unwrap();
    expected.assert_eq(&prettyplease::unparse(&file));
}

fn unparse(item: &str) -> String {
    let item = syn::parse_str(item).unwrap();
    let file = syn::parse2(crate::derive(&item)).unwrap();
    prettyplease::unparse(&file)
}

#[test]
fn a_value_gives_what_its_fields_hold() {
    let item = r#"struct Model<'a, T> {
        #[ckpt(path = "h<i>", repeat)]
        blocks: Vec<Block<T>>,
        view: ArrayView1<'a, f32>,
        #[ckpt(dim)]
        n: usize,
        #[ckpt(skip)]
        cache: Cache,
        #[ckpt(with = "halves")]
        step: i64,
        #[ckpt(map = "exp", unmap = "ln")]
        scale: f32,
        #[ckpt(try_from = "i64")]
        epoch: Epoch,
    }"#;
    let item = syn::parse_str(item).unwrap();
    let written = prettyplease::unparse(&syn::parse2(crate::derive_saving(&item)).unwrap());
    let written = written.replace("::checkpoint_core::__private::", "");
    expect_file!["../../tests/expand/put.rs"].assert_eq(&written);
}

#[test]
fn a_context_is_an_argument_of_all_traits() {
    let item = r#"#[ckpt(context = "Device")] struct Model<T> {
        tensor: Tensor,
        #[ckpt(path = "h<i>", repeat)]
        blocks: Vec<Block<T>>,
        #[ckpt(map = "exp", unmap = "ln")]
        scale: f32,
    }"#;
    check(item, expect_file!["../../tests/expand/context.rs"]);
    let item = syn::parse_str(item).unwrap();
    let written = prettyplease::unparse(&syn::parse2(crate::derive_saving(&item)).unwrap());
    let written = written.replace("::checkpoint_core::__private::", "");
    expect_file!["../../tests/expand/context_put.rs"].assert_eq(&written);
}

#[test]
fn a_dialect_says_what_is_otherwise() {
    check(
        r#"#[ckpt(dialects(tf, hf(separator = ".", prefix = "t", prefix_alias = "", ignore("b"))))]
        struct Model {
            #[ckpt(squeeze(0), dialect(hf, path = "w/weight", alias = "v", transpose))]
            w: Array2<f32>,
            #[ckpt(dialect(hf, absent))]
            b: Option<f32>,
        }"#,
        expect_file!["../../tests/expand/dialect.rs"],
    );
}

#[test]
fn every_name_is_written_in_full() {
    let written = unparse("#[ckpt(crate = \"::renamed\")] struct Embedding { wte: Array2<f32> }");
    expect_file!["../../tests/expand/full.rs"].assert_eq(&written);
}

#[test]
fn a_field_is_filled_from_the_variable_of_its_name() {
    check("struct Embedding { wte: Array2<f32> }", expect_file!["../../tests/expand/field.rs"]);
}

#[test]
fn a_path_and_its_aliases_are_templates() {
    check(
        r#"struct Table {
            #[ckpt(path = "/<i:03>/<2*j+1:_>/w", alias = "w<<")]
            w: Array1<f32>,
        }"#,
        expect_file!["../../tests/expand/path.rs"],
    );
}

#[test]
fn a_list_binds_an_index() {
    check(
        r#"struct Stack {
            #[ckpt(path = "h<i>", repeat)]
            blocks: Vec<Block>,
            #[ckpt(flatten, repeat(k = 1..12))]
            flat: [Flat; 11],
        }"#,
        expect_file!["../../tests/expand/repeat.rs"],
    );
}

#[test]
fn the_compiler_looks_into_fields_that_share_a_path() {
    check(
        r#"struct Scope {
            #[ckpt(path = "ln")]
            ln: Norm,
            #[ckpt(path = "ln")]
            slots: Slots,
        }"#,
        expect_file!["../../tests/expand/shared.rs"],
    );
}

#[test]
fn squeeze_is_a_step_from_the_variable_to_the_field() {
    check(
        "struct Layer {
            #[ckpt(squeeze)]
            w: Array2<f32>,
            #[ckpt(squeeze(0, 2))]
            b: Array1<f32>,
        }",
        expect_file!["../../tests/expand/squeeze.rs"],
    );
}

#[test]
fn what_may_be_absent_has_a_default() {
    check(
        r#"struct Progress {
            #[ckpt(default)]
            step: i64,
            #[ckpt(default = "one")]
            rate: f32,
            #[ckpt(skip)]
            cache: Vec<u8>,
        }"#,
        expect_file!["../../tests/expand/default.rs"],
    );
}

#[test]
fn a_struct_says_what_holds_for_all_its_fields() {
    check(
        r#"#[ckpt(prefix = "model", naming = "full_name", separator = ".", rename_all = "camelCase")]
        #[ckpt(ignore(optimizer, "extra/*"), allow_unmapped)]
        struct Model { word_embedding: Array2<f32> }"#,
        expect_file!["../../tests/expand/struct.rs"],
    );
}

#[test]
fn a_generic_struct_asks_for_what_its_fields_need() {
    check(
        "struct Linear<'a, T = f32, const N: usize = 1>
        where
            T: Copy,
        {
            w: ArrayView2<'a, T>,
            #[ckpt(repeat(i))]
            heads: [Head; N],
            #[ckpt(skip)]
            kind: PhantomData<T>,
            bias: bool,
        }",
        expect_file!["../../tests/expand/generic.rs"],
    );
}

#[test]
fn a_bound_replaces_what_the_fields_need() {
    check(
        r#"#[ckpt(bound = "T: Element, D: Dimension")]
        struct Linear<T, D> { w: Array<T, D> }"#,
        expect_file!["../../tests/expand/bound.rs"],
    );
}

#[test]
fn a_struct_that_borrows_is_outlived_by_the_checkpoint() {
    check(
        "struct View<'a, 'b: 'a> { w: ArrayView1<'a, f32>, b: ArrayView1<'b, f32> }",
        expect_file!["../../tests/expand/borrow.rs"],
    );
}

#[test]
fn a_newtype_is_what_it_holds() {
    check("struct Weights(Array2<f32>);", expect_file!["../../tests/expand/newtype.rs"]);
}

#[test]
fn many_fields_are_built_in_groups() {
    let skipped = (0..15).map(|number| format!("#[ckpt(skip)] cache_{number}: Cache,"));
    check(
        &format!(
            "struct Long {{ first: Vec<f32>, {} seventeenth: f32, last: i64 }}",
            skipped.collect::<String>()
        ),
        expect_file!["../../tests/expand/group.rs"],
    );
}

#[test]
fn a_unit_struct_takes_nothing() {
    check("struct Nothing;", expect_file!["../../tests/expand/unit.rs"]);
}

#[test]
fn a_struct_declares_symbols() {
    check(
        r#"#[ckpt(dims(n_embd, n_head = 12, local c_in), assert(n_embd % n_head == 0), cast = "any")]
        struct Model {
            #[ckpt(dim)]
            n_embd: usize,
            #[ckpt(dims(n = 3 * (n_embd + 1)))]
            block: Block,
        }"#,
        expect_file!["../../tests/expand/symbols.rs"],
    );
}

#[test]
fn transforms_are_steps_in_the_order_written() {
    check(
        "struct Attention {
            #[ckpt(transpose, shape = [n_embd, _], reshape[n_head, _, 64], permute(1, 0, 2))]
            #[ckpt(expand(0), cast)]
            w: Array4<f32>,
        }",
        expect_file!["../../tests/expand/transform.rs"],
    );
}

#[test]
fn a_variable_is_cut_into_parts() {
    check(
        r#"struct Attention {
            #[ckpt(split(axis = 1, sizes = [n, 2]))]
            c_attn: (Array2<f32>, Array2<f32>),
            #[ckpt(path = "qkv", chunk(axis = 1, index = 0, of = 2), parallel(axis = 0, of = [1, 2]))]
            q: Array2<f32>,
            #[ckpt(path = "qkv", slice(axis = 1, range = n..))]
            k: Array2<f32>,
        }"#,
        expect_file!["../../tests/expand/part.rs"],
    );
}

#[test]
fn variables_are_joined() {
    check(
        r#"struct Mixture {
            #[ckpt(concat(axis = 0, paths = ["q", "k"]))]
            qk: Array2<f32>,
            #[ckpt(path = "expert<e>", stack(e = 0..n_expert, axis = 0))]
            experts: Array3<f32>,
        }"#,
        expect_file!["../../tests/expand/join.rs"],
    );
}

#[test]
fn functions_make_the_values_of_fields() {
    check(
        r#"struct Made<T> {
            #[ckpt(with = "module")]
            with: T,
            #[ckpt(map = "function", default = "other")]
            map: f32,
            #[ckpt(try_from = "ArrayD<T>")]
            try_from: Weights<T>,
        }"#,
        expect_file!["../../tests/expand/custom.rs"],
    );
}

#[test]
fn the_compiler_looks_into_a_manifest() {
    check(
        r#"#[ckpt(manifest = "tests/expand/manifest.txt", dims(n_embd, local n), ignore(bookkeeping, "step"))]
        pub struct Model {
            #[ckpt(path = "h<i>/w", repeat(i), shape = [n_embd, n])]
            layers: Vec<Array2<f32>>,
        }"#,
        expect_file!["../../tests/expand/manifest.rs"],
    );
}

#[test]
fn every_manifest_says_what_symbols_are() {
    check(
        r#"#[ckpt(manifest("tests/expand/manifest.txt", "tests/expand/no_variable.txt"), dims(r#type))]
        struct Model<'a> { w: ArrayView1<'a, f32> }"#,
        expect_file!["../../tests/expand/manifests.rs"],
    );
}

#[test]
fn after_an_error_symbols_have_values_all_the_same() {
    check(
        r#"#[ckpt(manifest("tests/expand/manifest.txt", "tests/expand/no.txt"), dims(n))]
        struct Weights { #[ckpt(shape = [n, _])] w: Array2<f32> }"#,
        expect_file!["../../tests/expand/refused.rs"],
    );
}

#[test]
fn after_an_error_there_is_an_impl_all_the_same() {
    check(
        "struct Weights { #[ckpt(pth = \"w\")] w: Array2<f32> }",
        expect_file!["../../tests/expand/error.rs"],
    );
}

#[test]
fn lists_have_indices_and_items() {
    let item = r#"struct Model<T> {
        #[ckpt(path = "<r>x<r>", repeat(r in [16, 8]))]
        blocks: Vec<Block<T>>,
        #[ckpt(path = "op_<i>", repeat(i = any), with = "halves")]
        ops: BTreeMap<usize, f32>,
        #[ckpt(path = "e<i>", repeat, try_from = "i64")]
        epochs: Vec<Epoch>,
        #[ckpt(path = "s<i>", repeat, map = "exp", unmap = "ln")]
        scales: [f32; 2],
    }"#;
    check(item, expect_file!["../../tests/expand/lists.rs"]);
    let item = syn::parse_str(item).unwrap();
    let written = prettyplease::unparse(&syn::parse2(crate::derive_saving(&item)).unwrap());
    let written = written.replace("::checkpoint_core::__private::", "");
    expect_file!["../../tests/expand/lists_put.rs"].assert_eq(&written);
}
