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

FOURTH = """
-- Events that applications have asked for.
CREATE TABLE managed (
    name TEXT PRIMARY KEY,                -- ours: the event id at Google; elsewhere it stands in for one
    application TEXT NOT NULL,            -- its client id
    account TEXT NOT NULL,                -- address of whose calendar it is
    calendar TEXT NOT NULL,               -- no foreign key: what is owed outlives the calendar row
    event_id TEXT NOT NULL,               -- the application's own name for it
    event TEXT,                           -- the provider's event id; NULL until it is known
    record TEXT NOT NULL,                 -- store.managed.Managed as JSON
    version INTEGER NOT NULL DEFAULT 1,   -- raised by every upsert
    written INTEGER NOT NULL DEFAULT 0,   -- the version that the calendar has
    gone INTEGER NOT NULL DEFAULT 0,      -- 1: the application has deleted it
    life INTEGER NOT NULL DEFAULT 0,      -- raised when people have deleted its event: the next one is another
    asked_at REAL,                        -- when the calendar was first asked to insert it; NULL while it never was
    starts REAL NOT NULL,                 -- of the event as it stands, of the draft until it does
    ends REAL,                            -- NULL: never
    repeats INTEGER NOT NULL DEFAULT 0,   -- 1: a series
    unmet TEXT,                           -- why there is to be no conference as things stand; NULL: there may be one
    created_at REAL NOT NULL,
    changed_at REAL NOT NULL,
    UNIQUE (application, calendar, event_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX managed_event ON managed (calendar, event) WHERE event IS NOT NULL;
CREATE INDEX managed_account ON managed (application, account);
CREATE INDEX managed_read ON managed (application, calendar, starts)
    WHERE repeats = 0 AND NOT substr(event_id, 1, 13) = 'evt_external_';
CREATE INDEX managed_repeat ON managed (application, calendar) WHERE repeats = 1;
CREATE INDEX managed_lent ON managed (application, calendar, starts)
    WHERE substr(event_id, 1, 13) = 'evt_external_';

-- What readers are told of events, and when that last changed.
ALTER TABLE events ADD COLUMN shown TEXT;               -- connectors.model.Shown as JSON; NULL: nothing is known
ALTER TABLE events ADD COLUMN starts REAL;
ALTER TABLE events ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0; -- 1: a series
ALTER TABLE events ADD COLUMN changed_at REAL NOT NULL DEFAULT 0;
UPDATE events SET starts = unixepoch(json_extract(snapshot, '$.start')),
    repeats = json_extract(snapshot, '$.recurrence') IS NOT NULL;
CREATE INDEX events_read ON events (calendar, repeats, starts, event, ends, changed_at, series);
-- People move events of applications, too.
CREATE TRIGGER events_moved AFTER UPDATE OF starts, ends ON events BEGIN
    UPDATE managed SET starts = new.starts, ends = new.ends
    WHERE calendar = new.calendar AND event = new.event AND new.starts IS NOT NULL AND written = version;
END;

-- Events that are gone, for readers who ask what has changed.
CREATE TABLE departed (
    calendar TEXT NOT NULL,
    event TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    shown TEXT,
    starts REAL,
    application TEXT NOT NULL DEFAULT '', -- that managed it
    event_id TEXT NOT NULL DEFAULT '',    -- as what
    gone_at REAL NOT NULL,
    PRIMARY KEY (calendar, event)
) WITHOUT ROWID;
CREATE INDEX departed_gone ON departed (gone_at);
CREATE INDEX departed_read ON departed (calendar, starts, event);

-- Occurrences that were cancelled: their series repeats as if they were there.
CREATE TABLE cancelled (
    calendar TEXT NOT NULL,
    series TEXT NOT NULL,
    event TEXT NOT NULL,                  -- the series with _20261123T090000Z or _20261123 behind it
    gone_at REAL NOT NULL,
    PRIMARY KEY (calendar, series, event),
    FOREIGN KEY (calendar, series) REFERENCES events (calendar, event) ON DELETE CASCADE
) WITHOUT ROWID;

-- Whom an application has sent to connect their calendars: api.asking.Asker as JSON, "" where none has.
ALTER TABLE link_requests ADD COLUMN asker TEXT NOT NULL DEFAULT '';

-- What applications prove themselves with: only hashes are kept.
CREATE TABLE api_codes (
    hash TEXT PRIMARY KEY,
    application TEXT NOT NULL,
    account TEXT NOT NULL,
    profile TEXT NOT NULL,                -- that was connected with it
    scope TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL DEFAULT '',   -- PKCE's
    expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE api_tokens (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                   -- access | refresh
    pair TEXT NOT NULL,                   -- the authorisation that it belongs to
    application TEXT NOT NULL,
    account TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL                       -- NULL: never
) WITHOUT ROWID;
CREATE INDEX api_tokens_account ON api_tokens (application, account);
CREATE INDEX api_tokens_pair ON api_tokens (pair);
CREATE INDEX api_tokens_expires ON api_tokens (expires_at) WHERE expires_at IS NOT NULL;
-- Which of an account's calendars an application may use; a revoked profile loses its row.
CREATE TABLE api_grants (
    application TEXT NOT NULL,
    account TEXT NOT NULL,
    profile TEXT NOT NULL,
    granted_at REAL NOT NULL,
    PRIMARY KEY (application, account, profile)
) WITHOUT ROWID;
CREATE INDEX api_grants_profile ON api_grants (profile);

-- Whom to tell that something changed in an account's calendars.
CREATE TABLE api_channels (
    id TEXT PRIMARY KEY,                  -- chn_…
    application TEXT NOT NULL,
    account TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    filters TEXT NOT NULL,                -- JSON
    changes_since REAL,                   -- what was not told yet happened from here on; NULL: nothing
    created_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX api_channels_account ON api_channels (account);

-- Requests that are to reach an application, each retried until it does or a day has passed.
CREATE TABLE deliveries (
    id TEXT PRIMARY KEY,
    application TEXT NOT NULL,
    channel TEXT NOT NULL DEFAULT '',     -- closed when it cannot be reached; "" for an event's own subscription
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL
) WITHOUT ROWID;

-- When applications want to be told that an event begins or ends.
CREATE TABLE transitions (
    name TEXT NOT NULL,                   -- of the managed event
    place INTEGER NOT NULL,               -- which of its wishes
    due_at REAL NOT NULL,
    PRIMARY KEY (name, place)
) WITHOUT ROWID;
CREATE INDEX transitions_due ON transitions (due_at);
"""
