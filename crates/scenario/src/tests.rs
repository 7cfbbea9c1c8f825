//! Scenario files, good and broken.

use super::*;
use std::fmt::Write as _;

/// A folder of files in a folder of its own, so that `..` is known too.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        for (name, text) in files {
            let path = folder.path().join("s").join(name);
            let made = std::fs::create_dir_all(path.parent().unwrap_or(&path))
                .and_then(|()| std::fs::write(&path, text));
            assert!(made.is_ok(), "{made:?}");
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("s").join(name)
    }

    fn read(&self, name: &str) -> Result<Scenario, Problems> {
        Scenario::read(&self.path(name))
    }

    /// The problems of a file, one a line, without the folder's name.
    fn faults(&self, name: &str) -> Vec<String> {
        shown(&self.read(name).err().unwrap_or_default(), self.0.path())
    }
}

fn shown(problems: &Problems, folder: &Path) -> Vec<String> {
    let prefix = format!("{}/s/", folder.display());
    problems
        .as_slice()
        .iter()
        .map(|p| p.to_string().replace(&prefix, "").replace("\n    remedy:", " |"))
        .collect()
}

fn one(text: &str) -> Vec<String> {
    Folder::new(&[("a.toml", text.as_bytes())]).faults("a.toml")
}

const GOOD: &str = "title = \"T\"\n[[tariff]]\nname = \"core\"\nimporters = [\"USA\"]\nrate_percent = 25\n";

#[test]
fn every_fault_of_keys_and_types_is_listed_with_line_and_remedy() {
    let faults = one("engine = \"armingtn\"\nyear = 2030.5\ntitel = \"x\"\n\n[[tariff]]\nname = \"a b\"\n\
        rate_percent = \"25\"\n\n[[carbon_tariff]]\nname = \"x\"\nimporters = \"USA\"\nusd_per_tco2e = nan\n\
        benchmark = { basis = \"members_avrage\" }\n[tariffs]\n");
    let expected = [
        "a.toml:1:1: engine: \"armingtn\" is none of \"armington\", \"gsim\", \"spatial\" | did you mean `armington`?",
        "a.toml:2:1: year: expected a whole number, found the number 2030.5 | write year = 2030, for instance",
        "a.toml:3:1: the key `titel` is not known here | did you mean `title`?",
        "a.toml:5:1: tariff[0]: the key `importers` is missing | add importers = … (Countries or groups that \
         apply it; each entry is one customs territory)",
        "a.toml:6:1: tariff[0].name: \"a b\" cannot be a name | use letters A to Z, digits, _ and -, without \
         blanks or accents",
        "a.toml:7:1: tariff[0].rate_percent: expected a number, found the text \"25\" | write rate_percent = 25, \
         without quotes or a percent sign",
        "a.toml:11:1: carbon_tariff.x.importers: expected a list, found the text \"USA\" | write importers = [ … ]",
        "a.toml:12:1: carbon_tariff.x.usd_per_tco2e: nan is not a finite number | give a finite number, or take \
         the key out",
        "a.toml:13:15: carbon_tariff.x.benchmark.basis: \"members_avrage\" is none of \"fixed\", \
         \"importer_average\", \"importer_maximum\", \"members_average\", \"members_best\" | did you mean \
         `members_average`?",
        "a.toml:14:2: the key `tariffs` is not known here | did you mean `tariff`?",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn a_table_with_single_brackets_is_told_from_a_clause() {
    let faults = one("[tariff]\nname = \"x\"\n");
    assert_eq!(
        faults,
        [
            "a.toml:1:2: tariff: expected a list of tables, found a table | head the table [[tariff]], with two brackets"
        ]
    );
}

#[test]
fn two_clauses_of_one_name_are_refused() {
    let faults =
        one(&format!("{GOOD}[[tariff]]\nname = \"core\"\nimporters = [\"CAN\"]\nrate_percent = 1\n"));
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("a.toml:6:1: a second [[tariff]] is named `core`"), "{faults:?}");
}

#[test]
fn an_extension_changes_a_number_and_places_stay_with_their_files() {
    let folder = Folder::new(&[
        ("base.toml", GOOD.as_bytes()),
        (
            "sub/over.toml",
            b"extends = \"../base.toml\"\n[[tariff]]\nname = \"core\"\nrate_percent = 50\nadd = 1\n",
        ),
        ("good.toml", b"extends = \"base.toml\"\n[[tariff]]\nname = \"core\"\nrate_percent = 50\n"),
    ]);
    let read = folder.read("good.toml");
    assert_eq!(read.as_ref().ok().and_then(|s| s.number("tariff.core.rate_percent")), Some(50.0));
    assert_eq!(read.as_ref().map(Scenario::title), Ok("T".to_owned()));
    let faults = folder.faults("sub/over.toml");
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("sub/over.toml:5:1: tariff.core: the key `add` is not known here"),
        "{faults:?}"
    );
}

