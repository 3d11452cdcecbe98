//! The names as a tree.

use std::collections::BTreeMap;

use super::choice::Choice;

/// The segments of a name that are told apart; what is behind them is one.
const MAX_DEPTH: usize = 24;

/// The names that begin with some segments.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The number of the variable that has no more segments.
    pub(super) variable: Option<usize>,
    /// The others, by the next segment.
    pub(super) children: BTreeMap<String, Tree>,
}

impl Tree {
    pub(super) fn of(choice: &Choice<'_>) -> Self {
        let mut root = Self::default();
        for (name, number) in &choice.taken {
            let mut node = &mut root;
            for segment in segments(name, choice.separator) {
                node = node.children.entry(segment).or_default();
            }
            node.variable = Some(*number);
        }
        root
    }

    /// What all names begin with, and the rest.
    pub(super) fn without_prefix(mut self) -> (Self, Vec<String>) {
        let mut prefix = Vec::new();
        while self.variable.is_none()
            && let Some((segment, child)) = self.only_child()
        {
            prefix.push(segment);
            self = child;
        }
        (self, prefix)
    }

    /// The child, if there is no other, and if there are several in it.
    fn only_child(&mut self) -> Option<(String, Self)> {
        let first = self.children.first_key_value()?;
        if self.children.len() > 1 || first.1.children.is_empty() {
            return None;
        }
        self.children.pop_first()
    }

    /// Whether it is a variable and nothing else.
    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }
}

/// The segments of a name. One that is empty belongs to the one before it, or else to the one behind it, because a path that
/// begins with `/` starts at the root.
fn segments(name: &str, separator: char) -> Vec<String> {
    let mut segments: Vec<String> = Vec::new();
    for segment in name.splitn(MAX_DEPTH, separator) {
        match segments.last_mut() {
            Some(last)
                if segment.is_empty()
                    || segment.starts_with(separator)
                    || last.chars().all(|letter| letter == separator) =>
            {
                last.push(separator);
                last.push_str(segment);
            }
            _ => segments.push(segment.to_owned()),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn no_segment_begins_with_the_separator_but_the_first() {
        let check = |name: &str, expected: &[&str]| assert_eq!(segments(name, '/'), expected);
        check("a/b", &["a", "b"]);
        check("a//b", &["a/", "b"]);
        check("a/", &["a/"]);
        check("/a/b", &["/a", "b"]);
        check("//a", &["//a"]);
        check("/", &["/"]);
        check("a///b//", &["a//", "b//"]);
    }
}
