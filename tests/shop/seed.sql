-- What the shop starts with: workload.yaml names these SKUs, users, codes and city numbers.

INSERT INTO products VALUES
	('BOLT-2', 'Bolt', 'Tightens what rattles and finds the screw you dropped', 42, 48, '{Robot}'),
	('FERN-3', 'Fern', 'Waters, prunes and talks to house plants', 120, 35, '{Robot}'),
	('GRIP-4', 'Grip', 'Two arms for one heavy box', 700, 15, '{Robot}'),
	('HAL-1', 'Hal', 'Opens every door that you ask it to open', 2001, 20, '{Artificial Intelligence}'),
	('LUMA-5', 'Luma', 'Walks ahead of you with a lamp', 85, 60, '{Robot}'),
	('MOSS-6', 'Moss', 'Thinks slowly, and is right', 953, 12, '{Artificial Intelligence}'),
	('NOVA-7', 'Nova', 'Plots a course to any star that has a name', 5000, 10, '{Robot,Artificial Intelligence}'),
	('PIKE-8', 'Pike', 'Cleans the bottom of ponds and ships', 300, 25, '{Robot}'),
	('STAN-1', 'Stan', 'Watches your machines and tells you which one is slow', 67, 1000, '{Robot,Artificial Intelligence}'),
	('TIDE-10', 'Tide', 'Washes, dries and folds', 410, 18, '{Robot}'),
	('RUST-9', 'Rust', 'A classic for collectors', 1000, 0, '{Robot}'),
	('WREN-11', 'Wren', 'Sings what you are thinking of', 200, 0, '{Artificial Intelligence}');

INSERT INTO users
	SELECT name, encode(sha256(convert_to(name || ':password', 'UTF8')), 'hex'),
		name || '@shop.example'
	FROM (SELECT 'user' || n AS name FROM generate_series(1, 1000) AS n) AS names;

INSERT INTO ratings
	SELECT sku, 3 + length(description) % 3, length(description) FROM products
	WHERE instock > 0;

INSERT INTO codes VALUES
	('AU', 'Australia'), ('BR', 'Brazil'), ('CA', 'Canada'), ('DE', 'Germany'),
	('FR', 'France'), ('IN', 'India'), ('JP', 'Japan'), ('KE', 'Kenya'),
	('SE', 'Sweden'), ('US', 'United States');

-- 100 towns in each country, numbered 1 to 1000, spread around a point in it.

INSERT INTO cities
	SELECT (c.number - 1) * 100 + n, c.code,
		(ARRAY['North', 'East', 'South', 'West', 'Upper', 'Lower', 'Old', 'New', 'Great',
			'Little'])[1 + n % 10] ||
		(ARRAY['bridge', 'field', 'ford', 'ham', 'haven', 'hill', 'mouth', 'stead', 'ton',
			'wood'])[1 + (n - 1) / 10],
		'District ' || 1 + n % 7,
		c.latitude + 3 * sin(n), c.longitude + 3 * cos(7 * n)
	FROM (VALUES (1, 'AU', -33.0, 146.0), (2, 'BR', -15.0, -48.0), (3, 'CA', 50.0, -97.0),
		(4, 'DE', 51.0, 10.0), (5, 'FR', 47.0, 2.0), (6, 'IN', 22.0, 78.0),
		(7, 'JP', 36.0, 138.0), (8, 'KE', 0.0, 38.0), (9, 'SE', 60.0, 15.0),
		(10, 'US', 40.0, -98.0)) AS c (number, code, latitude, longitude),
		generate_series(1, 100) AS n;

ANALYZE;

