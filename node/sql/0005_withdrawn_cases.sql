-- At the helper: the origin withdrew what our case is about. What it said is erased; what we answered stays, and we are
-- told so until somebody looked.
ALTER TABLE cases ADD withdrawn_at timestamptz, ADD withdrawal_seen boolean NOT NULL DEFAULT false;
