# Writes the migrations as one C table: embed-sql.awk node/sql/0001_….sql … >sql_migrations.c
# The C side is declared in node/db/migrations.h. Lines end with a line feed alone: a checkout that puts carriage
# returns before them would change the checksums, so it is refused.

function fail(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why >"/dev/stderr"
    failed = 1
    exit 1
}
BEGIN {
    print "#include \"node/db/migrations.h\"\n"
    print "const struct migration migrations[] = {"
}
FNR == 1 {
    if (count++)
        print "    },"
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.sql$/, "", name)
    command = "sha256sum '" FILENAME "'"
    command | getline checksum
    close(command)
    if (length(checksum) < 64)
        fail("sha256sum does not work")
    checksum = substr(checksum, 1, 64)
    printf "    {\n        \"%s\",\n        \"%s\",\n", name, checksum
}
/\r/ {
    fail("there is a carriage return")
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "        \"%s\\n\"\n", $0
}
END {
    if (failed)
        exit 1
    if (count)
        print "    },"
    print "};"
    printf "const size_t migrations_count = %d;\n", count
}
