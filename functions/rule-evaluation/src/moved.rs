//! Deployments whose repository is not where their deploys were confirmed.

use signoff_core::confirmation::Doubt;
use signoff_core::deploy::Deploy;
use signoff_core::slug::canonical;
use signoff_runtime::deployments::Connection;
use signoff_store::GitHost;

/// The reason for which GitHub's word says nothing of a repository of `connection`: its settings name another
/// host.
pub(crate) fn other_host(connection: &Connection) -> Option<Doubt> {
    let host = connection.git_host;
    (host != GitHost::Github).then(|| Doubt::OtherHost { host: host.title().to_owned() })
}

/// The reason for which a deploy that was confirmed is not any more: its deployment points at another host or
/// repository by now.
pub(crate) fn moved(deploy: &Deploy, connection: &Connection) -> Option<Doubt> {
    let elsewhere = || {
        let from = deploy.repository.clone();
        (canonical(&from) != canonical(&connection.repository)).then_some(Doubt::Moved { from })
    };
    other_host(connection).or_else(elsewhere)
}
