//! Every command on a safetensors file.

use std::fs;
use std::path::PathBuf;

use checkpoint_core::{DType, Name, Tensor};
use checkpoint_tests::writer::safetensors::{safetensors, with_header};
use expect_test::expect;
use tempfile::TempDir;

use crate::ckpt;

fn written() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let weight = |number: f32| {
        let bytes = [number, 2.0, 3.0].map(f32::to_ne_bytes).concat();
        Tensor::from_bytes(DType::Float32, [1, 3], &bytes).unwrap()
    };
    let step = Tensor::from_bytes(DType::Int64, [], &7_i64.to_ne_bytes()).unwrap();
    let tensors = [("h.0.w", weight(1.0)), ("h.1.w", weight(4.0)), ("step", step)];
    let tensors = tensors.map(|(name, tensor)| (Name::from(name), tensor));
    let path = folder.path().join("model.safetensors");
    fs::write(&path, safetensors(&tensors)).unwrap();
    (folder, path)
}

#[test]
fn what_it_holds_is_listed_and_shown() {
    let (folder, path) = written();
    let path = path.to_str().unwrap();
    expect![[r#"
        12 B  f32  [1, 3]  h.0.w
        12 B  f32  [1, 3]  h.1.w
         8 B  i64  []      step
        3 variables, 7 elements, 32 B
    "#]]
    .assert_eq(&ckpt(["ls", path]).good());
    assert_eq!(ckpt(["ls", folder.path().to_str().unwrap()]).good(), ckpt(["ls", path]).good());
    expect![[r#"
        h.0.w
          dtype      f32
          shape      [1, 3]
          elements   3
          size       12 B
          stored     bytes 224..236 of data file 0, without a checksum
          min        1.0
          max        3.0
          mean       2.0
          std        0.8164966
          NaN        0
          infinite   0
          zero       0
          values     [1.0, 2.0, 3.0]
    "#]]
    .assert_eq(&ckpt(["show", path, "h.0.w"]).good());
    expect![[r#"
        {"name":"h.0.w","dtype":"float32","shape":[1,3],"sha256":"8e628779e6a74ee0b36991c10158f63cafec7d340ad4e075592502c8708524dd"}
        {"name":"h.1.w","dtype":"float32","shape":[1,3],"sha256":"6bd0a3417f1a99aeeeb7287cf280928fa7c033e51b0d79ea1dfb232d66d3a5d7"}
        {"name":"step","dtype":"int64","shape":[],"sha256":"aae89fc0f03e2959ae4d701a80cc3915918c950b159f6abb6c92c1433b1a8534"}
    "#]].assert_eq(&ckpt(["digest", path]).good());
    expect![[r#"
        h.0.w
          dtype      f32
          shape      [1, 3]
          elements   3
          size       12 B
          stored     bytes 224..236 of data file 0, without a checksum
          family     h.<0..2>.w, 2 variables
          field      Model.h[0], in `Model`:
                     #[ckpt(path = "h.<i>.w", repeat, shape = [1, 3])]
                     pub h: Vec<Array2<f32>>,
    "#]]
    .assert_eq(&ckpt(["explain", "--verify", path, "h.0.w"]).good());
    expect![[r#"
        {"name":"step","dtype":"int64","shape":[],"bytes":8,"stored":[{"data_file":0,"offset":248,"size":8}],"objects":[],"full_names":[],"slots":[],"field":{"path":"Model.step","structure":"Model","text":"pub step: i64,"}}
    "#]].assert_eq(&ckpt(["explain", "--verify", "--json", path, "step"]).good());
}

#[test]
fn there_are_no_checksums_to_verify() {
    let (_folder, path) = written();
    expect![[r#"
        3 variables, 32 B: all can be read; there are no checksums to compare
    "#]]
    .assert_eq(&ckpt(["verify", path.to_str().unwrap()]).good());
}

#[test]
fn manifests_and_structs_are_written_of_it() {
    let (folder, path) = written();
    let text = folder.path().join("model.txt");
    let (path, text) = (path.to_str().unwrap(), text.to_str().unwrap());
    expect![[r#"
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        h.<0..2>.w  f32 [1, 3]
        step  i64 []
    "#]]
    .assert_eq(&ckpt(["manifest", path]).good());
    ckpt(["manifest", path, "-o", text]).good();
    ckpt(["manifest", path, "-o", text, "--check"]).good();
    // The file is a manifest itself.
    ckpt(["manifest", path, "-o", path, "--check"]).good();
    let scaffold = ckpt(["scaffold", path]).good();
    expect![[r#"
        use checkpoint_core::FromCheckpoint;
        use ndarray::Array2;

        /// The 3 variables of `model.safetensors`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(separator = ".")]
        pub struct Model {
            #[ckpt(path = "h.<i>.w", repeat, shape = [1, 3])]
            pub h: Vec<Array2<f32>>,
            pub step: i64,
        }
    "#]]
    .assert_eq(&scaffold.replace(path, "model.safetensors"));
}

#[test]
fn what_is_wrong_with_it_is_told() {
    let (_folder, path) = written();
    let header = br#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#;
    fs::write(&path, with_header(header, &[0; 4])).unwrap();
    expect![[r#"
        status 2
        error: cannot read `model.ckpt`: the tensor `w` is F32 [2], of 8 bytes, but has 4; write the file again
    "#]].assert_eq(&ckpt(["ls", path.to_str().unwrap()]).shown_of(&path));
}
