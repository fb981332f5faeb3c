//! The four services: their shared settings file, and how to start a replica.

use std::fs;

use crate::error::StackError;
use crate::gateway::mesh_url;
use crate::mongo::Members;
use crate::name::{Name, Service};
use crate::process::Plan;
use crate::rabbit;
use crate::state::{Dir, State};
use crate::tls::authority;
use crate::tools;

/// Writes the settings file. `marketplace audit --config` reads it too.
pub(crate) fn write_settings(dir: &Dir, state: &State) -> Result<(), StackError> {
    let mut file = toml::Table::new();
    file.insert("profile".to_owned(), "development".into());
    let sections = [
        ("log", vec![("format", "json".to_owned())]),
        (
            "auth",
            vec![
                ("signing_key_file", dir.signing_key().display().to_string()),
                (
                    "jwks_url",
                    format!("{}/.well-known/jwks.json", public_url(state, Service::User)),
                ),
            ],
        ),
        (
            "mongo",
            vec![
                ("uri", Members::of(dir, state).uri()),
                ("database_prefix", "marketplace".to_owned()),
            ],
        ),
        ("amqp", broker(dir, state)),
        (
            "orders",
            vec![("products_url", mesh_url(state, Service::Product))],
        ),
    ];
    for (name, settings) in sections {
        let settings = settings
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.into()));
        file.insert(name.to_owned(), toml::Value::Table(settings.collect()));
    }
    let path = dir.settings();
    let text = format!(
        "# Written by the stack when it starts; changes are lost. MARKETPLACE__SECTION__KEY overrides.\n{file}"
    );
    fs::write(&path, text).map_err(StackError::io(&path))
}

fn broker(dir: &Dir, state: &State) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("uri", rabbit::uri(&state.ports, state.shape.tls)),
        ("namespace", "marketplace".to_owned()),
    ];
    if let Some(authority) = authority(dir, state) {
        settings.push(("ca_file", authority.display().to_string()));
    }
    settings
}

/// How to start a replica.
pub(crate) fn plan(
    dir: &Dir,
    state: &State,
    service: Service,
    replica: usize,
) -> Result<Plan, StackError> {
    let name = Name::Service(service, replica);
    let ports = state
        .ports
        .services
        .get(&name)
        .ok_or(StackError::NoSuchProcess(name))?;
    let arguments = [
        "serve",
        "--config",
        &dir.settings().display().to_string(),
        "--listen",
        &format!("127.0.0.1:{}", ports.public),
        "--internal-listen",
        &format!("127.0.0.1:{}", ports.internal),
    ];
    Ok(Plan {
        program: tools::ours(state.shape.binaries.as_deref(), service.binary())?,
        arguments: arguments.map(str::to_owned).to_vec(),
        environment: state.shape.settings.clone(),
        run_dir: dir.run(name),
        log: dir.log(name),
    })
}

/// The address shared by all replicas of a service for their public port.
fn public_url(state: &State, service: Service) -> String {
    match state.ports.services.get(&Name::Service(service, 0)) {
        Some(ports) if state.shape.replicas == 1 => format!("http://127.0.0.1:{}", ports.public),
        _ => format!("http://127.0.0.1:{}", state.ports.gateway),
    }
}
