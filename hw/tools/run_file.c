/*
 * Reads what mali-run runs. The description is text, a statement a line, # begins a
 * comment; README.md lists the statements. Each is a row of a table here.
 *
 * Called by mali-run.c. Calls native.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "run_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (256ull << 20) /* of one memory range */

/* A line being read. */
struct line {
    const char *path;
    unsigned number;
    char *rest; /* what has not been read */
    struct run_file *f;
    struct native *n;
};

static bool bad(const struct line *l, const char *what)
{
    fprintf(stderr, "mali-run: %s:%u: %s\n", l->path, l->number, what);
    return false;
}

/* --- shaders ------------------------------------------------------------------------------ */

void run_file_init(struct run_file *f)
{
    memset(f, 0, sizeof(*f));
    f->size[0] = 16;
    f->size[1] = f->size[2] = f->grid[0] = f->grid[1] = f->grid[2] = 1;
    f->base = RUN_CODE;
    f->ftz = 1;
    f->tls_log2 = 5;   /* 512 bytes */
    f->wls_scale = 15; /* 16 KiB */
}

void run_file_fini(struct run_file *f)
{
    free(f->code);
    f->code = NULL;
}

static bool add_word(struct run_file *f, uint64_t w)
{
    if (!(f->words & (f->words - 1))) {
        uint64_t *more = realloc(f->code, (f->words ? 2 * f->words : 16) * sizeof(w));
        if (!more)
            return false;
        f->code = more;
    }
    f->code[f->words++] = w;
    return true;
}

/* One line of text: "address: word ..." or words only; what is not hexadecimal ends it. */
static bool text_line(struct run_file *f, char *line)
{
    char *colon = strchr(line, ':'), *end;
    bool one = colon != NULL;

    line[strcspn(line, "#")] = 0;
    for (char *p = colon ? colon + 1 : line; *p; p = end) {
        errno = 0;
        uint64_t w = strtoull(p, &end, 16);
        if (end == p || (*end && !isspace((unsigned char)*end)) || errno)
            break;
        if (!add_word(f, w))
            return false;
        if (one)
            break;
    }
    return true;
}

static bool is_text(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isprint(data[i]) && !isspace(data[i]))
            return false;
    return true;
}

static uint8_t *read_all(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t room = 0, n;

    *len = 0;
    if (!f)
        return NULL;
    do {
        if (*len + 65536 >= room) {
            uint8_t *more = realloc(data, room = 2 * room + 131072);
            if (!more)
                break;
            data = more;
        }
        n = fread(data + *len, 1, 65536, f);
        *len += n;
    } while (n && *len < MAX_BYTES);
    fclose(f);
    if (data)
        data[*len] = 0;
    return data;
}

bool run_file_shader(struct run_file *f, const char *path)
{
    size_t len;
    uint8_t *data = read_all(path, &len);
    bool ok = data != NULL;

    if (!ok) {
        fprintf(stderr, "mali-run: %s: %s\n", path, strerror(errno));
        return false;
    }
    if (is_text(data, len)) {
        for (char *p = strtok((char *)data, "\n"); p && ok; p = strtok(NULL, "\n"))
            ok = text_line(f, p);
    } else {
        for (size_t i = 0; i + 8 <= len && ok; i += 8) {
            uint64_t w = 0;
            for (int k = 7; k >= 0; k--)
                w = w << 8 | data[i + k];
            ok = add_word(f, w);
        }
    }
    free(data);
    if (!ok || !f->words)
        fprintf(stderr, "mali-run: %s: %s\n", path, ok ? "no words of code" : "out of memory");
    return ok && f->words;
}

/* --- words of a line ------------------------------------------------------------------------ */

static char *next(struct line *l)
{
    char *p = l->rest + strspn(l->rest, " \t\r\n");
    size_t n = strcspn(p, " \t\r\n");

    l->rest = p + n;
    if (*l->rest)
        *l->rest++ = 0;
    return n ? p : NULL;
}

/* A number no larger than @max: 0x hexadecimal, else decimal. */
static bool number(struct line *l, uint64_t max, uint64_t *v)
{
    char *p = next(l), *end;

    if (!p)
        return bad(l, "a number is missing");
    errno = 0;
    *v = strtoull(p, &end, 0);
    if (*end || errno || *p == '-') {
        fprintf(stderr, "mali-run: %s:%u: \"%s\" is not a number\n", l->path, l->number, p);
        return false;
    }
    if (*v > max) {
        fprintf(stderr, "mali-run: %s:%u: %s is more than %" PRIu64 "\n", l->path, l->number, p,
                max);
        return false;
    }
    return true;
}

static bool three(struct line *l, uint64_t max, uint32_t out[3])
{
    uint64_t v[3];

    for (unsigned i = 0; i < 3; i++) {
        if (!number(l, max, &v[i]))
            return false;
        out[i] = (uint32_t)v[i];
    }
    return true;
}

/* --- statements ------------------------------------------------------------------------------- */

static bool on_workgroup(struct line *l)
{
    return three(l, 1024, l->f->size);
}

