"use strict";
/* The pages of the shop: each page's function fills it in from the services behind /api/. */

function element(id) {
	return document.getElementById(id);
}

function say(text) {
	element("message").textContent = text;
}

async function call(method, path, body) {
	const answer = await fetch(path, {
		method,
		headers: body ? { "Content-Type": "application/json" } : {},
		body: body ? JSON.stringify(body) : undefined,
	});
	const json = await answer.json();
	if (!answer.ok)
		throw new Error(json.error);
	return json;
}

function get(path) {
	return call("GET", path);
}

/* A list entry made of texts and elements: never of HTML text. */
function listItem(...parts) {
	const li = document.createElement("li");
	li.append(...parts);
	return li;
}

function link(text, href) {
	const a = document.createElement("a");
	a.href = href;
	a.textContent = text;
	return a;
}

function button(text, action) {
	const b = document.createElement("button");
	b.textContent = text;
	b.onclick = () => action().catch((error) => say(error.message));
	return b;
}

/* Who is shopping: the name that logged in, else an anonymous id that the shop gives out. */
async function visitor() {
	if (!localStorage.visitor)
		localStorage.visitor = (await get("/api/user/uniqueid")).uuid;
	return localStorage.visitor;
}

function showProducts(products) {
	element("products").replaceChildren(...products.map((p) =>
		listItem(link(p.name, "product.html?sku=" + p.sku), " " + p.price)));
}

async function home() {
	const categories = await get("/api/catalogue/categories");
	element("categories").replaceChildren(...categories.map((c) =>
		listItem(button(c, async () => showProducts(
			await get("/api/catalogue/products/" + encodeURIComponent(c)))))));
	element("search").onsubmit = async (event) => {
		event.preventDefault();
		showProducts(await get("/api/catalogue/search/" +
			encodeURIComponent(event.target.text.value)));
	};
	showProducts(await get("/api/catalogue/products"));
}

async function product() {
	const sku = new URLSearchParams(location.search).get("sku");
	const p = await get("/api/catalogue/product/" + sku);
	const rating = await get("/api/ratings/api/fetch/" + sku);

	for (const field of ["name", "description", "price"])
		element(field).textContent = p[field];
	element("rating").textContent = rating.avg_rating.toFixed(1) + " of " + rating.rating_count;
	element("stars").replaceChildren(...[1, 2, 3, 4, 5].map((n) =>
		button("\u2605".repeat(n), () => call("PUT", "/api/ratings/api/rate/" + sku + "/" + n))));
	element("add").onclick = async () => {
		const cart = await get("/api/cart/add/" + await visitor() + "/" + sku + "/1");
		say("In your cart: " + cart.total);
	};
}

function showCart(id, cart) {
	const change = async (item, qty) => showCart(id,
		await get("/api/cart/update/" + id + "/" + item.sku + "/" + qty));

	element("total").textContent = cart.total;
	element("items").replaceChildren(...cart.items.map((item) => listItem(
		item.qty + " " + item.name + ": " + item.subtotal + " ",
		button("+", () => change(item, item.qty + 1)),
		button("-", () => change(item, item.qty - 1)))));
}

async function showCities(code) {
	const cities = await get("/api/shipping/cities/" + code);
	element("city").replaceChildren(...cities.map((c) => new Option(c.city, c.uuid)));
}

async function pay(id) {
	const shipping = await get("/api/shipping/calc/" + element("city").value);
	shipping.location = element("city").selectedOptions[0].text;
	const cart = await call("POST", "/api/shipping/confirm/" + id, shipping);
	const order = await call("POST", "/api/payment/pay/" + id, cart);
	showCart(id, { total: 0, items: [] });
	say("Order " + order.orderid);
}

async function cart() {
	const id = await visitor();
	const codes = await get("/api/shipping/codes");

	element("country").replaceChildren(...codes.map((c) => new Option(c.name, c.code)));
	element("country").onchange = (event) => showCities(event.target.value);
	element("shipping").onsubmit = (event) => {
		event.preventDefault();
		pay(id).catch((error) => say(error.message));
	};
	await showCities(codes[0].code);
	showCart(id, await get("/api/cart/cart/" + id));
}

async function showHistory(name) {
	const orders = await get("/api/user/history/" + name);
	element("history").replaceChildren(...orders.history.map((order) =>
		listItem(order.orderid + ": " + order.cart.total)));
}

async function enter(form) {
	const data = Object.fromEntries(new FormData(form));
	if (data.email)
		await call("POST", "/api/user/register", data);
	const user = await call("POST", "/api/user/login", data);
	const before = localStorage.visitor;
	localStorage.visitor = user.name;
	say("Hello " + user.name);
	if (before && before !== user.name)
		await get("/api/cart/rename/" + before + "/" + user.name);
	await showHistory(user.name);
}

async function login() {
	element("login").onsubmit = (event) => {
		event.preventDefault();
		enter(event.target).catch((error) => say(error.message));
	};
}

const pages = { home, product, cart, login };
pages[document.body.dataset.page]().catch((error) => console.error(error));
