# SPDX-License-Identifier: GPL-2.0-only
# Table or JSON of the overhead benchmark. Files in this order, fields separated by tabs:
#	facts     name, value
#	inside    driver, variant, program, runs, nanoseconds
#	raw       driver, round, variant, value, 1 when programs of others were on the hooks
# What a variant adds is the median over rounds of its difference to nothing in the same round.
# Intervals are 95 % percentile intervals of a bootstrap over rounds, with a fixed seed.
BEGIN {
	FS = "\t"
	OFMT = "%.2f"
	RESAMPLES = 1000
	srand(20)
	title["pipe"] = "a switch of two processes on one CPU (pipe)"
	title["tcp"] = "a round trip of 64 bytes over loopback on one CPU"
	title["loop"] = "a direct random read of 4 KiB from a loop device, all on one CPU"
	title["disk"] = "a direct random read of 4 KiB from the disk (fio)"
	title["nginx"] = "requests of nginx for each second of its CPU time, saturated by wrk"
	title["drain"] = "a drain of 500 cgroups and 2,000 edges, all at work, once a second"
	label["snapshot"] = "maps, read and copied"
	label["whole"] = "all of a recording's"
	label["again"] = "nothing, again"
	label["empty"] = "empty programs"
	label["situ"] = "situ, this part"
	label["all"] = "situ, everything"
	label["spans"] = "situ, and spans"
	label["against"] = "situ, other tree"
	label["tools"] = "libbpf-tools"
	events["pipe"] = 2 # switches in a turn
	nr_columns = split("again empty situ all spans against tools", columns, " ")
}


FILENAME ~ /facts$/ {
	fact_name[++nr_facts] = $1
	fact[nr_facts] = $2
	next
}

FILENAME ~ /inside$/ {
	key = $1 SUBSEP $2 SUBSEP $3
	if (!(key in runs))
		inside[++nr_inside] = key
	runs[key] += $4
	run_ns[key] += $5
	next
}

{
	if (!($1 in rounds))
		driver[++nr_drivers] = $1
	value[$1, $2, $3] = $4 / ($1 in events ? events[$1] : 1)
	if ($2 > rounds[$1])
		rounds[$1] = $2
	seen[$1, $3] = 1
	if ($3 == "none") {
		disturbed[$1, $2] = $5
		quiet[$1] += !$5
	}
}

# Whether round r of driver d counts: a disturbed one does only when there is little else.
function counts(d, r)
{
	return !disturbed[d, r] || quiet[d] < 10
}

# Sorts a[1..n] in place: shell sort, since n is small and mawk has no sort.
function sort(a, n,	gap, i, j, t)
{
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2)) {
		for (i = gap + 1; i <= n; i++) {
			t = a[i]
			for (j = i; j > gap && a[j - gap] > t; j -= gap)
				a[j] = a[j - gap]
			a[j] = t
		}
	}
}

# Quantile q of the sorted a[1..n], between neighbours.
function quantile(a, n, q,	at, i)
{
	at = 1 + (n - 1) * q
	i = int(at)
	return i >= n ? a[n] : a[i] + (at - i) * (a[i + 1] - a[i])
}

# Fills diff[] with the paired differences of variant v of driver d to variant to ("none");
# returns their number. Those of nginx are shares of throughput lost, in percent.
function differences(d, v, diff, to,	r, n)
{
	n = 0
	if (!to)
		to = "none"
	for (r = 1; r <= rounds[d]; r++) {
		if (!((d, r, v) in value) || !((d, r, to) in value) || !counts(d, r))
			continue
		diff[++n] = d == "nginx" ? 100 * (1 - value[d, r, v] / value[d, r, to]) : \
			value[d, r, v] - value[d, r, to]
	}
	return n
}

function median_of_resample(from, n,	i, picked)
{
	for (i = 1; i <= n; i++)
		picked[i] = from[1 + int(rand() * n)]
	sort(picked, n)
	return quantile(picked, n, 0.5)
}

