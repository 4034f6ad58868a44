/* Every operation of protocol/ that needs memory, while one allocation after the other fails. */
#include "tests/unit/town.h"

#include "protocol/follower.h"
#include "protocol/http_signature.h"
#include "protocol/json_field.h"
#include "protocol/json_profile.h"
#include "protocol/structured_field.h"
#include "tests/unit/fault_alloc.h"

enum { OURS = FAULT_OURS | FAULT_JANSSON };

static const uint8_t salt[ENTRY_SALT_SIZE] = {1, 2, 3};

static struct key_private *key;
static struct key_private *next_key;
static struct key_private *stranger_key;
/* Epoch 10 of `net`: its `epoch` entry, texts of every kind, and a rotation at the end. */
static struct town town;
/* Epoch 11, which goes on from it under the new key; and another history of epoch 10. */
static struct town later_town, forked_town;

static json_t *json(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    assert_non_null(value);
    return value;
}

static const char proposal[] =
    "{\"title\":\"Ein Beamer für die Bücherei, am liebsten bald\",\"text\":\"Zeile\\nZeile "
    "zwei\",\"language\":\"de\","
    "\"help\":[{\"category\":\"goods\",\"quantity\":\"1\"},{\"category\":\"hands\"}],"
    "\"municipality\":{\"name\":\"Saarbrücken\",\"scheme\":\"DE-AGS\",\"code\":\"10041100\"},"
    "\"month\":\"2026-12\",\"state\":\"seeking\"}";

static struct entry an_entry(const char *type, json_t *body)
{
    struct entry entry = town_entry(type, body);

    memcpy(entry.salt, salt, sizeof salt);
    if (entry_text_bearing(type))
        entry.keep_until = entry.at + 86400;
    return entry;
}

static void append(struct town *to, const char *type, json_t *body)
{
    int64_t at = to->stream.position.at.seq;
    struct entry entry = an_entry(type, body);

    assert_int_equal(
        origin_append(&to->stream, &entry, 1, to->key, TOWN_NOW, &to->lines[at], to->heads[at], NULL),
        ERR_OK);
    entry_finish(&entry);
}

static json_t *jwk_of(const struct key_private *of)
{
    return key_public_to_jwk(key_private_public(of));
}

static int make_towns(void **state)
{
    struct position end;

    (void)state;
    key = town_key(1);
    next_key = town_key(2);
    stranger_key = town_key(3);
    town_open(&town, "net", 10, key, NULL);
    append(&town, "proposal", json(proposal));
    append(&town, "member",
           json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "authority", "metz.example", "jwk",
                     jwk_of(stranger_key), "role", "city", "state", "active", "name", "Metz", "country",
                     "FR"));
    append(&town, "erase", json("{\"entries\":[\"10.2\",\"9.1\"]}"));
    town_rotate(&town, next_key);
    end = town.stream.position;
    town_open(&later_town, "net", 11, next_key, &end);
    town_open(&forked_town, "net", 10, key, NULL);
    town_say(&forked_town, "another");
    return 0;
}

static int close_towns(void **state)
{
    (void)state;
    town_close(&forked_town);
    town_close(&later_town);
    town_close(&town);
    key_private_destroy(stranger_key);
    key_private_destroy(next_key);
    key_private_destroy(key);
    return 0;
}

/* What an operation's answer comes to. Nothing but a lack of memory speaks against what is in order; what
 * OpenSSL lacks it says as ERR_CRYPTO. */
static enum fault_result told(enum err_code code, const struct err *err)
{
    if (code == ERR_OK)
        return FAULT_DONE;
    if (code != ERR_NO_MEMORY && code != ERR_CRYPTO)
        fail_msg("%s: %s", err_slug(code), err->text);
    assert_int_equal(err->code, code);
    return FAULT_NO_MEMORY;
}

/* The same of a verdict on a signature, where OpenSSL does not tell the two apart. */
static enum fault_result told_of_signature(enum err_code code, const struct err *err)
{
    return code == ERR_SIGNATURE_INVALID ? FAULT_NO_MEMORY : told(code, err);
}

/* ---- octets and JSON */

static enum fault_result write_buffer(void *arg)
{
    struct buffer out = {0};
    char *text;

