#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares the attribution in a run's JSON with what the actors wrote down of the same requests.

usage: judge.py [OPTION]... RUN.json TRUTH.jsonl...
	--cgroup PATH		services are called PATH/NAME in the run: cut it off
	--placement NAME	of the run; without it there is only one
	--endpoint TAG[,TAG]	judge the scripts with these tags only
	--before NAME[,NAME]	services without truth in front of the actors (nginx)
	--opaque NAME[,NAME]	services without truth behind actors (redis, postgres)
	--coverage SHARE	of the requests that must be complete (0.99)
	--loop			actors are event loops: an answer may wait for its reader
	--only CLAIM[,CLAIM]	check only these: coverage sum calls paths cpu other disk runq
				downstream network connect critical truth; the last is about the actors
				themselves: what they say must add up
	--without CLAIM[,CLAIM]	... all but these
	--client JSON		the document of `situ load --json`, for "sum" where the run has none

A claim a line on standard output, "ok NAME" or "not ok NAME (numbers)"; the exit status is 0 unless
it could not compare at all. A value is near the truth within 5 % or 50 us, whichever is larger.
"""
import argparse
import collections
import json
import sys

RELATIVE, ABSOLUTE_NS = 0.05, 50_000
INSIDE = ("cpu", "runq", "throttled", "disk", "other")
CLAIMS = ("coverage", "sum", "calls", "paths", "cpu", "other", "disk", "runq", "downstream",
          "network", "connect", "critical", "truth")


def arguments():
    parser = argparse.ArgumentParser()
    words = {"type": lambda text: text.split(","), "default": []}
    parser.add_argument("--cgroup", default="")
    parser.add_argument("--placement")
    parser.add_argument("--endpoint", type=lambda text: text.split(","))
    parser.add_argument("--before", **words)
    parser.add_argument("--opaque", **words)
    parser.add_argument("--coverage", type=float, default=0.99)
    parser.add_argument("--loop", action="store_true")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CLAIMS))
    parser.add_argument("--without", **words)
    parser.add_argument("--client")
    parser.add_argument("run")
    parser.add_argument("truth", nargs="+")
    return parser.parse_args()


class Attribution:
    """The rows of one endpoint and band: (path, component) -> row."""

    def __init__(self, options, run, endpoint, band="all"):
        self.rows = {}
        for row in run["attribution"]:
            if row["endpoint"] != endpoint or row["band"] != band:
                continue
            if options.placement and row["placement"] != options.placement:
                continue
            path = tuple(name.removeprefix(options.cgroup + "/") for name in row["path"])
            if (path, row["component"]) in self.rows:
                sys.exit(f"judge: two rows for {path} {row['component']}: give --placement")
            self.rows[path, row["component"]] = row

    def get(self, path, component, field="sum_ns"):
        row = self.rows.get((path, component))
        return row[field] if row else 0

    def paths(self):
        """Paths of services: the load generator's own part is the path ()."""
        return {path for path, _ in self.rows if path}

    def calls(self, path):
        return max((row["calls"] for (p, _), row in self.rows.items() if p == path), default=0)

    def path_total(self):
        """What the rows on the critical path add up to."""
        return sum(row["ns"] for (_, component), row in self.rows.items()
                   if component != "downstream")

    def subtree(self, path, field="sum_ns"):
        return sum(row[field] for (p, component), row in self.rows.items()
                   if p[:len(path)] == path and component != "downstream")


class Node:
    """What is known of a path of services, summed over the requests of an endpoint."""

    def __init__(self):
        self.sums = collections.Counter()
        self.opaque = False
        self.overlap = False  # calls to it were out together with others: their reads wait


def read_truth(files):
    truths = {}
    for name in files:
        with open(name, encoding="utf-8") as lines:
            for line in lines:
                truth = json.loads(line)
                truths[truth["id"]] = truth
    return truths


def add_call(nodes, truths, path, parent, call):
    """Adds what the call of a parent took, at the path of the callee."""
    node = nodes[path + (call["peer"],)]
    overlap = any(other is not call and other["sent_ns"] < call["read_ns"] and
                  call["sent_ns"] < other["read_ns"] for other in parent["calls"])
    child = truths.get(call["id"]) if call["id"] else None
    node.overlap |= overlap
    node.sums["connect"] += call["open_ns"]
    node.sums["connect_sleep"] += call["open_sleep_ns"]
    node.sums["wall"] += call["read_ns"] - call["sent_ns"]
    if child is None:
        node.opaque = True
        node.sums["calls"] += 1
        return
    node.sums["network"] += (child["begun_ns"] - call["sent_ns"] +
                             call["read_ns"] - child["answered_ns"])
    add_request(nodes, truths, path + (call["peer"],), child)


