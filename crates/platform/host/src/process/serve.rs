//! Serving: one service, on its database and the broker if it uses them, behind its two ports.

use std::sync::Arc;

use async_trait::async_trait;
use bus::Bus;
use bus_amqp::{AmqpBus, QueuedLetters};
use bytes::Bytes;
use kernel::SystemClock;
use platform_http::Readiness;
use tokio::sync::mpsc;

use super::program::{Built, Context, OnHint, Program};
use crate::lifecycle::{Process, bind};
use crate::service::Deps;
use crate::settings::Settings;
use crate::{Host, Outside, Ports};

/// Serves until SIGTERM, SIGINT or SIGHUP, then drains.
pub(super) async fn serve<P: Program>(
    settings: &Settings,
    config: &P::Config,
) -> anyhow::Result<bool> {
    let public = bind(settings.server.listen, "server.listen")?;
    let internal = bind(settings.internal.listen, "internal.listen")?;
    let addresses = (public.local_addr()?, internal.local_addr()?);
    let deps = Deps::new(Arc::new(SystemClock), settings.currency);
    let process = Process::begin(P::NAME, settings, &deps)?;
    if settings.server.trusted_proxies.is_empty() {
        tracing::warn!(
            "server.trusted_proxies is empty: behind a gateway, all clients have its address and are limited as one"
        );
    }
    let mut outside = Outside::default();
    let mut context = Context {
        settings,
        deps: &deps,
        tasks: &outside.tasks,
        readiness: Vec::new(),
        hints: None,
    };
    let Built {
        mut parts,
        internal: internal_routes,
        on_hint,
    } = P::build(config, &mut context)?;
    let (readiness, announced) = (context.readiness, context.hints);
    outside.readiness = readiness;
    // A service that neither sends nor receives messages needs no broker, and no account on one.
    if parts.uses_bus() {
        // One that only sends does its work without a broker: what it has to say waits in its outbox.
        let needs_broker = P::NEEDS_BROKER && !parts.subscriptions.is_empty();
        let broker = settings.amqp.broker().map_err(anyhow::Error::msg)?;
        if let Some(letters) = &parts.letters {
            let queues = parts.subscriptions.iter().map(|one| one.queue).collect();
            letters.add(Arc::new(QueuedLetters::new(broker.clone(), queues)));
        }
        let bus = AmqpBus::start(
            &broker,
            P::NAME,
            std::mem::take(&mut parts.subscriptions),
            &deps.clock,
            &deps.metrics.bus,
            &outside.tasks,
        );
        if needs_broker {
            let broker = Arc::new(BrokerReadiness(bus.clone()));
            outside.readiness.push(broker);
        }
        if let (Some(announced), Some(on_hint)) = (announced, on_hint) {
            let hints = bus.hints(P::NAME, announced);
            outside.tasks.spawn(|_| hear(hints, on_hint));
        }
        let bus: Arc<dyn Bus> = bus;
        outside.bus = Some(bus);
    }
    let ports = Ports {
        public,
        server: &settings.server,
        routes: Vec::new(),
        internal: Some((internal, internal_routes.into_iter().collect())),
    };
    let host = Host::start(ports, &deps, vec![parts], outside)?;
    tracing::info!(service = P::NAME, public = %addresses.0, internal = %addresses.1, "started");
    process.run(host).await?;
    tracing::info!(service = P::NAME, "stopped");
    Ok(true)
}

/// The broker as a readiness check.
struct BrokerReadiness(Arc<AmqpBus>);

#[async_trait]
impl Readiness for BrokerReadiness {
    fn name(&self) -> &'static str {
        "message broker"
    }

    async fn check(&self) -> Result<(), String> {
        if self.0.is_connected() {
            Ok(())
        } else {
            Err("not connected".to_owned())
        }
    }
}

async fn hear(mut hints: mpsc::Receiver<Bytes>, on_hint: OnHint) {
    while let Some(hint) = hints.recv().await {
        on_hint(hint).await;
    }
}
