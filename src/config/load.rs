//! From a file to a [`Config`].

use std::path::Path;

use toml::de::DeTable;

use super::model::Config;
use super::problem::{Problem, Problems, Warning};
use super::reader::{Reader, Sheet};
use super::reference::ROOT;
use super::{connections, pipelines, program};

impl Config {
    /// Reads the file at `path`. Secrets that the file names are fetched from `environment`, from
    /// files and from systemd's credentials; relative paths of secrets start at the file's folder.
    pub fn load(
        path: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<Warning>), Problems> {
        let file = path.display().to_string();
        let broken = |message: String| Problems::new(vec![Problem::of_file(&file, message)]);
        let bytes = std::fs::read(path).map_err(|error| {
            broken(match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "there is no such file; copy the example config.toml here, or name another with `--config`"
                        .to_owned()
                }
                _ => format!("cannot be read: {error}"),
            })
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line = error
                .as_bytes()
                .iter()
                .take(good)
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            broken(format!("is not UTF-8 text: see line {line}"))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_text(&text, &file, folder, environment)
    }

    /// Reads a configuration from its text. `file` is how problems name it.
    pub fn from_text(
        text: &str,
        file: &str,
        folder: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<Warning>), Problems> {
        let sheet = Sheet::new(file, folder, text, environment);
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            // what else is wrong cannot be told from what was not understood
            for error in errors {
                let span = error.span().unwrap_or(0..0);
                sheet.unreadable(&span, error.message());
            }
            return sheet.finish(None);
        }
        let config = read(&sheet, table.get_ref());
        sheet.finish(config)
    }
}

fn read<'t>(sheet: &'t Sheet<'t>, table: &'t DeTable<'t>) -> Option<Config> {
    let root = Reader::new(sheet, &ROOT, "", 0..0, Some(table));
    let database = program::database(&root);
    let server = program::server(&root);
    let log = program::log(&root);
    let (connections, known) = connections::connections(&root);
    let pipelines = pipelines::pipelines(&root, &known);
    root.finish();
    Some(Config {
        database: database?,
        server: server?,
        log: log?,
        connections,
        pipelines: pipelines?,
    })
}