def served_ns(truths, truth):
    """How long at least one of the calls of a request was being served."""
    children = [truths[call["id"]] for call in truth["calls"] if call["id"] in truths]
    total = until = 0
    for child in sorted(children, key=lambda child: child["begun_ns"]):
        total += max(0, child["answered_ns"] - max(until, child["begun_ns"]))
        until = max(until, child["answered_ns"])
    return total


def add_critical(nodes, truths, path, parent):
    """Of the time that calls were out, each instant belongs to the one that was answered last."""
    out = [(truths[call["id"]]["answered_ns"], call["sent_ns"], call["peer"])
           for call in parent["calls"] if call["id"] in truths]
    while out:
        answered, sent, peer = max(out)
        nodes[path + (peer,)].sums["critical"] += max(0, answered - sent)
        out = [(min(other[0], sent), *other[1:]) for other in out if other[1] < sent]


def add_request(nodes, truths, path, truth):
    sums = nodes[path].sums
    sums["calls"] += 1
    sums["cpu"] += truth["cpu_ns"]
    asleep = truth["sleep_ns"] + truth["lock_ns"] + truth["handover_ns"]
    calling = truth["calling_cpu_ns"] + truth["calling_runq_ns"]
    opening = sum(call["open_sleep_ns"] for call in truth["calls"])
    # All that was neither work nor sleep is waiting for a CPU, throttled or not.
    sums["wait"] += (truth["answered_ns"] - truth["begun_ns"] - truth["cpu_ns"] - asleep -
                     truth["disk_ns"] - truth["downstream_ns"] - opening + calling)
    sums["runq"] += truth["runq_ns"]
    sums["disk"] += truth["disk_ns"]
    sums["other"] += asleep
    sums["downstream"] += truth["downstream_ns"]
    sums["calling"] += calling
    sums["served"] += served_ns(truths, truth)
    add_critical(nodes, truths, path, truth)
    for call in truth["calls"]:
        add_call(nodes, truths, path, truth, call)


def trees(truths, before):
    """Endpoint -> (number of requests, path -> Node)."""
    called = {call["id"] for truth in truths.values() for call in truth["calls"]}
    result = {}
    for truth in truths.values():
        if truth["id"] in called:
            continue
        count, nodes = result.get(truth["tag"], (0, collections.defaultdict(Node)))
        add_request(nodes, truths, tuple(before) + (truth["actor"],), truth)
        result[truth["tag"]] = (count + 1, nodes)
    return result


