//! `ckpt recover`.

use std::fs;

use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use tempfile::TempDir;

use crate::ckpt;

#[test]
fn a_save_that_was_cut_short_is_ended() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    Bundle::new().f32("w", &[1], &[1.0]).write(&path).unwrap();
    let at = |name: &str| folder.path().join(name);
    Bundle::new().f32("new", &[1], &[2.0]).write(at("next")).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(ckpt(["recover", path]).good(), "no save was cut short\n");
    // The data file is renamed, the index is not.
    fs::rename(at("next.data-00000-of-00001"), at("model.data-00000-of-00001")).unwrap();
    fs::rename(at("next.index"), at("model.index.tempstate-ckpt")).unwrap();
    let rename = r#"[["model.data-00000.tempstate-ckpt","model.data-00000-of-00001"],["model.index.tempstate-ckpt","model.index"]]"#;
    fs::write(at("model.switch"), format!(r#"{{"rename":{rename},"remove":[]}}"#)).unwrap();
    let refused = ckpt(["ls", path]).shown().replace(folder.path().to_str().unwrap(), "D");
    expect![[r#"
        status 2
        error: some files of the checkpoint `D/model` are old and some are new: `D/model.switch` is left from an interrupted save; save again, or run `ckpt recover`
    "#]].assert_eq(&refused);
    assert_eq!(ckpt(["recover", path]).good(), "all files are those of the new checkpoint now\n");
    assert_eq!(ckpt(["ls", path]).good(), "4 B  f32  [1]  new\n1 variable, 1 element, 4 B\n");
    fs::write(at("model.switch"), "").unwrap();
    let refused = ckpt(["recover", path]).shown().replace(folder.path().to_str().unwrap(), "D");
    expect![[r#"
        status 2
        error: `D/model.switch`, the record of an interrupted save, is damaged; remove it and all files of the checkpoint, and save again
    "#]].assert_eq(&refused);
}
