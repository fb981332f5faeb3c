//! Static files for a gateway in front of the services: `api/openapi.json`, the docs page with its assets, and
//! `problems/{code}.json` for every kind of problem. Embedded mode serves the same content from
//! memory. Content types and headers are configured in deploy/nginx.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;

use crate::composition::compact_document;
use crate::docs;
use crate::problems::explanations;
use crate::services::Services;

/// Writes all files below `out`. Returns how many there are.
pub(crate) fn write(out: &Path, services: &Services) -> anyhow::Result<usize> {
    // Keyed by path, because two services may share a kind.
    let mut files = BTreeMap::from([(
        "api/openapi.json".to_owned(),
        compact_document(services)?.into_bytes(),
    )]);
    files.extend(docs::files().map(|(path, bytes)| (path, bytes.to_vec())));
    for explanation in explanations() {
        let path = format!("problems/{}.json", explanation.code);
        files.insert(path, serde_json::to_vec(&explanation)?);
    }
    for (path, bytes) in &files {
        let path = out.join(path);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, bytes));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.len())
}