#[test]
fn circles_missing_files_and_files_elsewhere_are_refused() {
    let folder = Folder::new(&[
        ("a.toml", b"extends = \"b.toml\"\n"),
        ("b.toml", b"# over\nextends = \"a.toml\"\n"),
        ("lost.toml", b"extends = \"nowhere.toml\"\nx = 1\n"),
        ("root.toml", b"extends = \"/etc/passwd\"\n"),
        ("up.toml", b"extends = \"../../../../../../etc/passwd\"\n"),
        ("link.toml", b"extends = \"away.toml\"\n"),
    ]);
    let linked = std::os::unix::fs::symlink("/etc/passwd", folder.path("away.toml"));
    assert!(linked.is_ok());
    assert!(
        folder.faults("a.toml")[0].contains("b.toml:2:1: circular `extends`: a.toml -> b.toml -> a.toml")
    );
    let lost = folder.faults("lost.toml");
    assert!(lost[0].contains("nowhere.toml is missing") && lost[1].contains("`x` is not known"), "{lost:?}");
    assert!(folder.faults("root.toml")[0].contains("is no relative path"));
    for name in ["up.toml", "link.toml"] {
        let faults = folder.faults(name);
        assert!(faults[0].contains("outside the folder of scenarios"), "{faults:?}");
    }
}

