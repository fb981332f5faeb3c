//! What the wallet promises on every store: the use cases and queries, run on each engine. A test is a function over a fresh
//! [`World`]; `contract!` runs it on both.

macro_rules! suite {
    ($world:expr; $($test:ident)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            super::$test($world).await;
        })+
    };
}

macro_rules! contract {
    ($($test:ident)+) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use super::World;
            suite!(World::sqlite(); $($test)+);
        }

        #[cfg(feature = "mongo")]
        mod mongo {
            use super::World;
            suite!(World::mongo().await; $($test)+);
        }
    };
}

mod debts;
mod earnings;
mod orders;
mod reads;
mod refunds;
mod releases;
mod transfers;

use super::harness::World;
