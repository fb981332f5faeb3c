//! Static files for a gateway in front of the services: `api/openapi.json`, the docs page with its assets, and
//! `problems/{code}.json` for every kind of problem, including the gateway's own. Embedded mode serves the same content from
//! memory. Content types and headers are configured in deploy/nginx.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use host::service::Deps;
use host::settings::Settings;
use kernel::{Currency, SystemClock};
use platform_http::ProblemType;

use crate::composition::{Marketplace, compact_document};
use crate::data_dir::DataDir;
use crate::docs;
use crate::problems::explanations;
use crate::services::Services;

/// Problem kinds that only a gateway returns; deploy/nginx/problems.conf holds their documents.
const GATEWAY: &[&ProblemType] = &[
    &ProblemType {
        code: "uri_too_long",
        status: 414,
        title: "The address is too long",
    },
    &ProblemType {
        code: "headers_too_large",
        status: 431,
        title: "The headers are too large",
    },
    &ProblemType {
        code: "bad_gateway",
        status: 502,
        title: "The service broke off",
    },
    &ProblemType {
        code: "gateway_timeout",
        status: 504,
        title: "The service did not answer in time",
    },
];

/// Writes all files below `out`. Returns how many there are.
pub(crate) fn write(out: &Path) -> anyhow::Result<usize> {
    let mut kinds = services_kinds(out)?;
    kinds.push(GATEWAY);
    // Keyed by path, because two services may share a kind.
    let mut files = BTreeMap::from([(
        "api/openapi.json".to_owned(),
        compact_document()?.into_bytes(),
    )]);
    files.extend(docs::files().map(|(path, bytes)| (path, bytes.to_vec())));
    for explanation in explanations(kinds) {
        let path = format!("problems/{}.json", explanation.code());
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

/// The services' problem kinds. A service lists them only once it is built, so this builds all four on empty, temporary stores.
fn services_kinds(out: &Path) -> anyhow::Result<Vec<&'static [&'static ProblemType]>> {
    let scratch = out.join(".scratch");
    let built = DataDir::create(&scratch)
        .map_err(anyhow::Error::from)
        .and_then(|dir| {
            let deps = Deps::new(Arc::new(SystemClock), Currency::USD);
            Marketplace::build(&Settings::default(), &Services::default(), &dir, deps)
        })
        .map(|marketplace| marketplace.problem_kinds());
    let removed = std::fs::remove_dir_all(&scratch);
    let kinds = built?;
    removed.with_context(|| format!("cannot remove {}", scratch.display()))?;
    Ok(kinds)
}