    (void)arg;
    buffer_puts(&out, "begins ");
    for (int i = 0; i < 40; i++)
        buffer_printf(&out, "%d ", i);
    buffer_append(&out, "ends", 4);
    text = buffer_steal(&out);
    fault_alloc_stop();
    assert_null(out.data);
    if (!text)
        return FAULT_NO_MEMORY;
    assert_int_equal(strlen(text), 7 + 10 * 2 + 30 * 3 + 4);
    free(text);
    return FAULT_DONE;
}

static enum fault_result decode_base64url(void *arg)
{
    struct buffer out = {0};
    bool decoded = bytes_b64u_decode_any("SGFsbG8", 7, &out);

    (void)arg;
    fault_alloc_stop();
    if (!decoded)
        assert_true(out.failed);
    else
        assert_string_equal((const char *)out.data, "Hallo");
    buffer_free(&out);
    return decoded ? FAULT_DONE : FAULT_NO_MEMORY;
}

static const char rich_json[] =
    "{ \"a member whose name is rather long\": [1, -20, 9007199254740991, {\"x\": null}, true, false, []],\n"
    "  \"text\": \"of some length, with \\\"escapes\\\", \\u00e4\\ud83d\\ude00 and äöü, so that it grows and "
    "grows\",\n"
    "  \"deep\": {\"er\": {\"and\": {\"deeper\": [[[\"end\"]]]}}}, "
    "\"m1\":1,\"m2\":2,\"m3\":3,\"m4\":4,\"m5\":5,"
    "\"m6\":6,\"m7\":7,\"m8\":8,\"m9\":9 }";

static enum fault_result parse_json(void *arg)
{
    const json_t *expected = arg;
    struct err err = {0};
    json_t *object = json_profile_parse(rich_json, strlen(rich_json), &err);

    fault_alloc_stop();
    if (!object)
        return told(err.code, &err);
    assert_true(json_equal(object, expected));
    json_decref(object);
    return FAULT_DONE;
}

/* What is wrong stays wrong: never taken for good, whatever else is said of it. */
static enum fault_result parse_bad_json(void *arg)
{
    static const char bad[] = "{\"a\":\"a text of some length, to be grown into\",\"b\":1,\"a\":2}";
    struct err err = {0};
    json_t *object = json_profile_parse(bad, strlen(bad), &err);

    (void)arg;
    fault_alloc_stop();
    assert_null(object);
    if (err.code == ERR_NO_MEMORY)
        return FAULT_NO_MEMORY;
    assert_int_equal(err.code, ERR_MALFORMED);
    return FAULT_DONE;
}

static void octets_and_json(void **state)
{
    json_t *expected = json(rich_json);

    (void)state;
    fault_alloc_each(OURS, write_buffer, NULL);
    fault_alloc_each(OURS, decode_base64url, NULL);
    fault_alloc_each(OURS, parse_json, expected);
    fault_alloc_each(OURS, parse_bad_json, NULL);
    json_decref(expected);
}

/* ---- entries */

static enum fault_result parse_entry(void *arg)
{
    const struct buffer *line = arg;
    struct entry entry;
    struct err err = {0};
    enum err_code code = entry_parse((const char *)line->data, line->size, &entry, &err);

    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_null(entry.body);
        return told(code, &err);
    }
    assert_int_equal(entry.at, TOWN_NOW);
    assert_string_equal(entry.id, town_id);
    assert_int_equal(entry_check(&entry, NULL), ERR_OK);
    entry_finish(&entry);
    return FAULT_DONE;
}

static void an_entry_is_read(void **state)
{
    (void)state;
    for (int64_t i = 0; i < town.stream.position.at.seq; i++)
        fault_alloc_each(OURS, parse_entry, &town.lines[i].line);
}

static enum fault_result check_entry(void *arg)
{
    struct err err = {0};
    enum err_code code = entry_check(arg, &err);

    fault_alloc_stop();
    return told(code, &err);
}

/* Else a line that is in order would be marked as nonsense, and a stream given up. */
static void no_entry_is_nonsense_for_want_of_memory(void **state)
{
    struct entry member, epoch, listing;

    (void)state;
    member = an_entry("member", json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "authority", "metz.example",
                                          "jwk", jwk_of(stranger_key), "role", "city", "state", "active",
                                          "name", "Metz", "country", "FR"));
    epoch = an_entry("epoch", town_epoch_body(key, &town.stream.position));
    listing = an_entry("proposal", json(proposal));
    fault_alloc_each(OURS, check_entry, &member);
    fault_alloc_each(FAULT_OPENSSL, check_entry, &member);
    fault_alloc_each(OURS, check_entry, &epoch);
    fault_alloc_each(FAULT_OPENSSL, check_entry, &epoch);
    fault_alloc_none(check_entry, &listing);
    entry_finish(&listing);
    entry_finish(&epoch);
    entry_finish(&member);
}

