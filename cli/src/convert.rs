//! `signoff rules convert`.

use crate::args::Convert;
use crate::check::as_notice;
use crate::files::{Stop, read};
use crate::words::counted;
use crate::{Exit, Streams};
use signoff_rules::convert::convert;
use std::fs;
use std::path::Path;

/// Writes the converted file, and what differs in it.
pub(crate) fn run(args: &Convert, streams: &mut Streams<'_>) -> Result<Exit, Stop> {
    let text = read(&args.file, streams)?;
    let name = if crate::files::is_input(&args.file) {
        ".sleuth/rules.yml".to_owned()
    } else {
        args.file.display().to_string()
    };
    let conversion = match convert(&text, &name) {
        Ok(conversion) => conversion,
        Err(problems) => {
            for problem in &problems {
                writeln!(streams.err, "{}\n", problem.rendered())?;
            }
            writeln!(streams.err, "{name}: {}, not converted", counted(problems.len(), "problem"))?;
            return Ok(Exit::Problems);
        }
    };
    match &args.output {
        None => streams.out.write_all(conversion.text.as_bytes())?,
        Some(path) => write(path, &conversion.text)?,
    }
    for change in &conversion.changes {
        writeln!(streams.err, "{change}")?;
    }
    for notice in &conversion.notices {
        writeln!(streams.err, "{}", as_notice(notice))?;
    }
    let changed = match conversion.changes.len() {
        0 => "no changes needed".to_owned(),
        count => format!("{} changed", counted(count, "name")),
    };
    let notices = match conversion.notices.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "notice")),
    };
    writeln!(streams.err, "{name}: {changed}{notices}")?;
    Ok(Exit::Fine)
}

/// Writes a file, and the folders that it stands in where there are none yet.
fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(|error| Stop::file(folder, error))?;
    }
    fs::write(path, text).map_err(|error| Stop::file(path, error))
}
