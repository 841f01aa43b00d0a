CREATE VIEW "v_events" AS SELECT
    event.position AS position,
    CAST(lower(
        substr(hex(event.id), 1, 8) || '-' || substr(hex(event.id), 9, 4) || '-' || substr(hex(event.id), 13, 4) || '-'
        || substr(hex(event.id), 17, 4) || '-' || substr(hex(event.id), 21, 12)
    ) AS TEXT) AS event,
    situation.id AS situation,
    kind.name AS kind,
    event.version AS version,
    CAST(strftime('%Y-%m-%dT%H:%M:%S', (event.learnt_at - (event.learnt_at % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%03dZ', (event.learnt_at % 1000000000 + 1000000000) % 1000000000 / 1000000) AS TEXT) AS learnt_at,
    CAST(strftime('%Y-%m-%dT%H:%M:%S', (event.recorded_at - (event.recorded_at % 1000000000 + 1000000000) % 1000000000) / 1000000000, 'unixepoch')
        || printf('.%03dZ', (event.recorded_at % 1000000000 + 1000000000) % 1000000000 / 1000000) AS TEXT) AS recorded_at,
    CAST(json_extract(event.body, '$.occurred') AS TEXT) AS occurred,
    CAST(json_extract(event.body, '$.source.origin') AS TEXT) AS source,
    CAST(coalesce(json_extract(event.body, '$.access'), 'public') AS TEXT) AS access,
    event.body AS body
FROM event
JOIN situation ON situation.number = event.situation
JOIN kind ON kind.number = event.kind