static bool on_grid(struct line *l)
{
    return three(l, UINT32_MAX, l->f->grid);
}

static bool on_offset(struct line *l)
{
    return three(l, UINT32_MAX, l->f->offset);
}

static bool on_base(struct line *l)
{
    return number(l, (1ull << 48) - 8, &l->f->base);
}

static bool on_fau(struct line *l)
{
    while (l->rest[strspn(l->rest, " \t\r\n")]) {
        if (l->f->fau_count == RUN_MAX_FAU)
            return bad(l, "more than 128 FAU words of 64 bits");
        if (!number(l, UINT64_MAX, &l->f->fau[l->f->fau_count]))
            return false;
        l->f->fau_count++;
    }
    return true;
}

static bool on_reg(struct line *l)
{
    uint64_t r, v;

    if (!number(l, RUN_MAX_REGS - 1, &r))
        return false;
    struct run_reg *reg = &l->f->reg[r];
    for (reg->count = 0; l->rest[strspn(l->rest, " \t\r\n")]; reg->count++) {
        if (reg->count == 16)
            return bad(l, "a register has 16 lanes");
        if (!number(l, UINT32_MAX, &v))
            return false;
        reg->value[reg->count] = (uint32_t)v;
    }
    reg->given = reg->count;
    return reg->given || bad(l, "a value is missing");
}

static bool file_content(struct line *l, uint64_t va, uint64_t size)
{
    char *path = next(l);
    size_t len = 0;
    uint8_t *data = path ? read_all(path, &len) : NULL;

    if (!data)
        return bad(l, "that file cannot be read");
    bool ok = native_write(l->n, va, data, len < size ? len : size);
    free(data);
    return ok;
}

/* memory VA SIZE [ro] [file PATH] */
static bool on_memory(struct line *l)
{
    uint64_t va, size;
    bool ro = false;
    char *word;

    if (!number(l, (1ull << 48) - 1, &va) || !number(l, MAX_BYTES, &size))
        return false;
    if (va + size > 1ull << 48)
        return bad(l, "beyond 48 bits");
    for (char *p = l->rest; (p = strstr(p, "ro")); p += 2)
        ro |= (p == l->rest || isspace((unsigned char)p[-1])) &&
              (!p[2] || isspace((unsigned char)p[2]));
    if (size &&
        !native_map_new(l->n, va, ((va & 4095) + size + 4095) / 4096, ro ? NATIVE_R : NATIVE_RW))
        return bad(l, "out of memory");
    while ((word = next(l))) {
        if (!strcmp(word, "ro"))
            continue;
        if (strcmp(word, "file"))
            return bad(l, "memory VA SIZE [ro] [file PATH]");
        if (!file_content(l, va, size))
            return false;
    }
    return true;
}

static bool put(struct line *l, uint64_t *va, const void *v, unsigned size)
{
    if (!native_write(l->n, *va, v, size))
        return bad(l, "not in a \"memory\" range");
    *va += size;
    return true;
}

static bool numbers(struct line *l, unsigned size)
{
    uint64_t va, v;

    if (!number(l, (1ull << 48) - 1, &va))
        return false;
    while (l->rest[strspn(l->rest, " \t\r\n")])
        if (!number(l, size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1, &v) ||
            !put(l, &va, &v, size)) /* the host is little-endian, as the GPU */
            return false;
    return true;
}

static bool on_u8(struct line *l)
{
    return numbers(l, 1);
}

static bool on_u32(struct line *l)
{
    return numbers(l, 4);
}

static bool on_u64(struct line *l)
{
    return numbers(l, 8);
}

static bool on_f32(struct line *l)
{
    uint64_t va;
    char *p, *end;

    if (!number(l, (1ull << 48) - 1, &va))
        return false;
    while ((p = next(l))) {
        float v = strtof(p, &end);
        if (*end)
            return bad(l, "that is not a floating-point number");
        if (!put(l, &va, &v, 4))
            return false;
    }
    return true;
}

/* dump VA SIZE [x|q|f|d|b] */
static bool on_dump(struct line *l)
{
    struct run_dump *d = &l->f->dump[l->f->dumps];
    uint64_t size;

    if (l->f->dumps == RUN_MAX_DUMPS)
        return bad(l, "more than 64 dumps");
    if (!number(l, (1ull << 48) - 1, &d->va) || !number(l, MAX_BYTES, &size))
        return false;
    char *as = next(l);
    if (as && (strlen(as) != 1 || !strchr("xqfdb", *as)))
        return bad(l, "dump VA SIZE [x|q|f|d|b]");
    d->as = as ? *as : 'x';
    d->size = (uint32_t)size;
    l->f->dumps++;
    return true;
}

