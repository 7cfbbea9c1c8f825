//! An import says what its flows obey, and holds sums over groups of countries.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use zollverein::baseline::observation::{Basis, ObservationKind};
use zollverein::baseline::{Baseline, read};
use zollverein::data::import::{self, Plan};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the example with more of a plan and more files.
fn example(plan: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let room = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(root().join("data/examples/import")).expect("the example") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, room.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    let file = room.path().join("plan.toml");
    let text = std::fs::read_to_string(&file).expect("the plan");
    let text = text.replace("../..", &root().join("data").display().to_string());
    std::fs::write(file, text + plan).expect("written");
    for (name, text) in files {
        std::fs::write(room.path().join(name), text).expect("written");
    }
    room
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_zollverein");
    Command::new(program).args(arguments).current_dir(folder).output().expect("the program runs")
}

/// The folder that is made of a room's plan; it must be one that the reader takes.
fn made(room: &tempfile::TempDir) -> Baseline {
    let output = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verified = run(room.path(), &["data", "verify", "made"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    read::folder(&room.path().join("made")).unwrap_or_else(|problems| panic!("{problems}"))
}

fn faults(room: &tempfile::TempDir) -> String {
    match Plan::read(&room.path().join("plan.toml")).and_then(|plan| import::import(&plan)) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

/// kt that the flows hold between countries of two lists.
fn shipped(world: &Baseline, product: &str, from: &[&str], to: &[&str]) -> f64 {
    let code = |country: zollverein::baseline::CountryId| world.countries[country.index()].code.as_str();
    let own = world.trade.flows().map(|(_, flow)| flow).filter(|flow| {
        flow.exporter != flow.importer
            && world.products[flow.product.index()].code == product
            && from.contains(&code(flow.exporter))
            && to.contains(&code(flow.importer))
    });
    own.map(|flow| flow.quantity.value()).sum()
}

const BLOCS: &str =
    "[[blocs]]\nfile = \"blocs.csv\"\nsource = \"customs of the South\"\nlicence = \"CC BY 4.0\"\n";
const HEADER: &str = "exporter,importer,product,quantity_kt\n";

#[test]
fn an_import_writes_what_its_flows_obey() {
    let room = example("", &[]);
    let world = made(&room);
    // reports that stand as they are; those that were balanced or came from values are none
    let pairs: Vec<ObservationKind> = world.observations.iter().map(|o| o.kind).collect();
    assert!(!pairs.is_empty() && pairs.iter().all(|kind| *kind == ObservationKind::Pair), "{pairs:?}");
    for (_, flow) in world.trade.flows().filter(|(_, flow)| flow.exporter != flow.importer) {
        let as_reported = world.products[flow.product.index()].code == "aluminium";
        assert_eq!(flow.basis == Some(Basis::Pair), as_reported, "{flow:?}");
    }
    let text = std::fs::read_to_string(room.path().join("made/observations.csv")).expect("the table");
    assert!(text.contains("\"invented, in the columns of BACI\",MIT or Apache-2.0"), "{text}");
}

#[test]
fn a_bloc_is_obeyed_to_the_last_printed_digit_and_verify_says_so() {
    let blocs = format!("{HEADER}BOR,low_and_high,steel,2211.417\n*,low_and_high,aluminium,655.5\n");
    let groups = "group,country\nlow_and_high,ARD\nlow_and_high,COR\n";
    let room = example(BLOCS, &[("blocs.csv", &blocs)]);
    let base = room.path().join("base");
    std::fs::create_dir(&base).expect("a folder");
    for entry in std::fs::read_dir(root().join("data/toy")).expect("the toy") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, base.join(path.file_name().expect("a name"))).expect("a copy");
    }
    std::fs::write(base.join("groups.csv"), groups).expect("written");
    std::fs::remove_file(base.join("datapackage.json")).expect("the description of other groups");
    let plan = std::fs::read_to_string(room.path().join("plan.toml")).expect("the plan");
    let toy = format!("{}/toy", root().join("data").display());
    let plan = plan.replace(&toy, "base");
    std::fs::write(room.path().join("plan.toml"), plan).expect("written");
    let world = made(&room);
    let of = |kind| world.observations.iter().filter(|o| o.kind == kind).count();
    assert_eq!((of(ObservationKind::Bloc), of(ObservationKind::Total)), (1, 1));
    let found = shipped(&world, "steel", &["BOR"], &["ARD", "COR"]);
    assert!((found - 2211.417).abs() < 0.5e-3, "{found}");
    let found = shipped(&world, "aluminium", &["BOR"], &["ARD", "COR"]);
    assert!((found - 655.5).abs() < 0.5e-3, "{found}");
    // a shipment within the bloc rests on it, and the reader holds the folder to it
    let code = |c: zollverein::baseline::CountryId| world.countries[c.index()].code.as_str();
    let flow = world.trade.flows().map(|(_, flow)| flow).find(|flow| {
        (code(flow.exporter), code(flow.importer)) == ("BOR", "COR")
            && world.products[flow.product.index()].code == "steel"
    });
    assert_eq!(flow.and_then(|flow| flow.basis), Some(Basis::Bloc));
    let file = room.path().join("made/observations.csv");
    let text = std::fs::read_to_string(&file).expect("the table");
    assert!(text.contains("2211.417,bloc,2023,customs of the South,CC BY 4.0"), "{text}");
    std::fs::write(&file, text.replace("2211.417", "2211.517")).expect("written");
    let verified = run(room.path(), &["data", "verify", "made"]);
    assert!(!verified.status.success(), "a bloc that the flows miss by a hundred tonnes is reported");
}

#[test]
fn totals_of_the_plan_become_observations_where_they_are_obeyed() {
    let totals = "[[totals]]\nfile = \"totals.csv\"\nsource = \"a statistical office\"\nlicence = \"none\"\n";
    let room = example(
        totals,
        &[("totals.csv", "country,product,exports_kt,imports_kt\nARD,steel,400,1500\nBOR,steel,2400,\n")],
    );
    let world = made(&room);
    let totals = world.observations.iter().filter(|o| o.kind == ObservationKind::Total);
    let found: Vec<f64> = totals.map(|o| o.quantity.value()).collect();
    assert!(found.contains(&400.0) && found.contains(&2400.0), "{found:?}");
    assert!((shipped(&world, "steel", &["BOR"], &["ARD", "COR"]) - 2400.0).abs() < 0.5e-3);
}

#[test]
fn blocs_that_cannot_be_are_refused_by_name() {
    let told = |rows: &str| faults(&example(BLOCS, &[("blocs.csv", &format!("{HEADER}{rows}"))]));
    let found = told("BOR,LDC,steel,20000\n");
    assert!(
        found.contains("blocs.csv:2") && found.contains("BOR into LDC: 20000 kt of steel are to be held"),
        "{found}"
    );
    let found = told("ARD,BOR,steel,5\nARD,Atlantis,steel,5\n");
    assert!(found.contains("a bloc has a group at one end") && found.contains("`Atlantis`"), "{found}");
    let found = told("BOR,LDC,steel,100\nBOR,LDC,steel,110\n");
    assert!(found.contains("the bloc and product stand twice"), "{found}");
    // a group and a part of it that contradict each other
    let found = told("BOR,OECD,steel,3000\nBOR,high_income,steel,3100\n");
    assert!(found.contains("leave"), "{found}");
}
