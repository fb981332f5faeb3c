//! The capacity model: extrapolates from the measured cost of one order, one top-up and one read to the needs of a larger marketplace.
//! `docs/SCALING.md` shows the results and says where the model stops being valid.
//!
//! It is deliberately linear: work per request, times requests, divided by the share of a core that may be used. Nonlinear effects (a lock,
//! a hot row, a network) are not modelled.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// The file that `scripts/bench --distributed --costs FILE` writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// The date and the machine of the measurement.
    pub on: String,
    /// An order, from creation to settlement.
    pub order: Cost,
    /// A top-up of one of many wallets.
    pub credit: Cost,
    /// A product read by its id.
    pub read: Cost,
}

/// The cost of one request.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Requests per second during the measurement.
    pub per_second: f64,
    /// Milliseconds of CPU time, by program.
    pub cpu_ms: BTreeMap<String, f64>,
    /// Bytes written to disk, by program.
    pub written_bytes: BTreeMap<String, f64>,
    /// Database transactions.
    pub transactions: f64,
    /// Syncs of the database log.
    pub syncs: f64,
    /// Bytes of that log before compression.
    pub log_bytes: f64,
    /// Messages handled.
    pub messages: f64,
    /// Bytes kept on a member's disk, data and indexes, by collection.
    pub stored_bytes: BTreeMap<String, f64>,
}

/// Orders per second that the page shows.
const LOADS: [f64; 6] = [10.0, 100.0, 500.0, 1_000.0, 5_000.0, 20_000.0];
/// Product reads per order.
const READS: f64 = 20.0;
/// Top-ups per order.
const CREDITS: f64 = 0.2;
/// Maximum utilisation of a core. The rest is headroom for peaks, for the loss of a machine and for an upgrade.
const USED: f64 = 0.6;
/// Members of a replica set.
const MEMBERS: f64 = 3.0;
/// Cores of a primary above which a further primary is preferable.
const PRIMARY: f64 = 16.0;
const SECONDS_A_YEAR: f64 = 31_536_000.0;

impl Cost {
    fn cpu(&self, program: &str) -> f64 {
        self.cpu_ms.get(program).copied().unwrap_or_default()
    }

    fn stored(&self) -> f64 {
        self.stored_bytes.values().sum()
    }
}

impl Measured {
    /// Cores that `program` needs for `orders` per second and the traffic that accompanies them.
    #[must_use]
    pub fn cores(&self, program: &str, orders: f64) -> f64 {
        let ms = self.order.cpu(program)
            + READS * self.read.cpu(program)
            + CREDITS * self.credit.cpu(program);
        orders * ms / 1_000.0 / USED
    }

    /// Bytes that a year of `orders` per second adds to the disks of all members.
    #[must_use]
    pub fn bytes_a_year(&self, orders: f64) -> f64 {
        orders * SECONDS_A_YEAR * (self.order.stored() + CREDITS * self.credit.stored()) * MEMBERS
    }

    /// The page's tables.
    #[must_use]
    pub fn tables(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let programs = [
            ("mongod", "MongoDB primary"),
            ("rabbitmq", "RabbitMQ"),
            ("nginx", "nginx"),
            ("product-service", "product-service"),
            ("order-service", "order-service"),
            ("wallet-service", "wallet-service"),
        ];
        writeln!(text, "Measured {}.\n", self.on)?;
        writeln!(
            text,
            "| one request costs | order, settled | top-up | product read |"
        )?;
        writeln!(text, "| --- | --- | --- | --- |")?;
        let all = [&self.order, &self.credit, &self.read];
        let mut line = |what: &str, value: &dyn Fn(&Cost) -> String| {
            let [order, credit, read] = all.map(value);
            writeln!(text, "| {what} | {order} | {credit} | {read} |")
        };
        line("requests a second when measured", &|cost| {
            format!("{:.0}", cost.per_second)
        })?;
        for (program, title) in programs {
            line(&format!("{title}, ms of a core"), &|cost| {
                format!("{:.2}", cost.cpu(program))
            })?;
        }
        line("transactions", &|cost| format!("{:.2}", cost.transactions))?;
        line("syncs of the log", &|cost| format!("{:.2}", cost.syncs))?;
        line("messages", &|cost| format!("{:.1}", cost.messages))?;
        line("log, bytes", &|cost| format!("{:.0}", cost.log_bytes))?;
        line("written by mongod, bytes", &|cost| {
            format!(
                "{:.0}",
                cost.written_bytes
                    .get("mongod")
                    .copied()
                    .unwrap_or_default()
            )
        })?;
        line("kept on a member's disk, bytes", &|cost| {
            format!("{:.0}", cost.stored())
        })?;

        writeln!(
            text,
            "\nWith each order {READS} product reads and {CREDITS} top-ups, cores used to {:.0} %, {MEMBERS} members in a replica set:\n",
            USED * 100.0
        )?;
        write!(text, "| orders/s |")?;
        for (_, title) in programs {
            write!(text, " {title}, cores |")?;
        }
        writeln!(
            text,
            " messages/s | log, MB/s | kept, a year at that rate | databases |"
        )?;
        writeln!(text, "|{}", " --- |".repeat(programs.len() + 5))?;
        for orders in LOADS {
            write!(text, "| {orders:.0} |")?;
            for (program, _) in programs {
                write!(text, " {} |", cores(self.cores(program, orders)))?;
            }
            let log = orders * (self.order.log_bytes + CREDITS * self.credit.log_bytes) / 1e6;
            writeln!(
                text,
                " {:.0} | {} | {} | {} |",
                orders * (self.order.messages + CREDITS * self.credit.messages),
                cores(log),
                bytes(self.bytes_a_year(orders)),
                databases(self.cores("mongod", orders)),
            )?;
        }
        Ok(())
    }

