//! Runs one service as a process of its own, on MongoDB and RabbitMQ: command line, settings, public and internal port, draining.
