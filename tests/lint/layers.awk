# Turns the table `layers` into make variables: folders, and for each its program, its packages and the closure of
# what it may include, users before used, so that it is a link order.
function visit(folder,   parts, n, i) {
	if (folder in seen)
		return
	seen[folder] = 1
	n = split(uses[folder], parts, ",")
	for (i = 1; i <= n; i++)
		if (parts[i] != "-")
			visit(parts[i])
	order = folder " " order
}
/^#/ || NF == 0 { next }
NF != 4 { print "layers:" NR ": expected four columns: folder program uses packages" > "/dev/stderr"; exit 1 }
{
	names[++count] = $1
	program[$1] = $2; uses[$1] = $3; packages[$1] = $4
}
END {
	for (k = 1; k <= count; k++) {
		f = names[k]
		delete seen
		order = ""
		visit(f)
		sub(f " ", "", order)
		gsub(",", " ", packages[f])
		printf "folders += %s\n", f
		printf "program_%s := %s\n", f, program[f] == "-" ? "" : program[f]
		printf "packages_%s := %s\n", f, packages[f] == "-" ? "" : packages[f]
		printf "uses_%s := %s\n", f, uses[f] == "-" ? "" : uses[f]
		printf "closure_%s := %s\n", f, order
	}
}
