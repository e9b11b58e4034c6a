"""The configuration: TOML in, one frozen value out, or everything that is wrong with it at once."""