# Sets low and high: interval of the median of a[1..n], over that of b[1..m] when m is not 0.
function bootstrap(a, n, b, m,	k, got, over)
{
	for (k = 1; k <= RESAMPLES; k++) {
		got[k] = median_of_resample(a, n)
		if (m) {
			over = median_of_resample(b, m)
			got[k] = over > 0 ? got[k] / over : 1e9
		}
	}
	sort(got, RESAMPLES)
	low = quantile(got, RESAMPLES, 0.025)
	high = quantile(got, RESAMPLES, 0.975)
}

function median(a, n,	copy, i)
{
	for (i = 1; i <= n; i++)
		copy[i] = a[i]
	sort(copy, n)
	return quantile(copy, n, 0.5)
}

function ratio(a, n, b, m,	over)
{
	over = median(b, m)
	return over > 0 ? median(a, n) / over : 0
}

function ratio_text(a, n, b, m,	r)
{
	r = ratio(a, n, b, m)
	if (r <= 0)
		return "not resolved"
	bootstrap(a, n, b, m)
	return sprintf("%6.2f  %5.2f ..%6s", r, low, high < 100 ? sprintf("%.2f", high) : ">100")
}

# Of one CPU, in percent: two numbers that are compared with nothing.
function drain_table(d,	i, v, n, r, got, names)
{
	printf "\n%s\n  %-22s %6s  %-16s\n", title[d], "% of one CPU", "median", "95 % interval"
	split("snapshot whole", names, " ")
	for (i = 1; i <= 2; i++) {
		v = names[i]
		n = 0
		for (r = 1; r <= rounds[d]; r++)
			if ((d, r, v) in value)
				got[++n] = value[d, r, v]
		if (!n)
			continue
		bootstrap(got, n, got, 0)
		printf "  %-22s %6.2f  %6.2f ..%6.2f\n", label[v], median(got, n), low, high
	}
}

function json_drain(d,	i, v, n, r, got, names, text)
{
	text = "{\"driver\":\"drain\",\"unit\":\"% of a CPU\",\"variants\":{"
	split("snapshot whole", names, " ")
	for (i = 1; i <= 2; i++) {
		v = names[i]
		n = 0
		text = text (i > 1 ? "," : "") quote(v) ":{\"values\":["
		for (r = 1; r <= rounds[d]; r++) {
			if ((d, r, v) in value) {
				got[++n] = value[d, r, v]
				text = text (n > 1 ? "," : "") got[n]
			}
		}
		bootstrap(got, n, got, 0)
		text = text sprintf("],\"share\":{\"median\":%.4f,\"low\":%.4f,\"high\":%.4f}}",
			median(got, n), low, high)
	}
	return text "}}"
}

function table(d,	n, i, v, empty, situ, diff, nr_empty, nr_situ, base, unit)
{
	n = 0
	for (i = 1; i <= rounds[d]; i++) {
		if ((d, i, "none") in value && counts(d, i))
			base[++n] = value[d, i, "none"]
	}
	if (!n)
		return
	unit = d == "nginx" ? "1/s" : "ns"
	sort(base, n)
	printf "\n%s\n  nothing attached: %.0f %s, quartiles %.0f .. %.0f, %d rounds\n", title[d],
		quantile(base, n, 0.5), unit, quantile(base, n, 0.25), quantile(base, n, 0.75), n
	printf "  %-18s %8s  %-16s  %6s  %s\n", "attached", d == "nginx" ? "lost %" : "added ns",
		"95 % interval", d == "nginx" ? "" : "x empty", d == "nginx" ? "" : "95 % interval"
	nr_empty = differences(d, "empty", empty)
	nr_situ = differences(d, "situ", situ)
	for (i = 1; i <= nr_columns; i++) {
		v = columns[i]
		if (!((d, v) in seen))
			continue
		n = differences(d, v, diff)
		bootstrap(diff, n, diff, 0)
		printf "  %-18s %8.1f  %7.1f ..%7.1f", label[v], median(diff, n), low, high
		if (d != "nginx" && v != "again" && v != "empty")
			printf "  %s", ratio_text(diff, n, empty, nr_empty)
		printf "\n"
		if (v == "tools")
			printf "  %-18s %30s%s\n", "  ... over situ", "",
				ratio_text(diff, n, situ, nr_situ)
		if (v == "spans" && (n = differences(d, v, diff, "all"))) {
			bootstrap(diff, n, diff, 0)
			printf "  %-18s %8.1f  %7.1f ..%7.1f\n", "  ... over the rest",
				median(diff, n), low, high
		}
		if (v == "against" && (n = differences(d, "situ", diff, v))) {
			bootstrap(diff, n, diff, 0)
			printf "  %-18s %8.1f  %7.1f ..%7.1f\n", "  ... situ to it",
				median(diff, n), low, high
		}
	}
	print_inside(d)
}

