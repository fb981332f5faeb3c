//! The images of a product, in the order in which they are shown, and the changes that its seller makes to them.
//!
//! They are no part of the product's own row, which orders read and write. But they belong to its version: each change of them is a change
//! of the product, which the same transaction saves.

use kernel::{BlobName, ImageId, ProductId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{AltText, Product, ProductRefusal, VersionGuard};

/// An image of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    pub id: ImageId,
    /// What it shows, for those who do not see it. May be empty.
    pub alt: AltText,
    /// Its pictures, from the narrowest to the widest; at least one.
    pub pictures: Vec<StoredPicture>,
}

/// A picture of an image, in one of its widths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPicture {
    /// The blob that it is.
    pub blob: BlobName,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// All images of a product. The first is the one that lists show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductImages {
    /// The product.
    #[serde(rename = "_id")]
    pub product: ProductId,
    /// The images.
    pub images: Vec<Image>,
}

/// Where an image is to be, and what its text is to be from now on, unless that stays.
pub type Placed = (ImageId, Option<AltText>);

/// Why the images were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefusal {
    /// The product may not be changed.
    #[error(transparent)]
    Product(#[from] ProductRefusal),
    /// It has as many as a product may have.
    #[error("a product has at most {} images", ProductImages::MAX)]
    TooMany,
    /// It has no such image.
    #[error("the product has no such image")]
    NotFound,
    /// The images that were named are not its images, each once.
    #[error("the images that were named are not those of the product")]
    Others,
}

impl ProductImages {
    /// How many images a product may have.
    pub const MAX: usize = 12;

    /// Those of a product that has none.
    #[must_use]
    pub const fn none(product: ProductId) -> Self {
        Self {
            product,
            images: Vec::new(),
        }
    }

    /// These, and `image` as the last one.
    ///
    /// # Errors
    /// [`ImageRefusal::TooMany`].
    pub fn with(mut self, image: Image) -> Result<Self, ImageRefusal> {
        if self.images.len() >= Self::MAX {
            return Err(ImageRefusal::TooMany);
        }
        self.images.push(image);
        Ok(self)
    }

    /// These without the image `id`, and that image.
    ///
    /// # Errors
    /// [`ImageRefusal::NotFound`].
    pub fn without(mut self, id: ImageId) -> Result<(Self, Image), ImageRefusal> {
        let place = self.images.iter().position(|image| image.id == id);
        let removed = self.images.remove(place.ok_or(ImageRefusal::NotFound)?);
        Ok((self, removed))
    }

    /// These in the order of `placed`, with its texts.
    ///
    /// # Errors
    /// [`ImageRefusal::Others`] unless it names each of them once.
    pub fn arranged(mut self, placed: Vec<Placed>) -> Result<Self, ImageRefusal> {
        let mut images = Vec::with_capacity(placed.len());
        for (id, alt) in placed {
            let place = self.images.iter().position(|image| image.id == id);
            let mut image = self.images.remove(place.ok_or(ImageRefusal::Others)?);
            image.alt = alt.unwrap_or(image.alt);
            images.push(image);
        }
        if !self.images.is_empty() {
            return Err(ImageRefusal::Others);
        }
        Ok(Self { images, ..self })
    }
}

impl Product {
    /// The product after `editor` changed its images at `now`.
    ///
    /// # Errors
    /// `ProductRefusal`, checked in this order: it exists, the editor owns it, the version is allowed.
    pub fn shown_anew(
        self,
        editor: UserId,
        guard: &VersionGuard,
        now: Timestamp,
    ) -> Result<Self, ProductRefusal> {
        self.check_change(editor, guard)?;
        Ok(self.changed_at(now))
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::*;

    fn image(ids: &SystemIds) -> Image {
        Image {
            id: ImageId::new(ids),
            alt: AltText::parse("A lamp").unwrap(),
            pictures: Vec::new(),
        }
    }

    #[test]
    fn a_product_has_at_most_twelve_images_and_new_ones_come_last() {
        let ids = SystemIds::default();
        let mut images = ProductImages::none(ProductId::new(&ids));
        for _ in 0..ProductImages::MAX {
            let new = image(&ids);
            images = images.with(new.clone()).unwrap();
            assert_eq!(images.images.last(), Some(&new));
        }
        assert_eq!(images.with(image(&ids)), Err(ImageRefusal::TooMany));
    }

    #[test]
    fn an_arrangement_names_each_image_once() {
        let ids = SystemIds::default();
        let (a, b, c) = (image(&ids), image(&ids), image(&ids));
        let all = ProductImages {
            product: ProductId::new(&ids),
            images: vec![a.clone(), b.clone(), c.clone()],
        };
        let text = AltText::parse("Another").unwrap();
        let placed = vec![(c.id, None), (a.id, Some(text.clone())), (b.id, None)];
        let arranged = all.clone().arranged(placed).unwrap();
        let renamed = Image {
            alt: text,
            ..a.clone()
        };
        assert_eq!(arranged.images, [c.clone(), renamed, b.clone()]);
        for wrong in [
            vec![],
            vec![a.id, b.id],
            vec![a.id, b.id, b.id],
            vec![a.id, b.id, c.id, c.id],
            vec![a.id, b.id, image(&ids).id],
        ] {
            let placed = wrong.into_iter().map(|id| (id, None)).collect();
            assert_eq!(all.clone().arranged(placed), Err(ImageRefusal::Others));
        }
        let (left, removed) = all.clone().without(b.id).unwrap();
        assert_eq!((left.images, removed), (vec![a, c], b));
        assert_eq!(
            all.without(image(&ids).id).unwrap_err(),
            ImageRefusal::NotFound
        );
    }
}
