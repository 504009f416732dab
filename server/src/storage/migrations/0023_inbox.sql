-- What was set aside stands in the inbox beside the Questions of documents. Frozen once applied: a change is a new file.

-- Who looks after it: an account.
ALTER TABLE quarantine ADD COLUMN assigned BLOB;
ALTER TABLE import_left ADD COLUMN assigned BLOB;

-- An acceptance is taken back by changes on top of the one that was accepted, and given again by changes on top of those. Those of the last
-- time, their hashes one behind the other; NULL as long as it is the change itself.
ALTER TABLE quarantine ADD COLUMN last_by BLOB;
