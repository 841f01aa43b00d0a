//! Files that were spoilt.

/// One mutation of a text: cut, a flipped bit, a stretch left out, doubled, or replaced by something hostile.
pub(crate) fn mutated(text: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % (below.max(1) as u64)).unwrap()
    };
    let mut bytes = text.to_vec();
    let at = next(bytes.len());
    let end = (at + next(40)).min(bytes.len());
    match next(5) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << next(8),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let long = vec![b'x'; 5000];
            let hostile: [&[u8]; 12] = [
                b"\0",
                b"\xff\xfe",
                b"\"",
                b"\n",
                b"=cmd|' /C calc'!A0",
                b"[[[[[[[[",
                "\u{202e}".as_bytes(),
                b"99999999999999999999",
                b"&a;",
                b"<!DOCTYPE a [<!ENTITY a \"&a;&a;\">]>",
                b"<info><area>",
                &long,
            ];
            bytes.splice(at..end, hostile[next(12)].iter().copied());
        }
    }
    bytes
}
