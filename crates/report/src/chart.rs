//! Bar charts as inline SVG.

use crate::page::{Bar, Bars};
use crate::words;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write as _;

const WIDTH: u32 = 580;
const ROW: u32 = 26;
/// Room for labels to the left of the bars.
const LEFT: u32 = 236;
/// Room right of the plot.
const RIGHT: u32 = 24;
/// Width of a character and room beside a number, in pixels.
const CHARACTER: f64 = 7.8;
const BESIDE: f64 = 11.0;
/// Room for the scale below the bars.
const SCALE: u32 = 24;
/// The longest label that fits.
const LABEL: usize = 31;

/// Colours of loss and gain (`PuOr`, readable by the colour-blind), of the scale and
/// of text; the page's style replaces them in the dark.
const LOSS: RGBColor = RGBColor(0xb3, 0x58, 0x06);
const GAIN: RGBColor = RGBColor(0x54, 0x27, 0x88);
const LINE: RGBColor = RGBColor(0xd5, 0xd5, 0xd5);
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);

/// The chart with its title and a description in words; `None` if no bar has a length.
pub(super) fn svg(chart: &Bars, id: &str) -> Option<String> {
    if chart.bars.iter().all(|bar| words::is_nothing(bar.value)) {
        return None;
    }
    let mut drawn = String::new();
    draw(chart, &mut drawn).ok()?;
    let (_, body) = drawn.split_once('>')?;
    let height = height(chart);
    Some(format!(
        "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" \
         aria-labelledby=\"{id}-title {id}-text\" xmlns=\"http://www.w3.org/2000/svg\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>{body}",
        words::escaped(&chart.title),
        words::escaped(&chart.in_words()),
    ))
}

/// Charts one below the other, as a file of its own on a white ground; those without a bar are left out.
pub(super) fn sheet(charts: &[Bars]) -> String {
    const HEAD: u32 = 34;
    let (mut body, mut top) = (String::new(), 0);
    for (position, chart) in charts.iter().enumerate() {
        let Some(drawn) = svg(chart, &format!("chart{}", position + 1)) else { continue };
        // writing to a String cannot fail
        let _ = writeln!(
            body,
            "<text x=\"8\" y=\"{}\" font-family=\"sans-serif\" font-size=\"13\" font-weight=\"bold\" \
             fill=\"#333333\">{} ({})</text>",
            top + 22,
            words::escaped(&chart.title),
            words::escaped(&chart.unit),
        );
        let place = format!("<svg y=\"{}\" width=\"{WIDTH}\" height=\"{}\"", top + HEAD, height(chart));
        body.push_str(&drawn.replacen("<svg", &place, 1));
        body.push('\n');
        top += HEAD + height(chart) + 12;
    }
    let tall = top.max(1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{tall}\" viewBox=\"0 0 {WIDTH} {tall}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n{body}</svg>\n"
    )
}

fn height(chart: &Bars) -> u32 {
    let rows = u32::try_from(chart.bars.len()).unwrap_or(u32::MAX / ROW / 2);
    ROW * rows + SCALE + 8
}

/// The ends of the scale, with room for the numbers beside the bars.
fn range(bars: &[Bar]) -> (f64, f64) {
    let low = bars.iter().map(|bar| bar.value).fold(0.0, f64::min);
    let high = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let room = |side: f64| {
        let numbers = bars.iter().filter(|bar| bar.value * side > 0.0);
        let longest = numbers.map(|bar| words::change(bar.value).chars().count()).max();
        longest.map_or(4.0, |characters| characters as f64 * CHARACTER + BESIDE)
    };
    let (left, right) = (room(-1.0), room(1.0));
    let plot = f64::from(WIDTH - LEFT - RIGHT);
    let a_pixel = (high - low) / (plot - left - right);
    (low - left * a_pixel, high + right * a_pixel)
}

type Failed = Box<dyn std::error::Error>;

