"""The SQL of the tables, a text for each step of `schema.py`. A text that was released is never changed."""

FIRST = """
-- The set of things that are owed a look: one row per (kind, key), level-triggered.
CREATE TABLE work (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    gen INTEGER NOT NULL DEFAULT 1,       -- rung so often
    done_gen INTEGER NOT NULL DEFAULT 0,  -- looked at up to here
    due_at REAL,                          -- delay, back-off and lease expiry in one; NULL: nothing is owed
    owner TEXT,                           -- who holds the lease; NULL: nobody
    fence INTEGER NOT NULL DEFAULT 0,     -- raised by every claim: a worker whose fence is old may not write
    attempts INTEGER NOT NULL DEFAULT 0,  -- claims since it last ended well
    error TEXT,                           -- why the last attempt failed
    done_at REAL,                         -- when it last ended well
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX work_due ON work (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE profiles (
    id TEXT PRIMARY KEY,                  -- pro_…
    provider TEXT NOT NULL,
    address TEXT NOT NULL,                -- whose account it is
    mode TEXT NOT NULL,                   -- delegated | user
    secret BLOB,                          -- encrypted tokens; NULL where the config holds all there is
    trouble TEXT,                         -- why it is disconnected; NULL while it works
    since REAL NOT NULL,                  -- when trouble last changed
    UNIQUE (provider, address)
);

CREATE TABLE calendars (
    id TEXT PRIMARY KEY,                  -- cal_…
    profile TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    remote TEXT NOT NULL,                 -- the provider's calendar id
    info TEXT NOT NULL,                   -- connectors.model.CalendarInfo as JSON
    watched INTEGER NOT NULL DEFAULT 1,   -- 0: found, but not (or no longer) ours to keep in step
    pushes INTEGER NOT NULL DEFAULT 1,    -- 0: the provider cannot announce changes here, so it is polled
    cursor TEXT,                          -- NULL: a full listing is owed
    synced_at REAL,
    missed_at REAL,                       -- when it was first not found; NULL while it is
    sweep_at REAL NOT NULL DEFAULT 0,     -- when it is looked at without any push
    UNIQUE (provider, remote)             -- a calendar that two people share is kept in step once
);
CREATE INDEX calendars_profile ON calendars (profile);
CREATE INDEX calendars_sweep ON calendars (sweep_at) WHERE watched = 1;

CREATE TABLE channels (
    id TEXT PRIMARY KEY,                  -- ours, fresh for every subscription
    calendar TEXT NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    resource TEXT,                        -- NULL until the provider has answered
    token_hash BLOB NOT NULL,             -- SHA-256 of the token that every push must carry
    opened_at REAL NOT NULL,
    expires REAL,
    renew_at REAL                         -- NULL: replaced, waits to be stopped
);
CREATE INDEX channels_calendar ON channels (calendar);
CREATE INDEX channels_renew ON channels (renew_at) WHERE renew_at IS NOT NULL;

CREATE TABLE events (
    calendar TEXT NOT NULL REFERENCES calendars (id) ON DELETE CASCADE,
    event TEXT NOT NULL,                  -- the provider's event id
    series TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL,               -- connectors.model.Event as JSON
    ends REAL,                            -- NULL: never
    written_at REAL NOT NULL DEFAULT 0,   -- when an answer to a read or write of ours last set this row
    missed_at REAL,                       -- when it was first not found; NULL while it is
    doubtful INTEGER NOT NULL DEFAULT 0,  -- a listing and a write of ours crossed: read it before deciding
    PRIMARY KEY (calendar, event)
) WITHOUT ROWID;
CREATE INDEX events_series ON events (calendar, series) WHERE series <> '';
CREATE INDEX events_event ON events (event);
CREATE INDEX events_ends ON events (ends) WHERE ends IS NOT NULL;

CREATE TABLE conferences (
    calendar TEXT NOT NULL,               -- no foreign key: a meeting outlives the calendar row it was made for
    event TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    service TEXT NOT NULL,
    record TEXT NOT NULL,                 -- connectors.model.Conference as JSON
    changed_at REAL NOT NULL,
    PRIMARY KEY (calendar, event)
) WITHOUT ROWID;

CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    calendar TEXT NOT NULL,
    event TEXT NOT NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX history_event ON history (calendar, event, id);
CREATE INDEX history_at ON history (at);

-- How many writes a provider has been asked for on behalf of one host and day.
CREATE TABLE budgets (
    provider TEXT NOT NULL,
    host TEXT NOT NULL,
    day TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    closed_until REAL,                    -- the provider itself said so
    PRIMARY KEY (provider, host, day)
) WITHOUT ROWID;

CREATE TABLE facts (
    name TEXT PRIMARY KEY,                -- what was learnt once, such as a capability of an OAuth client
    value TEXT NOT NULL
) WITHOUT ROWID;
"""

