//! The addresses that a user keeps. As long as there is one, one is the default.

use kernel::{AddressId, PostalAddress, UserId};
use serde::{Deserialize, Serialize};

/// All addresses of a user; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressBook {
    /// Whose they are.
    #[serde(rename = "_id")]
    pub(crate) user: UserId,
    /// The one that is the default.
    default_address: AddressId,
    /// The oldest first.
    addresses: Vec<Kept>,
}

/// An address and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Its id. Ids rise with time.
    pub(crate) id: AddressId,
    /// The address.
    pub(crate) address: PostalAddress,
}

/// What a request says about the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Wish {
    /// Nothing.
    Unsaid,
    /// This address shall be the default.
    Default,
    /// It shall not.
    NotDefault,
}

impl From<Option<bool>> for Wish {
    fn from(is_default: Option<bool>) -> Self {
        match is_default {
            None => Self::Unsaid,
            Some(true) => Self::Default,
            Some(false) => Self::NotDefault,
        }
    }
}

/// Why addresses were not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// There are as many as a user may keep.
    #[error("the user keeps as many addresses as they may")]
    Full,
    /// The user keeps no such address.
    #[error("there is no such address")]
    NotFound,
    /// The default can only be given to another address.
    #[error("one address has to be the default")]
    DefaultNeeded,
}

impl AddressBook {
    /// How many addresses a user may keep.
    pub(crate) const MOST: usize = 50;

    /// The first address of `user`. It is the default, whatever the request said.
    pub(crate) fn first(user: UserId, kept: Kept) -> Self {
        Self {
            user,
            default_address: kept.id,
            addresses: vec![kept],
        }
    }

    /// The addresses with one more.
    ///
    /// # Errors
    /// [`AddressRefusal::Full`].
    pub(crate) fn with(&self, kept: Kept, wish: Wish) -> Result<Self, AddressRefusal> {
        if self.addresses.len() >= Self::MOST {
            return Err(AddressRefusal::Full);
        }
        let mut book = self.clone();
        if wish == Wish::Default {
            book.default_address = kept.id;
        }
        book.addresses.push(kept);
        Ok(book)
    }

    /// The addresses with another one in the place of `id`.
    ///
    /// # Errors
    /// [`AddressRefusal::NotFound`]; [`AddressRefusal::DefaultNeeded`] if the default shall not be the default.
    pub(crate) fn changed(
        &self,
        id: AddressId,
        address: PostalAddress,
        wish: Wish,
    ) -> Result<Self, AddressRefusal> {
        let mut book = self.clone();
        let kept = book.addresses.iter_mut().find(|kept| kept.id == id);
        kept.ok_or(AddressRefusal::NotFound)?.address = address;
        match wish {
            Wish::Default => book.default_address = id,
            Wish::NotDefault if self.is_default(id) => return Err(AddressRefusal::DefaultNeeded),
            Wish::NotDefault | Wish::Unsaid => {}
        }
        Ok(book)
    }

    /// The addresses without `id`. If it was the default, the newest that is left becomes it. None if none is left.
    ///
    /// # Errors
    /// [`AddressRefusal::NotFound`].
    pub(crate) fn without(&self, id: AddressId) -> Result<Option<Self>, AddressRefusal> {
        let mut book = self.clone();
        book.addresses.retain(|kept| kept.id != id);
        if book.addresses.len() == self.addresses.len() {
            return Err(AddressRefusal::NotFound);
        }
        let Some(newest) = book.addresses.last() else {
            return Ok(None);
        };
        if self.is_default(id) {
            book.default_address = newest.id;
        }
        Ok(Some(book))
    }

    /// The address `id`.
    ///
    /// # Errors
    /// [`AddressRefusal::NotFound`].
    pub(crate) fn find(&self, id: AddressId) -> Result<&Kept, AddressRefusal> {
        let found = self.addresses.iter().find(|kept| kept.id == id);
        found.ok_or(AddressRefusal::NotFound)
    }

