"""Every view and page in every state, without a session: for pictures, for measuring the painting, and for tests."""
