//! POST /language.

use super::login::onward;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn choose(visit: &mut Visit) -> Outcome {
    let code = visit.form.get("language").to_owned();
    visit.keep_language(&code);
    Ok(Reply::see(onward(visit.form.get("next"))))
}
