use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;

/// Checks the latest path and all paths of each text, or its error.
fn check<const N: usize>(texts: [&str; N], expected: &Expect) {
    let read = texts.map(|text| match State::parse(text.as_bytes()) {
        Ok(state) => format!("{:?} of {:?}\n", state.latest, state.all),
        Err(error) => format!("{error}\n"),
    });
    expected.assert_eq(&read.concat());
}

/// Checks the parsed value of each string.
fn check_strings<const N: usize>(strings: [&str; N], expected: &Expect) {
    let read = strings.map(|string| {
        let text = format!("model_checkpoint_path: {string}");
        match State::parse(text.as_bytes()) {
            Ok(state) => format!("{:?}\n", state.latest),
            Err(error) => format!("{error}\n"),
        }
    });
    expected.assert_eq(&read.concat());
}

#[test]
fn tensorflow_reads_the_same() {
    let cases = include_str!("../../../../tests/corpus/state/state.json");
    let cases: Value = serde_json::from_str(cases).unwrap();
    let in_directory = |path: &str| {
        let absolute = path.starts_with('/') || path.starts_with("D/");
        if absolute { path.to_owned() } else { format!("D/{path}") }
    };
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let bytes = if case["latin1"].as_bool().unwrap() {
            text.chars().map(|letter| u8::try_from(letter).unwrap()).collect()
        } else {
            text.as_bytes().to_vec()
        };
        let read = State::parse(&bytes).ok().map(|state| {
            (in_directory(&state.latest), state.all.iter().map(|path| in_directory(path)).collect())
        });
        let expected = case["state"].as_object().map(|state| {
            let path = |path: &Value| path.as_str().unwrap().to_owned();
            let all: Vec<_> = state["all"].as_array().unwrap().iter().map(path).collect();
            (path(&state["model_checkpoint_path"]), all)
        });
        assert_eq!(read, expected, "{}", case["id"]);
    }
}

