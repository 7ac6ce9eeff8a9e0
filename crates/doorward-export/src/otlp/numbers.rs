//! How long the exchanges of one batch took. Pure.

use doorward_store::RecordView;

use super::names;
use super::telemetry;
use super::wire::{Attribute, DELTA, Histogram, Metric, Point};
use crate::telling;

/// One histogram, with a point for each operation and end that the batch has; `None` when nothing has ended.
pub(super) fn durations(records: &[&RecordView]) -> Option<Metric> {
    let mut points: Vec<Point> = Vec::new();
    for record in records.iter().filter(|record| record.phase == "outcome") {
        let attributes = telemetry::operation(record);
        match points.iter_mut().find(|point| point.attributes == attributes) {
            Some(point) => add(point, record),
            None => {
                let mut point = empty(attributes, telling::micros(record).saturating_mul(1000));
                add(&mut point, record);
                points.push(point);
            }
        }
    }
    let histogram = Histogram { data_points: points, aggregation_temporality: DELTA };
    let description = "How long exchanges took, from the message that began each to its answer";
    let metric = Metric { name: names::DURATION, unit: "s", description, histogram };
    (!metric.histogram.data_points.is_empty()).then_some(metric)
}

fn empty(attributes: Vec<Attribute>, time: u64) -> Point {
    Point {
        attributes,
        start_time_unix_nano: time,
        time_unix_nano: time,
        count: 0,
        sum: 0.0,
        min: f64::MAX,
        max: 0.0,
        bucket_counts: vec![0; names::DURATION_BOUNDS.len() + 1],
        explicit_bounds: names::DURATION_BOUNDS.to_vec(),
    }
}

fn add(point: &mut Point, record: &RecordView) {
    let end = telling::micros(record).saturating_mul(1000);
    let start = end.saturating_sub(record.elapsed_micros.saturating_mul(1000));
    let seconds = std::time::Duration::from_micros(record.elapsed_micros).as_secs_f64();
    point.start_time_unix_nano = point.start_time_unix_nano.min(start);
    point.time_unix_nano = point.time_unix_nano.max(end);
    point.count += 1;
    point.sum += seconds;
    point.min = point.min.min(seconds);
    point.max = point.max.max(seconds);
    // A bound belongs to the bucket below it.
    let bucket = names::DURATION_BOUNDS.iter().take_while(|bound| **bound < seconds).count();
    if let Some(count) = point.bucket_counts.get_mut(bucket) {
        *count += 1;
    }
}
