"""The simulated Microsoft 365: Graph's calendars, subscriptions and notifications, and the sign-in behind them."""
