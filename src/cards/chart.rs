//! The simple ones among Vega-Lite charts: bars, lines, areas and points of inline data, as numbers to draw.

use indexmap::IndexMap;
use serde_json::Value;

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Bar,
    Line,
    Area,
    Point,
}

/// One sequence of points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// What it stands for; empty when there is only one.
    pub(super) name: String,
    /// Positions along the chart and values.
    pub(super) points: Vec<(f64, f64)>,
}

/// A chart that can be drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart {
    pub(super) mark: Mark,
    pub(super) title: String,
    /// What positions and values are.
    pub(super) x_title: String,
    pub(super) y_title: String,
    /// Names of the positions 0, 1, …; empty when positions are numbers.
    pub(super) categories: Vec<String>,
    pub(super) series: Vec<Series>,
    /// Whether the specification puts categories on the y axis.
    pub(super) horizontal: bool,
}

/// Points of one chart at most; further ones are left out.
const MAX_POINTS: usize = 5_000;

/// One axis of the encoding.
struct Channel<'a> {
    field: Option<&'a str>,
    is_number: bool,
    aggregate: Option<&'a str>,
    title: String,
}

impl Chart {
    /// Reads a specification; none when it is more than a simple chart.
    pub(super) fn of_spec(spec: &Value) -> Option<Self> {
        let mark = match spec.get("mark")? {
            Value::String(mark) => mark.as_str(),
            mark => mark.get("type")?.as_str()?,
        };
        let mark = match mark {
            "bar" => Mark::Bar,
            "line" | "trail" => Mark::Line,
            "area" => Mark::Area,
            "point" | "circle" | "square" | "tick" => Mark::Point,
            _ => return None,
        };
        if spec
            .get("transform")
            .is_some_and(|t| t.as_array().is_none_or(|t| !t.is_empty()))
        {
            return None;
        }
        let rows = rows(spec)?;
        let encoding = spec.get("encoding")?;
        let (x, y) = (channel(encoding.get("x")?)?, channel(encoding.get("y")?)?);
        // Bars lie where the only number is across.
        let horizontal = mark == Mark::Bar && x.is_number && !y.is_number;
        let (position, value) = if horizontal { (&y, &x) } else { (&x, &y) };
        let color = encoding
            .get("color")
            .and_then(channel)
            .and_then(|color| color.field);
        let (categories, series) = collect(rows, position, value, color, mark)?;
        Some(Self {
            mark,
            title: title_of(spec.get("title")),
            x_title: position.title.clone(),
            y_title: value.title.clone(),
            categories,
            series,
            horizontal,
        })
    }

    /// The smallest and largest position and value; bars and areas start at zero.
    pub(super) fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let x = range(&mut points().map(|point| point.0));
        let (mut low, mut high) = range(&mut points().map(|point| point.1));
        if matches!(self.mark, Mark::Bar | Mark::Area) {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        (widen(x), widen((low, high)))
    }

    /// The name of a position.
    pub(super) fn category(&self, position: f64) -> String {
        let named = self
            .categories
            .iter()
            .enumerate()
            .find(|(at, _)| index(*at) == position);
        named.map_or_else(|| number(position), |(_, name)| name.clone())
    }
}

/// A range that can be divided by.
fn widen((low, high): (f64, f64)) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    if high > low {
        (low, high)
    } else {
        (low, low + 1.0)
    }
}

/// A number with the digits one reads on an axis.
pub(super) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e7).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = if magnitude >= 100.0 { 1 } else { 3 };
    let text = format!("{value:.decimals$}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    trimmed.to_owned()
}

fn rows(spec: &Value) -> Option<&Vec<Value>> {
    let data = spec.get("data")?;
    match data.get("values") {
        Some(values) => values.as_array(),
        None => spec
            .get("datasets")?
            .get(data.get("name")?.as_str()?)?
            .as_array(),
    }
}

fn channel(value: &Value) -> Option<Channel<'_>> {
    let field = value.get("field").and_then(Value::as_str);
    let aggregate = value.get("aggregate").and_then(Value::as_str);
    let kind = value.get("type").and_then(Value::as_str);
    if field.is_none() && aggregate != Some("count")
        || value
            .get("bin")
            .is_some_and(|bin| bin != &Value::Bool(false))
    {
        return None;
    }
    let title = match (title_of(value.get("title")), field, aggregate) {
        (title, ..) if !title.is_empty() => title,
        (_, Some(field), Some(aggregate)) => format!("{aggregate} of {field}"),
        (_, Some(field), None) => field.to_owned(),
        (_, None, _) => "count".to_owned(),
    };
    Some(Channel {
        field,
        is_number: kind == Some("quantitative") || aggregate.is_some(),
        aggregate,
        title,
    })
}

fn title_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(title)) => title.clone(),
        Some(title) => title
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        None => String::new(),
    }
}

fn text_of(value: Option<&Value>) -> String {
    value.map(super::json::plain).unwrap_or_default()
}

/// A count as a position or divisor; far below where doubles lose whole numbers.
#[expect(clippy::cast_precision_loss, reason = "at most MAX_POINTS")]
fn index(count: usize) -> f64 {
    count as f64
}

/// Groups the rows by colour and position, and combines what falls together.
fn collect(
    rows: &[Value],
    position: &Channel<'_>,
    value: &Channel<'_>,
    color: Option<&str>,
    mark: Mark,
) -> Option<(Vec<String>, Vec<Series>)> {
    let mut categories: IndexMap<String, ()> = IndexMap::new();
    let mut groups: IndexMap<String, Vec<(f64, f64)>> = IndexMap::new();
    for row in rows.iter().take(MAX_POINTS) {
        let at = row.get(position.field?);
        let at = match at
            .and_then(Value::as_f64)
            .filter(|_| position.is_number && mark != Mark::Bar)
        {
            Some(at) => at,
            None if position.is_number && mark != Mark::Bar => continue,
            None => index(categories.insert_full(text_of(at), ()).0),
        };
        let found = match value.field {
            Some(field) if value.aggregate != Some("count") => {
                row.get(field).and_then(Value::as_f64)
            }
            _ => Some(1.0),
        };
        if let Some(found) = found {
            groups
                .entry(
                    color
                        .map(|field| text_of(row.get(field)))
                        .unwrap_or_default(),
                )
                .or_default()
                .push((at, found));
        }
    }
    let combine = |points: Vec<(f64, f64)>| -> Option<Vec<(f64, f64)>> {
        let Some(aggregate) = value.aggregate else {
            return Some(points);
        };
        let mut by_position: Vec<(f64, Vec<f64>)> = Vec::new();
        for (at, found) in points {
            match by_position.iter_mut().find(|(position, _)| *position == at) {
                Some((_, values)) => values.push(found),
                None => by_position.push((at, vec![found])),
            }
        }
        let one = |values: &[f64]| match aggregate {
            "count" | "sum" => Some(values.iter().sum()),
            "mean" | "average" => Some(values.iter().sum::<f64>() / index(values.len())),
            "min" => values.iter().copied().reduce(f64::min),
            "max" => values.iter().copied().reduce(f64::max),
            _ => None,
        };
        by_position
            .into_iter()
            .map(|(at, values)| Some((at, one(&values)?)))
            .collect()
    };
    let mut series = Vec::new();
    for (name, points) in groups {
        let mut points = combine(points)?;
        if matches!(mark, Mark::Line | Mark::Area) {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        series.push(Series { name, points });
    }
    (!series.is_empty()).then(|| (categories.into_keys().collect(), series))
}
