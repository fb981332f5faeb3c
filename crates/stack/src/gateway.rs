//! nginx with the configuration in deploy/nginx: the committed files unchanged, plus generated ones that list the upstreams, the allowed
//! origins and the listen address. With more than one replica it also does what service discovery does in a cluster: it gives each service
//! one address for other services ([`Stack::mesh_url`]), on a port that is not reachable from outside.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::name::Service;
use crate::process::detached;
use crate::stack::Stack;
use crate::state::unusable;
use crate::tools;

/// The committed configuration, compiled in so that a stack does not need the source tree.
const FILES: [(&str, &str); 10] = [
    (
        "nginx.conf",
        include_str!("../../../deploy/nginx/nginx.conf"),
    ),
    ("edge.conf", include_str!("../../../deploy/nginx/edge.conf")),
    (
        "headers.conf",
        include_str!("../../../deploy/nginx/headers.conf"),
    ),
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
    (
        "pages.conf",
        include_str!("../../../deploy/nginx/pages.conf"),
    ),
    ("page.conf", include_str!("../../../deploy/nginx/page.conf")),
];

/// Writes and checks the configuration and the served files. Returns how to start nginx.
pub(crate) fn command(stack: &Stack) -> anyhow::Result<Command> {
    let nginx = tools::debian("nginx-light", "nginx")?;
    let prefix = stack.gateway_dir();
    let conf = prefix.join("conf");
    fs::create_dir_all(&conf).with_context(unusable(&conf))?;
    let upstreams = upstreams(stack);
    let listen = format!(
        "listen 127.0.0.1:{} default_server backlog=4096;\n",
        stack.ports().gateway
    );
    let origins = allowed_origins(&stack.state.shape.cors_origins());
    let generated = [
        ("upstreams.conf", &*upstreams),
        ("listen.conf", &*listen),
        ("origins.conf", &*origins),
    ];
    for (name, text) in FILES.into_iter().chain(generated) {
        let path = conf.join(name);
        fs::write(&path, text).with_context(unusable(&path))?;
    }
    let mut site = Command::new(tools::ours(stack, "marketplace")?);
    tools::run(
        site.args(["gateway-files", "--out"])
            .arg(prefix.join("site"))
            .arg("--config")
            .arg(stack.config_path())
            .envs(stack.state.shape.settings.clone()),
    )?;
    // Started as root, nginx would run its workers as `nobody`, who cannot read our directory. It listens on the loopback interface only.
    let user = if rustix::process::geteuid().is_root() {
        " user root;"
    } else {
        ""
    };
    let with_arguments = |mut command: Command| {
        command
            .arg("-p")
            .arg(&prefix)
            .args(["-c", "conf/nginx.conf", "-g"])
            .arg(format!("daemon off;{user}"));
        command
    };
    let said = tools::run(with_arguments(Command::new(&nginx)).arg("-t"))?;
    // A warning counts as an error too, because the files are ours.
    ensure!(!said.contains("[warn]"), "nginx -t failed: {said}");
    Ok(with_arguments(detached(&nginx)))
}

impl Stack {
    /// `http://127.0.0.1:PORT` of the gateway.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports().gateway)
    }

    /// nginx's directory, with its configuration (`conf/`) and the files it serves (`site/`).
    #[must_use]
    pub fn gateway_dir(&self) -> PathBuf {
        self.dir.join("nginx")
    }

    /// The address at which services reach the replicas of `service`, on their internal ports.
    pub(crate) fn mesh_url(&self, service: Service) -> String {
        let ports = self.ports();
        match self.state.shape.replicas {
            1 => format!("http://127.0.0.1:{}", ports.internal(service, 0)),
            _ => format!("http://127.0.0.1:{}/{}", ports.mesh(), service.word()),
        }
    }
}

fn upstreams(stack: &Stack) -> String {
    let (shape, ports) = (&stack.state.shape, stack.ports());
    let unlimited = if shape.no_rate_limits {
        " 127.0.0.0/8 1;"
    } else {
        ""
    };
    let mut text = format!(
        "geo $unlimited_client {{ default 0;{unlimited} }}\nserver {{\n    listen 127.0.0.1:{} backlog=4096;\n    \
         set_real_ip_from 0.0.0.0/0;\n    real_ip_header X-Forwarded-For;\n    include server.conf;\n}}\n",
        ports.inside()
    );
    for service in Service::ALL {
        let replicas = (0..shape.replicas).map(|replica| ports.public(service, replica));
        text += &upstream(service.upstream(), replicas);
    }
    if shape.replicas == 1 {
        return text;
    }
    let mut locations = Vec::new();
    for service in Service::ALL {
        let (word, name) = (service.word(), format!("{}_internal", service.upstream()));
        let replicas = (0..shape.replicas).map(|replica| ports.internal(service, replica));
        text += &upstream(&name, replicas);
        locations.push(format!(
            "    location /{word}/ {{ proxy_pass http://{name}/; }}\n"
        ));
    }
    text + &format!(
        "server {{\n    listen 127.0.0.1:{};\n    access_log off;\n    proxy_http_version 1.1;\n    proxy_set_header Connection \"\";\n    \
         proxy_connect_timeout 1s;\n    proxy_next_upstream error timeout;\n{}}}\n",
        ports.mesh(),
        locations.concat()
    )
}

/// The origins whose pages may use the API: the services' setting, for what the gateway answers itself.
fn allowed_origins(origins: &[&str]) -> String {
    let lines: Vec<String> = origins
        .iter()
        .map(|origin| format!("    \"{origin}\" \"{origin}\";\n"))
        .collect();
    let vary = if origins.is_empty() { "" } else { "Origin" };
    format!(
        "map $http_origin $allowed_origin {{\n    default \"\";\n{}}}\nmap $host $origins_vary {{ default \"{vary}\"; }}\n",
        lines.concat()
    )
}

/// The upstream of one service. nginx picks the replica with the fewest connections and skips one for a moment after two failures. nginx
/// closes an idle connection before the service does (75 s), so that no request goes out on a connection that is closing.
fn upstream(name: &str, replicas: impl Iterator<Item = u16>) -> String {
    let servers: Vec<String> = replicas
        .map(|port| format!("    server 127.0.0.1:{port} max_fails=2 fail_timeout=2s;\n"))
        .collect();
    format!(
        "upstream {name} {{\n    zone {name} 128k;\n    least_conn;\n{}    keepalive 128;\n    keepalive_requests 100000;\n    \
         keepalive_timeout 60s;\n}}\n",
        servers.concat()
    )
}
