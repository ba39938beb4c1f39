#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetches Debian's stock kernels for `make test-vm` with an apt configuration of the project's own;
# the machine's is only asked where its mirror is. Nothing is installed, all stays in build/vm.
# usage: tools/vm-fetch.sh [-a ARCH] [-u] [NAME ...]       -a amd64; NAME from tests/vm/kernels.tsv
# A kernel that is there with these modules is kept, unless -u asks for the newest.
# build/vm/kernel/ARCH/NAME has vmlinuz, release and modules/, the few that the tests need in the
# order of loading; of one that cannot be fetched NAME.reason says why, and the exit status is 1.
set -eu -o pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
table=tests/vm/kernels.tsv
arch=amd64 update=
# A virtual disk's, those of two hosts with a slow link, the device mapper's, in the order of loading.
modules_needed=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk
	veth sch_netem dax dm-mod)

fail()
{
	echo "vm-fetch: $2" >&2
	exit "$1"
}

while getopts a:u option; do
	case $option in
	a) arch=$OPTARG ;;
	u) update=1 ;;
	*) fail 2 "usage: tools/vm-fetch.sh [-a ARCH] [-u] [NAME ...]" ;;
	esac
done
shift $((OPTIND - 1))
command -v apt-get dpkg-deb > /dev/null || fail 3 "this is not Debian: there is no apt-get here"

# Where the machine has its archive or its security updates from: the first of apt's sources.
mirror()
{
	local invert=-v

	[ "$1" = archive ] || invert=
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' |
		grep ${invert:+"$invert"} -m 1 security
}

# Writes the apt configuration below $apt: suites $1 and, unless it is -, $2 of security.
write_apt_conf()
{
	local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]' archive security

	archive=$(mirror archive) || return 1
	mkdir -p "$apt"/{lists,cache}/partial
	: > "$apt/status"
	echo "deb $signed $archive $1 main" > "$apt/sources.list"
	if [ "$2" != - ]; then
		security=$(mirror security) || security=${archive%/}-security
		echo "deb $signed $security $2 main" >> "$apt/sources.list"
	fi
	cat > "$apt/conf" <<-END
		Dir::State "$apt";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "$arch";
		#clear APT::Architectures;
		APT::Architectures { "$arch"; };
		#clear APT::Update::Post-Invoke-Success;
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
	END
}

# Names of the packages of the newest kernel of $apt's suites, as the metapackage has it.
kernel_packages()
{
	local image

	image=$(apt-cache -c "$apt/conf" depends --important "linux-image-cloud-$arch" |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
	[ -n "$image" ] || return 1
	echo "$image"
	# The modules are a package of their own since 7.0.
	apt-cache -c "$apt/conf" depends --important "$image" |
		sed -n 's/^ *Depends: \(linux-\(modules\|binary\)-[^ ]*\)$/\1/p'
}

# Puts the kernel of the table's row $1 $2 $3 into $to.
fetch()
{
	local package packages

	write_apt_conf "$2" "$3" ||
		{ echo "no mirror in the machine's apt configuration"; return 1; }
	apt-get -c "$apt/conf" -q update >&2 || { echo "cannot fetch the index of $2"; return 1; }
	packages=$(kernel_packages) || { echo "$2 has no linux-image-cloud-$arch"; return 1; }
	rm -rf "$to.new"
	mkdir -p "$to.new"
	for package in $packages; do
		(cd "$to.new" && apt-get -c "$apt/conf" -q download "$package" >&2) ||
			{ echo "cannot download $package"; return 1; }
	done
	for package in "$to.new"/*.deb; do
		dpkg-deb -x "$package" "$to.new/root" || { echo "cannot unpack ${package##*/}"; return 1; }
		rm "$package"
	done
	take_apart
}

unpack()
{
	case $1 in
	*.ko.xz) xz -dc "$1" ;;
	*.ko) cat "$1" ;;
	*) return 1 ;;
	esac
}

# What a boot needs of the unpacked packages; a module that is not there is built in.
take_apart()
{
	local image modules module file

	image=$(find "$to.new/root" -name 'vmlinu[xz]*' -type f -print -quit)
	modules=$(find "$to.new/root" -path '*/lib/modules/*' -type d -print -prune | head -n 1)
	if [ -z "$image" ] || [ -z "$modules" ]; then
		echo "the package has no kernel or no modules"
		return 1
	fi
	mkdir "$to.new/modules"
	for module in "${!modules_needed[@]}"; do
		file=$(find "$modules" -name "${modules_needed[module]}.ko*" -print -quit)
		[ -n "$file" ] || continue
		unpack "$file" > "$to.new/modules/$module-${modules_needed[module]}.ko" ||
			{ echo "cannot unpack $file"; return 1; }
	done
	mv "$image" "$to.new/vmlinuz"
	basename "$modules" > "$to.new/release"
	echo "${modules_needed[*]}" > "$to.new/wanted"
	rm -rf "$to.new/root" "$to"
	mv "$to.new" "$to"
}

status=0
while read -r name suite security; do
	[ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
	apt=$PWD/build/vm/apt/$arch/$name
	to=$PWD/build/vm/kernel/$arch/$name
	mkdir -p "$apt" "${to%/*}"
	if [ -z "$update" ] && [ "$(cat "$to/wanted" 2> /dev/null)" = "${modules_needed[*]}" ]; then
		continue
	fi
	if reason=$(fetch "$name" "$suite" "$security"); then
		rm -f "$to.reason"
		echo "vm-fetch: $name is $(cat "$to/release")"
	else
		rm -rf "$to.new"
		echo "$reason" > "$to.reason"
		echo "vm-fetch: no kernel $name: $reason" >&2
		status=1
	fi
done < <(grep -v '^#' $table)
exit $status
