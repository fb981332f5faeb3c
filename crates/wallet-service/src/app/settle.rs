//! Settles the order service's commands about payments: each is decided on what is recorded, and answered by a reply in the outbox.
//!
//! A command that was handled before changes nothing; its reply is sent again. Only one that was refused because a balance would be
//! too large is decided anew.

use kernel::Timestamp;
use store::{Handled, StoreResult, Tx};

use super::{App, ledger};
use crate::domain::{Account, Action, OrderCommand, Payment, Terms, accounts_of, decide};
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

/// What the commands themselves name. Only the buyer of a refund is found out later, from the payment.
fn want(tx: &mut Tx<'_>, commands: &[OrderCommand]) -> StoreResult<()> {
    tx.want::<Payment>(commands.iter().map(|command| command.order))?;
    let accounts = commands
        .iter()
        .flat_map(|command| accounts_of(command, None));
    tx.want::<Account>(accounts)?;
    let early = commands
        .iter()
        .filter(|command| may_come_too_early(&command.action));
    tx.want::<Handled>(early.map(|command| (command.order, command.message)))
}

/// Whether the command may be refused because no payment is known yet. It then stays refused when it comes again, so the inbox notes
/// it. The payment tells everything else: a debit and a cancellation make one if there is none, and no state leads back to one in
/// which the same command would act again.
const fn may_come_too_early(action: &Action) -> bool {
    match action {
        Action::Debit { .. } | Action::Cancel { .. } => false,
        Action::Refund | Action::Release { .. } => true,
    }
}

fn settle_one(
    tx: &mut Tx<'_>,
    command: &OrderCommand,
    terms: &Terms,
    now: Timestamp,
) -> StoreResult<()> {
    let OrderCommand { order, message, .. } = *command;
    let payment = tx.get::<Payment>(&order)?;
    let mut accounts = ledger::load(tx, &accounts_of(command, payment.as_deref()))?;
    let decision = decide(command, payment.as_deref(), &mut accounts, terms, now)?;
    let is_early = may_come_too_early(&command.action);
    // What does not fit a balance today may fit tomorrow: that refusal is not noted, so the same message may ask again.
    if is_early && payment.is_none() && !decision.may_be_asked_again() {
        tx.once(order, message, now)?;
    }
    if let Some(change) = decision.change {
        if is_early && tx.was_handled(order, message)? {
            // It came before and was refused; that was its answer, whatever has happened since.
            tx.handled_before();
            return Ok(());
        }
        if let Some(recorded) = change.recorded {
            ledger::save(tx, accounts, recorded)?;
        }
        for payout in change.payouts {
            tx.insert(payout)?;
        }
        tx.put(change.payment)?;
    } else if payment.is_some() {
        tx.handled_before();
    }
    tx.send(events::seal(order, decision.reply, now))
}
