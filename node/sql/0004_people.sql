-- Accounts: who is let in, and what was opened with a password.

-- One rule for e-mails, in the program and here: the case of A to Z does not count, whatever the locale folds besides.
DROP INDEX users_email;
CREATE UNIQUE INDEX users_email ON users (lower(email COLLATE "C"));

-- Tries to sign in, by buckets of other kinds than before: of an account alone and with an address, of an address, of a
-- browser. account: of the first two and the last, so that an account can be unlocked.
TRUNCATE sign_in_attempts;
ALTER TABLE sign_in_attempts ADD COLUMN account bytea;
CREATE INDEX sign_in_attempts_account ON sign_in_attempts (account) WHERE account IS NOT NULL;
CREATE INDEX sign_in_attempts_since ON sign_in_attempts (since);

-- Browsers that signed in to an account before: strangers who guess do not lock them out.
CREATE TABLE known_browsers (
  token_hash bytea PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX known_browsers_user ON known_browsers (user_id, seen_at);

-- API tokens end; those that are there have as long as new ones.
ALTER TABLE api_tokens ADD COLUMN expires_at timestamptz NOT NULL DEFAULT now() + interval '90 days';
ALTER TABLE api_tokens ALTER COLUMN expires_at DROP DEFAULT;
