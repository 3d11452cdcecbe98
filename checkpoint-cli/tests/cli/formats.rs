//! `ckpt` with checkpoints of NumPy and `PyTorch`.

use checkpoint_tests::corpus::arrays;
use expect_test::expect;
use serde::Deserialize;

use crate::ckpt;

#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    dtype: String,
    shape: Vec<u64>,
    sha256: String,
}

#[test]
fn the_digest_is_what_the_libraries_read() {
    let files = ["numpy", "pytorch"].map(|library| arrays(library).unwrap());
    for (path, expected) in files.into_iter().flatten() {
        let digest = ckpt(["digest".as_ref(), path.as_os_str()]).good();
        let lines: Vec<Line> =
            digest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found = lines.iter().map(|line| (&line.name, &line.dtype, &line.shape, &line.sha256));
        let expected = expected.iter();
        let expected =
            expected.map(|(name, array)| (name, &array.dtype, &array.shape, &array.sha256));
        assert!(found.eq(expected), "{}: {digest}", path.display());
    }
}

#[test]
fn checksums_are_verified_as_far_as_there_are_any() {
    let said = |path: &str| format!("{path}: {}", ckpt(["verify", path]).good());
    let paths = ["numpy/stored.npz", "numpy/compressed.npz", "numpy/folder", "pytorch/views.pth"];
    expect![[r#"
        numpy/stored.npz: 35 variables, 1.81 kB: all checksums are right
        numpy/compressed.npz: 7 variables, 48.27 kB: all checksums are right
        numpy/folder: 6 variables, 271 B: all checksums are right, but 5 variables have none
        pytorch/views.pth: 13 variables, 1.17 kB: all checksums are right, but 3 variables have none
    "#]]
    .assert_eq(&paths.map(said).concat());
}

#[test]
fn a_variable_of_another_form_is_shown() {
    expect![[r#"
        history
          dtype      f64
          shape      [2]
          elements   2
          size       16 B
          stored     in another form than in memory
          min        0.25
          max        0.5
          mean       0.375
          std        0.125
          NaN        0
          infinite   0
          zero       0
          values     [0.5, 0.25]
    "#]]
    .assert_eq(&ckpt(["show", "pytorch/training.pt", "history"]).good());
    expect![[r#"
        fortran/bytes
          dtype      string
          shape      [3, 2]
          elements   6
          stored     in another form than in memory
          shortest   0 bytes
          longest    3 bytes
          empty      1
          values     ["a", "bc", "", "d\0e", "\xff", "g"]
    "#]]
    .assert_eq(&ckpt(["show", "numpy/stored.npz", "fortran/bytes"]).good());
}

#[test]
fn what_cannot_be_read_is_listed() {
    expect![[r#"
        24 B  f64      [3]  good
              unknown       long (not supported)
              unknown       objects (not supported)
              unknown       raw (not supported)
              unknown       record (not supported)
              unknown       time (not supported)
        6 variables, 5 of them incomplete or damaged, 3 elements, 24 B
    "#]]
    .assert_eq(&ckpt(["ls", "numpy/unsupported.npz"]).good());
}

#[test]
fn advice_names_options_of_the_command_line() {
    expect![[r#"
        status 2
        error: there are several checkpoints at `numpy`; open `numpy/compressed.npz` (`npz`), `numpy/stored.npz` (`npz`), `numpy/unsupported.npz` (`npz`) or `numpy` (`npy`)
    "#]].assert_eq(&ckpt(["ls", "numpy"]).shown());
    let message = ckpt(["ls", "--memory", "1", "models/gpt2-shakespeare"]).messages;
    assert!(message.ends_with("; if you trust the file, raise `--memory`\n"), "{message}");
}

#[test]
fn a_file_of_an_old_version_is_told() {
    expect![[r#"
        status 2
        error: `pytorch/legacy.pt` is a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer
    "#]].assert_eq(&ckpt(["ls", "pytorch/legacy.pt"]).shown());
}
