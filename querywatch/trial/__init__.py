"""Off/on tests of one integration: what is compared, and what came of it."""
