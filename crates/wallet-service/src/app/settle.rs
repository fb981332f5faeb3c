//! Settles the order service's commands about payments: each is decided on what is recorded, and answered by a reply in the outbox.
//!
//! A command that was carried out before changes nothing; its reply is sent again: the payment, and for a refund its own record, tell of it.
//! One that was refused is decided anew when it comes again.

use kernel::Timestamp;
use store::{StoreResult, Tx};

use super::{App, ledger};
use crate::domain::{
    Account, Change, Earned, Earning, Known, OrderCommand, PartRefund, Payment, Terms, decide,
};
use crate::events;

/// Settles `commands` in one transaction, one after the other. Returns a result for each: one that fails changes nothing and takes no
/// other along.
pub(crate) async fn settle(
    app: &App,
    commands: Vec<OrderCommand>,
) -> StoreResult<Vec<StoreResult<()>>> {
    let (terms, now) = (app.terms, app.clock.now());
    app.store
        .write(move |tx| {
            want(tx, &commands)?;
            tx.each(&commands, |tx, command| {
                settle_one(tx, command, &terms, now)
            })
        })
        .await
}

/// What the commands themselves name. Who is paid by a refund or a release is found out later, from the payment.
fn want(tx: &mut Tx<'_>, commands: &[OrderCommand]) -> StoreResult<()> {
    tx.want::<Payment>(commands.iter().map(|command| command.order))?;
    let accounts = commands.iter().flat_map(|command| command.accounts(None));
    tx.want::<Account>(accounts)?;
    let refunds = commands
        .iter()
        .filter_map(|command| command.action.refund());
    tx.want::<PartRefund>(refunds)
}

fn settle_one(
    tx: &mut Tx<'_>,
    command: &OrderCommand,
    terms: &Terms,
    now: Timestamp,
) -> StoreResult<()> {
    let payment = tx.get::<Payment>(&command.order)?;
    let refund = command.action.refund();
    let refund = refund.map(|id| tx.get::<PartRefund>(&id)).transpose()?;
    let refund = refund.flatten();
    let payment = payment.as_deref();
    let reverses = command.reverses(payment);
    tx.want::<Earning>(reverses)?;
    let mut accounts = ledger::load(tx, &command.accounts(payment))?;
    if let Some((owner, currency)) = command.credits(payment) {
        ledger::load_debt(tx, owner, currency, &mut accounts)?;
    }
    let earning = reverses.map(|key| tx.get::<Earning>(&key)).transpose()?;
    let earning = earning.flatten();
    let known = Known {
        payment,
        refund: refund.as_deref(),
        earning: earning.as_deref(),
    };
    let decision = decide(command, &known, &mut accounts, terms, now)?;
    if decision.is_repeat() {
        tx.handled_before();
    }
    if let Some(change) = decision.change {
        let Change {
            payment,
            recorded,
            refund,
            earned,
        } = change;
        ledger::save(tx, accounts, recorded)?;
        match earned {
            Some(Earned::New(earning)) => tx.insert(earning)?,
            Some(Earned::Less(earning)) => tx.put(earning)?,
            Some(Earned::Gone(order, part)) => tx.delete::<Earning>(&(order, part))?,
            None => {}
        }
        if let Some(refund) = refund {
            tx.insert(refund)?;
        }
        tx.put(payment)?;
    }
    tx.send(events::seal(command.order, decision.reply, now))
}
