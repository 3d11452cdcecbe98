//! `ckpt convert`

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use crate::{ckpt, command, corpus, run, three, write};

/// The output, without times and the names of folders.
fn shown(run: &crate::Run, folder: &Path) -> String {
    let shown = run.shown().replace(&folder.display().to_string(), "DIR");
    let mut out = String::new();
    for line in shown.lines() {
        let (before, rest) = line.split_once(", in ").unwrap_or((line, ""));
        out.push_str(before);
        if let Some((_, after)) = rest.split_once(" ms") {
            out.push_str(after);
        }
        out.push('\n');
    }
    out
}

fn check(arguments: &[&str], expected: Expect) {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        arguments.iter().map(|it| it.replace("DIR", &folder.path().display().to_string()));
    let ran = run(command().arg("convert").args(arguments));
    expected.assert_eq(&shown(&ran, folder.path()));
}

#[test]
fn the_plan_is_printed_and_nothing_written() {
    check(
        &["--model", "gpt2", "--dry-run", "models/gpt2-nano", "DIR/x.safetensors"],
        expect![[r#"
            status 0
            model/wte -> wte.weight  f32 [300, 16]
            model/wpe -> wpe.weight  f32 [32, 16]
            model/h<0..2>/ln_1/g -> h.<0..2>.ln_1.weight  f32 [16]
            model/h<0..2>/ln_1/b -> h.<0..2>.ln_1.bias  f32 [16]
            model/h<0..2>/attn/c_attn/w -> h.<0..2>.attn.c_attn.weight  f32 [1, 16, 48] -> [16, 48]  squeeze(0)
            model/h<0..2>/attn/c_attn/b -> h.<0..2>.attn.c_attn.bias  f32 [48]
            model/h<0..2>/attn/c_proj/w -> h.<0..2>.attn.c_proj.weight  f32 [1, 16, 16] -> [16, 16]  squeeze(0)
            model/h<0..2>/attn/c_proj/b -> h.<0..2>.attn.c_proj.bias  f32 [16]
            model/h<0..2>/ln_2/g -> h.<0..2>.ln_2.weight  f32 [16]
            model/h<0..2>/ln_2/b -> h.<0..2>.ln_2.bias  f32 [16]
            model/h<0..2>/mlp/c_fc/w -> h.<0..2>.mlp.c_fc.weight  f32 [1, 16, 64] -> [16, 64]  squeeze(0)
            model/h<0..2>/mlp/c_fc/b -> h.<0..2>.mlp.c_fc.bias  f32 [64]
            model/h<0..2>/mlp/c_proj/w -> h.<0..2>.mlp.c_proj.weight  f32 [1, 64, 16] -> [64, 16]  squeeze(0)
            model/h<0..2>/mlp/c_proj/b -> h.<0..2>.mlp.c_proj.bias  f32 [16]
            model/ln_f/g -> ln_f.weight  f32 [16]
            model/ln_f/b -> ln_f.bias  f32 [16]
            28 variables; nothing was written
        "#]],
    );
    check(
        &["--dry-run", "--ignore", "model/h*/**", "models/gpt2-nano", "DIR/x.npz"],
        expect![[r#"
            status 0
            model/ln_f/b  f32 [16]
            model/ln_f/g  f32 [16]
            model/wpe  f32 [32, 16]
            model/wte  f32 [300, 16]
            ignored by `model/h*/**`: 24 variables
            4 variables; nothing was written
        "#]],
    );
}

#[test]
fn a_checkpoint_goes_there_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (there, back) = (at("gpt2.safetensors"), at("back/model.ckpt"));
    let ran = ckpt(["convert", "--model", "gpt2", "models/gpt2-nano", &there]);
    expect![[r#"
        status 0
        28 variables, 47.6 kB, as DIR/gpt2.safetensors (safetensors, 1 file); verified
        config.json, from hparams.json
    "#]]
    .assert_eq(&shown(&ran, folder.path()));
    ckpt(["convert", "--model", "gpt2", "--reverse", &there, &back]).good();
    for end in ["index", "data-00000-of-00001"] {
        let from = corpus().join(format!("models/gpt2-nano/model.ckpt.{end}"));
        assert!(fs::read(from).unwrap() == fs::read(format!("{back}.{end}")).unwrap(), "{end}");
    }
    let again = ckpt(["convert", "--model", "gpt2", "models/gpt2-nano", &there]);
    expect![[r#"
        status 2
        error: `DIR/gpt2.safetensors` already exists; name another path, or replace it with `--overwrite`
    "#]].assert_eq(&shown(&again, folder.path()));
    ckpt(["convert", "--overwrite", "--dtype", "f16", "models/gpt2-nano", &there]).good();
    assert!(ckpt(["ls", &there]).good().contains("f16"));
}

#[test]
fn hyper_parameters_are_written_as_pytorch_calls_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (there, config) = (at("gpt2.safetensors"), folder.path().join("config.json"));
    let convert = ["convert", "--model", "gpt2", "--overwrite", "models/gpt2-nano", &there];
    ckpt([&convert[..], &["--config", "eos_token_id=0", "--config", "name=nano"]].concat()).good();
    expect![[r#"
        {
          "eos_token_id": 0,
          "model_type": "gpt2",
          "n_embd": 16,
          "n_head": 2,
          "n_layer": 2,
          "n_positions": 32,
          "name": "nano",
          "vocab_size": 300
        }
    "#]]
    .assert_eq(&fs::read_to_string(&config).unwrap());
    // A file that is there stays, unless it is to be replaced.
    fs::remove_file(&there).unwrap();
    let convert = ["convert", "--model", "gpt2", "models/gpt2-nano", &there];
    let refused = ckpt([&convert[..], &["--config", "n_head=4"]].concat());
    expect![[r#"
        status 2
        error: `DIR/config.json` already exists; name another path, or replace it with `--overwrite`
    "#]]
    .assert_eq(&shown(&refused, folder.path()));
    ckpt(convert).good();
    assert!(fs::read_to_string(&config).unwrap().contains("eos_token_id"));
    // Without a file of hyper-parameters, there is none, and neither for other names.
    fs::remove_file(&config).unwrap();
    ckpt(["convert", "--overwrite", "models/gpt2-nano", &there]).good();
    assert!(!config.exists());
    let wrong = ckpt([&convert[..], &["--config", "n_head"]].concat());
    expect![[r#"
        status 2
        error: invalid value 'n_head' for '--config <KEY=VALUE>': write a name and a value, as in `n_head=12`

        For more information, try '--help'.
    "#]]
    .assert_eq(&shown(&wrong, folder.path()));
}

#[test]
fn a_format_that_is_not_written_is_refused_in_words_of_the_command_line() {
    check(
        &["models/gpt2-nano", "DIR/x.pt"],
        expect![[r#"
            status 2
            error: cannot save a checkpoint as `DIR/x.pt`: its end is that of a format that is not written; end it with `.safetensors` or `.npz`, or name a format with `--format`
        "#]],
    );
}

#[test]
fn rules_are_read_from_files_and_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("names.rules");
    fs::write(&rules, "model/wte -> wte : transpose\nignore \"model/h*/**\"\n").unwrap();
    let rules = rules.display().to_string();
    let to = folder.path().join("x.npz").display().to_string();
    let ran = ckpt([
        "convert",
        "--rules",
        &rules,
        "--rule",
        "model/wpe -> wpe",
        "--keep",
        "model/ln_f/*",
        "models/gpt2-nano",
        &to,
    ]);
    expect![[r#"
        status 0
        4 variables, 21.4 kB, as DIR/x.npz (npz, 1 file); verified
          ignored by `model/h*/**`: 24 variables
    "#]]
    .assert_eq(&shown(&ran, folder.path()));
    let bad = folder.path().join("bad.rules");
    fs::write(&bad, "model/wte => wte\nmodel/wpe -> wpe : turn\n").unwrap();
    let ran = ckpt(["convert", "--rules", &bad.display().to_string(), "models/gpt2-nano", &to]);
    expect![[r#"
        status 2
        error: in `DIR/bad.rules`, the rules have 2 problems
        - line 1: a rule is written `from -> to`, or `from -> to : steps`; write one, or `ignore` or `keep`
        - line 2: unknown step `turn`; steps are `squeeze`, `squeeze(0)`, `expand(0)`, `transpose`, `permute(1, 0)`, `shape = [2, 3]`, `reshape[2, 3]`, `slice(axis = 0, range = 0..2)`, `chunk(axis = 0, index = 0, of = 2)`, `reorder(axis = 0, order = [1, 0])`, `split(axis = 0)` and `concat(axis = 0)`
    "#]].assert_eq(&shown(&ran, folder.path()));
}

#[test]
fn what_does_not_fit_is_told_and_nothing_written() {
    check(
        &[
            "--rule",
            "model/wqe -> wpe",
            "--rule",
            "model/wte -> t : squeeze(0)",
            "models/gpt2-nano",
            "DIR/x.npz",
        ],
        expect![[r#"
            status 2
            error: the rules have 15 problems
            - line 1: missing variable `model/wqe`; did you mean `model/wpe`?
            - line 2: `model/wte` is f32 [300, 16], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed
            - no rule takes the 2 variables `model/h<0..2>/attn/c_attn/b`, f32 [48]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/attn/c_attn/w`, f32 [1, 16, 48]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/attn/c_proj/b`, f32 [16]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/attn/c_proj/w`, f32 [1, 16, 16]; write one, or `ignore` them
            - no rule takes the 4 variables `model/h<0..2>/ln_<1..3>/b`, f32 [16]; write one, or `ignore` them
            - no rule takes the 4 variables `model/h<0..2>/ln_<1..3>/g`, f32 [16]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/mlp/c_fc/b`, f32 [64]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/mlp/c_fc/w`, f32 [1, 16, 64]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/mlp/c_proj/b`, f32 [16]; write one, or `ignore` them
            - no rule takes the 2 variables `model/h<0..2>/mlp/c_proj/w`, f32 [1, 64, 16]; write one, or `ignore` them
            - no rule takes `model/ln_f/b`, f32 [16]; write one, or `ignore` it
            - no rule takes `model/ln_f/g`, f32 [16]; write one, or `ignore` it
            - no rule takes `model/wpe`, f32 [32, 16]; write one, or `ignore` it
        "#]],
    );
    check(
        &["--model", "t5", "models/gpt2-nano", "DIR/x.npz"],
        expect![[r#"
        status 2
        error: the rules have 1 problem
        - no rule takes any variable, such as `model/h0/attn/c_attn/b`; the rules are for another checkpoint
    "#]],
    );
    check(
        &["gen/strings/strings", "DIR/x.safetensors"],
        expect![[r#"
        status 2
        error: cannot save `DIR/x.safetensors`: 12 problems
        - `s/scalar` is string [], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/scalar_empty` is string [], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/none` is string [0], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/none2` is string [2, 0], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/allempty` is string [5], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/bounds` is string [8], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/big_bounds` is string [2], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/nonutf8` is string [3], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/unicode` is string [4], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/2d` is string [4, 3], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/long` is string [1], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
        - `s/proto` is string [], which safetensors cannot hold; leave it out with `--ignore`, or save as TensorFlow
    "#]],
    );
    check(
        &["--only", "nothing/*", "models/gpt2-nano", "DIR/x.npz"],
        expect![[r#"
            status 2
            error: no variable is to be converted; change `--only`, or the rules
        "#]],
    );
    check(
        &["--format", "gguf", "models/gpt2-nano", "DIR/x.gguf"],
        expect![[r#"
        status 2
        error: unknown format `gguf` to write; use `safetensors`, `npz`, `npy` or `tensorflow`
    "#]],
    );
    check(
        &["--max-shard-size", "5XB", "models/gpt2-nano", "DIR/x.npz"],
        expect![[r#"
        status 2
        error: invalid value '5XB' for '--max-shard-size <SIZE>': unknown unit `XB`; write bytes, or kB, MB or GB

        For more information, try '--help'.
    "#]],
    );
}

#[test]
fn shards_are_as_long_as_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("model.safetensors").display().to_string();
    let ran = ckpt(["convert", "--max-shard-size", "20kB", "models/gpt2-nano", &to]);
    expect![[r#"
        status 0
        28 variables, 47.6 kB, as DIR/model.safetensors.index.json (safetensors, 4 files); verified
    "#]]
    .assert_eq(&shown(&ran, folder.path()));
    let listed = ckpt(["ls", &folder.path().display().to_string()]).good();
    assert!(listed.contains("28 variables"), "{listed}");
}

#[cfg(unix)]
#[test]
fn a_device_is_not_replaced() {
    let (folder, prefix) = write(three());
    for name in ["link", "link.npz", "link.safetensors"] {
        let link = folder.path().join(name);
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let arguments = ["convert".as_ref(), "--overwrite".as_ref(), prefix.as_os_str()];
        let run = ckpt(arguments.into_iter().chain([link.as_os_str()])).shown();
        expect![[r#"
            status 2
            error: cannot save a checkpoint as `link`: there is a device or a pipe in its place; save to another path
        "#]].assert_eq(&run.replace(&link.display().to_string(), "link"));
        assert!(link.is_symlink());
    }
}
