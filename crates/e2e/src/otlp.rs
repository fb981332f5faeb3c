//! A trace receiver for tests and benchmarks: OTLP as protobuf over HTTP.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// Receives traces until this process ends, and passes each request's body to `each`. Returns the value for `telemetry.otlp_endpoint`.
///
/// # Panics
/// If there is no free port.
pub fn receive_traces(each: impl Fn(Vec<u8>) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let each = Arc::new(each);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let each = each.clone();
            std::thread::spawn(move || serve(connection.expect("a connection"), &*each));
        }
    });
    format!("http://{address}")
}

/// Answers requests on a connection until the client closes it.
fn serve(connection: TcpStream, each: &impl Fn(Vec<u8>)) {
    let mut answers = connection.try_clone().expect("the same connection");
    let mut requests = BufReader::new(connection);
    while let Some((request, body)) = next(&mut requests) {
        assert_eq!(request, "POST /v1/traces HTTP/1.1");
        each(body);
        // A client that has hung up counts its request as lost.
        drop(answers.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    }
}

/// The next request line and body; None once the sender has closed the connection.
fn next(requests: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_ascii_lowercase());
    }
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length")
        .parse()
        .expect("a number");
    assert!(head.contains(&"content-type: application/x-protobuf".to_owned()));
    let mut body = vec![0; length];
    requests.read_exact(&mut body).ok()?;
    let request = head[0].replace("post ", "POST ").replace("http/", "HTTP/");
    Some((request, body))
}
