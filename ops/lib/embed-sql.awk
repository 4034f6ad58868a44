# Writes the migrations as one C table: embed-sql.awk node/sql/0001_….sql … >sql_migrations.c
# The C side is declared in node/db/migrations.h.

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
    printf "    {\n        \"%s\",\n", name
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "        \"%s\\n\"\n", $0
}
END {
    if (count)
        print "    },"
    print "};"
    printf "const size_t migrations_count = %d;\n", count
}
