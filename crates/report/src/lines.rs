//! Charts of lines over years as inline SVG.

use crate::page::Lines;
use crate::words;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: u32 = 580;
const HEIGHT: u32 = 260;
/// Room for the labels at the lines' ends.
const RIGHT: u32 = 190;
/// Room for the scale of values.
const LEFT: u32 = 78;
const SCALE: u32 = 26;
/// Height of a label.
const LABEL: i32 = 19;
/// The longest label that fits.
const LONGEST: usize = 22;

/// Cool, warm, neutral (`PuOr`); the labels at the ends tell them apart without colour.
const COLOURS: [RGBColor; 3] =
    [RGBColor(0x54, 0x27, 0x88), RGBColor(0xb3, 0x58, 0x06), RGBColor(0x33, 0x33, 0x33)];
const GRID: RGBColor = RGBColor(0xd5, 0xd5, 0xd5);
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const STYLE: &str = "<style>.chart [stroke=\"#542788\"] { stroke: var(--gain, #542788); } \
                     .chart [stroke=\"#B35806\"] { stroke: var(--loss, #B35806); }</style>";

type Failed = Box<dyn std::error::Error>;

/// The chart with its title and a description in words; `None` if no value differs from zero.
pub(super) fn svg(chart: &Lines, id: &str) -> Option<String> {
    let mut values = chart.lines.iter().flat_map(|line| &line.values).flatten();
    if chart.years.len() < 2 || values.all(|value| words::is_nothing(*value)) {
        return None;
    }
    let mut drawn = String::new();
    draw(chart, &mut drawn).ok()?;
    let (_, body) = drawn.split_once('>')?;
    Some(format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         aria-labelledby=\"{id}-title {id}-text\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>{STYLE}{body}",
        words::escaped(&chart.title),
        words::escaped(&chart.in_words()),
    ))
}

fn draw(chart: &Lines, svg: &mut String) -> Result<(), Failed> {
    let root = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let values = || chart.lines.iter().flat_map(|line| &line.values).flatten();
    let (low, high) = (values().copied().fold(0.0, f64::min), values().copied().fold(0.0, f64::max));
    let room = 0.08 * (high - low);
    let year = |position: usize| f64::from(chart.years[position]);
    let last = chart.years.len() - 1;
    let mut area = ChartBuilder::on(&root)
        .margin_top(8)
        .margin_right(RIGHT)
        .x_label_area_size(SCALE)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(year(0)..year(last), low - room..high + room)?;
    let font = ("sans-serif", 17).into_font();
    let ink = font.color(&INK);
    area.configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(5)
        .y_label_formatter(&|value| words::figure(*value))
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(GRID)
        .label_style(ink.clone())
        .draw()?;
    let (_, bottom) = area.backend_coord(&(year(0), low - room));
    for position in 0..=last {
        let (x, _) = area.backend_coord(&(year(position), low));
        let centred = ink.clone().pos(Pos::new(HPos::Center, VPos::Top));
        root.draw(&Text::new(chart.years[position].to_string(), (x, bottom + 6), centred))?;
    }
    area.draw_series(std::iter::once(PathElement::new(
        [(year(0), 0.0), (year(last), 0.0)],
        INK.stroke_width(1),
    )))?;
    let mut labels: Vec<(i32, String)> = vec![];
    for (line, colour) in chart.lines.iter().zip(COLOURS.iter().cycle()) {
        let known = line.values.iter().enumerate();
        let points: Vec<(f64, f64)> = known.filter_map(|(at, value)| Some((year(at), (*value)?))).collect();
        if let Some(end) = points.last() {
            let said = format!("{} {}", words::cut(&line.label, LONGEST), words::change(end.1));
            labels.push((area.backend_coord(end).1, said));
        }
        area.draw_series(points.iter().map(|at| Circle::new(*at, 3, colour.stroke_width(2))))?;
        area.draw_series(std::iter::once(PathElement::new(points, colour.stroke_width(2))))?;
    }
    labels.sort();
    let x = i32::try_from(WIDTH - RIGHT).unwrap_or_default() + 10;
    let mut free = 0;
    for (y, said) in labels {
        let y = y.max(free);
        free = y + LABEL;
        root.draw(&Text::new(said, (x, y), ink.clone().pos(Pos::new(HPos::Left, VPos::Center))))?;
    }
    root.present()?;
    drop(area);
    drop(root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Line;

    fn chart(values: &[Option<f64>]) -> Lines {
        Lines {
            title: "Welfare <a>".to_owned(),
            unit: "million USD".to_owned(),
            years: vec![2026, 2030, 2034],
            lines: vec![
                Line { label: "Members".to_owned(), values: values.to_vec() },
                Line { label: "Outside".to_owned(), values: vec![Some(-1.0), Some(-2.0), Some(-3.0)] },
            ],
        }
    }

    #[test]
    fn a_line_rises_where_its_values_rise_and_years_stand_where_they_are() {
        let svg = svg(&chart(&[Some(1.0), Some(2.0), Some(6.0)]), "c1").expect("it draws");
        let line = svg.lines().find(|line| line.starts_with("<polyline") && line.contains("#542788"));
        let points = line.and_then(|line| line.split("points=\"").nth(1)?.split('"').next()).expect("points");
        let points: Vec<(f64, f64)> = points
            .split_whitespace()
            .filter_map(|at| at.split_once(','))
            .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
            .collect();
        assert_eq!(points.len(), 3, "{points:?}");
        assert!(points[0].1 > points[1].1 && points[1].1 > points[2].1, "{points:?}");
        assert!((points[1].0 - f64::midpoint(points[0].0, points[2].0)).abs() <= 1.0, "{points:?}");
        assert!(svg.contains("<title id=\"c1-title\">Welfare &lt;a&gt;</title>"));
        assert!(svg.contains("Members +1.00 in 2026, +2.00 in 2030, +6.00 in 2034"), "{svg}");
    }

    #[test]
    fn a_value_that_is_not_known_leaves_a_gap_and_a_chart_of_nothing_is_not_drawn() {
        assert!(
            svg(&chart(&[None, Some(2.0), None]), "c1").is_some_and(|svg| svg.contains("not known in 2026"))
        );
        let mut nothing = chart(&[Some(0.0), None, Some(0.0)]);
        nothing.lines.truncate(1);
        assert_eq!(svg(&nothing, "c1"), None);
    }
}