static enum fault_result write_entry(void *arg)
{
    const struct entry *entry = arg;
    struct buffer out = {0};
    struct err err = {0};
    struct entry again;
    enum err_code code = entry_write(entry, &out, &err);

    fault_alloc_stop();
    if (code != ERR_OK || out.failed) {
        assert_int_equal(out.size, 0);
        buffer_free(&out);
        return code == ERR_OK ? FAULT_NO_MEMORY : told(code, &err);
    }
    assert_int_equal(entry_parse((const char *)out.data, out.size, &again, NULL), ERR_OK);
    assert_int_equal(again.keep_until, entry->keep_until);
    assert_memory_equal(again.salt, entry->salt, sizeof again.salt);
    assert_true(json_equal(again.body, entry->body));
    entry_finish(&again);
    buffer_free(&out);
    return FAULT_DONE;
}

/* What is signed says all that it was to say: a text without its term would be kept for ever. */
static void an_entry_is_written_whole_or_not_at_all(void **state)
{
    struct entry listing = an_entry("proposal", json(proposal));
    struct entry rotation = an_entry("key", json_pack("{s:o}", "jwk", jwk_of(next_key)));

    (void)state;
    listing.seq = rotation.seq = 7;
    fault_alloc_each(OURS, write_entry, &listing);
    fault_alloc_each(OURS, write_entry, &rotation);
    fault_alloc_each(FAULT_OPENSSL, write_entry, &rotation);
    entry_finish(&rotation);
    entry_finish(&listing);
}

/* ---- keys */

static enum fault_result read_jwk(void *arg)
{
    struct err err = {0};
    struct key_public *read = key_public_from_jwk(arg, &err);

    fault_alloc_stop();
    if (!read)
        return told(err.code, &err);
    assert_true(key_public_equal(read, key_private_public(key)));
    assert_string_equal(key_public_id(read), key_public_id(key_private_public(key)));
    key_public_destroy(read);
    return FAULT_DONE;
}

static enum fault_result copy_key(void *arg)
{
    struct key_public *copy = key_public_copy(arg);

    fault_alloc_stop();
    if (!copy)
        return FAULT_NO_MEMORY;
    assert_true(key_public_equal(copy, arg));
    key_public_destroy(copy);
    return FAULT_DONE;
}

static enum fault_result write_jwk(void *arg)
{
    json_t *jwk = key_public_to_jwk(arg);
    struct key_public *again;

    fault_alloc_stop();
    if (!jwk)
        return FAULT_NO_MEMORY;
    again = key_public_from_jwk(jwk, NULL);
    assert_non_null(again);
    assert_true(key_public_equal(again, arg));
    key_public_destroy(again);
    json_decref(jwk);
    return FAULT_DONE;
}

static enum fault_result keep_private(struct key_private *made, const struct err *err)
{
    fault_alloc_stop();
    if (!made)
        return told(err->code, err);
    assert_int_equal(strlen(key_public_id(key_private_public(made))), KEY_ID_SIZE - 1);
    key_private_destroy(made);
    return FAULT_DONE;
}

static enum fault_result generate_key(void *arg)
{
    struct err err = {0};

    (void)arg;
    return keep_private(key_private_generate(&err), &err);
}

static enum fault_result key_from_seed(void *arg)
{
    static const uint8_t seed[KEY_SIZE] = {1};
    struct err err = {0};

    (void)arg;
    return keep_private(key_private_from_seed(seed, &err), &err);
}

static enum fault_result key_from_pem(void *arg)
{
    struct err err = {0};

    return keep_private(key_private_from_pem(arg, strlen(arg), &err), &err);
}

static enum fault_result key_to_pem(void *arg)
{
    char *pem = key_private_to_pem(key);

    fault_alloc_stop();
    if (!pem)
        return FAULT_NO_MEMORY;
    assert_string_equal(pem, arg);
    free(pem);
    return FAULT_DONE;
}

