//! /operate/audit: the ledger's audit, on a button.

use minijinja::context;
use serde_json::Value;

use crate::api::Call;
use crate::failure::Failure;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let none: Option<Value> = None;
    let page = context! { report => none, findings => none };
    Ok(Reply::page("operate/audit.html", page))
}

pub(crate) async fn run(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let none: Option<Value> = None;
    let page = match visit.ask(Call::get("/api/wallet/audit")).await? {
        Ok(report) => context! { report, findings => none },
        Err(refusal) if refusal.code == "ledger_violation" => {
            let findings = refusal.body.get("findings").cloned();
            context! { report => none, findings }
        }
        Err(refusal) => return Err(Failure::Refused(refusal)),
    };
    Ok(Reply::page("operate/audit.html", page))
}
