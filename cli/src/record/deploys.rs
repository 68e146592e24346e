//! `signoff deploys`.

use super::{more, read, shown};
use crate::args::{Deploys, RecordFormat};
use crate::ask::{Listed, Signoff, Surroundings, Wanted, wait};
use crate::check::document;
use crate::files::Stop;
use crate::table::{Align, table};
use crate::{Exit, Streams};

/// Lists deploys.
pub(crate) fn run(
    args: &Deploys,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<Exit, Stop> {
    let signoff = Signoff::new(&args.connection, surroundings)?;
    let wanted = Wanted::of(&args.which, None, surroundings.now);
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let (deploys, is_more) = wait(signoff.deploys(&wanted, limit))?;
    match args.format {
        RecordFormat::Json => document(streams.out, &deploys)?,
        RecordFormat::Table if deploys.is_empty() => writeln!(streams.err, "no deploys found")?,
        RecordFormat::Table => {
            let row = |deploy| {
                let deploy: Listed = read(deploy)?;
                let (at, revision) = (shown(deploy.deployed_at), deploy.short_revision().to_owned());
                Ok([at, deploy.deployment, deploy.environment, revision, deploy.id])
            };
            let rows = deploys.iter().map(row).collect::<Result<Vec<_>, Stop>>()?;
            let columns = ["DEPLOYED AT", "DEPLOYMENT", "ENVIRONMENT", "REVISION", "ID"];
            table(streams.out, columns.map(|column| (column, Align::Left)), &rows)?;
        }
    }
    more(streams.err, is_more)?;
    Ok(Exit::Fine)
}
