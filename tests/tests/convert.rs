//! Conversions: every element is moved as its rule says, in any format. Errors are reported before anything is written.

use std::fs;
use std::path::Path;

use checkpoint_core::{
    Checkpoint, ConvertError, ConvertOptions, ConvertReport, DType, Memory, Rules, SaveOptions,
    Tensor, convert, verify_copy,
};
use checkpoint_tests::architectures::{albert, bert, t5};
use checkpoint_tests::corpus::cases;
use checkpoint_tests::memory::{checkpoint, counting};
use expect_test::{Expect, expect};
use ndarray::{Axis, IxDyn, array, concatenate, s};
use tempfile::TempDir;

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

/// Converts to a format, and opens the result.
fn converted(
    from: &Checkpoint,
    rules: &Rules,
    format: &str,
    options: impl FnOnce(SaveOptions<'static>) -> SaveOptions<'static>,
) -> Result<(ConvertReport, Checkpoint, TempDir), ConvertError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let save = options(SaveOptions::new().format(format));
    let report = convert(from, &path, rules, ConvertOptions::new().save(save))?;
    let new = Checkpoint::open(&report.saved.checkpoint).unwrap();
    Ok((report, new, folder))
}

const FORMATS: [&str; 4] = ["tensorflow", "safetensors", "npz", "npy"];

#[test]
fn elements_land_where_rules_say() {
    let from = checkpoint(
        "a [2, 3]\nb0 [1, 4]\nb1 [1, 4]\nqkv [4, 6]\nx0 [2, 3]\ny0 [2, 2]\nr [6]\nw [3, 2]\nkept [2]\nstep i64 []",
    );
    let rules = rules(
        "a -> t.a : transpose
         b<i> -> t.b.<i> : squeeze(0)
         qkv -> t.q, t.k, t.v : split(axis = 1), transpose
         x<i>, y<i> -> t.xy.<i> : concat(axis = 1)
         r -> t.r : reshape[2, _], permute(1, 0)
         w -> t.first : slice(axis = 0, range = ..1)
         w -> t.rest : slice(axis = 0, range = 1..)
         ignore \"step\"
         keep \"kept\"",
    );
    for format in FORMATS {
        let (report, new, _folder) = converted(&from, &rules, format, |options| options).unwrap();
        assert!(report.verified && report.saved.format == format, "{report}");
        assert_eq!(report.ignored, [("step".to_owned(), 1)]);
        let array = |name: &str| new.read_array::<f32>(name).unwrap();
        assert_eq!(array("t.a"), counting(&[2, 3]).t());
        assert_eq!(array("t.b.1"), counting(&[4]));
        for (number, name) in ["t.q", "t.k", "t.v"].into_iter().enumerate() {
            let columns = 2 * number..2 * number + 2;
            assert_eq!(array(name), counting(&[4, 6]).slice(s![.., columns]).t().into_dyn());
        }
        let joined = [counting(&[2, 3]), counting(&[2, 2])];
        assert_eq!(
            array("t.xy.0"),
            concatenate(Axis(1), &joined.each_ref().map(|it| it.view())).unwrap()
        );
        let matrix = counting(&[6]).into_shape_with_order((2, 3)).unwrap();
        assert_eq!(array("t.r"), matrix.t().into_dyn());
        assert_eq!(array("t.rest"), counting(&[3, 2]).slice(s![1.., ..]).into_dyn());
        assert_eq!(array("kept"), counting(&[2]));
        assert_eq!(new.variables().len(), 11);
        let lazy = from.converted(&rules).unwrap();
        let names = |checkpoint: &Checkpoint| -> Vec<String> {
            checkpoint.variables().iter().map(|variable| variable.name.to_string()).collect()
        };
        assert_eq!(names(&lazy), names(&new));
        for (name, written) in new.tensors() {
            assert_eq!(lazy.read(name).unwrap(), written.unwrap(), "{name}");
        }
    }
}

