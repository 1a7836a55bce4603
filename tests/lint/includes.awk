# Refuses an include that the table `layers` does not allow. Reads the table first, then every source file.
function folder_of(path) { sub(/\/[^\/]*$/, "", path); sub(/^tests\/(unit|fuzz)\//, "", path); return path }
function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
BEGIN {
	foreign["zmq.h"] = "libzmq"; foreign["sodium.h"] = "libsodium"; foreign["nettle/sha2.h"] = "nettle"; foreign["yaml.h"] = "yaml-0.1"
	foreign["gmime/gmime.h"] = "gmime-3.0"; foreign["glib.h"] = "gmime-3.0"; foreign["clamav.h"] = "libclamav"
	foreign["magic.h"] = "libmagic"; foreign["archive.h"] = "libarchive"; foreign["archive_entry.h"] = "libarchive"; foreign["zlib.h"] = "zlib"
	foreign["pcre2.h"] = "libpcre2-8"; foreign["lmdb.h"] = "lmdb"; foreign["seccomp.h"] = "libseccomp"
	foreign["czmq.h"] = "czmq"; foreign["curl/curl.h"] = "curl"; foreign["hs.h"] = "libhs"
}
FILENAME == "layers" {
	if (/^#/ || NF == 0) next
	known[$1] = 1
	uses[$1] = "," $3 ","; packages[$1] = "," $4 ","
	if ($2 != "-") is_program[$1] = 1
	next
}
{ folder = folder_of(FILENAME) }
!(folder in known) { next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
	path = $0; sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
	target = folder_of(path)
	if (path !~ /\//)
		complain("include written without its folder: " path)
	else if (target != folder && target !~ /^tests\// && !index(uses[folder], "," target ","))
		complain(folder " may not include " target " (" path "); see the table `layers`")
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	path = $0; sub(/^[^<]*</, "", path); sub(/>.*/, "", path)
	if (path in foreign) {
		if (!index(packages[folder], "," foreign[path] ","))
			complain("<" path "> belongs to the folder that has " foreign[path])
		else if (FILENAME ~ /\.h$/)
			complain("<" path "> in a header of ours")
	}
}
END { exit bad }