SECOND = """
-- What one authorisation of one person to one app gave us; several profiles may share it.
CREATE TABLE credentials (
    id TEXT PRIMARY KEY,                  -- cre_…
    provider TEXT NOT NULL,
    client TEXT NOT NULL,                 -- the app's client id
    person TEXT NOT NULL,                 -- the provider's id of who authorised it
    secret BLOB NOT NULL,                 -- encrypted tokens
    scopes TEXT NOT NULL DEFAULT '',
    refreshed_at REAL NOT NULL,           -- an idle one has to be refreshed before it lapses
    trouble TEXT,                         -- why it is disconnected; NULL while it works
    since REAL NOT NULL,                  -- when trouble last changed
    UNIQUE (provider, client, person)
);

-- The conferencing profiles of the accounts.
CREATE TABLE linked (
    id TEXT PRIMARY KEY,                  -- pro_…, kept when it is linked again
    account TEXT NOT NULL,                -- address of whose it is
    provider TEXT NOT NULL,
    name TEXT NOT NULL,                   -- as people know it, mostly an address at the provider
    credential TEXT NOT NULL REFERENCES credentials (id),
    linked_at REAL NOT NULL,
    chosen INTEGER NOT NULL DEFAULT 0     -- 1: the account's default, whatever was linked later
);
CREATE INDEX linked_account ON linked (account);
CREATE INDEX linked_credential ON linked (credential);

-- Links by which people authorise an account of theirs, each good once and not for long.
CREATE TABLE link_requests (
    id TEXT PRIMARY KEY,                  -- SHA-256 of the secret in the link
    account TEXT NOT NULL,
    provider TEXT NOT NULL,               -- "" leaves the choice to the person
    redirect_uri TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    opened BLOB,                          -- encrypted: what the provider's answer has to match
    used_at REAL
);
CREATE INDEX link_requests_expires ON link_requests (expires_at);

-- Keys that this database has made up itself, and no other: what another huddled has made carries another key.
CREATE TABLE minted (
    key TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    profile TEXT NOT NULL,                -- the linked account that makes the meeting, "" for the operator's
    host TEXT NOT NULL,
    minted_at REAL NOT NULL,
    asked_at REAL,                        -- when a provider was last asked to make its meeting
    ended_at REAL                         -- when we took its meeting away; NULL while we have not
) WITHOUT ROWID;
CREATE INDEX minted_ended ON minted (ended_at) WHERE ended_at IS NOT NULL;

-- What is compared with a provider's list: one account or host each.
CREATE TABLE audits (
    key TEXT PRIMARY KEY,                 -- service/credential, service/host, or service/
    rung_at REAL NOT NULL,                -- when it was last rung for
    repair INTEGER NOT NULL DEFAULT 0,    -- 1: the operator has asked for repairs, whatever the configuration says
    tally TEXT                            -- store.audits.Tally as JSON; NULL: begin anew
) WITHOUT ROWID;
"""

THIRD = """
-- A provider's webhook names a meeting, and nothing else.
CREATE INDEX conferences_meeting ON conferences (service, json_extract(record, '$.meeting.id'));
"""
