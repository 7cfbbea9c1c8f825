//! A data folder from the user's own files. Every figure is invented; the columns are the real ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use zollverein::baseline::columns::TABLES;
use zollverein::baseline::{Baseline, read};
use zollverein::data::import::{self, Plan};
use zollverein::data::provenance;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the example to change, with its plan's paths made whole.
fn example() -> tempfile::TempDir {
    let room = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(root().join("data/examples/import")).expect("the example") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, room.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    let data = root().join("data").display().to_string();
    change(room.path(), "plan.toml", |text| text.replace("../..", &data));
    room
}

fn change(folder: &Path, name: &str, to: impl Fn(String) -> String) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).expect("a file of the example");
    std::fs::write(path, to(text)).expect("written");
}

fn add(folder: &Path, name: &str, text: &str) {
    change(folder, name, |before| format!("{before}{text}"));
}

/// The tables that the example's plan gives.
fn imported(folder: &Path) -> import::Imported {
    let plan = Plan::read(&folder.join("plan.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    import::import(&plan).unwrap_or_else(|problems| panic!("{problems}"))
}

fn faults(folder: &Path) -> String {
    match Plan::read(&folder.join("plan.toml")).and_then(|plan| import::import(&plan)) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_zollverein");
    Command::new(program).args(arguments).current_dir(folder).output().expect("the program runs")
}

/// Rows of a table by what names them.
fn rows(imported: &import::Imported, name: &str, keys: usize) -> BTreeMap<String, Vec<String>> {
    let bytes = &imported.tables.iter().find(|(file, _)| file == name).expect("the table").1;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    reader
        .records()
        .map(|record| {
            let cells: Vec<String> = record.expect("a record").iter().map(str::to_owned).collect();
            (cells[..keys].join(" "), cells)
        })
        .collect()
}

fn number(rows: &BTreeMap<String, Vec<String>>, key: &str, column: usize) -> f64 {
    rows.get(key).unwrap_or_else(|| panic!("no row {key}"))[column].parse().expect("a number")
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn the_example_comes_to_the_totals_that_a_pencil_finds() {
    let room = example();
    let imported = imported(room.path());
    let flows = rows(&imported, "flows.csv", 3);
    let exports = |code: &str, product: &str| -> f64 {
        flows
            .values()
            .filter(|row| row[0] == code && row[1] != code && row[2] == product)
            .map(|row| row[3].parse::<f64>().expect("a number"))
            .sum()
    };
    // 150 million USD without tonnes, at the world's 2,650 million USD for 3,400 kt
    let from_value = 150.0 * 3400.0 / 2650.0;
    assert!((exports("ARD", "steel") - 300.0).abs() < 2e-3);
    assert!((exports("BOR", "steel") - (2000.0 + from_value)).abs() < 2e-3);
    // 1,200 kt of plants, used to 80 % as in the base: 960 kt, of which 95 % may leave; 1,100 are reported
    assert!((exports("COR", "steel") - 912.0).abs() < 2e-3);
    near(imported.account.products[0].taken_out_kt, 188.0);
    near(imported.account.products[0].reported_kt, 3400.0 + from_value);
    assert_eq!(imported.account.products[0].residual_of, None);
    // aluminium stands as reported; Arden's 50 kt are explained by 50 / 0.95 of remelting
    near(number(&flows, "BOR ARD aluminium", 3), 300.0);
    near(number(&flows, "ARD COR aluminium", 3), 50.0);
    assert_eq!(flows["BOR ARD aluminium"][6], "False");
    assert!(
        flows["BOR COR steel"][6] == "True" && flows["BOR COR steel"][7].contains("balanced from 192.4528")
    );
    // freight of the same product and pair in the base folder: none on steel, 80 USD/t on aluminium
    near(number(&flows, "ARD COR steel", 4), 0.0);
    near(number(&flows, "ARD COR aluminium", 4), 80.0);
    let production = rows(&imported, "production.csv", 3);
    near(number(&production, "ARD aluminium remelt", 3), 50.0 / 0.95);
    near(number(&production, "COR steel electric", 3), 960.0);
    near(number(&production, "COR steel electric", 4), 1200.0);
    near(number(&production, "BOR steel blast", 6), 2.4);
    near(number(&production, "BOR steel blast", 5), 750.0);
    near(number(&production, "ARD steel electric", 5), 270.0 / 0.3); // export value per tonne
    let duties = rows(&imported, "duties.csv", 3);
    near(number(&duties, "ARD * steel", 3), (4.0 * 1125.0 + 6.0 * 375.0) / 1500.0);
    near(number(&duties, "ARD COR steel", 3), 6.0 * 375.0 / 1500.0);
    near(number(&duties, "BOR * steel", 3), 7.5);
    near(number(&duties, "COR * steel", 3), 10.0); // no tariff file has it: the base folder's
    assert_eq!((imported.account.rows, imported.account.other_rows), (11, 2));
}

#[test]
fn the_new_folder_is_whole_sound_and_every_cell_is_explained() {
    let room = example();
    let output = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = room.path().join("made");
    explained(&made);
    let baseline = read::folder(&made).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(baseline.year, Some(2023));
    replicates(&baseline);
    let again = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert_eq!(again.status.code(), Some(2), "a folder that is there is not replaced unasked");
    let left: Vec<_> = std::fs::read_dir(room.path())
        .expect("the room")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn replicates(baseline: &Baseline) {
    use zollverein::{engine::Armington, engine::Engine, policy::Policy};
    let engine = Armington::new(baseline);
    let found = engine
        .solve(baseline, &Policy::status_quo().terms(baseline))
        .unwrap_or_else(|error| panic!("{error}"));
    for (arc, quantity) in baseline.arcs.iter().zip(&found.quantity) {
        assert!((quantity.value() / arc.quantity.value() - 1.0).abs() < 1e-9);
    }
}

/// Every cell of a folder says source, licence, rule and confidence.
fn explained(folder: &Path) {
    let entries = provenance::entries(folder).unwrap_or_else(|problems| panic!("{problems}"));
    let mut cells = 0;
    for table in &TABLES {
        let found =
            provenance::cells(folder, table, &entries).unwrap_or_else(|problems| panic!("{problems}"));
        cells += found.len();
        if let Some(cell) = found.iter().find(|cell| !cell.is_explained()) {
            panic!("{}: {cell:?}", folder.display());
        }
    }
    assert!(cells > 100, "{} has {cells} cells", folder.display());
}

#[test]
fn every_cell_of_the_folders_that_are_shipped_is_explained() {
    for folder in ["2017", "2023", "2030", "toy"] {
        explained(&root().join("data").join(folder));
    }
}

#[test]
fn a_row_is_explained_by_its_names_and_one_that_is_not_there_is_refused() {
    let room = root();
    let output = run(&room, &["data", "explain", "flows", "CHN", "VNM", "steel", "--json"]);
    assert!(output.status.success());
    let cells: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let quantity = cells.iter().find(|cell| cell["column"] == "quantity_kt").expect("the quantity");
    assert!(
        quantity["confidence"].is_string() && quantity["licence"].is_string() && quantity["unit"] == "kt"
    );
    for (arguments, said) in [
        (["flows", "CHN", "VNN", "steel"].as_slice(), "did you mean"),
        (&["flow", "CHN", "VNM", "steel"], "did you mean `flows`"),
        (&["flows", "CHN", "VNM"], "exporter, importer, product"),
        (&["flows", "SMR", "NZL", "steel"], "counts as none"),
    ] {
        let output = run(&room, &[&["data", "explain"], arguments].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && text.contains(said), "{text}");
    }
    // a country without a row of its own is answered by the row for all
    let output = run(&room, &["data", "explain", "abatement", "USA", "steel", "bf_bof"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("the one for all without one (*) holds"));
}

#[test]
fn broken_files_are_listed_whole_and_nothing_is_written() {
    let room = example();
    add(
        room.path(),
        "trade.csv",
        "2023,901,902,72083,1,1\n2023,999,902,720839,1,1\n2023,901,902,720839,-4,x\n2023,901\n",
    );
    add(room.path(), "trade.csv", "2023,902,901,721420,1,1\nMMXX,902,901,721410,1,1\n");
    add(room.path(), "tariffs.csv", "901,721310,000,2023,inf,MFN\n777,721310,000,2023,1,MFN\n");
    add(
        room.path(),
        "production.csv",
        "ARD,steel,blast,10,5,,,\nXXX,steel,blast,1,,,,\nARD,steal,blast,1,,,,\nARD,steel,rotary,1,,,,\n",
    );
    add(
        room.path(),
        "plants.csv",
        "P9,Nowhere,Atlantis,,operating,1,1,1\nP10,Odd,Corin,,operating,many,1,1\n",
    );
    std::fs::remove_file(room.path().join("countries.csv")).expect("removed");
    std::fs::write(
        room.path().join("countries.csv"),
        "country_code,country_name,country_iso2,country_iso3\n901,Arden,AR,ARD\n902,Boria,BO,BOR\n903,Corin,CO,COR\n904,Del,DE,DEL\n",
    )
    .expect("written");
    let text = faults(room.path());
    for said in [
        "trade.csv:13: `k` is `72083`, no HS6 code",
        "a leading zero was lost",
        "trade.csv:14: `i` is `999`",
        "trade.csv:15: `v` is `-4`, which is negative",
        "trade.csv:15: `q` is `x`, which is not a number",
        "trade.csv:16: 2 fields where the header has 6",
        "trade.csv:17: the same countries and code 721420 as line 6",
        "trade.csv:18: `t` is `MMXX`, no year",
        "tariffs.csv:7: `rate` is `inf`",
        "tariffs.csv:8: the importer is `777`",
        "production.csv:5: `capacity_kt` 5 is below `output_kt` 10",
        "production.csv:6: country `XXX` is not known",
        "production.csv:7: the plan makes no product `steal`",
        "production.csv:8: route `rotary`",
        "plants.csv:6: the country is `Atlantis`",
        "plants.csv:7: `BOF capacity` is `many`",
        "countries.csv:5: the base folder has no country `DEL`",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(text.matches("remedy: ").count(), text.matches("\n    remedy").count());
    let output = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert!(output.status.code() == Some(2) && !room.path().join("made").exists());
}

#[test]
fn problems_beyond_the_first_are_counted() {
    let room = example();
    let many: String = (0..500).map(|_| "2023,999,902,720839,1,1\n").collect();
    add(room.path(), "trade.csv", &many);
    let text = faults(room.path());
    assert!(text.contains("… and 480 more in this file"), "{text}");
    assert_eq!(text.matches("`i` is `999`").count(), 20);
}

#[test]
fn marks_line_ends_and_quotes_change_nothing_and_utf_16_is_refused() {
    let room = example();
    let before = imported(room.path());
    change(room.path(), "trade.csv", |text| {
        let quoted: Vec<String> = text
            .lines()
            .map(|line| {
                line.split(',').map(|cell| format!("\"{}\"", cell.trim())).collect::<Vec<_>>().join(",")
            })
            .collect();
        format!("\u{feff}{}\r\n", quoted.join("\r\n"))
    });
    for name in ["production.csv", "tariffs.csv", "plants.csv", "countries.csv"] {
        change(room.path(), name, |text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
    }
    assert_eq!(before.tables, imported(room.path()).tables);
    for name in ["trade.csv", "production.csv"] {
        let text = std::fs::read_to_string(room.path().join(name)).expect("a file");
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(room.path().join(name), bytes).expect("written");
    }
    let text = faults(room.path());
    assert_eq!(text.matches("UTF-16").count(), 2, "{text}");
    assert!(text.contains("save it as CSV in UTF-8"));
}

/// The example with Comtrade files of some columns in the place of BACI's.
fn with_comtrade(header: &str, row: impl Fn([&str; 5]) -> String) -> tempfile::TempDir {
    let room = example();
    // flow, reporter, partner, code, kilograms; the value is a dollar a kilogram
    let reports = [
        ["M", "BOR", "ARD", "720839", "200000000"],
        ["X", "ARD", "BOR", "720839", "205000000"],
        ["M", "ARD", "BOR", "720839", "1000000000"],
        ["X", "BOR", "ARD", "720839", "4000000000"],
        ["X", "BOR", "W00", "720839", "9999000000"],
        ["RX", "BOR", "COR", "720839", "77000000"],
        ["M", "ARD", "BOR", "7208", "5000000000"],
        ["M", "COR", "BOR", "760110", "40000000"],
    ];
    let text: String = reports.iter().map(|report| row(*report) + "\n").collect();
    std::fs::write(room.path().join("reports.csv"), format!("{header}\n{text}")).expect("written");
    change(room.path(), "plan.toml", |plan| {
        let from = plan.find("[[baci]]").expect("BACI");
        let to = plan.find("[[tariffs]]").expect("tariffs");
        let own = "[[comtrade]]\nfile = \"reports.csv\"\nsource = \"invented\"\nlicence = \"none\"\n\n";
        format!("{}{own}{}", &plan[..from], &plan[to..])
    });
    room
}

#[test]
fn comtrade_reads_alike_in_its_new_and_its_old_columns() {
    let new = with_comtrade(
        "typeCode,refYear,reporterCode,reporterISO,flowCode,partnerCode,partnerISO,partner2Code,classificationCode,cmdCode,cmdDesc,customsCode,motCode,netWgt,primaryValue",
        |[flow, reporter, partner, code, kilograms]| {
            format!(
                "C,2023,1,{reporter},{flow},2,{partner},0,H5,{code},\"flat, hot\",C00,0,{kilograms},{kilograms}"
            )
        },
    );
    // a breakdown by mode of transport is within the whole
    add(new.path(), "reports.csv", "C,2023,1,BOR,M,2,ARD,0,H5,720839,x,C00,2100,5,5\n");
    let old = with_comtrade(
        "Classification,Year,Trade Flow,Reporter ISO,Partner ISO,Commodity Code,Netweight (kg),Trade Value (US$)",
        |[flow, reporter, partner, code, kilograms]| {
            let flow = match flow {
                "M" => "Import",
                "X" => "Export",
                _ => "Re-Export",
            };
            let partner = if partner == "W00" { "WLD" } else { partner };
            format!("H5,2023,{flow},{reporter},{partner},{code},{kilograms},{kilograms}")
        },
    );
    let (new, old) = (imported(new.path()), imported(old.path()));
    assert_eq!(new.tables, old.tables);
    let flows = rows(&new, "flows.csv", 3);
    let (agreed, differ) = (&flows["ARD BOR steel"], &flows["BOR ARD steel"]);
    let kt: f64 = agreed[3].parse().expect("a number");
    assert!(kt > 200.0 && kt < 205.0 && agreed[6] == "False", "{agreed:?}");
    let kt: f64 = differ[3].parse().expect("a number");
    assert!(kt > 1000.0 && kt < 4000.0 && differ[6] == "True", "{differ:?}");
    assert!(differ[7].contains("a factor of 4.00"));
    assert!(flows["BOR COR aluminium"][7].contains("the importer alone"));
    let wrong = with_comtrade(
        "Classification,Year,Trade Flow,Reporter ISO,Partner ISO,Commodity Code,Netweight (kg),Trade Value (US$)",
        |[_, reporter, partner, code, kilograms]| {
            format!("H4,2023,Import,{reporter},{partner},{code},{kilograms},{kilograms}")
        },
    );
    assert!(faults(wrong.path()).contains("the row is in HS2012 and the plan says HS2017"));
}

#[test]
fn each_plant_can_be_a_route_of_its_own() {
    let room = example();
    change(room.path(), "plan.toml", |plan| {
        plan.replace("product = \"steel\"\nsource", "product = \"steel\"\nby_plant = true\nsource")
    });
    let imported = imported(room.path());
    let production = rows(&imported, "production.csv", 3);
    near(number(&production, "COR steel electric_p1", 3), 720.0);
    near(number(&production, "COR steel electric_p2", 4), 300.0);
    near(number(&production, "COR steel electric_p2", 6), 1.0); // the base's intensity of the route
    let routes = rows(&imported, "routes.csv", 1);
    assert_eq!(routes["electric_p1"][2], "Cort Works, East (Electric arc furnace)");
    let output = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    explained(&room.path().join("made"));
    let baseline = read::folder(&room.path().join("made")).unwrap_or_else(|problems| panic!("{problems}"));
    replicates(&baseline);
    plants_hold_their_capacity(&baseline);
}

/// Engine S where Arden closes its steel market to Boria: Corin's two plants make more, each within its own capacity.
fn plants_hold_their_capacity(baseline: &Baseline) {
    use zollverein::policy::{Duty, Terms};
    use zollverein::{baseline::ArcId, engine::Engine, engine::Spatial, units::UsdPerTonne};
    let [ard, bor, cor] = ["ARD", "BOR", "COR"].map(|code| baseline.country(code).expect("a country"));
    let steel = baseline.product("steel").expect("steel");
    let into = baseline.arcs_into(ard, steel).map(ArcId::at);
    let from_boria = into.filter(|arc| baseline.producer_of(*arc).country == bor);
    let terms = Terms::with(baseline, from_boria.map(|arc| (arc, Duty::new(2.0, UsdPerTonne::ZERO))));
    let found = Spatial::default().solve(baseline, &terms).unwrap_or_else(|error| panic!("{error}"));
    let makers = baseline.producers.iter().zip(&found.producers);
    let mut plants = vec![];
    for (maker, state) in makers.filter(|(maker, _)| maker.country == cor && maker.product == steel) {
        let (made, capacity) = (state.output.value(), maker.capacity.expect("a plant's").value());
        assert!(
            made > 1.01 * maker.output.value() && made <= capacity * (1.0 + 1e-9),
            "{made} of {capacity}"
        );
        plants.push(capacity.round());
    }
    assert_eq!(plants, [900.0, 300.0]);
}

#[test]
fn the_world_of_2023_can_be_the_base_and_strangers_are_the_rest_of_it() {
    let room = example();
    let data = root().join("data").display().to_string();
    let plan = format!(
        "name = \"x\"\nyear = 2023\nbase = \"{data}/2023\"\nrest_of_world = \"ROW\"\n\
         concordance = {{ file = \"{data}/concordance/metals.csv\", edition = \"HS2022\" }}\n\
         [[product]]\ncode = \"steel_flat\"\nlike = \"steel\"\n\
         [[baci]]\nfile = \"trade.csv\"\ncountries = \"countries.csv\"\n\
         [[tariffs]]\nfile = \"tariffs.csv\"\ncountries = \"countries.csv\"\nsource = \"invented\"\nlicence = \"none\"\n\
         [[plants]]\nfile = \"plants.csv\"\nproduct = \"steel_flat\"\nutilisation_percent = 50\n"
    );
    let write = |name: &str, text: &str| std::fs::write(room.path().join(name), text).expect("written");
    write("plan.toml", &plan);
    // the old layout of BACI's codes; Fiji and Tonga are not in the base
    write(
        "countries.csv",
        "country_code,country_name_abbreviation,country_name_full,iso_2digit_alpha,iso_3digit_alpha\n\
         276,Germany,Germany,DE,DEU\n410,Rep. of Korea,\"Korea, Rep. of\",KR,KOR\n242,Fiji,Fiji,FJ,FJI\n776,Tonga,Tonga,TO,TON\n",
    );
    write(
        "trade.csv",
        "t,i,j,k,v,q\n2023,410,276,720839,700.0,1000.0\n2023,410,242,720839,70.0,100.0\n2023,410,776,720839,7.0,10.0\n2023,242,776,720839,7.0,10.0\n",
    );
    write(
        "tariffs.csv",
        "NomenCode,Reporter_ISO_N,Year,ProductCode,Partner,SimpleAverage\nH6,918,2023,720839,000,2.5\nH6,242,2023,720839,000,32\n",
    );
    write(
        "plants.csv",
        "Plant name (English),Country/Area,Latitude,Longitude,Status,Nominal BOF steel capacity (ttpa),Nominal EAF steel capacity (ttpa)\n\
         One,South Korea,36,129,Operating,4000,N/A\nTwo,Germany,51,6,operating,3000,1000\n",
    );
    let output = run(room.path(), &["data", "import", "plan.toml", "--to", "made"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("taken for ROW: FJI, TON"));
    let made = room.path().join("made");
    explained(&made);
    replicates(&read::folder(&made).unwrap_or_else(|problems| panic!("{problems}")));
    let imported = imported(room.path());
    let flows = rows(&imported, "flows.csv", 3);
    near(number(&flows, "KOR ROW steel_flat", 3), 0.11);
    let duties = rows(&imported, "duties.csv", 3);
    near(number(&duties, "POL * steel_flat", 3), 2.5);
    let of_rest = duties.get("ROW * steel_flat").map(|row| row[6].as_str());
    assert_ne!(of_rest, Some("invented"), "one country of the rest sets no duty for all");
    near(number(&rows(&imported, "production.csv", 3), "DEU steel_flat scrap_eaf", 3), 500.0);
}

#[test]
fn a_bulk_file_of_macmap_is_read_line_by_line_once_its_unit_is_said() {
    let room = example();
    // two tariff lines of 720839 on everyone, one preference; fields between tabs, rates as parts of the value
    let head = "Revision\tReportingCountry\tYear\tProductCode\tPartnerCountry\tAvDuty\tSource\n";
    let line =
        |code: &str, partner: &str, duty: &str| format!("H6\t901\t2023\t{code}\t{partner}\t{duty}\tMAcMap\n");
    let lines = [
        line("72083910", "000", "0.02"),
        line("72083990", "000", "0.06"),
        line("72142000", "000", "0.06"),
        line("72083910", "903", "0"),
    ];
    std::fs::write(room.path().join("tariffs.csv"), format!("{head}{}", lines.concat())).expect("written");
    let told = faults(room.path());
    assert!(told.contains("`AvDuty` is in percent or a part") && told.contains("unit = \"ratio\""), "{told}");
    change(room.path(), "plan.toml", |text| text.replace("of WITS\"", "of WITS\"\nunit = \"ratio\""));
    let imported = imported(room.path());
    let duties = rows(&imported, "duties.csv", 3);
    // 4 % and 6 % by imports of 1,125 and 375, as in the example's own file
    near(number(&duties, "ARD * steel", 3), 4.5);
    // 0 % on one line of one code; the other line of it is the favoured nation's
    near(number(&duties, "ARD COR steel", 3), (1125.0 * 3.0 + 375.0 * 6.0) / 1500.0);
}

#[test]
fn totals_are_met_and_held_pairs_held() {
    let room = example();
    add(
        room.path(),
        "plan.toml",
        "[[totals]]\nfile = \"totals.csv\"\nsource = \"invented\"\nlicence = \"none\"\n[[pairs]]\nfile = \"pairs.csv\"\nsource = \"invented\"\nlicence = \"none\"\n",
    );
    let totals = "country,product,exports_kt,imports_kt\nARD,steel,400,2500\nBOR,steel,2400,\n";
    std::fs::write(room.path().join("totals.csv"), totals).expect("written");
    let pairs =
        "exporter,importer,product,quantity_kt,kind\nBOR,ARD,steel,1900,fixed\nARD,COR,steel,260,floor\n";
    std::fs::write(room.path().join("pairs.csv"), pairs).expect("written");
    let imported = imported(room.path());
    let flows = rows(&imported, "flows.csv", 3);
    near(number(&flows, "BOR ARD steel", 3), 1900.0);
    assert!(number(&flows, "ARD COR steel", 3) >= 260.0 - 1e-9);
    let sold = |code: &str| -> f64 {
        let own = flows.values().filter(|row| row[0] == code && row[1] != code && row[2] == "steel");
        own.map(|row| row[3].parse::<f64>().expect("a number")).sum()
    };
    assert!((sold("ARD") - 400.0).abs() < 2e-3 && (sold("BOR") - 2400.0).abs() < 2e-3);
    change(room.path(), "pairs.csv", |text| text.replace("1900", "19000"));
    assert!(faults(room.path()).contains("the pairs of BOR hold 19000 kt of steel"));
}

#[test]
fn the_same_bytes_come_of_any_number_of_threads() {
    let room = example();
    let mut text = String::new();
    // enough rows of other products for several pieces, and metals between them
    for row in 0..400_000 {
        let _ = writeln!(text, "2023,901,902,{:06},{}.125,{}.5", 10_000 + row, row % 977, row % 91);
    }
    for row in 0..300 {
        let code = if row < 100 { 720_840 + row } else { 721_000 + row };
        let _ = writeln!(text, "2023,902,903,{code},{}.37,{}.11", 100 + row * 7, 130 + row * 3);
    }
    assert!(text.len() > 2 * (4 << 20));
    add(room.path(), "trade.csv", &text);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| imported(room.path()))
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one, three);
    assert_eq!(one.account.rows, 400_311);
}

#[test]
fn the_concordance_that_is_shipped_puts_each_heading_into_one_product_in_each_edition() {
    let text = std::fs::read_to_string(root().join("data/concordance/metals.csv")).expect("the concordance");
    let mut editions: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.expect("a record");
        assert!(record[1].len() == 4 && record[1].bytes().all(|byte| byte.is_ascii_digit()), "{record:?}");
        let twice = editions
            .entry(record[0].to_owned())
            .or_default()
            .insert(record[1].to_owned(), record[2].to_owned());
        assert_eq!(twice, None, "{record:?}");
    }
    let names: Vec<&str> = editions.keys().map(String::as_str).collect();
    assert_eq!(names, ["HS2012", "HS2017", "HS2022"]);
    for headings in editions.values() {
        // all of 7206 to 7229 and 7301 to 7306: the steel of data/2023
        for heading in (7206..=7229).chain(7301..=7306).chain([7601]).chain(7604..=7608) {
            assert!(headings.contains_key(&heading.to_string()), "{heading}");
        }
        assert_eq!(headings.len(), 36);
    }
}

#[test]
fn every_key_of_a_plan_is_explained() {
    let form =
        std::fs::read_to_string(root().join("crates/data/src/import/plan.rs")).expect("the plan's form");
    let page = std::fs::read_to_string(root().join("docs/src/data/import.md")).expect("the page");
    let keys: Vec<&str> = form
        .lines()
        .filter(|line| !line.contains("PathBuf,") || !line.contains("file"))
        .filter_map(|line| line.strip_prefix("    pub ")?.split_once(':').map(|(key, _)| key))
        .filter(|key| !key.contains(['(', ' ']))
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let shown = [format!("`{key}`"), format!("`[{key}]`"), format!("`[[{key}]]`")];
        assert!(shown.iter().any(|shown| page.contains(shown)), "{key} is not explained");
    }
}