static enum fault_result sign(void *arg)
{
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct err err = {0};
    enum err_code code = key_sign(key, "message", 7, signature, &err);

    (void)arg;
    fault_alloc_stop();
    if (code == ERR_OK)
        assert_int_equal(key_verify(key_private_public(key), "message", 7, signature, NULL), ERR_OK);
    return told(code, &err);
}

static enum fault_result verify(void *arg)
{
    struct err err = {0};
    enum err_code code = key_verify(key_private_public(key), "message", 7, arg, &err);

    fault_alloc_stop();
    return told_of_signature(code, &err);
}

static enum fault_result refuse_signature(void *arg)
{
    enum err_code code = key_verify(key_private_public(key), "messagE", 7, arg, NULL);

    fault_alloc_stop();
    assert_int_not_equal(code, ERR_OK);
    return FAULT_DONE;
}

static void keys(void **state)
{
    struct key_public *public = key_public_copy(key_private_public(key));
    json_t *jwk = jwk_of(key);
    char *pem = key_private_to_pem(key);
    uint8_t signature[KEY_SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(key_sign(key, "message", 7, signature, NULL), ERR_OK);
    fault_alloc_each(OURS, read_jwk, jwk);
    fault_alloc_each(FAULT_OPENSSL, read_jwk, jwk);
    fault_alloc_each(OURS, copy_key, public);
    fault_alloc_each(OURS, write_jwk, public);
    fault_alloc_each(OURS, generate_key, NULL);
    fault_alloc_each(FAULT_OPENSSL, generate_key, NULL);
    fault_alloc_each(OURS, key_from_seed, NULL);
    fault_alloc_each(FAULT_OPENSSL, key_from_seed, NULL);
    fault_alloc_each(OURS, key_from_pem, pem);
    fault_alloc_each(FAULT_OPENSSL, key_from_pem, pem);
    fault_alloc_each(OURS, key_to_pem, pem);
    fault_alloc_each(FAULT_OPENSSL, key_to_pem, pem);
    fault_alloc_each(FAULT_OPENSSL, sign, NULL);
    fault_alloc_each(FAULT_OPENSSL, verify, signature);
    fault_alloc_each(FAULT_OPENSSL, refuse_signature, signature);
    free(pem);
    json_decref(jwk);
    key_public_destroy(public);
}

/* ---- heads and pages */

static enum fault_result sign_head(void *arg)
{
    const struct head *head = arg;
    char jws[HEAD_SIZE] = "";
    struct err err = {0};
    struct head again;
    enum err_code code = head_sign(head, key, jws, &err);

    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_string_equal(jws, "");
        return told(code, &err);
    }
    assert_int_equal(head_verify(jws, strlen(jws), key_private_public(key), NULL), ERR_OK);
    assert_int_equal(head_parse(jws, strlen(jws), &again, NULL), ERR_OK);
    assert_memory_equal(&again.position, &head->position, sizeof again.position);
    return FAULT_DONE;
}

static enum fault_result parse_head(void *arg)
{
    const char *jws = arg;
    struct head head;
    struct err err = {0};
    enum err_code code = head_parse(jws, strlen(jws), &head, &err);

    fault_alloc_stop();
    if (code == ERR_OK)
        assert_string_equal(head.origin, "arnhem.example");
    return told(code, &err);
}

static enum fault_result verify_head(void *arg)
{
    const char *jws = arg;
    struct err err = {0};
    enum err_code code = head_verify(jws, strlen(jws), key_private_public(key), &err);

    fault_alloc_stop();
    return told(code, &err);
}

static enum fault_result verify_head_in_openssl(void *arg)
{
    const char *jws = arg;
    struct err err = {0};
    enum err_code code = head_verify(jws, strlen(jws), key_private_public(key), &err);

    fault_alloc_stop();
    return told_of_signature(code, &err);
}

static void heads(void **state)
{
    struct head head = {.position = town_position(&town, 2), .issued_at = TOWN_NOW};

    (void)state;
    strcpy(head.origin, "arnhem.example");
    strcpy(head.stream, "to/saarbruecken.example");
    fault_alloc_each(FAULT_OPENSSL, sign_head, &head);
    fault_alloc_each(OURS, parse_head, town.heads[1]);
    fault_alloc_each(OURS, verify_head, town.heads[1]);
    fault_alloc_each(FAULT_OPENSSL, verify_head_in_openssl, town.heads[1]);
}

