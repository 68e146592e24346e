//! Writes the files in `specs/` anew from the official documents:
//! `cargo run -p signoff-local --example extract-specs -- FOLDER`, where the folder has `circleci.json`,
//! `github.json` and `jira-cloud-v3.json`.

use signoff_local::spec::extract::{
    CIRCLECI_OPERATIONS, GITHUB_OPERATIONS, GITHUB_SCHEMAS, JIRA_OPERATIONS, extract,
};
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err("say where the official circleci.json, github.json and jira-cloud-v3.json are".into());
    };
    rewrite(&folder, "circleci.json", CIRCLECI_OPERATIONS, &[])?;
    rewrite(&folder, "github.json", GITHUB_OPERATIONS, GITHUB_SCHEMAS)?;
    rewrite(&folder, "jira-cloud-v3.json", JIRA_OPERATIONS, &[])
}

fn rewrite(
    folder: &Path,
    file: &str,
    operations: &[(&str, &str)],
    schemas: &[&str],
) -> Result<(), Box<dyn Error>> {
    let official = std::fs::read_to_string(folder.join(file))?;
    let extract = extract(&serde_json::from_str(&official)?, operations, schemas);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(file);
    std::fs::write(target, serde_json::to_string_pretty(&extract)? + "\n")?;
    Ok(())
}
