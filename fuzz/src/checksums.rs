//! Puts the right checksums into a table, as far as its blocks can be found.

use checkpoint_tests::writer::masked_crc;

/// The table with the right checksums at the blocks that its index lists, and at that.
pub fn mend(table: &[u8]) -> Vec<u8> {
    let mut mended = table.to_vec();
    mend_all(&mut mended);
    mended
}

fn mend_all(table: &mut [u8]) -> Option<()> {
    let mut footer = table.get(table.len().checked_sub(48)?..)?;
    let _meta = (varint(&mut footer)?, varint(&mut footer)?);
    let index = (varint(&mut footer)?, varint(&mut footer)?);
    mend_block(table, index)?;
    let end = index.0.checked_add(index.1)?;
    let mut entries = table.get(index.0..end)?.to_vec();
    entries.truncate(entries.len().saturating_sub(4));
    let mut rest = &entries[..];
    while let Some(handle) = listed(&mut rest) {
        mend_block(table, handle);
    }
    Some(())
}

/// The block in the next entry of the index.
fn listed(rest: &mut &[u8]) -> Option<(usize, usize)> {
    let _shared = varint(rest)?;
    let key = varint(rest)?;
    let value = varint(rest)?;
    let end = key.checked_add(value)?;
    let mut handle = rest.get(key..end)?;
    *rest = rest.get(end..)?;
    Some((varint(&mut handle)?, varint(&mut handle)?))
}

fn mend_block(table: &mut [u8], (offset, size): (usize, usize)) -> Option<()> {
    let block = table.get_mut(offset..offset.checked_add(size)?.checked_add(5)?)?;
    let (content, checksum) = block.split_last_chunk_mut()?;
    *checksum = masked_crc(content).to_le_bytes();
    Some(())
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut number: usize = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}
