//! The signing keys are replaced while the service runs: no token is refused meanwhile.

use std::sync::Arc;
use std::time::Duration;

use auth::testing::policy;
use auth::{JwkSet, KeySet, SigningKey, VerificationKeys, Verifier};
use host::testing::eventually;
use kernel::{Clock as _, SystemClock};

use crate::world::World;

/// How many tokens are tried again and again.
const TOKENS: usize = 12;

/// The keys that a service publishes.
async fn published(world: &World) -> VerificationKeys {
    let answer = world.host.get("/.well-known/jwks.json", "").await;
    let set: JwkSet = serde_json::from_value(answer.body).unwrap();
    VerificationKeys::try_from(&set).unwrap()
}

/// Two replicas, and the tokens that they issued, of which none may be refused.
struct Shop {
    replicas: [World; 2],
    tokens: Vec<String>,
}

impl Shop {
    /// Logs in at each replica, and shows the newest tokens, and the first, to both.
    async fn take_all(&mut self) {
        for world in &self.replicas {
            let login = world.login("ada@example.com").await;
            self.tokens.push(login.token);
        }
        if self.tokens.len() > TOKENS {
            self.tokens.drain(1..self.tokens.len() - TOKENS);
        }
        for world in &self.replicas {
            for token in &self.tokens {
                assert_eq!(world.me(token).await.status, 200);
            }
        }
    }
}

#[tokio::test]
async fn two_replicas_take_every_token_while_their_keys_are_rotated() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keys.pem");
    let first = World::signing_with(&file);
    let second = first.replica(&file);
    let tokens = vec![first.someone("ada@example.com").await.token];
    let mut shop = Shop {
        replicas: [first, second],
        tokens,
    };
    for _ in 0..2 {
        let mut keys = KeySet::load(&file).unwrap();
        let now = SystemClock.now();
        keys.announce(SigningKey::generate().unwrap(), now).unwrap();
        keys.save(&file).unwrap();
        // Both publish the next key before it signs.
        eventually("the next key", async || {
            let all = keys.verification_keys();
            let both = (
                published(&shop.replicas[0]).await,
                published(&shop.replicas[1]).await,
            );
            (both == (all.clone(), all)).then_some(())
        })
        .await;
        shop.take_all().await;
        keys.rotate(Duration::ZERO, now).unwrap();
        keys.save(&file).unwrap();
        let new = keys.active().verification_keys();
        let new = Verifier::new(new, policy(), Arc::new(SystemClock));
        let mut signs_anew = false;
        while !signs_anew {
            shop.take_all().await;
            let newest = shop.tokens.iter().rev().take(2);
            signs_anew = newest.into_iter().all(|token| new.verify(token).is_ok());
        }
    }
}