static enum fault_result read_page(void *arg)
{
    const struct town_page *whole = arg;
    struct page page;
    struct err err = {0};
    size_t used = 0;
    enum err_code code = page_read((const char *)whole->text.data, whole->text.size, &page, &used, &err);

    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_null(page.lines);
        assert_int_equal(page.count, 0);
        return told(code, &err);
    }
    assert_int_equal(used, whole->text.size);
    assert_int_equal(page.count, whole->page.count);
    for (size_t i = 0; i < page.count; i++) {
        assert_string_equal(page.lines[i].entry.type, whole->page.lines[i].entry.type);
        assert_true(json_equal(page.lines[i].entry.body, whole->page.lines[i].entry.body));
        assert_memory_equal(page.lines[i].chain, whole->page.lines[i].chain, CHAIN_SIZE);
    }
    page_finish(&page);
    return FAULT_DONE;
}

static enum fault_result write_page(void *arg)
{
    struct town_page *whole = arg;
    struct page *page = &whole->page;
    struct buffer out = {0};
    char jws[HEAD_SIZE];
    bool failed;

    snprintf(jws, sizeof jws, "%.*s", (int)page->head_jws.size, (const char *)page->head_jws.data);
    page_write_open(&out, page->origin, page->stream, &page->from);
    for (size_t i = 0; i < page->count; i++)
        page_write_entry(&out, page->lines[i].line);
    page_write_close(&out, jws);
    fault_alloc_stop();
    failed = out.failed;
    if (!failed)
        assert_string_equal((const char *)out.data, (const char *)whole->text.data);
    buffer_free(&out);
    return failed ? FAULT_NO_MEMORY : FAULT_DONE;
}

static enum fault_result write_proof(void *arg)
{
    struct town_page *whole = arg;
    struct buffer out = {0};
    struct page again;
    size_t used;
    bool failed;

    page_write_proof(&out, &whole->page);
    fault_alloc_stop();
    failed = out.failed;
    if (!failed) {
        assert_int_equal(page_read((const char *)out.data, out.size, &again, &used, NULL), ERR_OK);
        assert_int_equal(again.count, whole->page.count);
        page_finish(&again);
    }
    buffer_free(&out);
    return failed ? FAULT_NO_MEMORY : FAULT_DONE;
}

static void pages(void **state)
{
    struct town_page whole;

    (void)state;
    town_page(&town, 0, 5, &whole);
    fault_alloc_each(OURS, read_page, &whole);
    fault_alloc_each(OURS, write_page, &whole);
    fault_alloc_each(OURS, write_proof, &whole);
    town_page_finish(&whole);
}

/* ---- requests */

static const uint8_t nonce[16] = {9};
static const char digest_of_body[] = "sha-256=:x:";

static struct http_message a_request(void)
{
    return (struct http_message){.method = "POST",
                                 .authority = "arnhem.example",
                                 .path = "/federation/v1/hint",
                                 .query = "a=1",
                                 .has_body = true,
                                 .body = {(const uint8_t *)"body", 4},
                                 .content_type = "application/jose",
                                 .content_digest = digest_of_body};
}

static enum fault_result sign_request(void *arg)
{
    struct http_message message = a_request();
    struct http_signature signature;
    struct err err = {0};
    char *input, *value;
    enum err_code code = http_signature_sign(&message, key, TOWN_NOW, nonce, &input, &value, &err);

    (void)arg;
    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_null(input);
        assert_null(value);
        return told(code, &err);
    }
    message.signature_input = input;
    message.signature = value;
    assert_int_equal(http_signature_parse(&message, &signature, NULL), ERR_OK);
    assert_int_equal(http_signature_verify(&signature, key_private_public(key), NULL), ERR_OK);
    http_signature_finish(&signature);
    free(input);
    free(value);
    return FAULT_DONE;
}

static enum fault_result parse_request(void *arg)
{
    struct http_signature signature;
    struct err err = {0};
    enum err_code code = http_signature_parse(arg, &signature, &err);

    fault_alloc_stop();
    if (code != ERR_OK)
        assert_null(signature.base.data);
    else
        assert_string_equal(signature.key_id, key_public_id(key_private_public(key)));
    http_signature_finish(&signature);
    return told(code, &err);
}

