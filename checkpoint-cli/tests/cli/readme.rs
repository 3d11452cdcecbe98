//! Every command in the README and in the guide, with what it prints.

use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use expect_test::expect_file;

use crate::corpus;

/// A page, with what its commands print now.
fn rendered(page: &str) -> String {
    let mut out = String::new();
    let (mut in_console, mut skip) = (false, false);
    for line in page.lines() {
        if line.starts_with("```") {
            (in_console, skip) = (line == "```console", false);
        }
        if let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) {
            let _ = writeln!(out, "{line}\n{}", printed(command).trim_end());
            skip = true;
        } else if !skip {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// What a command of the shell prints in the folder of the corpus.
fn printed(command: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_ckpt")).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([folder].into_iter().chain(env::split_paths(&path))).unwrap();
    let script = format!("{{ {command}; }} 2>&1");
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(corpus()).env("PATH", path).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[cfg(unix)]
#[test]
fn each_command_of_the_readme_prints_what_stands_there() {
    let readme = include_str!("../../README.md");
    assert!(readme.matches("\n$ ckpt ").count() > 4);
    expect_file!["../../README.md"].assert_eq(&rendered(readme));
}

#[cfg(unix)]
#[test]
fn each_command_of_the_guide_prints_what_stands_there() {
    let guide = include_str!("../../../docs/guide.md");
    assert!(guide.matches("\n$ ckpt ").count() > 3);
    expect_file!["../../../docs/guide.md"].assert_eq(&rendered(guide));
}
