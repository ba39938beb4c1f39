#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Installs what this project needs and the machine lacks, from the distribution's packages.
# usage: tools/setup.sh [-n] [build|demo|test|vm|bench ...]     no group: all but vm and bench
#	-n: only say what
# Exits 0 when everything is there, 1 when an installation failed, 2 on wrong usage, 3 when it
# cannot be done here. A second run asks dpkg once and does nothing.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1

# "a|b": either will do, the first is what gets installed.
declare -A packages=(
	[build]="make gcc libc6-dev pkg-config clang llvm bpftool linux-libc-dev libbpf-dev
		libelf-dev zlib1g-dev libcurl4-openssl-dev|libcurl4-gnutls-dev
		libsqlite3-dev libcyaml-dev libyaml-dev libjansson-dev libpcre2-dev libncurses-dev
		libxml2-dev libgnutls28-dev libmicrohttpd-dev libmimalloc-dev"
	[demo]="libhiredis-dev libpq-dev nginx-light|nginx|nginx-core|nginx-full redis-server
		postgresql iproute2 util-linux procps"
	[test]="libcmocka-dev libclang-rt-dev clang-format clang-tidy cppcheck shellcheck help2man
		man-db perl sqlite3 jq curl tmux fio python3-jsonschema python3-yaml
		python3-prometheus-client openssl
		r-base-core python3
		cron systemd podman runc|containerd.io containerd|containerd.io
		docker.io|docker-ce iptables busybox-static"
	[vm]="qemu-system-x86 busybox-static cpio e2fsprogs iproute2 xz-utils debian-archive-keyring
		dmsetup perl jq"
	[bench]="nginx-light|nginx|nginx-core|nginx-full wrk apache2-utils hey jq curl util-linux
		bsdextrautils"
)
declare -A purpose=(
	[build]="compiles situ and its BPF programs"
	[demo]="the shop of real servers that 'make demo' measures"
	[test]="'make check', 'make test' and the pages of 'make man'"
	[vm]="other kernels in virtual machines, for 'make test-vm'"
	[bench]="other load generators, for 'make bench-load'"
)
# Servers that their packages would start and enable: package and units. Those of the tests are
# started by the tests, out of sight of the machine.
declare -A services=([nginx-light]=nginx [redis-server]=redis-server [postgresql]=postgresql
	[cron]=cron [containerd]=containerd [docker.io]="docker.service docker.socket"
	[podman]="podman.service podman.socket podman-restart.service podman-auto-update.service
		podman-auto-update.timer")
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/situ-setup.conf
created=()

fail()
{
	echo "setup: $2" >&2
	exit "$1"
}

# Sets missing to the first name of each word of group $1 that no installed package satisfies.
find_missing()
{
	local -A have=()
	local word name words names

	read -r -d '' -a words <<< "${packages[$1]}" || true
	read -r -d '' -a names <<< "${packages[$1]//|/ }" || true
	# dpkg-query fails when it has never heard of one of the names: that one is missing to us.
	while read -r name; do
		have[$name]=1
	done < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${names[@]}" 2> /dev/null |
		sed -n 's/^installed //p')
	missing=()
	for word in "${words[@]}"; do
		for name in ${word//|/ }; do
			[ -z "${have[$name]:-}" ] || continue 2
		done
		missing+=("${word%%|*}")
	done
}

# Servers that come with a package must not start, now or at the next boot: ours run in cgroups
# and namespaces of their own, and a port that is taken would fail the demo.
hold_services()
{
	trap release_services EXIT
	trap 'exit 1' INT TERM HUP
	if [ ! -e $policy ]; then
		created+=("$policy")
		printf '#!/bin/sh\nexit 101\n' > $policy
		chmod 755 $policy
	fi
	if [ ! -e $cluster ]; then
		mkdir -p "${cluster%/*}"
		created+=("$cluster")
		echo "create_main_cluster = false" > $cluster
	fi
}

release_services()
{
	[ ${#created[@]} = 0 ] || rm -f "${created[@]}"
	created=()
}

disable_new_services()
{
	local name unit

	command -v systemctl > /dev/null || return 0
	for name in "$@"; do
		for unit in ${services[$name]:-}; do
			systemctl --quiet --no-reload disable "$unit" 2> /dev/null ||
				echo "setup: $unit may start at boot: disable it if unwanted"
		done
	done
}

apt()
{
	apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" < /dev/null
}

install_packages()
{
	hold_services
	echo "setup: servers that come with a package are neither started nor enabled at boot"
	apt update || echo "setup: cannot refresh the package lists: trying with the old ones" >&2
	apt install --no-install-recommends "$@" ||
		fail 1 "apt-get could not install all of them: see its message above"
	disable_new_services "$@"
}

dry=
[ "${1:-}" != -n ] || { dry=1; shift; }
[ $# -gt 0 ] || set -- build demo test
for group; do
	[ "${packages[$group]:-}" ] ||
		fail 2 "no group '$group': give build, demo, test, vm or bench"
done
command -v dpkg-query > /dev/null ||
	fail 3 "this is not Debian: install the packages named in tools/setup.sh by other means"

all=()
for group; do
	find_missing "$group"
	[ ${#missing[@]} = 0 ] || echo "setup: for $group (${purpose[$group]}): ${missing[*]}"
	all+=("${missing[@]}")
done
[ ${#all[@]} -gt 0 ] && [ -z "$dry" ] || exit 0
[ "$(id -u)" = 0 ] || fail 3 "installing packages needs root: run sudo tools/setup.sh $*"
install_packages "${all[@]}"
for group; do
	find_missing "$group"
	[ ${#missing[@]} = 0 ] || fail 1 "still not installed: ${missing[*]}"
done
