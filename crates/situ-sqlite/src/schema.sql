CREATE TABLE situation (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    count INTEGER NOT NULL,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE kind (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    situation INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    learnt_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    prev INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_id ON event (id);

CREATE TRIGGER event_appends BEFORE INSERT ON event BEGIN
    SELECT RAISE(ABORT, 'an event goes to the position after the last one')
    WHERE NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM event);
    SELECT RAISE(ABORT, 'an event with this id is in the log already')
    WHERE EXISTS (SELECT 1 FROM event WHERE id = NEW.id);
END;

CREATE TRIGGER event_stays_as_it_is BEFORE UPDATE ON event BEGIN
    SELECT RAISE(ABORT, 'events are never changed; append a correction');
END;

CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN
    SELECT RAISE(ABORT, 'events are never removed; append a retraction');
END;

CREATE TRIGGER situation_is_new BEFORE INSERT ON situation
WHEN EXISTS (SELECT 1 FROM situation WHERE number = NEW.number OR id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'the situation is in the log already');
END;

CREATE TRIGGER situation_keeps_its_name BEFORE UPDATE OF number, id ON situation BEGIN
    SELECT RAISE(ABORT, 'situations are never renamed');
END;

CREATE TRIGGER situation_stays BEFORE DELETE ON situation BEGIN
    SELECT RAISE(ABORT, 'situations are never removed');
END;

CREATE TRIGGER kind_is_new BEFORE INSERT ON kind
WHEN EXISTS (SELECT 1 FROM kind WHERE number = NEW.number OR name = NEW.name) BEGIN
    SELECT RAISE(ABORT, 'the kind is in the log already');
END;

CREATE TRIGGER kind_keeps_its_name BEFORE UPDATE ON kind BEGIN
    SELECT RAISE(ABORT, 'kinds are never renamed');
END;

CREATE TRIGGER kind_stays BEFORE DELETE ON kind BEGIN
    SELECT RAISE(ABORT, 'kinds are never removed');
END;
