//! Positions in the baseline, as types: of countries, products, flows, arcs, routes and producers.

/// Declares the position of a thing in the baseline: small, ordered, never reused.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The id of a position.
            ///
            /// # Panics
            /// Beyond 2³² positions, which no baseline reaches (`tables` refuses them).
            #[must_use]
            pub fn at(position: usize) -> Self {
                Self(u32::try_from(position).expect("fewer than 2^32 positions"))
            }

            /// The position.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}
id!(
    /// A country, by its position among the countries sorted by code.
    CountryId
);
id!(
    /// A product, by its position among the products sorted by code.
    ProductId
);
id!(
    /// A flow, by its position among the flows sorted by product, importer and exporter.
    FlowId
);
id!(
    /// An arc (a flow's part that one producer makes), by position.
    ArcId
);

id!(
    /// A route, by its position among the routes sorted by product and code.
    RouteId
);
id!(
    /// A producer, by its position among the producers sorted by product, country and route.
    ProducerId
);
