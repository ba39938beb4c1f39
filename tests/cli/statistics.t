#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The statistics of a comparison against R's, on generated data.
. "$(dirname "$0")/../lib.sh"

PRINT=$TOP/build/tests/unit/test_infer
need_file "$PRINT"
need_command Rscript

cat > "$TMP/check.R" << 'END'
lines <- strsplit(readLines(commandArgs(TRUE)[1]), ",")
numbers <- function(text) as.numeric(strsplit(text, " ")[[1]])
walsh <- function(x) { w <- outer(x, x, "+") / 2; w[upper.tri(w, diag = TRUE)] }

# What R makes of one data set.
theirs <- list(
	hodges_lehmann = function(x, y)
		wilcox.test(x, conf.int = TRUE, exact = TRUE)$estimate[[1]],
	sign_flip = function(x, y) {
		signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(x))))
		mean(abs(signs %*% x) >= abs(sum(x)) - 1e-9)
	},
	bootstrap = function(x, y) {
		n <- length(x)
		tail <- pnorm(sqrt(n / (n - 1)) * qt(0.025, n - 1))
		means <- replicate(2000, median(walsh(sample(x, replace = TRUE))))
		unname(quantile(means, c(tail, 1 - tail)))
	},
	cliff = function(x, y)
		unname(2 * wilcox.test(y, x)$statistic / length(x) / length(y) - 1),
	holm = function(x, y) p.adjust(x, "holm"),
	student = function(x, y) qt(x, y),
	detectable = function(x, y)
		power.t.test(n = x, sd = 1, power = 0.8, sig.level = 0.05 / y, type = "one.sample",
			strict = TRUE)$delta)

# How far ours may be off: exact ones not at all, the drawn ones as two draws are from each other,
# as a share of the interval; the sum of two quantiles a little from the non-central t.
tolerance <- c(hodges_lehmann = 1e-9, sign_flip = 1e-9, bootstrap = 0.3, cliff = 1e-9, holm = 1e-9,
	student = 1e-6, detectable = 0.03)

set.seed(1)
error <- sapply(lines, function(line) {
	ours <- numbers(line[4])
	want <- theirs[[line[1]]](numbers(line[2]), numbers(line[3]))
	scale <- switch(line[1], bootstrap = diff(want), student = max(1, abs(want)), want)
	max(abs(ours - want) / if (line[1] %in% c("bootstrap", "student", "detectable")) scale else 1)
})
name <- sapply(lines, `[`, 1)
for (one in names(theirs)) {
	worst <- max(error[name == one])
	cat(one, sum(name == one), if (worst <= tolerance[[one]]) "agrees" else "differs", worst, "\n")
}
END

"$PRINT" --print > "$TMP/ours.csv" || bail "cannot print our statistics"
run_is 0 "R runs" Rscript --vanilla "$TMP/check.R" "$TMP/ours.csv"
for name in hodges_lehmann sign_flip bootstrap cliff holm student detectable; do
	like "$out" "^$name 40 agrees" "$name agrees with R on 40 data sets"
done
finish
