//! Colors, and what a terminal must not be sent.

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::DType;
use checkpoint_schema::listing::catalog::is_seen;
use checkpoint_tests::writer::Bundle;

use crate::{ckpt, command, data_file, flip, run, write};

#[test]
fn colors_are_used_when_they_are_asked_for() {
    let list = ["ls", "--tree", "models/gpt2-nano/model.ckpt"];
    let is_colored = |text: &str| text.contains("\x1b[");
    assert!(is_colored(&ckpt(["--color", "always"].iter().chain(&list)).good()));
    assert!(is_colored(&ckpt(list.iter().chain(&["--color=always"])).good()));
    assert!(!is_colored(&ckpt(list).good()));
    assert!(!is_colored(&ckpt(["--color", "never"].iter().chain(&list)).good()));
    let show = ["show", "models/gpt2-nano/model.ckpt", "nothing"];
    assert!(
        ckpt(["--color", "always"].iter().chain(&show))
            .messages
            .starts_with("\x1b[31m\x1b[1merror:\x1b[0m ")
    );
    assert!(ckpt(show).messages.starts_with("error: "));
}

#[test]
fn the_environment_does_not_color_what_never_is_colored() {
    let mut command = command();
    command.args(["--color", "never", "ls", "--tree", "models/gpt2-nano/model.ckpt"]);
    assert!(!run(command.env("CLICOLOR_FORCE", "1")).good().contains('\x1b'));
}

#[test]
fn no_name_and_no_string_sends_what_cannot_be_seen() {
    let hostile = "a\x1b[2J\x07/\u{9b}31m\u{85}\r\n\t\u{202e}\u{e0041}b";
    let not_text = b"\xff\x9b\x1b]0;title\x07".as_slice();
    let bundle = Bundle::new()
        .f32(hostile, &[1], &[1.0])
        .tensor(not_text, DType::Int8, &[1], vec![1])
        .strings("strings", &[2], &[hostile.as_bytes(), not_text]);
    let (_folder, prefix) = write(bundle);
    flip(&data_file(&prefix), 0);
    let prefix = prefix.to_str().unwrap();
    for arguments in [
        &["ls", prefix][..],
        &["ls", "--tree", prefix],
        &["ls", "--json", prefix],
        &["ls", prefix, "**/**31m**"],
        &["digest", prefix],
        &["verify", prefix],
        &["show", prefix, hostile],
        &["show", prefix, "strings"],
        &["show", prefix, "a\x1b[3J"],
    ] {
        let run = ckpt(arguments);
        let unseen = |letter: char| !is_seen(letter) && letter != '\n';
        assert!(!run.shown().contains(unseen), "{run:?}");
        assert!(run.shown().lines().count() > 1, "{run:?}");
    }
}

/// Names with an escape sequence, line breaks, marks of direction, letters without width, and bytes that are not text.
const HOSTILE: [&[u8]; 5] = [
    b"m/a\x1b[2J\x07/\xc2\x9b31m",
    b"m/b\r\n\t\0c",
    "m/\u{202e}d\u{2066}/\u{200b}e\u{2028}f".as_bytes(),
    b"m/g\xff\x9b\x1b]0;title\x07",
    b"m/g\xfe",
];

/// A checkpoint with hostile names, of this shape.
fn hostile(folder: &Path, name: &str, shape: &[u64]) -> PathBuf {
    let prefix = folder.join(name);
    let values = vec![1.0; usize::try_from(shape.iter().product::<u64>()).unwrap()];
    let bundle =
        HOSTILE.into_iter().fold(Bundle::new(), |bundle, name| bundle.f32(name, shape, &values));
    bundle.write(&prefix).unwrap();
    prefix
}