#[test]
fn what_tensorflow_writes_is_read() {
    let text = r#"model_checkpoint_path: "ckpt-5"
all_model_checkpoint_paths: "ckpt-4"
all_model_checkpoint_paths: "ckpt-5"
all_model_checkpoint_timestamps: 1795347520.9638772
all_model_checkpoint_timestamps: 1795347539.2438798
last_preserved_timestamp: 1795347519.9103198
"#;
    check(
        [text, &text.replace('\n', "\r\n")],
        &expect![[r#"
        "ckpt-5" of ["ckpt-4", "ckpt-5"]
        "ckpt-5" of ["ckpt-4", "ckpt-5"]
    "#]],
    );
}

#[test]
fn the_order_and_the_layout_are_free() {
    let texts = [
        r#"model_checkpoint_path:"a"all_model_checkpoint_paths:"b""#,
        "\t model_checkpoint_path\n:\n'a' ; all_model_checkpoint_paths : 'b' ,",
        "# first\nall_model_checkpoint_paths: 'b' # second\n#\nmodel_checkpoint_path: #\n'a' # last",
        "all_model_checkpoint_paths: ['b', \"c\" 'd'] all_model_checkpoint_paths: [] model_checkpoint_path: 'a'",
        "model_checkpoint_path: 'b' model_checkpoint_path: 'a'",
    ];
    check(
        texts,
        &expect![[r#"
        "a" of ["b"]
        "a" of ["b"]
        "a" of ["b"]
        "a" of ["b", "cd"]
        "a" of []
    "#]],
    );
}

#[test]
fn numbers_are_read_as_python_writes_and_reads_them() {
    let numbers = ["1", "-1.5", "1e9", "1.5E-3f", "+.5", "inf", "-inf", "nan", "-Infinity", "2F"];
    for number in numbers {
        let texts = [
            format!("last_preserved_timestamp: {number} model_checkpoint_path: 'a'"),
            format!("all_model_checkpoint_timestamps: [{number}, 1] model_checkpoint_path: 'a'"),
        ];
        for text in texts {
            assert!(State::parse(text.as_bytes()).is_ok(), "{text}");
        }
    }
    for number in ["", "x", "1x", "0x10", "'1'", "--1", "1 2"] {
        let text = format!("model_checkpoint_path: 'a' last_preserved_timestamp: {number}");
        assert!(State::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn strings_have_the_escapes_of_the_text_format() {
    let strings = [
        r#""\a\b\f\n\r\t\v\\\'\"""#,
        r"'\101\7\08\x41\x4g\u00fc\U0001F600'",
        r"'\303\251' '\xc3' '\xbc'",
        r"'\q\?\X41'",
        r#"'"' "'""#,
        "'ü\t#;'",
    ];
    check_strings(
        strings,
        &expect![[r#"
        "\u{7}\u{8}\u{c}\n\r\t\u{b}\\'\""
        "A\u{7}\08A\u{4}gü😀"
        "éü"
        "\\q\\?\\X41"
        "\"'"
        "ü\t#;"
    "#]],
    );
}

#[test]
fn strings_that_are_none_are_refused() {
    let strings = [
        "a",
        "",
        "'a",
        "'a\n'",
        "'a\\",
        "'a\\\n'",
        "'a\0'",
        r"'\x'",
        r"'\u12'",
        r"'\ud83d'",
        r"'\U00110000'",
        r"'\400'",
        r"'\xff'",
        "['a']",
        r#"'a""#,
    ];
    check_strings(
        strings,
        &expect![[r#"
        line 1, column 24: expected a quoted string
        line 1, column 24: expected a quoted string
        line 1, column 26: expected the end of the string
        line 1, column 26: expected the end of the string
        line 1, column 27: expected the end of the string
        line 1, column 27: expected the end of the string
        line 1, column 26: expected the end of the string
        line 1, column 27: expected the code of a character
        line 1, column 27: expected the code of a character
        line 1, column 27: expected the code of a character
        line 1, column 27: expected the code of a character
        line 1, column 26: expected the code of a character
        line 1, column 24: expected a string of UTF-8
        line 1, column 24: expected a quoted string
        line 1, column 27: expected the end of the string
    "#]],
    );
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let texts = [
        "model_checkpoint_path: 'a' new: 1 new: -x.y new: 'b' 'c' new: [1, 'b', d]",
        "new { inner: 1; deeper < x: [] > }, model_checkpoint_path: 'a'",
        "7: 'b' 9 { 1: 2 } new: { } model_checkpoint_path: 'a'",
    ];
    check(
        texts,
        &expect![[r#"
        "a" of []
        "a" of []
        "a" of []
    "#]],
    );
}

#[test]
fn texts_that_are_none_are_refused() {
    let deep = format!("model_checkpoint_path: 'a' {}{}", "x{".repeat(40), "}".repeat(40));
    let texts = [
        "",
        "model_checkpoint_path: ''",
        "all_model_checkpoint_paths: 'a'",
        "Model_checkpoint_path: 'a'",
        "model_checkpoint_path 'a'",
        "model_checkpoint_path: 'a';;",
        "model_checkpoint_path: 'a'\n  ?",
        "\u{feff}model_checkpoint_path: 'a'",
        "\0",
        "all_model_checkpoint_paths: ['a' 'b', ]",
        "all_model_checkpoint_paths: ['a'; 'b']",
        "x { y: 1",
        "x",
        "x: ",
        "x 1",
        &deep,
    ];
    check(
        texts,
        &expect![[r#"
        `model_checkpoint_path` is missing or empty
        `model_checkpoint_path` is missing or empty
        `model_checkpoint_path` is missing or empty
        `model_checkpoint_path` is missing or empty
        line 1, column 23: expected `:`
        line 1, column 28: expected the name of a field
        line 2, column 3: expected the name of a field
        line 1, column 1: expected the name of a field
        line 1, column 1: expected the name of a field
        line 1, column 39: expected a quoted string
        line 1, column 33: expected `,` or `]`
        line 1, column 9: expected the end of the message
        line 1, column 2: expected `:`
        line 1, column 4: expected a value
        line 1, column 3: expected `:`
        line 1, column 95: expected fields that are nested less deep
    "#]],
    );
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_line() {
    let error = State::parse(b"# one\n# two\nmodel_checkpoint_path: '\xff'").unwrap_err();
    assert_eq!(error, StateError::Encoding { line: 3 });
}

#[test]
fn a_cut_file_gives_an_error_or_what_came_before_the_cut() {
    let text = "model_checkpoint_path: \"\\x41\\303\\251\" all_model_checkpoint_paths: ['b', 'c'] x { y < z: 1.5 > }";
    for len in 0..=text.len() {
        if let Ok(state) = State::parse(&text.as_bytes()[..len]) {
            assert_eq!(state.latest, "Aé");
        }
    }
}