/* buffer TABLE INDEX VA SIZE: a buffer descriptor for LD_BUFFER and LEA_BUFFER */
static bool on_buffer(struct line *l)
{
    struct run_file *f = l->f;
    uint64_t table, index, va, size;

    if (!number(l, RUN_MAX_TABLES - 2, &table) || !number(l, 63, &index) ||
        !number(l, (1ull << 48) - 1, &va) || !number(l, UINT32_MAX, &size))
        return false;
    if (f->descs == RUN_MAX_ENTRIES)
        return bad(l, "too many descriptors");
    uint32_t *d = f->desc[f->descs];
    d[0] = 9 | 1 << 4; /* buffer, simple; source: v10.xml */
    d[1] = (uint32_t)size;
    d[2] = (uint32_t)va;
    d[3] = va >> 32;
    f->desc_of[table][index] = (uint16_t)++f->descs;
    f->table[table].used = true;
    if (f->table[table].entries <= index)
        f->table[table].entries = (unsigned)index + 1;
    return true;
}

static bool on_ftz(struct line *l)
{
    uint64_t v;

    if (!number(l, 3, &v))
        return false;
    l->f->ftz = (unsigned)v;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct line *l);
} statements[] = {
    {"workgroup", on_workgroup},
    {"grid", on_grid},
    {"offset", on_offset},
    {"base", on_base},
    {"fau", on_fau},
    {"reg", on_reg},
    {"memory", on_memory},
    {"u8", on_u8},
    {"u32", on_u32},
    {"u64", on_u64},
    {"f32", on_f32},
    {"dump", on_dump},
    {"buffer", on_buffer},
    {"ftz", on_ftz},
};

static bool statement(struct line *l)
{
    char *name = next(l);

    for (unsigned i = 0; name && i < sizeof(statements) / sizeof(statements[0]); i++)
        if (!strcmp(name, statements[i].name))
            return statements[i].read(l) &&
                   (!next(l) || bad(l, "there is more on the line than the statement takes"));
    return !name || bad(l, "no such statement; see hw/tools/README.md");
}

bool run_file_read(struct run_file *f, struct native *n, const char *path)
{
    struct line l = {.path = path, .f = f, .n = n};
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    bool ok = true;

    if (!in) {
        fprintf(stderr, "mali-run: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (ok && getline(&text, &room, in) >= 0) {
        l.number++;
        text[strcspn(text, "#")] = 0;
        l.rest = text;
        ok = statement(&l);
    }
    free(text);
    fclose(in);
    if (ok && (uint64_t)f->size[0] * f->size[1] * f->size[2] > 1024) {
        fprintf(stderr, "mali-run: %s: a workgroup has at most 1024 invocations\n", path);
        return false;
    }
    return ok;
}

/* --- placing ---------------------------------------------------------------------------------- */

/* Descriptors from RUN_DESC on: SPD, TSD, tables, FAU, then each table's entries. */
static bool place_descriptors(struct run_file *f, struct native *n)
{
    uint32_t spd[8] = {8 | 1 << 4 | f->ftz << 17, 0xffff};
    uint32_t tsd[8] = {f->tls_log2, f->wls_scale << 8};
    uint64_t at = RUN_DESC + 0x2000, tls = RUN_TLS >> 8 | 1ull << 60, wls = RUN_WLS;
    bool ok;

    memcpy(&spd[2], &f->base, 8);
    memcpy(&tsd[2], &tls, 8);
    memcpy(&tsd[4], &wls, 8);
    ok = native_map_new(n, RUN_DESC, RUN_DESC_PAGES, NATIVE_R) &&
         native_write(n, RUN_DESC, spd, 32) && native_write(n, RUN_DESC + 64, tsd, 32) &&
         native_write(n, RUN_DESC + 0x1000, f->fau, 8 * f->fau_count);
    for (unsigned t = 0; t < RUN_MAX_TABLES && ok; t++) {
        uint64_t entry[2] = {at | 1ull << 56, 32 * f->table[t].entries};
        if (!f->table[t].used)
            continue;
        ok = native_write(n, RUN_DESC + 128 + 16 * t, entry, 16);
        for (unsigned i = 0; i < f->table[t].entries && ok; i++)
            if (f->desc_of[t][i])
                ok = native_write(n, at + 32 * i, f->desc[f->desc_of[t][i] - 1], 32);
        at += 2048;
    }
    return ok;
}

bool run_file_place(struct run_file *f, struct native *n)
{
    uint64_t threads = (uint64_t)f->size[0] * f->size[1] * f->size[2];
    uint64_t bytes = 8ull * (f->words + 8);
    bool ok;

    if (f->base & 7) {
        fprintf(stderr, "mali-run: base 0x%" PRIx64 " is not a multiple of 8\n", f->base);
        return false;
    }
    ok =
        native_map_new(n, f->base, ((f->base & 4095) + bytes + 4095) / 4096, NATIVE_R | NATIVE_X) &&
        native_write(n, f->base, f->code, 8ull * f->words) && place_descriptors(f, n) &&
        native_map_new(n, RUN_TLS, (threads * (16ull << f->tls_log2) + 4095) / 4096, NATIVE_RW) &&
        native_map_new(n, RUN_WLS, ((1ull << f->wls_scale) / 2 + 4095) / 4096, NATIVE_RW);
    if (!ok)
        fprintf(stderr,
                "mali-run: out of memory, or \"memory\" overlaps the program at 0x%" PRIx64 "\n",
                f->base);
    return ok;
}
