-- Tables of the shop. Read by `postgres --single -j`: a statement ends at ";" and an empty line.

CREATE ROLE shop LOGIN;

CREATE TABLE products (
	sku text PRIMARY KEY,
	name text NOT NULL,
	description text NOT NULL,
	price integer NOT NULL,
	instock integer NOT NULL,
	categories text[] NOT NULL
);

CREATE TABLE users (
	name text PRIMARY KEY,
	digest text NOT NULL,
	email text NOT NULL
);

CREATE TABLE orders (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	user_name text NOT NULL REFERENCES users,
	content jsonb NOT NULL
);

CREATE INDEX ON orders (user_name);

CREATE TABLE ratings (
	sku text PRIMARY KEY,
	avg_rating double precision NOT NULL,
	rating_count integer NOT NULL
);

CREATE TABLE codes (
	code text PRIMARY KEY,
	name text NOT NULL
);

CREATE TABLE cities (
	uuid integer PRIMARY KEY,
	code text NOT NULL REFERENCES codes,
	name text NOT NULL,
	region text NOT NULL,
	latitude double precision NOT NULL,
	longitude double precision NOT NULL
);

CREATE INDEX ON cities (code);

CREATE TABLE shipments (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	cart_id text NOT NULL,
	location text NOT NULL,
	distance_km double precision NOT NULL,
	cost double precision NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO shop;

