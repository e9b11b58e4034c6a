"""Durable state: the only room with SQL. Frozen rows out, plain functions over a connection in."""
