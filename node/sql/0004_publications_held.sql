-- A publication that is not renewed, since its text names somebody who was recorded meanwhile.

ALTER TABLE publications
  ADD COLUMN accepted jsonb NOT NULL DEFAULT '[]', -- fingerprints of the findings that were overridden when it was published
  ADD COLUMN held_at timestamptz; -- since when it waits for somebody to look at it
