//! One variable: its lookup, and its description without its elements.

use checkpoint_core::{Checkpoint, Checksum, DType, Extent, Name, Place, ReadErrorKind, Variable};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::strided::Order;
use indicatif::{DecimalBytes, HumanCount};

use crate::failure::Failure;
use crate::object_names::ObjectNames;
use crate::output::{counted, known_size};

/// A line of a description: the label and the text.
pub(crate) type Row = (&'static str, String);

/// Finds the variable of this name, in any form. Names are compared as printed, too. If there is none, the error suggests similar
/// names.
pub(crate) fn find<'c>(
    checkpoint: &'c Checkpoint,
    name: &[u8],
    near: usize,
) -> Result<&'c Variable, Failure> {
    let is_printed = |variable: &&Variable| variable.name.to_string().as_bytes() == name;
    let printed = || checkpoint.variables().iter().find(is_printed);
    let found = checkpoint.find(name);
    found.or_else(|error| match (printed(), &error.kind) {
        (Some(variable), _) => Ok(variable),
        (None, ReadErrorKind::Missing { .. }) => {
            let nearest = checkpoint.nearest(name).into_iter().take(near);
            let nearest = nearest.map(|(name, variable)| (name, variable.spec())).collect();
            Err(Failure::NoVariable { name: Name::from(name), nearest })
        }
        (None, _) => Err(error.into()),
    })
}

/// Returns the other names of a variable in the object graph: paths of objects, and full names.
pub(crate) fn names(
    checkpoint: &Checkpoint,
    object_names: &ObjectNames,
    variable: &Variable,
) -> Result<[(&'static str, Vec<Name>); 2], Failure> {
    let catalog = checkpoint.catalog();
    let mut found = [("object", Vec::new()), ("full name", Vec::new())];
    let Some(number) = catalog.position(variable.name.as_bytes()) else { return Ok(found) };
    for ((_, found), naming) in found.iter_mut().zip([Naming::ObjectPath, Naming::FullName]) {
        let Some(names) = object_names.of(naming, catalog)? else { continue };
        let others = names.of(number).iter().filter(|name| **name != variable.name);
        found.extend(others.cloned());
    }
    Ok(found)
}

/// Returns the description of a variable, without reading it.
pub(crate) fn facts(variable: &Variable) -> Vec<Row> {
    let place = match &variable.place {
        Place::Whole(extent) => stored(extent),
        Place::Strided(strided) => {
            format!("{}, {}", stored(&strided.extent), order(&strided.order))
        }
        Place::Slices(slices) => format!("in {}", counted(slices.len() as u64, "slice")),
        Place::Opaque => "in another form than in memory".to_owned(),
        Place::Unreadable(defect) => format!("{}: {defect}", defect.word()),
    };
    let elements = variable.shape.elements();
    let mut rows = vec![("dtype", variable.dtype.to_string())];
    if variable.dtype != DType::Unknown {
        rows.push(("shape", variable.shape.to_string()));
        rows.push(("elements", HumanCount(elements).to_string()));
    }
    let size = known_size(variable.size(), elements);
    rows.extend(size.map(|size| ("size", DecimalBytes(size).to_string())));
    rows.push(("stored", place));
    rows
}

/// Formats the order of elements: `strides [1, 4]`.
pub(crate) fn order(order: &Order) -> String {
    let strides = format!("strides {:?}", order.strides);
    if order.first == 0 { strides } else { format!("{strides} from element {}", order.first) }
}

/// Formats the position of bytes.
pub(crate) fn stored(extent: &Extent) -> String {
    let Extent { shard, offset, size, checksum, .. } = extent;
    let end = offset.saturating_add(*size);
    let place = format!("bytes {offset}..{end} of data file {shard}");
    match checksum {
        Checksum::None => format!("{place}, without a checksum"),
        Checksum::Crc32c(_) => format!("{place}, CRC-32C {checksum}"),
        Checksum::Crc32(_) => format!("{place}, CRC-32 {checksum}"),
    }
}
