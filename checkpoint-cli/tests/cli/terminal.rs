//! Colors, and what a terminal must not be sent.

use std::fs;

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

#[test]
fn no_path_in_a_state_file_sends_a_control_character() {
    let folder = tempfile::tempdir().unwrap();
    let state = r#"model_checkpoint_path: "\033[2J\nmodel.ckpt""#;
    fs::write(folder.path().join("checkpoint"), state).unwrap();
    let run = ckpt(["ls".as_ref(), folder.path()]);
    assert_eq!(run.status, 2);
    assert!(run.messages.contains(r"\u{1b}[2J") && !run.messages.contains('\x1b'), "{run:?}");
}
