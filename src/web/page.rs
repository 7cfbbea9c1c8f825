//! The files of the page: built by `make web` and put into the program, or read from a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::problem::{Place, Problems};

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Whether a page was built into the program.
pub const BUILT: bool = !FILES.is_empty();

/// What is said in the place of a page that was not built.
const ABSENT: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>zollverein</title>\n\
    <h1>The page is not in this program</h1>\n<p>It was built without its page. <code>make web</code> builds the \
    page (Node is needed once), <code>make build</code> then puts it in. The interface under <code>/api</code> \
    works all the same.</p>\n</html>\n";

/// What browsers show in the tab; they ask for it of themselves under another name.
const ICON: &[u8] = include_bytes!("../../web/public/icon.svg");

/// The largest file of a page or map, in bytes.
const LARGEST: u64 = 16 << 20;

/// Files by their path in the address, the first `/` left out.
pub struct Page(BTreeMap<String, Cow<'static, [u8]>>);

impl Page {
    /// The page inside the program or in a folder, with another map if one is named. All is read now:
    /// no request ever names a file of the disk.
    ///
    /// # Errors
    /// Files that cannot be read, a map that is none.
    pub fn new(folder: Option<&Path>, map: Option<&Path>) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut files: BTreeMap<String, Cow<'static, [u8]>> = BTreeMap::new();
        match folder {
            Some(folder) => below(folder, "", &mut files, &mut problems),
            None => {
                files.extend(FILES.iter().map(|(name, bytes)| ((*name).to_owned(), Cow::Borrowed(*bytes))));
            }
        }
        if let Some(bytes) = map.and_then(|map| read(map, &mut problems).map(|bytes| (map, bytes))) {
            let (path, bytes) = bytes;
            let json: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
            if !json.is_some_and(|map| map["type"] == "Topology" && map["objects"]["countries"].is_object()) {
                problems.add(
                    Place::file(path.display().to_string()),
                    "this is no map that the page can draw",
                    "give TopoJSON with an object `countries` whose geometries have ISO 3166-1 alpha-3 codes as id",
                );
            }
            files.insert("map.json".to_owned(), Cow::Owned(bytes));
        }
        if !files.contains_key("index.html") {
            if let Some(folder) = folder {
                let what = "there is no index.html in it";
                problems.add(Place::file(folder.display().to_string()), what, "build the page: make web");
            }
            files.insert("index.html".to_owned(), Cow::Borrowed(ABSENT.as_bytes()));
        }
        problems.into_result(Self(files))
    }

    /// A file and its type; the empty path is the page itself.
    pub fn find(&self, path: &str) -> Option<(&'static str, Cow<'static, [u8]>)> {
        let name = if path.is_empty() { "index.html" } else { path };
        let Some(bytes) = self.0.get(name) else {
            return (name == "favicon.ico").then_some(("image/svg+xml", Cow::Borrowed(ICON)));
        };
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let kind = match ending {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" => "application/json",
            "svg" => "image/svg+xml",
            "ico" => "image/x-icon",
            _ => "application/octet-stream",
        };
        Some((kind, bytes.clone()))
    }
}

fn read(path: &Path, problems: &mut Problems) -> Option<Vec<u8>> {
    let small = std::fs::metadata(path).and_then(|data| {
        if !data.is_file() {
            return Err(std::io::Error::other("it is a folder, a pipe or a device"));
        }
        if data.len() > LARGEST { Err(std::io::Error::other("it is larger than 16 MiB")) } else { Ok(()) }
    });
    match small.and_then(|()| std::fs::read(path)) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let what = format!("the file cannot be read: {error}");
            problems.add(Place::file(path.display().to_string()), what, "check the name and the permissions");
            None
        }
    }
}

/// The files of a folder and of those in it, links left out.
fn below(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Cow<'static, [u8]>>,
    problems: &mut Problems,
) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let what = format!("the folder cannot be read: {error}");
            problems.add(Place::file(folder.display().to_string()), what, "name the folder of a built page");
            return;
        }
    };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            below(&entry.path(), &format!("{name}/"), files, problems);
        } else if kind.is_file()
            && let Some(bytes) = read(&entry.path(), problems)
        {
            files.insert(name, Cow::Owned(bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_answers_to_its_files_and_to_no_path_of_the_disk() {
        let room = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(room.path().join("assets")).expect("a folder");
        std::fs::write(room.path().join("index.html"), "<p>").expect("it writes");
        std::fs::write(room.path().join("assets/a.js"), "1").expect("it writes");
        let page = Page::new(Some(room.path()), None).expect("a page");
        assert_eq!(page.find("").map(|(kind, _)| kind), Some("text/html; charset=utf-8"));
        assert_eq!(page.find("assets/a.js").map(|(_, bytes)| bytes.to_vec()), Some(b"1".to_vec()));
        assert_eq!(page.find("favicon.ico").map(|(kind, _)| kind), Some("image/svg+xml"));
        for path in ["../index.html", "assets", "assets/../index.html", "/etc/passwd", "assets//a.js"] {
            assert!(page.find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_map_is_topojson_with_countries() {
        let room = tempfile::tempdir().expect("a folder");
        let (good, bad) = (room.path().join("good.json"), room.path().join("bad.json"));
        std::fs::write(&good, r#"{"type":"Topology","objects":{"countries":{}},"arcs":[]}"#)
            .expect("it writes");
        std::fs::write(&bad, "{}").expect("it writes");
        assert!(Page::new(None, Some(&good)).is_ok_and(|page| page.find("map.json").is_some()));
        assert!(Page::new(None, Some(&bad)).is_err());
        assert!(Page::new(None, Some(&room.path().join("none"))).is_err());
    }
}
