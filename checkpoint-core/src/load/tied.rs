//! Variables with several names (`tie`) must be bitwise equal.

use checkpoint_schema::listing::catalog::{Checksum, Place, Variable};
use checkpoint_schema::plan::{Plan, Tie};

use crate::checkpoint::Checkpoint;
use crate::load::error::LoadError;
use crate::load::options::Settings;
use crate::read::{Ranges, ReadError, ReadErrorKind, Reading, within};
use crate::system::number::as_u64;

/// The number of bytes compared at a time.
const PIECE: usize = 1 << 20;

/// Checks that tied variables are equal. They are not read if they share their bytes, or if their checksums differ.
pub(crate) fn check(
    checkpoint: &Checkpoint,
    plan: &Plan<'_>,
    options: &Settings<'_>,
) -> Result<(), LoadError> {
    for tie in &plan.ties {
        let variables = checkpoint.catalog().variables();
        let (Some(taken), Some(other)) = (variables.get(tie.taken), variables.get(tie.other))
        else {
            continue;
        };
        let is_equal = match at_a_glance(&taken.place, &other.place) {
            Some(is_equal) => is_equal,
            None => is_equal(checkpoint, [taken, other], options)
                .map_err(|source| not_read(plan, tie, source))?,
        };
        if !is_equal {
            return Err(differ(plan, tie, taken, other));
        }
    }
    Ok(())
}

fn not_read(plan: &Plan<'_>, tie: &Tie, source: ReadError) -> LoadError {
    match source.kind {
        ReadErrorKind::Cancelled => LoadError::Cancelled,
        _ => LoadError::Read { field: plan.field_of_tie(tie), source },
    }
}

fn differ(plan: &Plan<'_>, tie: &Tie, taken: &Variable, other: &Variable) -> LoadError {
    LoadError::Tied {
        field: plan.field_of_tie(tie),
        variable: taken.name.to_string(),
        other: other.name.to_string(),
    }
}

/// The result without a read: `true` for the same bytes of a file, `false` for different checksums of equally many bytes.
fn at_a_glance(one: &Place, other: &Place) -> Option<bool> {
    if one == other && one.extents().next().is_some() {
        return Some(true);
    }
    let (Place::Whole(one), Place::Whole(other)) = (one, other) else { return None };
    let comparable = one.size == other.size && one.endianness == other.endianness;
    let differ = comparable
        && match (one.checksum, other.checksum) {
            (Checksum::Crc32c(one), Checksum::Crc32c(other))
            | (Checksum::Crc32(one), Checksum::Crc32(other)) => one != other,
            _ => false,
        };
    differ.then_some(false)
}

/// Reads two variables of one dtype and shape, and compares their bytes.
fn is_equal(
    checkpoint: &Checkpoint,
    variables: [&Variable; 2],
    options: &Settings<'_>,
) -> Result<bool, ReadError> {
    let reading = options.reading(checkpoint.source());
    let [one, other] = variables;
    let bytes = one.shape.elements().saturating_mul(as_u64(one.dtype.width().unwrap_or(0)));
    if one.dtype.width().is_some()
        && let (Some(one), Some(other)) = (Ranges::new(reading, one)?, Ranges::new(reading, other)?)
    {
        return in_pieces(&one, &other, bytes);
    }
    within(options.limit(checkpoint), variables.map(|variable| (variable, variable.size())))?;
    whole(reading, variables)
}

fn in_pieces(one: &Ranges<'_>, other: &Ranges<'_>, bytes: u64) -> Result<bool, ReadError> {
    let (mut first, mut second) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    while at < bytes {
        let len = usize::try_from(bytes.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
        let (Some(first), Some(second)) = (first.get_mut(..len), second.get_mut(..len)) else {
            break;
        };
        one.read(at, first)?;
        other.read(at, second)?;
        if first != second {
            return Ok(false);
        }
        at = at.saturating_add(as_u64(len));
    }
    Ok(true)
}

fn whole(reading: Reading<'_>, variables: [&Variable; 2]) -> Result<bool, ReadError> {
    let buffers = reading.read(&variables)?;
    Ok(matches!(&buffers[..], [one, other] if one == other))
}