static enum fault_result verify_request(void *arg)
{
    struct err err = {0};
    enum err_code code = http_signature_verify(arg, key_private_public(key), &err);

    fault_alloc_stop();
    return told_of_signature(code, &err);
}

static enum fault_result build_base(void *arg)
{
    static const struct http_component known[] = {{"@method", "POST"},
                                                  {"date", "Tue, 20 Apr 2021 02:07:55 GMT"}};
    struct buffer base = {0};
    struct err err = {0};
    enum err_code code =
        http_signature_base("x=(\"@method\" \"date\");created=1;keyid=\"k\"", known, 2, &base, &err);

    (void)arg;
    fault_alloc_stop();
    if (code == ERR_OK)
        assert_string_equal((const char *)base.data,
                            "\"@method\": POST\n\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
                            "\"@signature-params\": (\"@method\" \"date\");created=1;keyid=\"k\"");
    buffer_free(&base);
    return told(code, &err);
}

static void requests(void **state)
{
    struct http_message message = a_request();
    struct http_signature signature;
    char *input, *value;

    (void)state;
    fault_alloc_each(OURS, sign_request, NULL);
    fault_alloc_each(FAULT_OPENSSL, sign_request, NULL);
    assert_int_equal(http_signature_sign(&message, key, TOWN_NOW, nonce, &input, &value, NULL), ERR_OK);
    message.signature_input = input;
    message.signature = value;
    fault_alloc_each(OURS, parse_request, &message);
    assert_int_equal(http_signature_parse(&message, &signature, NULL), ERR_OK);
    fault_alloc_each(FAULT_OPENSSL, verify_request, &signature);
    fault_alloc_each(OURS, build_base, NULL);
    http_signature_finish(&signature);
    free(input);
    free(value);
}

/* ---- the writing side */

static enum fault_result append_entries(void *arg)
{
    struct origin_stream stream = town.stream;
    struct origin_stream before = stream;
    struct origin_line lines[2];
    char jws[HEAD_SIZE] = "";
    struct err err = {0};
    struct head head;
    enum err_code code = origin_append(&stream, arg, 2, next_key, TOWN_NOW, lines, jws, &err);

    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_memory_equal(&stream, &before, sizeof stream);
        assert_null(lines[0].line.data);
        assert_null(lines[1].line.data);
        assert_string_equal(jws, "");
        return told(code, &err);
    }
    assert_int_equal(head_parse(jws, strlen(jws), &head, NULL), ERR_OK);
    assert_memory_equal(&head.position, &stream.position, sizeof head.position);
    assert_int_equal(stream.position.at.seq, before.position.at.seq + 2);
    assert_memory_equal(lines[1].chain, head.position.chain, CHAIN_SIZE);
    origin_lines_finish(lines, 2);
    return FAULT_DONE;
}

static enum fault_result refresh_head(void *arg)
{
    struct origin_stream stream = town.stream;
    struct origin_stream before = stream;
    char jws[HEAD_SIZE];
    struct err err = {0};
    bool anew;
    enum err_code code = origin_refresh(&stream, next_key, TOWN_NOW + 1000, &anew, jws, &err);

    (void)arg;
    fault_alloc_stop();
    if (code != ERR_OK) {
        assert_memory_equal(&stream, &before, sizeof stream);
        assert_string_equal(jws, "");
        assert_false(anew);
        return told(code, &err);
    }
    assert_true(anew);
    assert_int_equal(head_verify(jws, strlen(jws), key_private_public(next_key), NULL), ERR_OK);
    return FAULT_DONE;
}

/* The stream stays where it is, so that the same append can be made once there is memory again. */
static void an_append_is_whole_or_not_at_all(void **state)
{
    struct entry entries[2] = {an_entry("proposal", json(proposal)), an_entry("novelty", json("{\"n\":1}"))};

    (void)state;
    fault_alloc_each(OURS, append_entries, entries);
    fault_alloc_each(FAULT_OPENSSL, append_entries, entries);
    fault_alloc_each(FAULT_OPENSSL, refresh_head, NULL);
    entry_finish(&entries[0]);
    entry_finish(&entries[1]);
}

/* ---- the reading side */

static struct follower *follow(void)
{
    struct follower *follower =
        follower_create("saarbruecken.example", "arnhem.example", key_private_public(key));

