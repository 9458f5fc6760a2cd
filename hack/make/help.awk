# Prints the targets that carry a `## description`, under the `##@ group` they follow, groups in order of first mention.
# A comment that begins `##+ ` continues the description on the next line.

/^##@ / {
	group = substr($0, 5)
	if (!(group in lines)) {
		groups[++count] = group
		lines[group] = ""
	}
}

/^[a-z][a-z0-9-]*:.*## / {
	target = $0
	sub(/:.*/, "", target)
	description = $0
	sub(/.*## /, "", description)
	lines[group] = lines[group] sprintf("  %-18s %s\n", target, description)
}

/^##\+ / {
	lines[group] = lines[group] sprintf("  %-18s %s\n", "", substr($0, 5))
}

END {
	print "Certbound keeps OAuth clients and their certificates in step. First time here? Run `make demo`."
	for (i = 1; i <= count; i++) {
		if (lines[groups[i]] != "") {
			printf "\n%s\n%s", groups[i], lines[groups[i]]
		}
	}
}
