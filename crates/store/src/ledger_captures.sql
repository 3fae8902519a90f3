-- Version 2 of the ledger: captures that are not what they were to be, and captures of members of archives.

-- Why the bytes are not taken for data, such as a page to log in at in place of a table; null where they are.
ALTER TABLE capture ADD COLUMN suspect TEXT;

-- The archive that it is a member of.
ALTER TABLE capture ADD COLUMN parent TEXT;
