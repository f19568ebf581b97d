//! The plots of the page.

use super::figures::{Figures, Row};
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use serde_json::Value;
use std::path::Path;

const SIZE: (u32, u32) = (760, 420);
const COLOURS: [RGBColor; 4] =
    [RGBColor(31, 119, 180), RGBColor(214, 96, 20), RGBColor(44, 140, 60), RGBColor(150, 80, 170)];

/// A curve.
struct Curve {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

/// The axes and labels around the curves.
struct Frame {
    title: &'static str,
    across: &'static str,
    up: &'static str,
}

/// Writes them into `folder`.
pub(super) fn write(figures: &[Figures], middle: &Figures, folder: &Path) -> Result<(), String> {
    history(figures, &folder.join("bench-history.svg"))?;
    latency(middle, &folder.join("bench-latency.svg"))?;
    memory(middle, &folder.join("bench-memory.svg"))
}

fn history(figures: &[Figures], path: &Path) -> Result<(), String> {
    let curve = |what| Curve {
        name: what,
        points: figures
            .iter()
            .filter_map(|one| Some((one.messages as f64, one.row(Row { connections: 64, what }, "perSecond")?)))
            .collect(),
    };
    let frame = Frame { title: "Rates with 64 connections", across: "messages stored", up: "requests a second" };
    let curves = ["idle poll", "durable send", "poll of 50"].map(curve);
    let (across, up) = bounds(&curves);
    draw(path, &frame, &curves, (1.0_f64.max(across.0)..across.1).log_scale(), 0.0..up.1 * 1.05)
}

fn latency(figures: &Figures, path: &Path) -> Result<(), String> {
    let shares: Vec<f64> = figures.reports.first().map(paced).unwrap_or_default();
    let curve = |name, field| Curve {
        name,
        points: shares
            .iter()
            .filter_map(|share| {
                let of = |field: &str| figures.median(|report| at_share(report, *share)?.get(field)?.as_f64());
                Some((of("perSecond")?, of(field)? / 1e3))
            })
            .collect(),
    };
    let curves = [curve("p50", "p50Us"), curve("p99", "p99Us"), curve("p999", "p999Us")];
    let frame = Frame {
        title: "Durable sends at fixed rates, 64 connections",
        across: "sends a second",
        up: "milliseconds from when it was due",
    };
    let (across, up) = bounds(&curves);
    draw(path, &frame, &curves, 0.0..across.1 * 1.05, (up.0 * 0.8..up.1 * 1.2).log_scale())
}

fn memory(figures: &Figures, path: &Path) -> Result<(), String> {
    let curve = |name, field: &str| Curve {
        name,
        points: (0..=10)
            .filter_map(|place| {
                let of = |number| figures.at(&format!("/live/{field}/{place}/{number}"));
                Some((of(0)?, of(1)? / 1_048_576.0))
            })
            .collect(),
    };
    let curves = [curve("Jobline", "memory"), curve("echo server", "echoMemory")];
    let frame = Frame { title: "Resident memory", across: "live connections", up: "MB" };
    let (across, up) = bounds(&curves);
    draw(path, &frame, &curves, 0.0..across.1 * 1.02, 0.0..up.1 * 1.1)
}

/// The shares of the highest rate that were measured with 64 connections.
fn paced(report: &Value) -> Vec<f64> {
    let rows = report["paced"].as_array().into_iter().flatten();
    rows.filter(|row| row["connections"] == 64).filter_map(|row| row["share"].as_f64()).collect()
}

fn at_share(report: &Value, share: f64) -> Option<&Value> {
    let mut rows = report.get("paced")?.as_array()?.iter();
    rows.find(|row| row["connections"] == 64 && row["share"].as_f64() == Some(share))
}

/// The least and the greatest value in each direction.
fn bounds(curves: &[Curve]) -> ((f64, f64), (f64, f64)) {
    let points = || curves.iter().flat_map(|curve| curve.points.iter());
    let of = |get: fn(&(f64, f64)) -> f64| {
        let least = points().map(get).fold(f64::INFINITY, f64::min);
        let most = points().map(get).fold(f64::NEG_INFINITY, f64::max);
        if least <= most { (least, most) } else { (1.0, 2.0) }
    };
    (of(|point| point.0), of(|point| point.1))
}

fn draw<X, Y>(path: &Path, frame: &Frame, curves: &[Curve], across: X, up: Y) -> Result<(), String>
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(frame.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(72)
        .build_cartesian_2d(across, up)
        .map_err(|error| failed(&error))?;
    let mut mesh = chart.configure_mesh();
    mesh.x_desc(frame.across).y_desc(frame.up).light_line_style(WHITE).label_style(("sans-serif", 13));
    mesh.draw().map_err(|error| failed(&error))?;
    for (curve, colour) in curves.iter().zip(COLOURS) {
        let points = || curve.points.iter().copied();
        let line = chart.draw_series(LineSeries::new(points(), colour.stroke_width(2)));
        line.map_err(|error| failed(&error))?
            .label(curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        let dots = chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())));
        dots.map_err(|error| failed(&error))?;
    }
    let mut legend = chart.configure_series_labels();
    legend.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(BLACK.mix(0.3));
    legend.label_font(("sans-serif", 13)).draw().map_err(|error| failed(&error))?;
    area.present().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_without_points_have_bounds_that_can_be_drawn() {
        assert_eq!(bounds(&[]), ((1.0, 2.0), (1.0, 2.0)));
        let curve = Curve { name: "one", points: vec![(3.0, 4.0), (1.0, 9.0)] };
        assert_eq!(bounds(&[curve]), ((1.0, 3.0), (4.0, 9.0)));
    }
}