#[test]
fn a_converted_checkpoint_reads_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    checkpoint("w0 [1, 3, 2]\nw1 [1, 3, 2]").save_as(&path, SaveOptions::new()).unwrap();
    let rules = rules("w<i> -> t.<i> : squeeze(0)");
    let converted = Checkpoint::open_in_memory(&path).unwrap().converted(&rules).unwrap();
    // No elements move, so they are borrowed, and rows are read separately.
    let borrowed = converted.borrow("t.1").unwrap().unwrap();
    assert_eq!(borrowed, converted.read("t.1").unwrap().as_bytes());
    let rows = converted.read_rows("t.1", 1..3).unwrap();
    assert_eq!(rows.into_array::<f32>().unwrap(), counting(&[3, 2]).slice(s![1.., ..]).into_dyn());
    converted.verify("t.0").unwrap();
}

#[test]
fn slices_and_strings_are_converted_as_they_are_read() {
    let mut compared = 0;
    for case in cases().unwrap() {
        let from = Checkpoint::open(case.prefix).unwrap();
        let converted = from.converted(&Rules::default()).unwrap();
        for variable in from.variables() {
            assert_eq!(converted.read(&variable.name).unwrap(), from.read(&variable.name).unwrap());
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

const BERT: bert::Bert =
    bert::Bert { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };
const T5: t5::T5 =
    t5::T5 { vocab: 19, d_model: 6, d_ff: 10, heads: 2, d_kv: 4, blocks: 3, ..t5::T5::SMALL };
const T5_1_1: t5::T5 =
    t5::T5 { version: t5::T5::SMALL_1_1.version, norms: t5::T5::SMALL_1_1.norms, ..T5 };

#[test]
fn a_model_goes_there_and_back() {
    for (model, listing) in [
        ("bert", BERT.trained()),
        ("bert", BERT.fine_tuned(3)),
        ("albert", albert::Albert::TINY.trained()),
        ("t5", T5.trained()),
        ("t5", T5_1_1.trained()),
    ] {
        let (_folder, from) = listing.checkpoint().unwrap();
        let rules = Rules::known(model).unwrap();
        let (_, there, _there) =
            converted(&from, &rules, "safetensors", |options| options).unwrap();
        let back = rules.reversed().unwrap();
        let (_, back, _back) = converted(&there, &back, "tensorflow", |options| options).unwrap();
        let mut count = 0;
        for (name, tensor) in back.tensors() {
            // Newer versions of T5 use another name for it.
            let name = name.to_string();
            let own = from.catalog().get(&name).map_or_else(
                || {
                    name.replace("/final_layer_norm/", "/rms_norm/")
                        .replace("/layer_norm/", "/rms_norm/")
                },
                |_| name.clone(),
            );
            assert_eq!(tensor.unwrap(), from.read(&own).unwrap(), "{model}: {name}");
            count += 1;
        }
        assert_eq!(count, there.variables().len(), "{model}");
    }
}

/// Returns the variables of an ELECTRA with one layer in each half, with numbers as elements.
fn electra() -> Checkpoint {
    let layer = |at: &str| {
        let dense = |path: &str, of: [u64; 2]| {
            format!("{at}/{path}/kernel [{}, {}]\n{at}/{path}/bias [{}]\n", of[0], of[1], of[1])
        };
        let norm = |path: &str| format!("{at}/{path}/gamma [4]\n{at}/{path}/beta [4]\n");
        ["attention/self/query", "attention/self/key", "attention/self/value"]
            .map(|path| dense(path, [4, 4]))
            .concat()
            + &dense("attention/output/dense", [4, 4])
            + &norm("attention/output/LayerNorm")
            + &dense("intermediate/dense", [4, 6])
            + &dense("output/dense", [6, 4])
            + &norm("output/LayerNorm")
    };
    checkpoint(&format!(
        "electra/embeddings/word_embeddings [9, 3]\nelectra/embeddings/position_embeddings [5, 3]
         electra/embeddings/token_type_embeddings [2, 3]\nelectra/embeddings/LayerNorm/gamma [3]
         electra/embeddings/LayerNorm/beta [3]\nelectra/embeddings_project/kernel [3, 4]
         electra/embeddings_project/bias [4]\ngenerator/embeddings_project/kernel [3, 4]
         generator/embeddings_project/bias [4]\ndiscriminator_predictions/dense/kernel [4, 4]
         discriminator_predictions/dense/bias [4]\ndiscriminator_predictions/dense_1/kernel [4, 1]
         discriminator_predictions/dense_1/bias [1]\ngenerator_predictions/dense/kernel [4, 3]
         generator_predictions/dense/bias [3]\ngenerator_predictions/LayerNorm/gamma [3]
         generator_predictions/LayerNorm/beta [3]\ngenerator_predictions/output_bias [9]
         temperature []\nglobal_step i64 []\n{}{}",
        layer("electra/encoder/layer_0"),
        layer("generator/encoder/layer_0"),
    ))
}

#[test]
fn one_checkpoint_of_electra_is_two_models() {
    let from = electra();
    for (model, variables, head) in [
        ("electra", 27, ["discriminator_predictions.dense_prediction.weight", "[1, 4]"]),
        ("electra-generator", 28, ["generator_predictions.dense.weight", "[3, 4]"]),
    ] {
        let rules = Rules::known(model).unwrap();
        let (_, there, _folder) = converted(&from, &rules, "safetensors", |it| it).unwrap();
        assert_eq!(there.variables().len(), variables, "{model}");
        let [name, shape] = head;
        assert_eq!(there.catalog().get(name).unwrap().shape.to_string(), shape);
        let project = there.read_array::<f32>("electra.embeddings_project.weight").unwrap();
        assert_eq!(project, counting(&[3, 4]).t());
        let (_, back, _back) =
            converted(&there, &rules.reversed().unwrap(), "tensorflow", |it| it).unwrap();
        for (name, tensor) in back.tensors() {
            assert_eq!(tensor.unwrap(), from.read(name).unwrap(), "{model}: {name}");
        }
    }
}

#[test]
fn without_rules_names_and_layouts_stay_and_the_bytes_are_those_of_a_copy() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folder = tempfile::tempdir().unwrap();
    for name in
        ["models/gpt2-nano", "gen/scalars/s", "gen/strings/strings", "gen/dtypes/dtypes.ckpt"]
    {
        let from = Checkpoint::open(corpus.join(name)).unwrap();
        let [copy, new] =
            ["copy", "new"].map(|end| folder.path().join(name.replace('/', "-") + end));
        from.save_as(&copy, SaveOptions::new()).unwrap();
        convert(&from, &new, &Rules::default(), ConvertOptions::new()).unwrap();
        for end in ["index", "data-00000-of-00001"] {
            let bytes = |path: &Path| fs::read(format!("{}.{end}", path.display())).unwrap();
            assert!(bytes(&copy) == bytes(&new), "{name}: {end}");
        }
    }
}

#[test]
fn globs_to_keep_are_strict_without_rules_too() {
    let from = checkpoint("a [2]\nb [3]\nc [4]");
    let (_, new, _folder) =
        converted(&from, &rules("keep \"a\"\nignore \"[bc]\""), "npz", |options| options).unwrap();
    let names: Vec<String> = new.variables().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["a"]);
    expect![[r#"
        the rules have 2 problems
        - no rule takes `b`, f32 [3]; write one, or `ignore` it
        - no rule takes `c`, f32 [4]; write one, or `ignore` it"#]]
    .assert_eq(&converted(&from, &rules("keep \"a\""), "npz", |it| it).unwrap_err().to_string());
}

#[test]
fn dtypes_are_rounded_and_counted() {
    let tensors = [
        ("a", Tensor::from_array(array![1.0_f32, 1.000_1, -2.5]).unwrap()),
        ("b", Tensor::from_array(array![[0.1_f64]]).unwrap()),
        ("c", Tensor::from_array(array![7_i64]).unwrap()),
    ];
    let from = Checkpoint::from_source("memory", Memory::new(tensors));
    let convert_to = |dtype| {
        let rules = rules("a -> x\nb -> y : transpose\nkeep \"c\"");
        converted(&from, &rules, "safetensors", |options| options.dtype(dtype))
    };
    let (report, new, _folder) = convert_to(DType::BFloat16).unwrap();
    assert_eq!(report.saved.rounded, 2);
    let spec = |name: &str| new.catalog().get(name).unwrap().spec().to_string();
    assert_eq!([spec("x"), spec("y"), spec("c")], ["bf16 [3]", "bf16 [1, 1]", "i64 [1]"]);
    let (report, ..) = convert_to(DType::Float64).unwrap();
    assert_eq!(report.saved.rounded, 0);
    let large = Tensor::from_array(array![1.0_f32, 1e30]).unwrap();
    let from = Checkpoint::from_source("memory", Memory::new([("large", large)]));
    let folder = tempfile::tempdir().unwrap();
    let save = SaveOptions::new().dtype(DType::Float16);
    let path = folder.path().join("new.npz");
    let error =
        convert(&from, &path, &Rules::default(), ConvertOptions::new().save(save)).unwrap_err();
    expect!["`large` has numbers that are too large for f16; save it as another dtype"]
        .assert_eq(&error.to_string());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_part_is_converted_alone() {
    let from = checkpoint("a/x [2]\na/y [3]\nb [4]");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.npz");
    let rules = rules("a/<i> -> n.<i>\nb -> c\nkeep \"a/*\"");
    convert(&from, &path, &rules, ConvertOptions::new().only(["a/*"])).unwrap();
    let names: Vec<String> =
        Checkpoint::open(&path).unwrap().variables().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["a/x", "a/y"]);
    let refused = |globs: &[&str], expected: Expect| {
        let options = ConvertOptions::new().only(globs.iter().copied());
        expected.assert_eq(&convert(&from, &path, &rules, options).unwrap_err().to_string());
    };
    refused(
        &["z"],
        expect!["no variable is to be converted; change the globs of `only`, or the rules"],
    );
    refused(&["["], expect!["`only`: `[` is not a glob: `[` is not closed by `]`"]);
}

#[test]
fn what_a_format_cannot_hold_is_told_before_anything_is_written() {
    let tensors = [
        ("words", Tensor::from_strings([1], ["a"]).unwrap()),
        ("half", Tensor::from_bytes(DType::BFloat16, [1], &[0, 0]).unwrap()),
    ];
    let from = Checkpoint::from_source("memory", Memory::new(tensors));
    let refused =
        |format| converted(&from, &Rules::default(), format, |it| it).unwrap_err().to_string();
    let shown = |format| refused(format).split_once(": ").unwrap().1.to_owned();
    expect![[r#"
        2 problems
        - `half` is bf16 [1], which NumPy cannot hold; convert it to another dtype, leave it out, or save as safetensors or TensorFlow
        - `words` is string [1], which NumPy cannot hold; leave it out, or save as TensorFlow
        1 problem
        - `words` is string [1], which safetensors cannot hold; leave it out, or save as TensorFlow"#]].assert_eq(&(shown("npz") + "\n" + &shown("safetensors")));
}

#[test]
fn an_empty_array_and_a_scalar_are_converted() {
    let from = checkpoint("empty [3, 0]\nscalar []");
    let rules = rules("empty -> e : transpose\nscalar -> s : expand(0)");
    for format in FORMATS {
        let (_, new, _folder) = converted(&from, &rules, format, |options| options).unwrap();
        let shape = |name: &str| new.catalog().get(name).unwrap().shape.to_string();
        assert_eq!([shape("e"), shape("s")], ["[0, 3]", "[1]"]);
        assert_eq!(
            new.read_array::<f32>("s").unwrap(),
            counting(&[]).into_shape_with_order(IxDyn(&[1])).unwrap()
        );
    }
}

#[test]
fn mobilenet_v2_counts_layers_from_0_and_takes_averages() {
    let layer = |at: &str, weights: &str, shape: &str, channels: usize| {
        let parts = ["gamma", "beta", "moving_mean", "moving_variance"];
        let norm = parts.map(|part| format!("{at}/BatchNorm/{part} [{channels}]\n")).concat();
        format!("{at}/{weights} {shape}\n{norm}")
    };
    let block = |at: &str, channels: usize| {
        layer(
            &format!("{at}/depthwise"),
            "depthwise_weights",
            &format!("[3, 3, {channels}, 1]"),
            channels,
        ) + &layer(&format!("{at}/project"), "weights", &format!("[1, 1, {channels}, 2]"), 2)
    };
    let v2 = |at: &str| format!("MobilenetV2/{at}");
    let mut lines =
        layer(&v2("Conv"), "weights", "[3, 3, 3, 4]", 4) + &block(&v2("expanded_conv"), 4);
    for number in 1..=2 {
        let at = v2(&format!("expanded_conv_{number}"));
        lines += &(layer(&format!("{at}/expand"), "weights", "[1, 1, 2, 6]", 6) + &block(&at, 6));
    }
    lines += &layer(&v2("Conv_1"), "weights", "[1, 1, 2, 5]", 5);
    let logits = v2("Logits/Conv2d_1c_1x1");
    lines = format!("{lines}{logits}/weights [1, 1, 5, 7]\n{logits}/biases [7]\n");
    let averages: String = lines
        .lines()
        .map(|line| line.replacen(' ', "/ExponentialMovingAverage ", 1) + "\n")
        .collect();
    let rules = Rules::known("mobilenet-v2").unwrap();
    let plain = checkpoint(&lines);
    let both = checkpoint(&(lines.clone() + &averages + "global_step i64 []"));
    for from in [&plain, &both] {
        let (_, there, _folder) = converted(from, &rules, "safetensors", |it| it).unwrap();
        assert_eq!(there.variables().len(), plain.variables().len());
        let names = [
            "mobilenet_v2.layer.0.expand_1x1.convolution.weight",
            "mobilenet_v2.layer.1.conv_3x3.convolution.weight",
        ];
        for (name, shape) in names.into_iter().zip(["[6, 2, 1, 1]", "[6, 1, 3, 3]"]) {
            assert_eq!(there.catalog().get(name).unwrap().shape.to_string(), shape);
        }
        let (_, back, _back) =
            converted(&there, &rules.reversed().unwrap(), "tensorflow", |it| it).unwrap();
        assert_eq!(back.variables().len(), plain.variables().len());
        for (name, tensor) in back.tensors() {
            let average = format!("{name}/ExponentialMovingAverage");
            let is_statistic = average.contains("/moving_");
            let taken = match from.catalog().get(average.as_str()) {
                Some(_) if !is_statistic => average,
                _ => name.to_string(),
            };
            assert_eq!(tensor.unwrap(), from.read(&taken).unwrap(), "{name}");
        }
    }
}

#[test]
fn a_copy_that_differs_names_a_variable() {
    let float = |array: ndarray::Array1<f32>| Tensor::from_array(array).unwrap();
    let word = |last: &str| Tensor::from_strings([2], ["a", last]).unwrap();
    // More than is compared at once.
    let long =
        |last: f32| float(ndarray::Array1::from_iter((0..300_000).map(|_| 0.5).chain([last])));
    let written = |variables: &[(&str, Tensor)]| {
        let path = "copy";
        Checkpoint::from_source(path, Memory::new(variables.iter().cloned()))
    };
    let all = [("long", long(1.0)), ("none", float(array![])), ("word", word("bc"))];
    let said = |variables: &[(&str, Tensor)]| {
        let result = verify_copy(&written(&all), &written(variables));
        result.map_or_else(|error| error.to_string(), |()| "the same".to_owned())
    };
    assert_eq!(said(&all), "the same");
    let [first, none, last] = all.clone();
    expect!["`long` in `copy` differs from what was written; convert it again, to another place"]
        .assert_eq(&said(&[("long", long(2.0)), none.clone(), last.clone()]));
    for (name, variables) in [
        ("word", vec![first.clone(), none.clone(), ("word", word("bd"))]),
        // Another shape, missing, and one more.
        ("none", vec![first.clone(), ("none", float(array![0.0])), last.clone()]),
        ("none", vec![first.clone(), last.clone()]),
        ("more", vec![first, none, last, ("more", float(array![]))]),
    ] {
        let said = said(&variables);
        assert!(said.starts_with(&format!("`{name}` in `copy` differs from what")), "{said}");
    }
}
