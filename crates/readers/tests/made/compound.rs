//! Compound files: header, table, directory, small stream, streams.

const SECTOR: usize = 512;
const END: u32 = 0xffff_fffe;
const NONE: u32 = 0xffff_ffff;

/// A compound file of these streams, all at the top of its directory.
pub(crate) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let small: Vec<bool> = streams.iter().map(|(_, content)| content.len() < 4096).collect();
    let (mut next, mut body): (Vec<u32>, Vec<u8>) = (Vec::new(), Vec::new());
    // Sectors are given out as: streams, small stream, its table, directory, and last the table.
    let add = |content: &[u8], next: &mut Vec<u32>, body: &mut Vec<u8>| {
        let first = u32::try_from(next.len()).unwrap();
        let count = content.len().div_ceil(SECTOR);
        for sector in 1..=count {
            next.push(if sector == count { END } else { first + u32::try_from(sector).unwrap() });
        }
        body.extend(content);
        body.resize(next.len() * SECTOR, 0);
        if count == 0 { END } else { first }
    };
    let (mut small_stream, mut small_next): (Vec<u8>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut starts = Vec::new();
    for ((_, content), small) in streams.iter().zip(&small) {
        if *small {
            let first = u32::try_from(small_next.len()).unwrap();
            let count = content.len().div_ceil(64);
            for sector in 1..=count {
                small_next.push(if sector == count { END } else { first + u32::try_from(sector).unwrap() });
            }
            small_stream.extend(*content);
            small_stream.resize(small_next.len() * 64, 0);
            starts.push(if count == 0 { END } else { first });
        } else {
            starts.push(add(content, &mut next, &mut body));
        }
    }
    let root_start = add(&small_stream, &mut next, &mut body);
    let small_table: Vec<u8> = small_next.iter().flat_map(|n| n.to_le_bytes()).collect();
    let small_table = add(&padded(small_table, 0xff), &mut next, &mut body);
    let mut directory = entry("Root Entry", 5, NONE, 1, root_start, small_stream.len());
    for (number, ((name, content), start)) in streams.iter().zip(&starts).enumerate() {
        let right = if number + 1 < streams.len() { u32::try_from(number).unwrap() + 2 } else { NONE };
        directory.extend(entry(name, 2, right, NONE, *start, content.len()));
    }
    let directory = add(&padded(directory, 0), &mut next, &mut body);
    let tables = (next.len() + 1).div_ceil(SECTOR / 4 - 1);
    let first_table = u32::try_from(next.len()).unwrap();
    next.extend(std::iter::repeat_n(0xffff_fffd, tables));
    body.extend(padded(next.iter().flat_map(|n| n.to_le_bytes()).collect(), 0xff));

    let mut file = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    file.resize(24, 0);
    for number in [0x3e_u16, 3, 0xfffe, 9, 6] {
        file.extend(number.to_le_bytes());
    }
    file.resize(44, 0);
    file.extend(u32::try_from(tables).unwrap().to_le_bytes());
    file.extend(directory.to_le_bytes());
    file.resize(56, 0);
    file.extend(4096_u32.to_le_bytes());
    file.extend(small_table.to_le_bytes());
    file.extend(u32::from(small_table != END).to_le_bytes());
    file.extend(END.to_le_bytes());
    file.extend(0_u32.to_le_bytes());
    for table in 0..u32::try_from(tables).unwrap() {
        file.extend((first_table + table).to_le_bytes());
    }
    assert!(file.len() <= SECTOR, "more than the header's list of tables");
    file.resize(SECTOR, 0xff);
    file.extend(body);
    file
}

fn padded(mut bytes: Vec<u8>, with: u8) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(SECTOR), with);
    bytes
}

fn entry(name: &str, kind: u8, right: u32, child: u32, start: u32, size: usize) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::try_from(entry.len() + 2).unwrap();
    entry.resize(64, 0);
    entry.extend(length.to_le_bytes());
    entry.extend([kind, 1]);
    for number in [NONE, right, child] {
        entry.extend(number.to_le_bytes());
    }
    entry.resize(116, 0);
    entry.extend(start.to_le_bytes());
    entry.extend(u32::try_from(size).unwrap().to_le_bytes());
    entry.resize(128, 0);
    entry
}
