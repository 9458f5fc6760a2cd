#!/usr/bin/env bash
# Runs the given make targets, then compares the files with what they were before: what is generated, formatted and tidied
# must already be so. Compared is the content of every file that git does not ignore, so a clean clone must stay clean, and
# somebody in the middle of a change need not commit first.
set -euo pipefail
cd "$(dirname "$0")/.."

# CI often checks out as another user than the one who runs this; git then refuses to look at the files. Whoever runs this
# script already trusts this checkout.
git() { command git -c safe.directory='*' "$@"; }

git rev-parse --git-dir >/dev/null || {
	echo "make verify compares files by means of git: run it in a clone." >&2
	exit 2
}

index=$(mktemp)
trap 'rm -f "$index"' EXIT

# Prints the id of a tree that holds every file that is not ignored. A copy of the index takes the changes, so what the
# person has staged stays as it is.
snapshot() {
	cp "$(git rev-parse --git-path index)" "$index" 2>/dev/null || rm -f "$index" # a new repository has no index yet
	GIT_INDEX_FILE=$index git add --all
	GIT_INDEX_FILE=$index git write-tree
}

before=$(snapshot)
for target in "$@"; do
	echo "verify: $target"
	"${MAKE:-make}" "$target"
done
after=$(snapshot)

if [ "$before" != "$after" ]; then
	{
		echo
		echo "make verify changed these files (M changed, A new, D deleted):"
		git diff --no-renames --name-status "$before" "$after" | sed 's/^/  /'
		echo "They now are as the tools write them. Look at the difference with \`git diff\`, then commit it."
	} >&2
	exit 1
fi
echo "verify: every file is as the tools write it."
