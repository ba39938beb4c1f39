-- Every trial copies the data directory: leave out the databases that nobody connects to.

UPDATE pg_database SET datistemplate = false;

DROP DATABASE postgres;

DROP DATABASE template1;

DROP DATABASE template0;

