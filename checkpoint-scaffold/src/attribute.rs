//! `#[ckpt(...)]`, as `rustfmt` leaves it.

use std::fmt;

/// A word of `#[ckpt(...)]`.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// `repeat`, `path = "..."`, or what is no attribute for other macros and therefore left as it is: `shape = [n, 3 * n]`.
    Plain { text: String, is_meta: bool },
    /// `ignore(optimizer, "a/*")`
    List { name: &'static str, items: Vec<String>, is_meta: bool },
}

/// The letters of a line.
const WIDTH: usize = 100;

/// The letters that the parts of an attribute may have in one line.
const PARTS_WIDTH: usize = 70;

/// The letters of words that are put into lines, and not one into each.
const SHORT: usize = 10;

impl Word {
    pub(super) fn flag(word: &str) -> Self {
        Self::Plain { text: word.to_owned(), is_meta: true }
    }

    /// `path = "..."`
    pub(super) fn text(word: &str, value: &str) -> Self {
        Self::Plain { text: format!("{word} = {}", quoted(value)), is_meta: true }
    }

    pub(super) fn other(text: String) -> Self {
        Self::Plain { text, is_meta: false }
    }

    /// The word alone in an attribute that is this far to the right.
    fn alone(&self, indent: usize) -> String {
        let line = format!("#[ckpt({self})]");
        let fits = indent + line.chars().count() < WIDTH;
        let space = " ".repeat(indent);
        match self {
            Self::List { name, items, .. } if !fits || !self.is_narrow() => {
                let items = lines(items, indent + 4);
                format!("{space}#[ckpt({name}(\n{items}{space}))]\n")
            }
            Self::Plain { text, is_meta: true } if !fits => {
                format!("{space}#[ckpt(\n{space}    {text}\n{space})]\n")
            }
            _ => format!("{space}{line}\n"),
        }
    }

    /// Whether a list has so few letters that it is in one line.
    fn is_narrow(&self) -> bool {
        match self {
            Self::List { items, is_meta, .. } => {
                !is_meta || items.len() < 2 || width(items) <= PARTS_WIDTH
            }
            Self::Plain { .. } => true,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain { text, .. } => f.write_str(text),
            Self::List { name, items, .. } => write!(f, "{name}({})", items.join(", ")),
        }
    }
}

/// A text as it stands in a program.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// The attribute in lines: one, if it is short, or else one for each word.
pub(super) fn attribute(words: &[Word], indent: usize) -> String {
    let texts: Vec<String> = words.iter().map(Word::to_string).collect();
    let all = texts.join(", ");
    if words.len() > 1 && all.chars().count() <= PARTS_WIDTH {
        return format!("{}#[ckpt({all})]\n", " ".repeat(indent));
    }
    words.iter().map(|word| word.alone(indent)).collect()
}

fn width(items: &[String]) -> usize {
    let separators = 2 * items.len().saturating_sub(1);
    items.iter().map(|item| item.chars().count()).sum::<usize>() + separators
}

/// Items in lines: as many in each as there is room for if they are all short, or else one.
fn lines(items: &[String], indent: usize) -> String {
    let space = " ".repeat(indent);
    if items.iter().any(|item| item.chars().count() > SHORT) {
        let lines: Vec<String> = items.iter().map(|item| format!("{space}{item}")).collect();
        return lines.join(",\n") + "\n";
    }
    let mut text = String::new();
    let mut line = space.clone();
    for (number, item) in items.iter().enumerate() {
        let last = number + 1 == items.len();
        let item = if last { item.clone() } else { format!("{item},") };
        if line.len() > indent {
            if line.len() + 1 + item.len() > WIDTH {
                text += &line;
                text.push('\n');
                line.clone_from(&space);
            } else {
                line.push(' ');
            }
        }
        line += &item;
    }
    text + &line + "\n"
}
