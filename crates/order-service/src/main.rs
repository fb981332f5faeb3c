//! The order service as a process of its own, on MongoDB and RabbitMQ.

fn main() {}