class Judge:
    def __init__(self, options):
        self.options = options

    def claim(self, kind, name, holds, detail):
        if kind in self.options.only and kind not in self.options.without:
            print(f"ok {name}" if holds else f"not ok {name} ({detail})")

    def near(self, kind, name, got, want, low=None):
        """Near @want, or between @low and it."""
        low = want if low is None else low
        slack = max(RELATIVE * want, ABSOLUTE_NS)
        self.claim(kind, name, low - slack <= got <= want + slack,
                   f"got {got / 1e3:.1f} us, truth {low / 1e3:.1f}..{want / 1e3:.1f} us")

    def inside(self, name, rows, nodes, path, per):
        self.near("truth", f"{name} says what it did", per["wait"], per["runq"])
        self.near("cpu", f"{name} cpu", rows.get(path, "cpu"), per["cpu"])
        self.near("other", f"{name} other", rows.get(path, "other"), per["other"])
        self.near("disk", f"{name} disk", rows.get(path, "disk"), per["disk"])
        self.near("runq", f"{name} run queue",
                  rows.get(path, "runq") + rows.get(path, "throttled"), per["wait"])
        if not any(nodes[path[:i]].overlap for i in range(1, len(path) + 1) if path[:i] in nodes):
            low = per["served"] if self.options.loop else per["downstream"] - per["calling"]
            self.near("downstream", f"{name} downstream", rows.get(path, "downstream", "ns"),
                      per["downstream"], max(0, low))

    def edge(self, name, rows, path, node, per):
        """The way to a service and back, which its caller knows."""
        way = rows.get(path, "network") + rows.get(path, "socket_queue")
        if node.opaque:
            # Whatever it did, and the way: as long as the caller waited.
            self.near("network", f"{name} as long as its caller waited",
                      rows.subtree(path) - rows.get(path, "connect"), per["wall"],
                      max(0, per["wall"] - per["callers"]))
        elif node.overlap:
            self.near("critical", f"{name} part of the critical path",
                      rows.subtree(path, "ns") - rows.get(path, "connect", "ns"),
                      per["critical"])
        else:
            low = 0 if self.options.loop else per["network"] - per["callers"]
            self.near("network", f"{name} network and socket queue", way, per["network"],
                      max(0, low))
        self.near("connect", f"{name} connect", rows.get(path, "connect"), per["connect"],
                  per["connect_sleep"])

    def node(self, endpoint, rows, nodes, count, path):
        node = nodes[path]
        name = f"{endpoint}: {'/'.join(path)}"
        per = collections.Counter({key: value / count for key, value in node.sums.items()})
        per["callers"] = nodes[path[:-1]].sums["calling"] / count
        calls = rows.calls(path)
        self.claim("calls", f"{name} calls", abs(calls - per["calls"]) <= 0.01 * per["calls"],
                   f"got {calls}, truth {per['calls']}")
        if not node.opaque:
            self.inside(name, rows, nodes, path, per)
        if len(path) > len(self.options.before) + 1:
            self.edge(name, rows, path, node, per)

    def coverage(self, run, endpoint):
        rows = [row for row in run["coverage"] if row["endpoint"] == endpoint and
                self.options.placement in (None, row["placement"])]
        complete = sum(row["complete"] for row in rows)
        total = sum(row["total"] for row in rows)
        self.claim("coverage", f"{endpoint}: coverage",
                   total > 0 and complete > self.options.coverage * total,
                   f"{complete} of {total}: {[row['reasons'] for row in rows]}")

    def closing(self, run, endpoint, rows):
        """The rows add up to what the client saw, and what none of them has is small."""
        mean = client_mean_ns(self.options, run, endpoint)
        if mean is None:
            return
        rest = rows.get((), "other", "ns")
        self.near("sum", f"{endpoint}: the rows add up to the client's time",
                  rows.path_total(), mean)
        self.claim("sum", f"{endpoint}: the residual is below 5 %",
                   abs(rest) < max(RELATIVE * mean, ABSOLUTE_NS),
                   f"{rest / 1e3:.1f} of {mean / 1e3:.1f} us")

    def known_paths(self, endpoint, rows, nodes):
        before = tuple(self.options.before)
        known = set(nodes) | {before[:i] for i in range(1, len(before) + 1)}
        strange = [path for path in rows.paths() - known if rows.calls(path)]
        self.claim("paths", f"{endpoint}: no child that it has not", not strange, strange)

    def endpoint(self, run, endpoint, count, nodes):
        rows = Attribution(self.options, run, endpoint)
        if not rows.rows:
            print(f"not ok {endpoint}: is in the attribution (none of it)")
            return
        self.coverage(run, endpoint)
        self.known_paths(endpoint, rows, nodes)
        for path in sorted(nodes):
            self.node(endpoint, rows, nodes, count, path)
        self.closing(run, endpoint, rows)


def client_mean_ns(options, run, endpoint):
    """The mean latency that the load generator measured, None when there is none."""
    document = run
    if options.client:
        with open(options.client, encoding="utf-8") as file:
            document, endpoint = json.load(file), "all"
    rows = [row["latency_uncorrected_ns"] for row in document.get("endpoints", [])
            if row["name"] == endpoint and
            (options.client or options.placement in (None, row["placement"]))]
    count = sum(row["count"] for row in rows)
    return sum(row["sum"] for row in rows) / count if count else None


def name_in_run(run, tag):
    """The endpoint of the load whose path carries the tag; of several loads' in one run, the tag."""
    names = {row["endpoint"] for row in run["attribution"]
             if f"/tag={tag}," in row["endpoint"] + ","}
    return names.pop() if len(names) == 1 else tag


def main():
    options = arguments()
    with open(options.run, encoding="utf-8") as file:
        run = json.load(file)
    for key in ("attribution", "coverage"):
        if key not in run:
            sys.exit(f"judge: {options.run} has no {key}")
    found = trees(read_truth(options.truth), options.before)
    if not found:
        sys.exit("judge: the actors wrote nothing")
    tags = options.endpoint or sorted(found)
    judge = Judge(options)
    for tag in tags:
        count, nodes = found.get(tag) or sys.exit(f"judge: no actor knows of a request '{tag}'")
        judge.endpoint(run, name_in_run(run, tag), count, nodes)


main()
