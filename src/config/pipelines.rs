//! `[[pipelines]]`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kit::StreamName;
use toml::Spanned;
use toml::de::DeValue;

use super::connections::{Kind, Known, misnamed};
use super::mapping;
use super::model::{Pipeline, PostingMode};
use super::reader::{Entry, Parsed, Reader, kind_of};
use super::reference::PIPELINE;
use super::schedule::Schedule;
use super::values::{date, fault, filled_list, name, text, time_zone, word};
use crate::domain::{ConnectionName, PipelineName, TenantId};

/// All pipelines; `None` where one is not sound.
pub(super) fn pipelines(root: &Reader<'_>, known: &Known) -> Option<Vec<Pipeline>> {
    let Some(list) = root.entry("pipelines") else {
        root.warning("pipelines", "is missing: nothing will be read or posted");
        return Some(Vec::new());
    };
    let DeValue::Array(tables) = list.value.get_ref() else {
        let found = kind_of(list.value.get_ref());
        root.sheet.problem(
            &list.key_span,
            &list.path,
            format!(
                "must be a list of tables, not {found}; write `[[pipelines]]` with two brackets"
            ),
        );
        return None;
    };
    let mut pipelines = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut sound = true;
    for (index, value) in tables.iter().enumerate() {
        let entry = Entry {
            path: path_of(value, index),
            key_span: value.span(),
            value,
        };
        let Some(reader) = root.table_of(&entry, &PIPELINE) else {
            sound = false;
            continue;
        };
        if let Some(first) = reader.entry("name").and_then(|entry| {
            let DeValue::String(name) = entry.value.get_ref() else {
                return None;
            };
            names.insert(name.to_string(), index)
        }) {
            let message = format!(
                "is the name of pipeline {} already: names are unique",
                first + 1
            );
            reader.problem("name", message);
        }
        match pipeline(reader, known) {
            Some(pipeline) => {
                warn_of_overlap(root, &entry, &pipeline, &pipelines);
                if let Some(other) = decides_otherwise(&pipeline, &pipelines) {
                    root.sheet.problem(
                        &entry.key_span,
                        &format!("{}.posting", entry.path),
                        format!(
                            "must be the same as that of `{other}`, which has the same source and target: what waits for approval in one is not to be sent by the other"
                        ),
                    );
                    sound = false;
                }
                pipelines.push(pipeline);
            }
            None => sound = false,
        }
    }
    sound.then_some(pipelines)
}

fn path_of(value: &Spanned<DeValue<'_>>, index: usize) -> String {
    let name = value
        .get_ref()
        .get("name")
        .and_then(|name| name.get_ref().as_str());
    match name {
        Some(name) if !name.is_empty() => format!("pipelines.{name}"),
        Some(_) | None => format!("pipelines.{}", index + 1),
    }
}

fn pipeline(reader: Reader<'_>, known: &Known) -> Option<Pipeline> {
    let pipeline_name = reader.get("name", name);
    let tenant = reader.get("tenant", name);
    let source = connection(&reader, "source", Kind::WooCommerce, known);
    let target = connection(&reader, "target", Kind::QuickBooks, known);
    let streams = reader.get("streams", filled_list(stream));
    let timezone = reader.get("timezone", time_zone);
    let zone = timezone.clone().unwrap_or(TimeZone::UTC);
    let schedule = reader.get("schedule", |value| {
        Schedule::parse(&text(value)?, &zone).or_else(|message| fault(value, message))
    });
    let start_date = reader.get("start_date", date);
    let posting = reader.get(
        "posting",
        word(&[("auto", PostingMode::Auto), ("review", PostingMode::Review)]),
    );
    let rules = mapping::mapping(&reader);
    reader.finish();
    let mut streams = streams?;
    streams.sort_unstable();
    let (timezone, start_date, mut rules) = (timezone?, start_date?, rules?);
    rules.timezone = timezone.clone();
    rules.start_date = Some(start_date);
    Some(Pipeline {
        name: PipelineName::new(pipeline_name?),
        tenant: TenantId::new(tenant?),
        source: source?,
        target: target?,
        streams,
        schedule: schedule?,
        timezone,
        start_date,
        posting: posting?,
        mapping: rules,
    })
}

fn connection(
    reader: &Reader<'_>,
    key: &'static str,
    wanted: Kind,
    known: &Known,
) -> Option<ConnectionName> {
    let named = reader.get(key, text)?;
    match misnamed(&named, wanted, known) {
        Some(message) => {
            reader.problem(key, message);
            None
        }
        None => Some(ConnectionName::new(named)),
    }
}

fn stream(value: &Spanned<DeValue<'_>>) -> Parsed<StreamName> {
    let words = StreamName::ALL.map(|stream| (stream.as_str(), stream));
    word(&words)(value)
}

/// The pipeline before with the same source and target that posts in the other mode.
fn decides_otherwise<'p>(pipeline: &Pipeline, before: &'p [Pipeline]) -> Option<&'p PipelineName> {
    let other = before.iter().find(|other| {
        other.source == pipeline.source
            && other.target == pipeline.target
            && other.posting != pipeline.posting
    });
    other.map(|other| &other.name)
}

/// Two pipelines that read the same stream into the same books do the work twice; nothing is posted
/// twice, but two mappings would fight over the documents.
fn warn_of_overlap(root: &Reader<'_>, entry: &Entry<'_>, pipeline: &Pipeline, before: &[Pipeline]) {
    for other in before {
        let same = other.source == pipeline.source && other.target == pipeline.target;
        let shared = other
            .streams
            .iter()
            .find(|stream| pipeline.streams.contains(stream));
        if let (true, Some(stream)) = (same, shared) {
            root.sheet.warning(
                &entry.key_span,
                &entry.path,
                format!(
                    "reads `{stream}` of `{}` into `{}` as `{}` does: give each stream to one of them",
                    pipeline.source, pipeline.target, other.name
                ),
            );
        }
    }
}
