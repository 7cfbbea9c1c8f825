//! Charts of a negotiation: the frontier as a curve, and clubs as a lattice.

use crate::words;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use zollverein_games::stability::members;
use zollverein_negotiation::clubs::{Clubs, Whole};
use zollverein_negotiation::frontier::Frontier;
use zollverein_negotiation::talks::Talks;
use zollverein_tables::Artefact;

const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const LINE: RGBColor = RGBColor(0xd5, 0xd5, 0xd5);
const GAIN: RGBColor = RGBColor(0x54, 0x27, 0x88);

type Failed = Box<dyn std::error::Error>;

/// The first objective over the second, a point for each agreement; `None` if there are fewer than two.
pub(super) fn frontier(talks: &Talks, found: &Frontier) -> Option<Artefact> {
    if found.points.len() < 2 {
        return None;
    }
    let mut svg = String::new();
    draw_frontier(talks, found, &mut svg).ok()?;
    Some(Artefact::text("frontier.svg", svg))
}

fn draw_frontier(talks: &Talks, found: &Frontier, svg: &mut String) -> Result<(), Failed> {
    let root = SVGBackend::with_string(svg, (640, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let range = |k: usize| {
        let values = || found.points.iter().map(|point| point.worth[k]);
        let (low, high) =
            (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        let room = (0.06 * (high - low)).max(1e-9);
        low - room..high + room
    };
    let label = |k: usize| {
        let objective = &talks.agenda.objectives[found.objectives[k]];
        format!("{}, {}", words::plain(&objective.name), super::unit(objective.unit()))
    };
    let mut area = ChartBuilder::on(&root)
        .margin(14)
        .margin_right(26)
        .x_label_area_size(46)
        .y_label_area_size(86)
        .build_cartesian_2d(range(1), range(0))?;
    let font = ("sans-serif", 15).into_font();
    area.configure_mesh()
        .x_labels(6)
        .y_labels(6)
        .x_desc(label(1))
        .y_desc(label(0))
        .x_label_formatter(&|value| words::figure(*value))
        .y_label_formatter(&|value| words::figure(*value))
        .bold_line_style(LINE)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(font.color(&INK))
        .draw()?;
    let points: Vec<(f64, f64)> = found.points.iter().map(|point| (point.worth[1], point.worth[0])).collect();
    if found.objectives.len() == 2 {
        area.draw_series(std::iter::once(PathElement::new(points.clone(), GAIN.stroke_width(2))))?;
    }
    area.draw_series(points.iter().map(|at| Circle::new(*at, 3, GAIN.filled())))?;
    root.present()?;
    drop(area);
    drop(root);
    Ok(())
}

/// The most candidates whose every club is drawn.
const DRAWN: usize = 6;

/// Clubs by size from bottom to top, stable ones filled, with the order of accession as a line;
/// `None` where there are too many to be drawn.
pub(super) fn lattice(found: &Clubs, whole: &Whole) -> Option<Artefact> {
    let count = found.players.len();
    if count > DRAWN {
        return None;
    }
    let mut svg = String::new();
    draw_lattice(found, whole, &mut svg).ok()?;
    Some(Artefact::text("lattice.svg", svg))
}

fn draw_lattice(found: &Clubs, whole: &Whole, svg: &mut String) -> Result<(), Failed> {
    const ROW: i32 = 74;
    let count = found.players.len();
    let mut levels: Vec<Vec<usize>> = vec![vec![]; count + 1];
    for set in 0..1_usize << count {
        levels[set.count_ones() as usize].push(set);
    }
    let widest = levels.iter().map(Vec::len).max().unwrap_or(1);
    let column = if widest > 10 { 58 } else { 96 };
    let names: Vec<String> = (0..count)
        .filter_map(|player| {
            let name = words::plain(&found.players[player].name);
            Some(format!("{} {name}", letter(player)?))
        })
        .collect();
    let key = format!("Filled: stable. Thick: order of accession. {}", names.join(", "));
    let wanted = 7 * u32::try_from(key.chars().count())? + 28; // what the key needs
    let width = (column * u32::try_from(widest)? + 40).max(wanted);
    let height = u32::try_from(ROW)? * u32::try_from(count + 1)? + 70;
    let (middle, foot) = (i32::try_from(width)? / 2, i32::try_from(height)? - 60);
    let column = i32::try_from(column)?;
    let place = |set: usize| -> (i32, i32) {
        let level = &levels[set.count_ones() as usize];
        let at = i32::try_from(level.iter().position(|one| *one == set).unwrap_or(0)).unwrap_or(0);
        let many = i32::try_from(level.len()).unwrap_or(1);
        let row = i32::try_from(set.count_ones()).unwrap_or(0);
        (middle + column * (2 * at - many + 1) / 2, foot - ROW * row)
    };
    let root = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
    root.fill(&WHITE)?;
    for set in 0..1_usize << count {
        for player in (0..count).filter(|player| set >> player & 1 == 0) {
            let line = PathElement::new(vec![place(set), place(set | 1 << player)], LINE.stroke_width(1));
            root.draw(&line)?;
        }
    }
    let mut path = vec![place(0)];
    path.extend(whole.accession.iter().map(|step| place(step.set)));
    root.draw(&PathElement::new(path, INK.stroke_width(3)))?;
    let font = ("sans-serif", 12).into_font().color(&INK);
    for set in 0..1_usize << count {
        let (x, y) = place(set);
        let stable = whole.stable.contains(&set);
        let style: ShapeStyle = if stable { GAIN.filled() } else { WHITE.filled() };
        root.draw(&Circle::new((x, y), 8, style))?;
        root.draw(&Circle::new((x, y), 8, GAIN.stroke_width(2)))?;
        let letters: String = members(set, count).filter_map(letter).collect();
        let said = if letters.is_empty() { "–".to_owned() } else { letters };
        root.draw(&Text::new(said, (x, y + 11), font.clone().pos(Pos::new(HPos::Center, VPos::Top))))?;
    }
    root.draw(&Text::new(key, (14, foot + 38), font.pos(Pos::new(HPos::Left, VPos::Top))))?;
    root.present()?;
    drop(root);
    Ok(())
}

fn letter(player: usize) -> Option<char> {
    char::from_u32(u32::from(b'A') + u32::try_from(player).ok()?)
}
