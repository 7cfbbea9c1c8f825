//! Sets a page as PDF: typst markup in, one page of PDF out.
//!
//! Nothing is read but the markup and the fonts in the program: no file, no package, no network, no
//! clock. The same markup gives the same bytes.

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// The fonts, under licences of their own: `fonts/LICENCES.md`. The last has signs that the others lack.
const FONTS: [&[u8]; 3] = [
    include_bytes!("../fonts/LibertinusSerif-Regular.otf"),
    include_bytes!("../fonts/LibertinusSerif-Bold.otf"),
    include_bytes!("../fonts/DejaVuSansMono.ttf"),
];

/// The markup, the fonts and the library: all that there is.
struct Desk {
    markup: Source,
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
    library: LazyHash<Library>,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.markup.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.markup.id() { Ok(self.markup.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Markup as one page of tagged PDF (PDF/UA-1).
///
/// # Errors
/// What typst says of the markup, with lines; or that it does not go onto one page.
pub fn page(markup: &str) -> Result<Vec<u8>, String> {
    let fonts: Vec<Font> = FONTS.into_iter().flat_map(|font| Font::iter(Bytes::new(font))).collect();
    let desk = Desk {
        markup: Source::detached(markup),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        library: LazyHash::new(<Library as LibraryExt>::default()),
    };
    let said = |faults: &[SourceDiagnostic]| {
        let lines = faults.iter().map(|fault| {
            let place =
                desk.range(fault.span).and_then(|range| desk.markup.lines().byte_to_line(range.start));
            place.map_or_else(
                || fault.message.to_string(),
                |line| format!("line {}: {}", line + 1, fault.message),
            )
        });
        lines.collect::<Vec<_>>().join("; ")
    };
    let document: PagedDocument = typst::compile(&desk).output.map_err(|faults| said(&faults))?;
    let pages = document.pages().len();
    if pages != 1 {
        return Err(format!("the text takes {pages} pages, and a brief has one: say less in the scenario"));
    }
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|fault| fault.message().to_string())?;
    let options = PdfOptions {
        ident: Smart::Custom(markup.to_owned()),
        creator: Smart::Custom(Some(format!("zollverein {}", env!("CARGO_PKG_VERSION")))),
        timestamp: None,
        page_ranges: None,
        standards,
        tagged: true,
        pretty: false,
    };
    typst_pdf::pdf(&document, &options).map_err(|faults| said(&faults))
}
