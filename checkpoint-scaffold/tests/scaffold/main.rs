//! The text of scaffolds, for listings of names and shapes.

mod lists;
mod names;
mod optimizers;

use checkpoint_scaffold::{Options, Scaffold};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::naming::Names;

/// The structs for these variables, without comments, imports and derives.
fn scaffold(variables: &[(&str, &[u64])]) -> String {
    let variables = variables.iter().map(|(name, lengths)| Variable {
        name: Name::from((*name).to_owned()),
        dtype: DType::Float32,
        shape: Shape::new(lengths).unwrap(),
        place: Place::Opaque,
    });
    let catalog = Catalog::new(variables.collect(), 1);
    let names = Names::of_keys(&catalog);
    let budget = &Budget::new(&Limits::default(), 0);
    let options = Options::new("Model", "a test", budget);
    let text = Scaffold::new(&names, options).unwrap().to_string();
    let is_said =
        |line: &&str| !["use ", "///", "#[derive"].iter().any(|start| line.starts_with(start));
    let lines: Vec<&str> = text.lines().filter(is_said).collect();
    lines.join("\n").trim_start().to_owned() + "\n"
}