    assert_non_null(follower);
    return follower;
}

static enum fault_result create_follower(void *arg)
{
    struct follower *follower =
        follower_create("saarbruecken.example", "arnhem.example", key_private_public(key));

    (void)arg;
    fault_alloc_stop();
    follower_destroy(follower);
    return !follower ? FAULT_NO_MEMORY : FAULT_DONE;
}

static enum fault_result trust(void *arg)
{
    bool trusted = follower_trust(arg, key_private_public(next_key));

    fault_alloc_stop();
    return trusted ? FAULT_DONE : FAULT_NO_MEMORY;
}

static enum fault_result restore(void *arg)
{
    struct follower *follower = arg;
    struct follower_state state = {.position = town_position(&town, 3),
                                   .key = key_private_public(key),
                                   .signer = key_public_id(key_private_public(key)),
                                   .vouched = {10, 3},
                                   .settled = true};
    struct follower_state before, after;
    bool restored;

    follower_state(follower, FOLLOWER_NET, &before);
    restored = follower_restore(follower, FOLLOWER_NET, &state);
    fault_alloc_stop();
    follower_state(follower, FOLLOWER_NET, &after);
    assert_int_equal(after.position.at.seq, restored ? 3 : before.position.at.seq);
    return restored ? FAULT_DONE : FAULT_NO_MEMORY;
}

static void a_follower_is_made_and_told_or_stays_as_it_was(void **state)
{
    struct follower *follower = follow();

    (void)state;
    fault_alloc_each(OURS, create_follower, NULL);
    fault_alloc_each(OURS, trust, follower);
    fault_alloc_each(OURS, restore, follower);
    follower_destroy(follower);
}

/* What a follower makes of a page when there is memory, and that it makes nothing else of it when there is
 * none.
 */
struct judgement {
    struct follower *follower;
    const struct page *page;
    enum err_code code;
    struct follower_step step;
};

static enum fault_result judge(void *arg)
{
    const struct judgement *expected = arg;
    struct follower_state before, after;
    struct follower_step step;
    struct err err = {0};
    enum err_code code;

    follower_state(expected->follower, FOLLOWER_NET, &before);
    code = follower_page(expected->follower, expected->page, NULL, &step, &err);
    fault_alloc_stop();
    follower_state(expected->follower, FOLLOWER_NET, &after);
    assert_memory_equal(&before.position, &after.position, sizeof before.position);
    assert_int_equal(cursor_compare(before.vouched, after.vouched), 0);
    assert_ptr_equal(before.key, after.key);
    assert_int_equal(before.settled, after.settled);
    if (code == expected->code && step.verdict == expected->step.verdict) {
        assert_memory_equal(&step.after, &expected->step.after, sizeof step.after);
        assert_int_equal(step.settled, expected->step.settled);
        assert_int_equal(step.new_epoch, expected->step.new_epoch);
        assert_int_equal(!step.rotated, !expected->step.rotated);
        return FAULT_DONE;
    }
    assert_int_equal(step.verdict, FOLLOWER_IGNORE);
    return told_of_signature(code, &err);
}

/* Judges lines from+1 … last of a town, or an empty page under the newest head when from is -1, while memory
 * fails and in peace; then applies them. */
static void judge_and_apply(struct follower *follower, const struct town *of, int64_t from, int64_t last,
                            enum err_code code)
{
    struct judgement expected = {.follower = follower, .code = code};
    struct town_page read;

    if (from < 0)
        town_page_fresh(of, &read);
    else
        town_page(of, from, last, &read);
    expected.page = &read.page;
    assert_int_equal(follower_page(follower, expected.page, NULL, &expected.step, NULL), code);
    fault_alloc_each(OURS, judge, &expected);
    fault_alloc_each(FAULT_OPENSSL, judge, &expected);
    if (code == ERR_OK) {
        assert_int_equal(follower_page(follower, expected.page, NULL, &expected.step, NULL), ERR_OK);
        assert_int_equal(expected.step.verdict, FOLLOWER_APPLY);
        follower_applied(follower, &expected.step);
    }
    town_page_finish(&read);
}

