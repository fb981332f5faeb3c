//! A proxy to the broker that a test can cut, block and silence. Plain threads: it lives for seconds.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::uri::AMQPUri;

use super::test_broker::uri;

#[derive(Default)]
struct State {
    open: Mutex<Vec<TcpStream>>,
    /// New connections are refused.
    away: AtomicBool,
    /// Incoming data is not forwarded.
    silent: AtomicBool,
}

pub(super) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    pub(super) fn to_the_broker() -> Self {
        let broker: AMQPUri = uri().parse().unwrap();
        let target = (broker.authority.host, broker.authority.port);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                if shared.away.load(Ordering::SeqCst) {
                    continue;
                }
                let broker = TcpStream::connect(&target).unwrap();
                for (from, to) in [(&client, &broker), (&broker, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let shared = shared.clone();
                    std::thread::spawn(move || pass_on(from, to, &shared));
                }
                shared.open.lock().unwrap().extend([client, broker]);
            }
        });
        Self { address, state }
    }

    /// The broker's URI through this proxy.
    pub(super) fn uri(&self) -> String {
        let mut through: AMQPUri = uri().parse().unwrap();
        through.authority.host = self.address.ip().to_string();
        through.authority.port = self.address.port();
        through.to_string()
    }

    /// Cuts every connection, like a broker that is killed.
    pub(super) fn cut(&self) {
        for stream in self.state.open.lock().unwrap().drain(..) {
            // A connection that is already closed needs no cut.
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Refuses new connections, or accepts them again.
    pub(super) fn turn_away(&self, away: bool) {
        self.state.away.store(away, Ordering::SeqCst);
    }

    /// Holds back all traffic in both directions, like a broker that hangs, or lets it flow again.
    pub(super) fn silence(&self, silent: bool) {
        self.state.silent.store(silent, Ordering::SeqCst);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, state: &State) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        while state.silent.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Both));
}
