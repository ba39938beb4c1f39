/* As single-page applications write their paths: in pieces. */
const API = "/api";

async function show(item) {
	const list = await fetch(API + "/products.json");
	const one = await fetch(API + "/product/" + item.sku + ".json");
	await fetch(`/api/cart/${item.cart}/add`, { method: "POST", body: "{}" });
	return [list, one, "/api/nothing.json", "text/html"];
}
