//! `ckpt completions` and `ckpt man`.

use std::fs;

use expect_test::expect;

use crate::ckpt;

#[test]
fn each_shell_has_completions_of_all_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = ckpt(["completions", shell]).good();
        for word in ["scaffold", "report", "no-values"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    expect![[r#"
        status 2
        error: invalid value 'sh' for '<SHELL>'
          [possible values: bash, elvish, fish, powershell, zsh]

        For more information, try '--help'.
    "#]]
    .assert_eq(&ckpt(["completions", "sh"]).shown());
}

#[cfg(unix)]
#[test]
fn bash_takes_the_script() {
    let script = ckpt(["completions", "bash"]).good();
    let run = std::process::Command::new("bash").args(["-n", "-c", &script]).output();
    let Ok(output) = run else { return };
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn each_command_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    assert_eq!(ckpt(["man".as_ref(), pages.as_os_str()]).good(), "");
    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    expect!["ckpt-completions.1 ckpt-convert.1 ckpt-diff.1 ckpt-digest.1 ckpt-explain.1 ckpt-ls.1 ckpt-man.1 ckpt-manifest.1 ckpt-recover.1 ckpt-report.1 ckpt-scaffold.1 ckpt-show.1 ckpt-verify.1 ckpt.1"].assert_eq(&names.join(" "));
    let page = fs::read_to_string(pages.join("ckpt-ls.1")).unwrap();
    assert!(page.contains(".TH ckpt-ls 1"), "{page}");
    assert!(page.contains("Exit status"), "{page}");
    assert!(fs::read_to_string(pages.join("ckpt.1")).unwrap().contains("ckpt\\-report(1)"));
}

#[test]
fn a_folder_that_cannot_be_created_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let shown = ckpt(["man".as_ref(), file.join("man1").as_os_str()]).shown();
    expect![[r#"
        status 2
        error: cannot create `folder/file/man1`: not a directory; name another file
    "#]]
    .assert_eq(&shown.replace(&folder.path().display().to_string(), "folder"));
}
