CREATE TABLE IF NOT EXISTS follower (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    token BLOB,
    until INTEGER,
    caught_up_at INTEGER,
    PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE IF NOT EXISTS dead_letter (
    follower TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    fate TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (follower, version, position)
) STRICT;