fn draw(chart: &Bars, svg: &mut String) -> Result<(), Failed> {
    let root = SVGBackend::with_string(svg, (WIDTH, height(chart))).into_drawing_area();
    let (low, high) = range(&chart.bars);
    let rows = chart.bars.len();
    let mut area = ChartBuilder::on(&root)
        .margin_left(LEFT)
        .margin_top(2)
        .margin_right(RIGHT)
        .x_label_area_size(SCALE)
        .build_cartesian_2d(low..high, 0.0..rows as f64)?;
    let font = ("sans-serif", 17).into_font();
    area.configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .x_labels(4)
        .x_label_formatter(&|x| words::figure(*x))
        .bold_line_style(LINE)
        .light_line_style(TRANSPARENT)
        .axis_style(LINE)
        .label_style(font.clone().color(&INK))
        .draw()?;
    let from_bottom = |row: usize| (rows - 1 - row) as f64;
    area.draw_series(chart.bars.iter().enumerate().map(|(row, bar)| {
        let colour = if (bar.value > 0.0) == chart.rise_is_gain { GAIN } else { LOSS };
        let y = from_bottom(row);
        Rectangle::new([(0.0, y + 0.18), (bar.value, y + 0.82)], colour.filled())
    }))?;
    let ink = font.color(&INK);
    for (row, bar) in chart.bars.iter().enumerate() {
        let middle = from_bottom(row) + 0.5;
        let (x, y) = area.backend_coord(&(bar.value, middle));
        let label = words::cut(&bar.label, LABEL);
        let left = i32::try_from(LEFT).unwrap_or_default() - 8;
        root.draw(&Text::new(label, (left, y), ink.clone().pos(Pos::new(HPos::Right, VPos::Center))))?;
        let (side, x) = if bar.value < 0.0 { (HPos::Right, x - 5) } else { (HPos::Left, x + 5) };
        let number = words::change(bar.value);
        root.draw(&Text::new(number, (x, y), ink.clone().pos(Pos::new(side, VPos::Center))))?;
    }
    area.draw_series(std::iter::once(PathElement::new(
        [(0.0, 0.0), (0.0, rows as f64)],
        INK.stroke_width(1),
    )))?;
    root.present()?;
    drop(area);
    drop(root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64]) -> Bars {
        Bars {
            title: "Gains & losses".to_owned(),
            unit: "million USD".to_owned(),
            rise_is_gain: true,
            bars: values.iter().map(|value| Bar { label: format!("<{value}>"), value: *value }).collect(),
        }
    }

    #[test]
    fn a_bar_of_loss_is_warm_and_reaches_left_of_zero() {
        let svg = svg(&chart(&[-100.0, 50.0]), "c1").expect("it draws");
        let bars: Vec<&str> = svg.lines().filter(|line| line.starts_with("<rect")).collect();
        assert_eq!(bars.len(), 2);
        let number = |line: &str, key: &str| -> f64 {
            let (_, rest) = line.split_once(&format!(" {key}=\"")).expect("the attribute");
            rest.split('"').next().expect("its value").parse().expect("a number")
        };
        assert!(bars[0].contains("#B35806") && bars[1].contains("#542788"));
        let end = number(bars[0], "x") + number(bars[0], "width");
        assert!((end - number(bars[1], "x")).abs() <= 1.0);
        assert!((number(bars[0], "width") / number(bars[1], "width") - 2.0).abs() < 0.05);
    }

    #[test]
    fn a_chart_says_in_words_what_it_shows_and_escapes_names() {
        let svg = svg(&chart(&[-100.0, 50.0]), "c1").expect("it draws");
        assert!(svg.contains("<title id=\"c1-title\">Gains &amp; losses</title>"));
        assert!(svg.contains("&lt;-100&gt; \u{2212}100; &lt;50&gt; +50.0."));
        assert!(!svg.contains("<-100>"));
    }

    #[test]
    fn a_chart_of_nothing_is_not_drawn() {
        assert_eq!(svg(&chart(&[0.0, 1e-12]), "c1"), None);
    }
}