    /// The addresses, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Kept> {
        self.addresses.iter().rev()
    }

    /// Whether `id` is the default.
    pub(crate) fn is_default(&self, id: AddressId) -> bool {
        self.default_address == id
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn address(city: &str) -> PostalAddress {
        let address = json!({
            "name": "Ada", "line1": "1 High Street", "city": city, "postalCode": "YO1 7HH", "country": "GB",
        });
        serde_json::from_value(address).unwrap()
    }

    fn kept(ids: &SystemIds) -> Kept {
        Kept {
            id: AddressId::new(ids),
            address: address("York"),
        }
    }

    fn default_of(book: &AddressBook) -> AddressId {
        book.default_address
    }

    #[test]
    fn the_first_address_is_the_default_and_later_ones_are_if_they_shall_be() {
        let ids = SystemIds::default();
        let (one, two, three) = (kept(&ids), kept(&ids), kept(&ids));
        let book = AddressBook::first(UserId::new(&ids), one.clone());
        assert_eq!(default_of(&book), one.id);
        let book = book.with(two.clone(), Wish::NotDefault).unwrap();
        assert_eq!(default_of(&book), one.id);
        let book = book.with(three.clone(), Wish::Default).unwrap();
        assert_eq!(default_of(&book), three.id);
        let listed: Vec<AddressId> = book.newest_first().map(|kept| kept.id).collect();
        assert_eq!(listed, [three.id, two.id, one.id]);
    }

    #[test]
    fn the_newest_that_is_left_becomes_the_default() {
        let ids = SystemIds::default();
        let (one, two, three) = (kept(&ids), kept(&ids), kept(&ids));
        let book = AddressBook::first(UserId::new(&ids), one.clone());
        let book = book.with(two.clone(), Wish::Unsaid).unwrap();
        let book = book.with(three.clone(), Wish::Unsaid).unwrap();
        let without_another = book.without(two.id).unwrap().unwrap();
        assert_eq!(default_of(&without_another), one.id);
        let book = book.without(one.id).unwrap().unwrap();
        assert_eq!(default_of(&book), three.id);
        let book = book.without(three.id).unwrap().unwrap();
        assert_eq!(default_of(&book), two.id);
        assert_eq!(book.without(two.id), Ok(None));
        assert_eq!(book.without(one.id), Err(AddressRefusal::NotFound));
    }

    #[test]
    fn the_default_is_given_to_another_address_and_not_given_up() {
        let ids = SystemIds::default();
        let (one, two) = (kept(&ids), kept(&ids));
        let book = AddressBook::first(UserId::new(&ids), one.clone());
        let book = book.with(two.clone(), Wish::Unsaid).unwrap();
        let change = |id, wish| book.changed(id, address("Leeds"), wish);
        assert_eq!(
            change(one.id, Wish::NotDefault),
            Err(AddressRefusal::DefaultNeeded)
        );
        let changed = change(one.id, Wish::Unsaid).unwrap();
        assert_eq!(default_of(&changed), one.id);
        assert_eq!(changed.find(one.id).unwrap().address, address("Leeds"));
        assert_eq!(changed.find(two.id).unwrap().address, address("York"));
        assert_eq!(default_of(&change(two.id, Wish::Default).unwrap()), two.id);
        assert_eq!(
            default_of(&change(two.id, Wish::NotDefault).unwrap()),
            one.id
        );
        assert_eq!(
            change(AddressId::new(&ids), Wish::Default),
            Err(AddressRefusal::NotFound)
        );
    }

    proptest! {
        #[test]
        fn there_is_one_default_and_there_are_never_too_many(
            steps in proptest::collection::vec((0u8..4, any::<proptest::sample::Index>(), 0u8..3), 1..150),
        ) {
            let ids = SystemIds::default();
            let user = UserId::new(&ids);
            let mut book: Option<AddressBook> = None;
            for (step, at, wish) in steps {
                let wish = [Wish::Unsaid, Wish::Default, Wish::NotDefault][usize::from(wish)];
                let Some(now) = book.clone() else {
                    book = Some(AddressBook::first(user, kept(&ids)));
                    continue;
                };
                let id = at.get(&now.addresses).id;
                let after = match step {
                    0 => now.changed(id, address("Leeds"), wish).map(Some),
                    1 => now.without(id),
                    _ => now.with(kept(&ids), wish).map(Some),
                };
                match after {
                    Ok(after) => book = after,
                    Err(AddressRefusal::Full) => prop_assert_eq!(now.addresses.len(), AddressBook::MOST),
                    Err(AddressRefusal::DefaultNeeded) => prop_assert!(now.is_default(id)),
                    Err(AddressRefusal::NotFound) => prop_assert!(false, "it was there"),
                }
                if let Some(book) = &book {
                    prop_assert!(book.addresses.len() <= AddressBook::MOST);
                    prop_assert!(book.find(default_of(book)).is_ok());
                    prop_assert!(book.addresses.is_sorted_by(|a, b| a.id < b.id));
                }
            }
        }
    }
}