#[test]
fn no_command_sends_what_cannot_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let first = hostile(folder.path(), "first", &[2, 1]);
    let second = hostile(folder.path(), "second", &[3]);
    let other = folder.path().join("other");
    Bundle::new().f32(b"m/h\xff\x1b[2J", &[1], &[1.0]).write(&other).unwrap();
    let rules = folder.path().join("a\x1b[2J.rules");
    fs::write(&rules, "m/<i>\u{202e} -> x\nm/a\u{1b}[2J -> \u{9b}31m\n\u{1b}[2J").unwrap();
    let missing = folder.path().join("no\x1b[2J\u{202e}\n");
    let [first, second, other, rules, missing] =
        [&first, &second, &other, &rules, &missing].map(|path| path.to_str().unwrap());
    let name = "m/a\x1b[2J\x07/\u{9b}31m";
    let to = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let targets =
        ["a.safetensors", "a.npz", "a/", "a.ckpt", "x\x1b[2J\u{202e}\n.npz", "b.safetensors"];
    let [safetensors, npz, npy, tensorflow, odd, renamed] = targets.map(to);
    let by_rules = ["--rule", "m/a\x1b[2J\x07/\u{9b}31m -> y\u{202e}", "--rule", "** -> z/**"];
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["ls", first],
        vec!["ls", "--json", first],
        vec!["ls", "--tree", first],
        vec!["ls", first, "m/\x1b[2J*"],
        vec!["ls", first, "[\x1b\u{202e}"],
        vec!["ls", missing],
        vec!["show", first, name],
        vec!["show", "--plot", first, name],
        vec!["show", first, "m/a\x1b[3J\u{202e}"],
        vec!["show", first, "m/g\\xff"],
        vec!["explain", first, name],
        vec!["explain", "--json", first, name],
        vec!["explain", first, "m/\u{202e}"],
        vec!["digest", first],
        vec!["verify", first],
        vec!["diff", first, second],
        vec!["diff", first, other],
        vec!["diff", "--rules", rules, first, second],
        vec!["diff", "--model", "gpt2", first, second],
        vec!["diff", "--model", "\x1b[2J\u{202e}", first, second],
        vec!["convert", first, &safetensors],
        vec!["convert", first, &npz],
        vec!["convert", first, &npy],
        vec!["convert", first, &tensorflow],
        vec!["convert", first, &tensorflow],
        vec!["convert", first, &odd],
        vec!["convert", missing, &odd],
        vec!["convert", "--dry-run", first, &renamed],
        vec!["convert", "--model", "bert", first, &renamed],
        vec!["convert", "--rules", rules, first, &renamed],
        vec!["convert", "--only", "\x1b[2J", first, &renamed],
        vec!["convert", "--part", "\x1b[2J", first, &renamed],
        vec!["convert", "--config", "\x1b[2J=\u{202e}", first, &renamed],
        vec!["manifest", first],
        vec!["scaffold", first],
        vec!["scaffold", "--only", "\x1b[2J", first],
        vec!["scaffold", "--root", "m/\u{202e}", first],
        vec!["scaffold", "--name", "\x1b[2J", first],
        vec!["report", first],
        vec!["report", first, second],
        vec!["recover", missing],
        vec!["\x1b[2J\u{202e}"],
        vec!["ls", "--\x1b[2J\u{202e}", first],
    ];
    commands.push([&["convert"], &by_rules[..], &[first, &renamed]].concat());
    let unseen = |letter: char| !is_seen(letter) && letter != '\n';
    let mut sent = Vec::new();
    for arguments in commands {
        let shown = ckpt(&arguments).shown();
        if shown.contains(unseen) || shown.lines().count() < 2 {
            sent.push(format!("{arguments:?}: {shown:?}"));
        }
    }
    assert!(sent.is_empty(), "{}", sent.join("\n"));
    // A manifest and the bytes of a checkpoint hold these names, and are read again.
    for path in [&safetensors, &tensorflow, &renamed] {
        for command in ["ls", "verify", "manifest", "scaffold"] {
            let shown = ckpt([command, path]).shown();
            assert!(!shown.contains(|letter| !is_seen(letter) && letter != '\n'), "{shown}");
        }
    }
}

#[test]
fn no_path_in_a_state_file_sends_a_control_character() {
    let folder = tempfile::tempdir().unwrap();
    let state = r#"model_checkpoint_path: "\033[2J\nmodel.ckpt""#;
    fs::write(folder.path().join("checkpoint"), state).unwrap();
    let run = ckpt(["ls".as_ref(), folder.path()]);
    assert_eq!(run.status, 2);
    assert!(run.messages.contains(r"\u{1b}[2J") && !run.messages.contains('\x1b'), "{run:?}");
}