#[test]
fn hostile_files_are_problems_and_never_panics() {
    let deep = format!("x = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let dotted = format!("{} = 1", vec!["a"; 5_000].join("."));
    let tables = format!("[{}]", vec!["a"; 5_000].join("."));
    let huge = format!("# {}\n", "x".repeat(2 << 20));
    let mut many = String::new();
    for n in 0..2_000 {
        let _ = writeln!(many, "key{n} = {n}");
    }
    let texts: [&[u8]; 9] = [
        deep.as_bytes(),
        dotted.as_bytes(),
        tables.as_bytes(),
        huge.as_bytes(),
        many.as_bytes(),
        b"a = \"\xff\xfe\"",
        b"year = 99999999999999999999999",
        b"social_cost_usd_per_tco2e = 1e999",
        b"title = 1979-05-27",
    ];
    for text in texts {
        let folder = Folder::new(&[("a.toml", text)]);
        assert!(!folder.faults("a.toml").is_empty());
    }
    assert!(Folder::new(&[("s/a.toml", b"")]).faults("s")[0].contains("this is no file"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let folder = Folder::new(&[("a.toml", GOOD.as_bytes()), ("b.toml", windows.as_bytes())]);
    let digests = ["a.toml", "b.toml"].map(|name| folder.read(name).map(|s| s.digest()));
    assert_eq!(digests[0], digests[1]);
    assert!(digests[0].is_ok());
}

#[test]
fn a_number_is_changed_by_its_path_and_checked_again() {
    let folder = Folder::new(&[("a.toml", GOOD.as_bytes())]);
    let Ok(scenario) = folder.read("a.toml") else { panic!("it is good") };
    let path = "tariff.core.rate_percent";
    let same = scenario.with(path, 25.0);
    assert_eq!(same.map(|s| s.digest()), Ok(scenario.digest()));
    let changed = scenario.with(path, 37.5);
    assert_eq!(changed.as_ref().ok().and_then(|s| s.number(path)), Some(37.5));
    assert_eq!(changed.ok().and_then(|s| s.form().tariff[0].rate_percent), Some(37.5));
    let put_in = scenario.with("tariff.core.additional_usd_per_t", 10.0).ok();
    assert_eq!(put_in.and_then(|s| s.form().tariff[0].additional_usd_per_t), Some(10.0));
    let fault = |path: &str, value: f64| {
        shown(&scenario.with(path, value).err().unwrap_or_default(), folder.0.path())
    };
    assert!(fault(path, f64::NAN)[0].contains("not a finite number"));
    assert!(fault("tariff.cor.rate_percent", 1.0)[0].contains("did you mean `tariff.core"));
    assert!(fault("tariff.core.rate", 1.0)[0].contains("did you mean `rate_percent`"));
    assert_eq!(scenario.numbers(), [path]);
}

#[test]
fn clauses_are_told_in_words() {
    let folder = Folder::new(&[("a.toml", GOOD.as_bytes())]);
    let words = folder.read("a.toml").map(|s| s.clauses());
    assert_eq!(
        words,
        Ok(vec![
            "Tariff `core`: USA on all products from everyone outside: the duty is set to 25 %.".to_owned()
        ])
    );
}

fn shipped() -> Baseline {
    read::folder(Path::new("../../data/2023")).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn names_are_looked_up_in_the_baseline_and_the_scenarios_own_groups() {
    let text = "[groups]\nclub = [\"USA\", \"EU27\"]\n[[tariff]]\nname = \"x\"\nimporters = [\"USA\", \"EU27\"]\n\
                except = [\"LDC\", \"Canada\"]\nproducts = [\"steal\"]\nrate_percent = -5\n\
                [[exemption]]\nname = \"e\"\nexporters = [\"club\"]\nclauses = [\"tariff.y\"]\n";
    let folder = Folder::new(&[("a.toml", text.as_bytes())]);
    let Ok(scenario) = folder.read("a.toml") else { panic!("its keys are right") };
    let faults = shown(&scenario.policy(&shipped()).err().unwrap_or_default(), folder.0.path());
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(faults[0].starts_with("a.toml:6:18: tariff.x.except[1]: `Canada` is no country"), "{faults:#?}");
    assert!(faults[0].ends_with("write the code: `CAN`"));
    assert!(faults[1].contains("did you mean `steel`?"));
    assert!(faults[2].starts_with("a.toml:8:1: tariff.x.rate_percent: -5 is out of range"));
    assert!(faults[3].starts_with("a.toml:12:12: exemption.e.clauses[0]"));
}

#[test]
fn a_group_may_not_take_a_name_that_is_taken() {
    let text = "[groups]\nldc = [\"USA\"]\nUSA = [\"CAN\"]\nmine = []\n[[tariff]]\nname = \"x\"\n\
                importers = [\"mine\"]\nrate_percent = 5\n";
    let folder = Folder::new(&[("a.toml", text.as_bytes())]);
    let faults = folder.read("a.toml").and_then(|s| s.policy(&shipped()).map(|_| ()));
    let faults = shown(&faults.err().unwrap_or_default(), folder.0.path());
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert!(faults.iter().take(2).all(|fault| fault.contains("already stands for")), "{faults:#?}");
    assert!(faults[2].contains("groups.mine: the list is empty"));
}

#[test]
fn own_groups_are_part_of_the_world_and_do_not_clash_with_themselves() {
    let text = "[groups]\nclub = [\"USA\", \"EU27\"]\n[[tariff]]\nname = \"x\"\nimporters = [\"club\"]\nrate_percent = 5\n";
    let folder = Folder::new(&[("a.toml", text.as_bytes())]);
    let Ok(scenario) = folder.read("a.toml") else { panic!("its keys are right") };
    let world = scenario.world(Path::new("../../data/2023"));
    assert_eq!(world.as_ref().map(|w| w.groups["club"].members.count()).ok(), Some(28));
    let policy = world.and_then(|world| scenario.policy(&world));
    assert_eq!(policy.map(|policy| policy.tariffs.len()), Ok(1));
}

#[test]
fn a_clause_that_is_switched_off_does_nothing() {
    let text = format!("{GOOD}enabled = false\n");
    let folder = Folder::new(&[("a.toml", text.as_bytes())]);
    let policy = folder.read("a.toml").and_then(|s| s.policy(&shipped()));
    assert_eq!(policy, Ok(Policy::status_quo()));
}

#[test]
fn the_clauses_that_are_on_are_found_by_the_schema_and_sorted_by_name() {
    let text = format!(
        "{GOOD}[[tariff]]\nname = \"also\"\nimporters = [\"CAN\"]\nrate_percent = 1\n\
         [[tariff]]\nname = \"off\"\nenabled = false\nimporters = [\"CAN\"]\nrate_percent = 1\n\
         [[exemption]]\nname = \"poorest\"\nenabled = true\nexporters = [\"LDC\"]\n"
    );
    let folder = Folder::new(&[("a.toml", text.as_bytes())]);
    let Ok(scenario) = folder.read("a.toml") else { panic!("it is good") };
    assert_eq!(scenario.clause_paths(), ["exemption.poorest", "tariff.also", "tariff.core"]);
    let off = ["tariff.core", "exemption.poorest"].map(|path| (format!("{path}.enabled"), false.into()));
    assert_eq!(scenario.with_each(off).map(|s| s.clause_paths()), Ok(vec!["tariff.also".to_owned()]));
}

#[test]
fn a_kind_of_clause_that_stands_alone_counts_too() {
    let schema = serde_json::json!({
        "properties": {
            "title": { "type": "string" },
            "revenue": { "anyOf": [{ "$ref": "#/$defs/Revenue" }, { "type": "null" }] },
            "quota": { "type": "array", "items": { "$ref": "#/$defs/Revenue" } },
            "groups": { "type": "object", "additionalProperties": { "type": "array" } },
        },
        "$defs": { "Revenue": { "type": "object", "properties": { "enabled": { "type": "boolean" } } } },
    });
    let mut kinds = check::kinds_of_clauses(&schema);
    kinds.sort();
    assert_eq!(kinds, ["quota", "revenue"]);
}

#[test]
fn years_of_a_path_rise_and_stand_in_the_place_of_the_year() {
    assert_eq!(
        one(&format!("years = [2030]\n{GOOD}")),
        ["a.toml:1:1: years: 1 given, and a path has at least two | add years, or write year = … for one"]
    );
    let faults = one(&format!("year = 2026\nyears = [2026, 2034, 2030]\n{GOOD}"));
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("a.toml:1:1: year: `years` is given too | keep one"), "{faults:?}");
    assert!(faults[1].starts_with("a.toml:2:22: years[2]: 2030 does not come after 2034 |"), "{faults:?}");
}

#[test]
fn a_year_of_a_path_is_the_scenario_that_names_that_year_alone() {
    let (path, alone) = (format!("years = [2026, 2030]\n{GOOD}"), format!("year = 2030\n{GOOD}"));
    let folder = Folder::new(&[("a.toml", path.as_bytes()), ("b.toml", alone.as_bytes())]);
    let (Ok(path), Ok(alone)) = (folder.read("a.toml"), folder.read("b.toml")) else {
        panic!("both are good")
    };
    assert_eq!((path.years(), path.year(), alone.years()), (&[2026, 2030][..], Some(2026), &[][..]));
    assert_eq!(path.at_year(2030).map(|s| s.digest()), Ok(alone.digest()));
    assert_eq!(alone.at_year(2026).map(|s| (s.year(), s.years().len())), Ok((Some(2026), 0)));
}
