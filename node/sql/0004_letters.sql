-- What a line told is found by where the line stands: erasing many must not look through everything for each.
CREATE INDEX case_steps_entry ON case_steps (epoch, seq);
CREATE INDEX forwards_entry ON forwards (peer, epoch, seq);
CREATE INDEX forwards_answer ON forwards (peer, response_epoch, response_seq) WHERE response IS NOT NULL;
CREATE INDEX events_entry ON events ((details->>'entry')) WHERE details->>'entry' IS NOT NULL;
