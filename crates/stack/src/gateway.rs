//! nginx with the configuration in deploy/nginx: the committed files unchanged, plus two generated ones that list the upstreams and the
//! listen address. With more than one replica it also does what service discovery does in a cluster: it gives each service one address
//! for other services ([`mesh_url`]), on a port that is not reachable from outside.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::StackError;
use crate::name::{Name, Service};
use crate::options::RateLimits;
use crate::ports::ServicePorts;
use crate::process::Plan;
use crate::state::{Dir, State};
use crate::tools;

/// The committed configuration, compiled in so that a stack does not need the source tree.
const FILES: [(&str, &str); 7] = [
    (
        "nginx.conf",
        include_str!("../../../deploy/nginx/nginx.conf"),
    ),
    ("edge.conf", include_str!("../../../deploy/nginx/edge.conf")),
    (
        "proxy.conf",
        include_str!("../../../deploy/nginx/proxy.conf"),
    ),
    (
        "server.conf",
        include_str!("../../../deploy/nginx/server.conf"),
    ),
    (
        "problems.conf",
        include_str!("../../../deploy/nginx/problems.conf"),
    ),
    (
        "probe.conf",
        include_str!("../../../deploy/nginx/probe.conf"),
    ),
    ("docs.conf", include_str!("../../../deploy/nginx/docs.conf")),
];

/// Writes and checks the configuration and the served files. Returns how to start nginx.
pub(crate) fn plan(dir: &Dir, state: &State) -> Result<Plan, StackError> {
    let nginx = tools::nginx()?;
    let prefix = dir.nginx();
    let conf = prefix.join("conf");
    fs::create_dir_all(&conf).map_err(StackError::io(&conf))?;
    let upstreams = ("upstreams.conf", upstreams(state));
    let listen = (
        "listen.conf",
        format!(
            "listen 127.0.0.1:{} default_server backlog=4096;\n",
            state.ports.gateway
        ),
    );
    let static_files = FILES.map(|(name, text)| (name, text.to_owned()));
    for (name, text) in static_files.into_iter().chain([upstreams, listen]) {
        let path = conf.join(name);
        fs::write(&path, text).map_err(StackError::io(&path))?;
    }
    let marketplace = tools::ours(state.shape.binaries.as_deref(), "marketplace")?;
    let site = prefix.join("site").display().to_string();
    tools::run(
        &marketplace.display().to_string(),
        &["gateway-files", "--out", &site],
        &[],
    )?;
    let arguments = arguments(&prefix);
    check(&nginx, &arguments)?;
    Ok(Plan {
        program: nginx,
        arguments,
        environment: Vec::new(),
        run_dir: dir.run(Name::Gateway),
        log: dir.log(Name::Gateway),
    })
}

fn arguments(prefix: &Path) -> Vec<String> {
    // Started as root, nginx would run its workers as `nobody`, who cannot read our directory. It listens on the loopback interface only.
    let user = if rustix::process::geteuid().is_root() {
        " user root;"
    } else {
        ""
    };
    let arguments = [
        "-p",
        &prefix.display().to_string(),
        "-c",
        "conf/nginx.conf",
        "-g",
        &format!("daemon off;{user}"),
    ];
    arguments.map(str::to_owned).to_vec()
}

/// Runs `nginx -t`. A warning counts as an error too, because the files are ours.
fn check(nginx: &Path, arguments: &[String]) -> Result<(), StackError> {
    let failed = |reason: String| StackError::Failed {
        command: format!("{} -t", nginx.display()),
        reason,
    };
    let output = Command::new(nginx)
        .arg("-t")
        .args(arguments)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && !said.contains("[warn]") {
        Ok(())
    } else {
        Err(failed(said.trim().to_owned()))
    }
}

/// The address at which services reach the replicas of `service`, on their internal ports.
pub(crate) fn mesh_url(state: &State, service: Service) -> String {
    let only = state
        .ports
        .services
        .get(&Name::Service(service, 0))
        .filter(|_| state.shape.replicas == 1);
    match only {
        Some(ports) => format!("http://127.0.0.1:{}", ports.internal),
        None => format!("http://127.0.0.1:{}/{}", state.ports.mesh, service.word()),
    }
}

/// The configuration directory.
pub(crate) fn prefix(dir: &Dir) -> PathBuf {
    dir.nginx()
}

fn upstreams(state: &State) -> String {
    let mut text = match state.shape.rate_limits {
        RateLimits::On => "geo $unlimited_client { default 0; }\n".to_owned(),
        RateLimits::Off => "geo $unlimited_client { default 0; 127.0.0.0/8 1; }\n".to_owned(),
    };
    for service in Service::ALL {
        text.push_str(&upstream(state, service, service.upstream(), |ports| {
            ports.public
        }));
    }
    if state.shape.replicas > 1 {
        let mut locations = String::new();
        for service in Service::ALL {
            let name = format!("{}_internal", service.upstream());
            text.push_str(&upstream(state, service, &name, |ports| ports.internal));
            // Writing to a String cannot fail.
            let _ = writeln!(
                locations,
                "    location /{}/ {{ proxy_pass http://{name}/; }}",
                service.word()
            );
        }
        let _ = write!(
            text,
            "server {{\n    listen 127.0.0.1:{};\n    access_log off;\n    proxy_http_version 1.1;\n    proxy_set_header Connection \"\";\n    \
             proxy_connect_timeout 1s;\n    proxy_next_upstream error timeout;\n{locations}}}\n",
            state.ports.mesh
        );
    }
    text
}

/// The upstream of one service. nginx picks the replica with the fewest connections and skips one for a moment after two failures. nginx
/// closes an idle connection before the service does (75 s), so that no request goes out on a connection that is closing.
fn upstream(
    state: &State,
    service: Service,
    name: &str,
    port: impl Fn(&ServicePorts) -> u16,
) -> String {
    let mut text = format!("upstream {name} {{\n    zone {name} 128k;\n    least_conn;\n");
    let replicas = state
        .ports
        .services
        .iter()
        .filter(|(name, _)| matches!(name, Name::Service(of, _) if *of == service));
    for (_, ports) in replicas {
        let _ = writeln!(
            text,
            "    server 127.0.0.1:{} max_fails=2 fail_timeout=2s;",
            port(ports)
        );
    }
    text.push_str(
        "    keepalive 128;\n    keepalive_requests 100000;\n    keepalive_timeout 60s;\n}\n",
    );
    text
}
