//! What a Parquet file claims, added up from its own bytes before any reader believes it.
//!
//! The foot tells of row groups and column chunks, each page header of its values and sizes, in the
//! compact protocol of Thrift (`FileMetaData` and `PageHeader` of parquet.thrift). Only what counts and
//! measures is read here.

/// The largest page that one of our files has, uncompressed.
const PAGE: u64 = 1 << 26;
/// Structures within structures at most.
const DEEPEST: usize = 16;
/// The first and the last bytes of a file.
const MAGIC: &[u8] = b"PAR1";

/// What the foot says of a column chunk.
#[derive(Default)]
struct Chunk {
    values: u64,
    compressed: u64,
    data_at: u64,
    dictionary_at: Option<u64>,
}

/// What the foot says of a row group.
#[derive(Default)]
struct Group {
    rows: u64,
    chunks: Vec<Chunk>,
}

/// Adds up pages and rows: every column of every group must have as many values as the group has rows,
/// the groups as many rows as the file, and no more than may be.
pub(super) fn check(bytes: &[u8], most_rows: usize) -> Result<(), String> {
    let (claimed, groups) = foot(bytes).ok_or("its foot is damaged")?;
    let mut rows = 0_u64;
    for group in &groups {
        rows = rows.saturating_add(group.rows);
        if rows > most_rows as u64 {
            return Err(format!(
                "it claims more than the {most_rows} rows that a part of this plan can have"
            ));
        }
        for chunk in &group.chunks {
            let start = usize::try_from(chunk.dictionary_at.unwrap_or(chunk.data_at)).ok();
            let end = start.zip(usize::try_from(chunk.compressed).ok());
            let end = end.and_then(|(start, size)| start.checked_add(size));
            let pages = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
            let values = values_of(pages.ok_or("a column lies outside the file")?)?;
            if values != group.rows || chunk.values != values {
                return Err(format!("its pages hold {values} values where {} are claimed", group.rows));
            }
        }
    }
    if rows != claimed {
        return Err(format!("its groups hold {rows} rows where {claimed} are claimed"));
    }
    Ok(())
}

/// The rows that the foot claims, and its groups.
fn foot(bytes: &[u8]) -> Option<(u64, Vec<Group>)> {
    let end = bytes.len().checked_sub(8)?;
    let (length, magic) = bytes.get(end..)?.split_at_checked(4)?;
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
    if magic != MAGIC || !bytes.starts_with(MAGIC) {
        return None;
    }
    let mut header = Header { bytes: bytes.get(end.checked_sub(length)?..end)?, at: 0 };
    let (mut last, mut rows, mut groups) = (0, None, vec![]);
    while let Some((number, of)) = header.field(&mut last)? {
        match (number, of) {
            (3, 6) => rows = Some(header.count()?),
            (4, 9) => groups = header.list(Header::group)?,
            _ => header.skip(of, 0)?,
        }
    }
    Some((rows?, groups))
}

/// The values that the data pages of a column chunk hold, by their headers.
fn values_of(chunk: &[u8]) -> Result<u64, String> {
    let mut at = 0;
    let mut values = 0_u64;
    while at < chunk.len() {
        let mut header = Header { bytes: chunk, at };
        let page = header.page().ok_or("a page header is damaged")?;
        if page.uncompressed > PAGE {
            return Err(format!("a page claims {} bytes", page.uncompressed));
        }
        let size = usize::try_from(page.compressed).map_err(|_| "a page is too large".to_owned())?;
        at = header.at.checked_add(size).filter(|end| *end <= chunk.len()).ok_or("a page is cut off")?;
        if page.dictionary {
            if page.values > page.uncompressed {
                return Err("a dictionary claims more words than bytes".to_owned());
            }
        } else {
            values = values.saturating_add(page.values);
        }
    }
    Ok(values)
}

/// What a page header says.
#[derive(Default)]
struct Page {
    dictionary: bool,
    uncompressed: u64,
    compressed: u64,
    values: u64,
}

/// Bytes of a foot or of page headers.
struct Header<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Header<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A whole number that must not be negative.
    fn count(&mut self) -> Option<u64> {
        let zigzag = self.varint()?;
        (zigzag & 1 == 0).then_some(zigzag >> 1)
    }

    /// The next field of a structure: its number and type; `None` inside: the end.
    #[allow(clippy::option_option)] // `None` outside: damaged; inside: the end
    fn field(&mut self, last: &mut u64) -> Option<Option<(u64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let step = u64::from(head >> 4);
        *last = if step == 0 { self.count()? } else { last.checked_add(step)? };
        Some(Some((*last, head & 0x0f)))
    }

    /// A list of structures.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let head = self.byte()?;
        let length = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        // every structure takes a byte at least, so that a claimed length asks for nothing
        (0..length).map(|_| one(self)).collect()
    }

    fn group(&mut self) -> Option<Group> {
        let (mut last, mut group) = (0, Group::default());
        while let Some((number, of)) = self.field(&mut last)? {
            match (number, of) {
                (1, 9) => group.chunks = self.list(Self::chunk)?,
                (3, 6) => group.rows = self.count()?,
                _ => self.skip(of, 0)?,
            }
        }
        Some(group)
    }

    fn chunk(&mut self) -> Option<Chunk> {
        let (mut last, mut chunk) = (0, None);
        while let Some((number, of)) = self.field(&mut last)? {
            if (number, of) == (3, 12) {
                chunk = Some(self.chunk_metadata()?);
            } else {
                self.skip(of, 0)?;
            }
        }
        chunk
    }

    fn chunk_metadata(&mut self) -> Option<Chunk> {
        let (mut last, mut chunk) = (0, Chunk::default());
        while let Some((number, of)) = self.field(&mut last)? {
            match (number, of) {
                (5, 6) => chunk.values = self.count()?,
                (7, 6) => chunk.compressed = self.count()?,
                (9, 6) => chunk.data_at = self.count()?,
                (11, 6) => chunk.dictionary_at = Some(self.count()?),
                _ => self.skip(of, 0)?,
            }
        }
        Some(chunk)
    }

    fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        let mut last = 0;
        while let Some((number, of)) = self.field(&mut last)? {
            match (number, of) {
                (1, 5) => page.dictionary = self.count()? == 2,
                (2, 5) => page.uncompressed = self.count()?,
                (3, 5) => page.compressed = self.count()?,
                (5 | 7 | 8, 12) => page.values = self.first_count()?,
                _ => self.skip(of, 0)?,
            }
        }
        Some(page)
    }

    /// The first field of a structure, a count; the rest is passed over.
    fn first_count(&mut self) -> Option<u64> {
        let (mut last, mut first) = (0, None);
        while let Some((number, of)) = self.field(&mut last)? {
            if (number, of) == (1, 5) {
                first = Some(self.count()?);
            } else {
                self.skip(of, 0)?;
            }
        }
        first
    }

    fn skip(&mut self, of: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match of {
            1 | 2 => {}
            3 => self.at = self.at.checked_add(1)?,
            4..=6 => {
                self.varint()?;
            }
            7 => self.at = self.at.checked_add(8)?,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.at = self.at.checked_add(length)?;
            }
            9 | 10 => {
                let head = self.byte()?;
                let length = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                for _ in 0..length {
                    match head & 0x0f {
                        1 | 2 => self.at = self.at.checked_add(1)?, // in a list a truth takes a byte
                        of => self.skip(of, depth + 1)?,
                    }
                    self.bytes.get(self.at..)?;
                }
            }
            12 => {
                let mut last = 0;
                while let Some((_, of)) = self.field(&mut last)? {
                    self.skip(of, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}
