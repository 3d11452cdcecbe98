//! The `checkpoint` file of a directory.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

/// The contents of a `checkpoint` file: the latest checkpoint, and those that were kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateFile {
    /// The prefix of the latest checkpoint.
    pub model_checkpoint_path: String,
    /// The prefixes of all, the oldest first.
    pub all_model_checkpoint_paths: Vec<String>,
    /// The time of each checkpoint, in seconds since 1970.
    pub all_model_checkpoint_timestamps: Vec<f64>,
    /// The time of the last checkpoint that is kept permanently.
    pub last_preserved_timestamp: Option<f64>,
}

impl StateFile {
    /// Creates the state of one checkpoint.
    #[must_use]
    pub fn of(prefix: &str) -> Self {
        let all_model_checkpoint_paths = vec![prefix.to_owned()];
        Self {
            model_checkpoint_path: prefix.to_owned(),
            all_model_checkpoint_paths,
            ..Self::default()
        }
    }

    /// Returns the text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut lines =
            vec![format!("model_checkpoint_path: {}", quoted(&self.model_checkpoint_path))];
        let paths = self.all_model_checkpoint_paths.iter();
        lines.extend(paths.map(|path| format!("all_model_checkpoint_paths: {}", quoted(path))));
        let times = self.all_model_checkpoint_timestamps.iter();
        lines.extend(times.map(|time| format!("all_model_checkpoint_timestamps: {time:?}")));
        lines.extend(
            self.last_preserved_timestamp.map(|time| format!("last_preserved_timestamp: {time:?}")),
        );
        lines.join("\n") + "\n"
    }

    /// Writes the file `checkpoint` in `dir`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, dir: impl AsRef<Path>) -> io::Result<()> {
        fs::write(dir.as_ref().join("checkpoint"), self.to_text())
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' | '\'' | '\\' => quoted.extend(['\\', letter]),
            // Writing to a `String` cannot fail.
            _ if letter.is_ascii_control() => _ = write!(quoted, "\\{:03o}", u32::from(letter)),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::case;

    #[test]
    fn the_state_of_tensorflow_comes_out_byte_for_byte() {
        let state = StateFile {
            model_checkpoint_path: "ckpt-3".to_owned(),
            all_model_checkpoint_paths: ["ckpt-2", "ckpt-3"].map(str::to_owned).to_vec(),
            all_model_checkpoint_timestamps: vec![1_795_347_520.963_877_2, 1_795_347_521.004_074_8],
            last_preserved_timestamp: Some(1_795_347_519.910_319_8),
        };
        let original = case("gen/object-based").unwrap().prefix.with_file_name("checkpoint");
        assert_eq!(state.to_text(), fs::read_to_string(original).unwrap());
    }

    #[test]
    fn what_would_end_a_string_is_escaped() {
        assert_eq!(quoted("a\"b'\\\n\u{1}\u{7f}é"), r#""a\"b\'\\\n\001\177é""#);
    }
}