static void a_page_is_judged_as_it_is_or_not_at_all(void **state)
{
    struct follower *follower = follow();

    (void)state;
    judge_and_apply(follower, &town, 0, 3, ERR_OK);       /* a first page */
    judge_and_apply(follower, &town, 3, 5, ERR_OK);       /* it ends in a `key` entry */
    judge_and_apply(follower, &town, -1, 0, ERR_OK);      /* a head under the new key moves the trust */
    judge_and_apply(follower, &later_town, 0, 1, ERR_OK); /* another epoch */
    follower_destroy(follower);
}

/* A fork that is overlooked would be a forgery believed. */
static void a_fork_is_no_less_one_for_want_of_memory(void **state)
{
    struct follower *follower = follow();
    const struct follower_state held = {.position = town_position(&town, 2),
                                        .key = key_private_public(key),
                                        .signer = key_public_id(key_private_public(key)),
                                        .vouched = {10, 2},
                                        .settled = true};

    (void)state;
    assert_true(follower_restore(follower, FOLLOWER_NET, &held));
    judge_and_apply(follower, &forked_town, 0, 2, ERR_FORKED);
    follower_destroy(follower);
}

/* ---- what needs no memory, and so can never be wrong for want of it */

static enum fault_result judge_forms(void *arg)
{
    static const struct json_field fields[] = {
        {.name = "text", .type = JSON_FIELD_TEXT, .required = true, .min = 1, .max = 200},
        {.name = "kind", .type = JSON_FIELD_ENUM, .values = entry_categories},
        {.name = "salt", .type = JSON_FIELD_B64U, .max = ENTRY_SALT_SIZE},
        {.name = "at", .type = JSON_FIELD_TIME},
        {.name = NULL},
    };
    const json_t *object = arg;
    uint8_t chain[CHAIN_SIZE], digest[CHAIN_SIZE], octets[4];
    struct structured_reader reader = structured_field_begin("a=:AQIDBA==:, b=?1");
    struct structured_item item;
    struct bytes name;
    struct cursor cursor;
    struct err err;
    char text[64];
    bool has_value;

    assert_true(cursor_parse("10.5", &cursor));
    assert_true(authority_valid("saarbruecken.example:8443"));
    assert_true(uuid_valid(town_id));
    assert_int_equal(structured_field_member(&reader, &name, &has_value), STRUCTURED_FOUND);
    assert_true(structured_field_item(&reader, &item));
    assert_true(structured_field_octets(&item, octets, sizeof octets));
    chain_start("a.example", "net", 10, chain);
    chain_digest("line", 4, digest);
    chain_link(chain, 1, digest);
    http_signature_digest((struct bytes){digest, sizeof digest}, text);
    /* Both what is right and what is wrong. */
    assert_int_equal(json_field_check(json_object_get(object, "good"), fields, JSON_FIELD_CLOSED, &err),
                     ERR_OK);
    assert_int_equal(json_field_check(json_object_get(object, "bad"), fields, JSON_FIELD_CLOSED, &err),
                     ERR_MALFORMED);
    assert_string_equal(err.text,
                        "/kind: must be one of goods transport space expertise hands training network");
    return FAULT_DONE;
}

static void forms_are_judged_without_memory(void **state)
{
    json_t *object = json("{\"good\":{\"text\":\"t\",\"kind\":\"goods\",\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                          "\"at\":\"2026-11-01T09:00:00Z\"},"
                          "\"bad\":{\"text\":\"t\",\"kind\":\"money\"}}");

    (void)state;
    fault_alloc_none(judge_forms, object);
    json_decref(object);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_and_json),
        cmocka_unit_test(an_entry_is_read),
        cmocka_unit_test(no_entry_is_nonsense_for_want_of_memory),
        cmocka_unit_test(an_entry_is_written_whole_or_not_at_all),
        cmocka_unit_test(keys),
        cmocka_unit_test(heads),
        cmocka_unit_test(pages),
        cmocka_unit_test(requests),
        cmocka_unit_test(an_append_is_whole_or_not_at_all),
        cmocka_unit_test(a_follower_is_made_and_told_or_stays_as_it_was),
        cmocka_unit_test(a_page_is_judged_as_it_is_or_not_at_all),
        cmocka_unit_test(a_fork_is_no_less_one_for_want_of_memory),
        cmocka_unit_test(forms_are_judged_without_memory),
    };

    fault_alloc_install();
    return cmocka_run_group_tests(tests, make_towns, close_towns);
}
