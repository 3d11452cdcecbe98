//! `ckpt manifest`

use std::fs;
use std::path::Path;
use std::process::Command;

use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};

use crate::{ckpt, command, run, write};

#[test]
fn layers_are_one_line() {
    expect![[r#"
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        model/h<0..2>/attn/c_attn/b  f32 [48]
        model/h<0..2>/attn/c_attn/w  f32 [1, 16, 48]
        model/h<0..2>/attn/c_proj/b  f32 [16]
        model/h<0..2>/attn/c_proj/w  f32 [1, 16, 16]
        model/h<0..2>/ln_<1..3>/b  f32 [16]
        model/h<0..2>/ln_<1..3>/g  f32 [16]
        model/h<0..2>/mlp/c_fc/b  f32 [64]
        model/h<0..2>/mlp/c_fc/w  f32 [1, 16, 64]
        model/h<0..2>/mlp/c_proj/b  f32 [16]
        model/h<0..2>/mlp/c_proj/w  f32 [1, 64, 16]
        model/ln_f/b  f32 [16]
        model/ln_f/g  f32 [16]
        model/wpe  f32 [32, 16]
        model/wte  f32 [300, 16]
    "#]]
    .assert_eq(&ckpt(["manifest", "models/gpt2-nano"]).good());
}

#[test]
fn variables_are_called_by_all_paths_of_objects() {
    let run = ckpt(["manifest", "--naming", "object_path", "models/gpt2-nano"]);
    expect![[r#"
        status 2
        error: the checkpoint has no object graph for `naming = "object_path"`; remove `naming`
    "#]]
    .assert_eq(&run.shown());
    let manifest = ckpt(["manifest", "--naming", "object_path", "gen/object-based"]).good();
    expect![[r##"
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        naming = "object_path"
        model/_functional/_operations/2/moving_mean  f32 [16]
        model/_functional/_operations/2/moving_variance  f32 [16]
        optimizer/_iterations = model/optimizer/_iterations = optimizer/_variables/0 = model/optimizer/_variables/0  i64 []
        optimizer/_learning_rate = model/optimizer/_learning_rate = optimizer/_variables/1 = model/optimizer/_variables/1  f32 []
        optimizer/_trainable_variables/0 = model/optimizer/_trainable_variables/0 = model/_functional/_operations/1/_kernel  f32 [8, 16]
        optimizer/_trainable_variables/1 = model/optimizer/_trainable_variables/1 = model/_functional/_operations/1/bias  f32 [16]
        optimizer/_trainable_variables/2 = model/optimizer/_trainable_variables/2 = model/_functional/_operations/2/gamma  f32 [16]
        optimizer/_trainable_variables/3 = model/optimizer/_trainable_variables/3 = model/_functional/_operations/2/beta  f32 [16]
        optimizer/_trainable_variables/4 = model/optimizer/_trainable_variables/4 = model/_functional/_operations/3/_kernel  f32 [16, 3]
        optimizer/_trainable_variables/5 = model/optimizer/_trainable_variables/5 = model/_functional/_operations/3/bias  f32 [3]
        optimizer/_variables/10 = optimizer/_momentums/4 = model/optimizer/_momentums/4 = model/optimizer/_variables/10  f32 [16, 3]
        optimizer/_variables/11 = optimizer/_velocities/4 = model/optimizer/_variables/11 = model/optimizer/_velocities/4  f32 [16, 3]
        optimizer/_variables/12 = optimizer/_momentums/5 = model/optimizer/_momentums/5 = model/optimizer/_variables/12  f32 [3]
        optimizer/_variables/13 = optimizer/_velocities/5 = model/optimizer/_variables/13 = model/optimizer/_velocities/5  f32 [3]
        optimizer/_variables/2 = optimizer/_momentums/0 = model/optimizer/_momentums/0 = model/optimizer/_variables/2  f32 [8, 16]
        optimizer/_variables/3 = optimizer/_velocities/0 = model/optimizer/_variables/3 = model/optimizer/_velocities/0  f32 [8, 16]
        optimizer/_variables/4 = optimizer/_momentums/1 = model/optimizer/_momentums/1 = model/optimizer/_variables/4  f32 [16]
        optimizer/_variables/5 = optimizer/_velocities/1 = model/optimizer/_variables/5 = model/optimizer/_velocities/1  f32 [16]
        optimizer/_variables/6 = optimizer/_momentums/2 = model/optimizer/_momentums/2 = model/optimizer/_variables/6  f32 [16]
        optimizer/_variables/7 = optimizer/_velocities/2 = model/optimizer/_variables/7 = model/optimizer/_velocities/2  f32 [16]
        optimizer/_variables/8 = optimizer/_momentums/3 = model/optimizer/_momentums/3 = model/optimizer/_variables/8  f32 [16]
        optimizer/_variables/9 = optimizer/_velocities/3 = model/optimizer/_variables/9 = model/optimizer/_velocities/3  f32 [16]
        save_counter  i64 []
        step  i64 []
    "##]].assert_eq(&manifest);
}

#[test]
fn variables_are_called_by_full_names_and_keys() {
    let manifest = ckpt(["manifest", "--naming", "full_name", "gen/object-based"]).good();
    expect![[r##"
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        naming = "full_name"
        Variable  i64 []  key step/.ATTRIBUTES/VARIABLE_VALUE
        adam/iteration  i64 []  key optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE
        adam/learning_rate  f32 []  key optimizer/_learning_rate/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_batch_normalization_beta_momentum  f32 [16]  key optimizer/_variables/8/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_batch_normalization_beta_velocity  f32 [16]  key optimizer/_variables/9/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_batch_normalization_gamma_momentum  f32 [16]  key optimizer/_variables/6/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_batch_normalization_gamma_velocity  f32 [16]  key optimizer/_variables/7/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_hidden_bias_momentum  f32 [16]  key optimizer/_variables/4/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_hidden_bias_velocity  f32 [16]  key optimizer/_variables/5/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_hidden_kernel_momentum  f32 [8, 16]  key optimizer/_variables/2/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_hidden_kernel_velocity  f32 [8, 16]  key optimizer/_variables/3/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_logits_bias_momentum  f32 [3]  key optimizer/_variables/12/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_logits_bias_velocity  f32 [3]  key optimizer/_variables/13/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_logits_kernel_momentum  f32 [16, 3]  key optimizer/_variables/10/.ATTRIBUTES/VARIABLE_VALUE
        adam/sequential_logits_kernel_velocity  f32 [16, 3]  key optimizer/_variables/11/.ATTRIBUTES/VARIABLE_VALUE
        save_counter  i64 []  key save_counter/.ATTRIBUTES/VARIABLE_VALUE
        sequential/batch_normalization/beta  f32 [16]  key optimizer/_trainable_variables/3/.ATTRIBUTES/VARIABLE_VALUE
        sequential/batch_normalization/gamma  f32 [16]  key optimizer/_trainable_variables/2/.ATTRIBUTES/VARIABLE_VALUE
        sequential/batch_normalization/moving_mean  f32 [16]  key model/_functional/_operations/2/moving_mean/.ATTRIBUTES/VARIABLE_VALUE
        sequential/batch_normalization/moving_variance  f32 [16]  key model/_functional/_operations/2/moving_variance/.ATTRIBUTES/VARIABLE_VALUE
        sequential/hidden/bias  f32 [16]  key optimizer/_trainable_variables/1/.ATTRIBUTES/VARIABLE_VALUE
        sequential/hidden/kernel  f32 [8, 16]  key optimizer/_trainable_variables/0/.ATTRIBUTES/VARIABLE_VALUE
        sequential/logits/bias  f32 [3]  key optimizer/_trainable_variables/5/.ATTRIBUTES/VARIABLE_VALUE
        sequential/logits/kernel  f32 [16, 3]  key optimizer/_trainable_variables/4/.ATTRIBUTES/VARIABLE_VALUE
    "##]].assert_eq(&manifest);
}

#[test]
fn a_v1_checkpoint_has_one_too() {
    expect![[r#"
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        conv/b  f32 [5]
        conv/w  f32 [3, 3, 2, 5]
        d  f64 [3]
        global_step  i64 []
        i32  i32 [6]
    "#]]
    .assert_eq(&ckpt(["manifest", "gen/v1-basic/model.ckpt"]).good());
}

/// Checks a file against a checkpoint.
fn check(prefix: &Path, file: &Path, expected: Expect) {
    let before = fs::read(file).ok();
    let run = ckpt([
        "manifest".as_ref(),
        prefix.as_os_str(),
        "-o".as_ref(),
        file.as_os_str(),
        "--check".as_ref(),
    ]);
    let shown = run.shown_of(prefix);
    expected.assert_eq(&shown.replace(&file.display().to_string(), "manifest.txt"));
    assert_eq!(fs::read(file).ok(), before, "the file was written");
}

#[test]
fn a_file_is_still_true_or_told_what_differs() {
    let layers = |bundle: Bundle, width| {
        (0..3).fold(bundle, |bundle, layer| {
            bundle.f32(format!("h{layer}/w"), &[width], &vec![0.0; usize::try_from(width).unwrap()])
        })
    };
    let (folder, before) = write(layers(Bundle::new().f32("old", &[], &[0.0]), 2));
    let file = folder.path().join("manifest");
    let run = ckpt(["manifest".as_ref(), before.as_os_str(), "-o".as_ref(), file.as_os_str()]);
    assert_eq!(run.good(), "");
    check(
        &before,
        &file,
        expect![[r#"
        status 0
        4 variables: the manifest is true
    "#]],
    );
    let (_folder, now) =
        write(layers(Bundle::new().i64("step", &[], &[7]).i64("steps", &[], &[7]), 3));
    check(
        &now,
        &file,
        expect![[r#"
        status 1
        error: the manifest `manifest.txt` is not true: 1 variable is not there, 2 variables are not listed, 3 variables are listed otherwise; write it anew without `--check`
        - h<0..3>/w  f32 [2]
        + h<0..3>/w  f32 [3]
        - old  f32 []
        + step  i64 []
        + steps  i64 []
    "#]],
    );
    // An index will do for a manifest.
    check(
        &before,
        &before.with_extension("ckpt.index"),
        expect![[r#"
        status 0
        4 variables: the manifest is true
    "#]],
    );
}

#[test]
fn the_kind_of_names_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keras.txt");
    let file = file.as_os_str();
    let to = ["manifest".as_ref(), "gen/object-based".as_ref(), "-o".as_ref(), file];
    let keys = ["--naming".as_ref(), "object_path".as_ref()];
    assert_eq!(ckpt(to.into_iter().chain(keys)).good(), "");
    let check = to.into_iter().chain(["--check".as_ref()]);
    expect![[r#"
        24 variables: the manifest is true
    "#]]
    .assert_eq(&ckpt(check).good());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let missing = folder.path().join("missing.txt");
    check(
        &prefix,
        &missing,
        expect![[r#"
            status 2
            error: cannot read `manifest.txt`: no such file; name another file
        "#]],
    );
    let wrong = folder.path().join("wrong.txt");
    fs::write(&wrong, "# a comment\nw  f31 []\n").unwrap();
    check(
        &prefix,
        &wrong,
        expect![[r#"
        status 2
        error: cannot read the manifest `manifest.txt`: line 2: unknown dtype `f31`; write it as in messages: `f32`, `bf16`, `i64`, `string`
    "#]],
    );
    let run =
        ckpt(["manifest".as_ref(), prefix.as_os_str(), "-o".as_ref(), folder.path().as_os_str()]);
    let shown = run.shown().replace(&folder.path().display().to_string(), "folder");
    expect![[r#"
        status 2
        error: cannot write `folder`: is a directory; name another file
    "#]]
    .assert_eq(&shown);
}

#[cfg(unix)]
#[test]
fn what_may_never_end_is_neither_read_nor_replaced() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    let arguments = ["manifest".as_ref(), prefix.as_os_str(), "-o".as_ref(), link.as_os_str()];
    let shown = [&[][..], &["--check".as_ref()]].map(|check| {
        let run = ckpt(arguments.iter().chain(check));
        run.shown().replace(&link.display().to_string(), "link")
    });
    expect![[r#"
        status 2
        error: `link` is not a regular file; name another file, or `-` for the standard output
        status 2
        error: `link` is not a regular file; name another file, or `-` for the standard input
    "#]]
    .assert_eq(&shown.concat());
}

/// A folder and a file whose length is 0, which would be an empty text.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_or_a_file_of_the_system_is_no_text() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let shown = ["/proc", "/proc/self/maps"].map(|file| {
        let check = ["manifest".as_ref(), prefix.as_os_str(), "-o".as_ref(), file.as_ref()];
        let check = ckpt(check.into_iter().chain(["--check".as_ref()])).shown();
        let to = folder.path().join("to.npz");
        let rules = ["convert".as_ref(), "--rules".as_ref(), file.as_ref(), prefix.as_os_str()];
        check + &ckpt(rules.into_iter().chain([to.as_os_str()])).shown()
    });
    expect![[r#"
        status 2
        error: cannot read `/proc`: is a directory; name another file
        status 2
        error: cannot read `/proc`: is a directory; name another file
        status 2
        error: `/proc/self/maps` is not a regular file; name another file, or `-` for the standard input
        status 2
        error: `/proc/self/maps` is not a regular file; name another file, or `-` for the standard input
    "#]]
    .assert_eq(&shown.concat());
}

#[test]
fn a_dash_is_the_standard_output_or_input() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let to = ["manifest".as_ref(), prefix.as_os_str(), "-o".as_ref(), "-".as_ref()];
    let text = ckpt(to).good();
    let file = folder.path().join("manifest");
    fs::write(&file, &text).unwrap();
    let input = || fs::File::open(&file).unwrap();
    let check = to.into_iter().chain(["--check".as_ref()]);
    expect![[r#"
        1 variable: the manifest is true
    "#]]
    .assert_eq(&run(command().args(check).stdin(input())).good());
}

/// A file that was there is replaced as a whole, also where a link leads to it, or stays as it was.
#[cfg(unix)]
#[test]
fn a_file_is_written_whole_or_not_at_all() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let (file, link) = (folder.path().join("manifest"), folder.path().join("link"));
    fs::write(&file, "# as it was").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    let arguments = ["manifest".as_ref(), prefix.as_os_str(), "-o".as_ref(), link.as_os_str()];
    // Nothing can be written into a file, as if the disk were full.
    let full = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let shell = ["-c", full, "sh", env!("CARGO_BIN_EXE_ckpt")].map(AsRef::as_ref);
    let shown = run(Command::new("sh").args(shell.into_iter().chain(arguments))).shown();
    expect![[r#"
        status 2
        error: cannot write `link`: file too large; name another file
    "#]]
    .assert_eq(&shown.replace(&link.display().to_string(), "link"));
    assert_eq!(fs::read(&file).unwrap(), b"# as it was");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        4,
        "more than the checkpoint and these"
    );
    assert_eq!(ckpt(arguments).good(), "");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().ends_with("w  f32 []\n"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}