    /// `page` with the tables inserted between its markers.
    ///
    /// # Errors
    /// If the page has no markers.
    pub fn into_page(&self, page: &str) -> Result<String, String> {
        let missing = || format!("the page needs the lines {BEGIN} and {END}");
        let (head, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
        let (_, tail) = rest.split_once(END).ok_or_else(missing)?;
        Ok(format!("{head}{BEGIN}\n{}{END}{tail}", self.tables()))
    }
}

/// Marks the start of the tables.
const BEGIN: &str = "<!-- computed: begin -->";
/// Marks the end of the tables.
const END: &str = "<!-- computed: end -->";

/// Formats a number, with one decimal where it matters.
fn cores(cores: f64) -> String {
    if cores < 10.0 {
        format!("{cores:.1}")
    } else {
        format!("{cores:.0}")
    }
}

fn bytes(bytes: f64) -> String {
    if bytes < 1e12 {
        format!("{:.0} GB", bytes / 1e9)
    } else {
        format!("{:.1} TB", bytes / 1e12)
    }
}

/// The best distribution of the databases for this total number of primary cores.
fn databases(cores: f64) -> String {
    let primaries = (cores / PRIMARY).ceil();
    if primaries <= 1.0 {
        "one replica set".to_owned()
    } else if primaries <= 3.0 {
        "a replica set a service".to_owned()
    } else {
        format!("sharded, {primaries:.0} primaries in all")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        let cost = |ms: f64, kept: f64| Cost {
            cpu_ms: BTreeMap::from([("mongod".to_owned(), ms)]),
            stored_bytes: BTreeMap::from([("orders.orders".to_owned(), kept)]),
            ..Cost::default()
        };
        Measured {
            on: "on paper".to_owned(),
            order: cost(1.0, 1_000.0),
            credit: cost(0.5, 0.0),
            read: cost(0.1, 0.0),
        }
    }

    #[test]
    fn cores_are_the_work_of_an_order_and_of_what_goes_with_it() {
        // 1 + 20 × 0.1 + 0.2 × 0.5 = 3.1 ms, at 60 % utilisation.
        let cores = measured().cores("mongod", 1_000.0);
        assert!((cores - 3.1 / 0.6).abs() < 1e-9, "{cores}");
        assert!(measured().cores("nginx", 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn a_year_is_kept_by_every_member() {
        let bytes = measured().bytes_a_year(1.0);
        assert!(
            (bytes - 31_536_000.0 * 1_000.0 * 3.0).abs() < 1.0,
            "{bytes}"
        );
    }

    #[test]
    fn the_tables_replace_what_stood_between_the_markers() {
        let page = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let page = measured().into_page(&page).expect("a page");
        assert!(page.starts_with("before\n") && page.ends_with("\nafter\n"));
        assert!(page.contains("on paper") && !page.contains("old"));
        assert_eq!(measured().into_page(&page), Ok(page.clone()));
        assert!(measured().into_page("no markers").is_err());
    }

    #[test]
    fn more_than_a_primary_can_do_is_spread() {
        assert_eq!(databases(3.0), "one replica set");
        assert_eq!(databases(40.0), "a replica set a service");
        assert_eq!(databases(100.0), "sharded, 7 primaries in all");
    }
}
