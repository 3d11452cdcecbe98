//! The path of a checkpoint for `TensorFlow`.

use std::path::{self, Path, PathBuf};

use crate::error::Error;

/// Returns the path of a checkpoint for `TensorFlow`, given its prefix. The result is absolute, so that `TensorFlow` does not
/// take it for a URL. `TensorFlow` finds a V1 checkpoint by a pattern, so the result is a pattern that matches all of its files.
pub(crate) fn prefix(path: &Path) -> Result<String, Error> {
    let problem = |problem| Error::Path { path: path.to_owned(), problem };
    let absolute = path::absolute(path).map_err(|_| problem("there is no current directory"))?;
    let name = absolute.to_str().ok_or_else(|| problem("its path is not UTF-8"))?;
    if is_v2(path) {
        return Ok(name.to_owned());
    }
    if name.contains(['*', '?', '[', '\\']) {
        return Err(problem("its path would be a pattern"));
    }
    if path.is_file() {
        return Ok(name.to_owned());
    }
    Ok(format!("{name}-?????-of-?????"))
}

/// True if the checkpoint of this prefix has an index.
pub(crate) fn is_v2(prefix: &Path) -> bool {
    let mut index = prefix.as_os_str().to_owned();
    index.push(".index");
    PathBuf::from(index).is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_v1_checkpoint_is_asked_for_by_a_pattern_that_only_it_matches() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("whole"), "").unwrap();
        fs::write(path("w[1].index"), "").unwrap();
        let shown = |name: &str| {
            let prefix = prefix(&path(name)).map_err(|error| error.to_string());
            let root = format!("{}/", folder.path().display());
            prefix.unwrap_or_else(|error| error).replace(&root, "")
        };
        assert_eq!(shown("whole"), "whole");
        assert_eq!(shown("parts"), "parts-?????-of-?????");
        assert_eq!(shown("w[1]"), "w[1]");
        let refused = "TensorFlow cannot be asked for `v[1]`: its path would be a pattern; move it";
        assert_eq!(shown("v[1]"), refused);
    }
}