function print_inside(d,	i, p)
{
	for (i = 1; i <= nr_inside; i++) {
		split(inside[i], p, SUBSEP)
		if (p[1] == d && runs[inside[i]] >= 1000)
			printf "  inside %-8s %-20s %8.1f ns a run, %d runs\n", p[2], p[3],
				run_ns[inside[i]] / runs[inside[i]], runs[inside[i]]
	}
}

function quote(text)
{
	gsub(/[\\"]/, "\\\\&", text)
	return "\"" text "\""
}

function json_variant(d, v,	n, r, diff, empty, m, text)
{
	n = differences(d, v, diff)
	text = "{\"values\":["
	for (r = 1; r <= rounds[d]; r++)
		text = text (r > 1 ? "," : "") ((d, r, v) in value ? value[d, r, v] : "null")
	text = text "]"
	if (v == "none" || !n)
		return text "}"
	bootstrap(diff, n, diff, 0)
	text = text sprintf(",\"%s\":{\"median\":%.3f,\"low\":%.3f,\"high\":%.3f}",
		d == "nginx" ? "lost_percent" : "added_ns", median(diff, n), low, high)
	m = differences(d, "empty", empty)
	if (d == "nginx" || v == "empty" || v == "again" || !m || ratio(diff, n, empty, m) <= 0)
		return text "}"
	bootstrap(diff, n, empty, m)
	return text sprintf(",\"over_empty\":{\"ratio\":%.4f,\"low\":%.4f,\"high\":%.4f}}",
		ratio(diff, n, empty, m), low, high)
}

function json_driver(d,	i, v, text, p, comma)
{
	text = "{\"driver\":" quote(d) ",\"unit\":" (d == "nginx" ? "\"1/s\"" : "\"ns\"") ",\"disturbed\":["
	for (i = 1; i <= rounds[d]; i++)
		text = text (i > 1 ? "," : "") disturbed[d, i] + 0
	text = text "]"
	text = text ",\"variants\":{\"none\":" json_variant(d, "none")
	for (i = 1; i <= nr_columns; i++) {
		v = columns[i]
		if ((d, v) in seen)
			text = text "," quote(v) ":" json_variant(d, v)
	}
	text = text "},\"inside\":["
	for (i = 1; i <= nr_inside; i++) {
		split(inside[i], p, SUBSEP)
		if (p[1] != d)
			continue
		text = text comma "{\"variant\":" quote(p[2]) ",\"program\":" quote(p[3]) \
			sprintf(",\"runs\":%d,\"ns\":%d}", runs[inside[i]], run_ns[inside[i]])
		comma = ","
	}
	return text "]}"
}

END {
	if (format == "json") {
		printf "{\"schema\":\"situ-bench/1\""
		for (i = 1; i <= nr_facts; i++)
			printf ",%s:%s", quote(fact_name[i]), quote(fact[i])
		printf ",\"drivers\":["
		for (i = 1; i <= nr_drivers; i++)
			printf "%s%s", (i > 1 ? "," : ""),
				driver[i] == "drain" ? json_drain(driver[i]) : json_driver(driver[i])
		print "]}"
		exit
	}
	for (i = 1; i <= nr_facts; i++)
		printf "%s: %s\n", fact_name[i], fact[i]
	for (i = 1; i <= nr_drivers; i++) {
		if (driver[i] == "drain")
			drain_table(driver[i])
		else
			table(driver[i])
	}
}
