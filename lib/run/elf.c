/* SPDX-License-Identifier: MIT */
/* Reads what the launcher must know of an ELF file, of any class and byte order: its ABI, its
   loader, its C library, and whether it defines a symbol.  The file may be damaged: every offset
   goes through pread, every loop has a bound. */
#include "run.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_SIZE = 64, SEGMENT_SIZE = 56, SEGMENT_MAX = 1024, DYNAMIC_MAX = 4096 };
enum { NAME_SIZE = 64, CHAIN_MAX = 1 << 20 };

struct segment {
    uint64_t type, offset, address, file_size;
};

static uint64_t take(const struct elf *elf, const unsigned char *bytes, unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        value = (value << 8) | bytes[elf->is_big ? i : size - 1 - i];
    }
    return value;
}

static bool read_at(const struct elf *elf, uint64_t offset, void *buffer, size_t size) {
    return offset <= (uint64_t)INT64_MAX &&
           pread(elf->fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

static bool read_number(const struct elf *elf, uint64_t offset, unsigned size, uint64_t *value) {
    unsigned char bytes[8];
    if (!read_at(elf, offset, bytes, size)) {
        return false;
    }
    *value = take(elf, bytes, size);
    return true;
}

/* At most size - 1 bytes of a string, always ended. */
static bool read_string(const struct elf *elf, uint64_t offset, char *text, size_t size) {
    ssize_t length;
    if (offset > (uint64_t)INT64_MAX) {
        return false;
    }
    length = pread(elf->fd, text, size - 1, (off_t)offset);
    text[length < 0 ? 0 : length] = '\0';
    return length > 0;
}

static bool read_segment(const struct elf *elf, unsigned index, struct segment *segment) {
    unsigned char bytes[SEGMENT_SIZE];
    unsigned size = elf->is_wide ? 56 : 32;
    if (elf->segment_size < size ||
        !read_at(elf, elf->segments_offset + (uint64_t)index * elf->segment_size, bytes, size)) {
        return false;
    }
    segment->type = take(elf, bytes, 4);
    segment->offset = elf->is_wide ? take(elf, bytes + 8, 8) : take(elf, bytes + 4, 4);
    segment->address = elf->is_wide ? take(elf, bytes + 16, 8) : take(elf, bytes + 8, 4);
    segment->file_size = elf->is_wide ? take(elf, bytes + 32, 8) : take(elf, bytes + 16, 4);
    return true;
}

static bool find_segment(const struct elf *elf, uint64_t type, struct segment *segment) {
    for (unsigned i = 0; i < elf->segment_count; i++) {
        if (read_segment(elf, i, segment) && segment->type == type) {
            return true;
        }
    }
    return false;
}

static void read_interpreter(struct elf *elf) {
    struct segment segment;
    if (find_segment(elf, PT_INTERP, &segment) && segment.file_size < sizeof(elf->interpreter)) {
        if (read_at(elf, segment.offset, elf->interpreter, segment.file_size)) {
            elf->interpreter[segment.file_size] = '\0';
        } else {
            elf->interpreter[0] = '\0';
        }
    }
}

bool mip_run_elf_read(int fd, struct elf *elf) {
    unsigned char bytes[HEADER_SIZE] = {0};
    memset(elf, 0, sizeof(*elf));
    elf->fd = fd;
    if (pread(fd, bytes, sizeof(bytes), 0) < 52 || memcmp(bytes, ELFMAG, SELFMAG) != 0) {
        return false;
    }
    elf->is_wide = bytes[EI_CLASS] == ELFCLASS64;
    elf->is_big = bytes[EI_DATA] == ELFDATA2MSB;
    elf->type = (unsigned)take(elf, bytes + 16, 2);
    elf->machine = (unsigned)take(elf, bytes + 18, 2);
    elf->segments_offset = elf->is_wide ? take(elf, bytes + 32, 8) : take(elf, bytes + 28, 4);
    elf->flags = (unsigned)take(elf, bytes + (elf->is_wide ? 48 : 36), 4);
    elf->segment_size = (unsigned)take(elf, bytes + (elf->is_wide ? 54 : 42), 2);
    elf->segment_count = (unsigned)take(elf, bytes + (elf->is_wide ? 56 : 44), 2);
    if (elf->segment_count > SEGMENT_MAX) {
        elf->segment_count = SEGMENT_MAX;
    }
    read_interpreter(elf);
    return elf->type == ET_EXEC || elf->type == ET_DYN;
}

/* The bits of e_flags that tell ABIs of one machine apart.  Objects without a mark for the way
   floating-point arguments are passed (ARM) go with either. */
static unsigned abi_flags(const struct elf *elf) {
    switch (elf->machine) {
    case EM_MIPS:
        return elf->flags & 0x0000f020; /* o32, o64, n32 */
    case EM_PPC64:
        return elf->flags & 3; /* function descriptors or not */
    case EM_RISCV:
        return elf->flags & 0xe; /* float registers, few registers */
    case 258:                    /* LoongArch */
        return elf->flags & 7;
    default:
        return 0;
    }
}

static bool is_same_arm_abi(const struct elf *a, const struct elf *b) {
    unsigned marks = 0x600; /* hard, soft float */
    return a->machine != EM_ARM || (a->flags & marks) == 0 || (b->flags & marks) == 0 ||
           (a->flags & marks) == (b->flags & marks);
}

bool mip_run_elf_is_same_abi(const struct elf *a, const struct elf *b) {
    return a->is_wide == b->is_wide && a->is_big == b->is_big && a->machine == b->machine &&
           abi_flags(a) == abi_flags(b) && is_same_arm_abi(a, b);
}

/* ------------------------------------------------------------------ the dynamic section */
static bool offset_of(const struct elf *elf, uint64_t address, uint64_t *offset) {
    struct segment segment;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        if (read_segment(elf, i, &segment) && segment.type == PT_LOAD &&
            address >= segment.address && address - segment.address < segment.file_size) {
            *offset = address - segment.address + segment.offset;
            return true;
        }
    }
    return false;
}

/* The value of the `nth` entry with this tag. */
static bool read_dynamic(const struct elf *elf, uint64_t tag, unsigned nth, uint64_t *value) {
    unsigned word = elf->is_wide ? 8 : 4;
    struct segment segment;
    uint64_t count, entry_tag;
    if (!find_segment(elf, PT_DYNAMIC, &segment)) {
        return false;
    }
    count = segment.file_size / (2 * word);
    for (uint64_t i = 0; i < count && i < DYNAMIC_MAX; i++) {
        uint64_t offset = segment.offset + i * 2 * word;
        if (!read_number(elf, offset, word, &entry_tag) || entry_tag == DT_NULL) {
            return false;
        }
        if (entry_tag == tag && nth-- == 0) {
            return read_number(elf, offset + word, word, value);
        }
    }
    return false;
}

static bool read_table(const struct elf *elf, uint64_t tag, uint64_t *offset) {
    uint64_t address;
    return read_dynamic(elf, tag, 0, &address) && offset_of(elf, address, offset);
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static enum c_library c_library_of_loader(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (starts_with(name, "ld-musl")) {
        return C_LIBRARY_MUSL;
    }
    if (strstr(name, "uClibc") != NULL || starts_with(name, "linker")) {
        return C_LIBRARY_OTHER;
    }
    return C_LIBRARY_GNU;
}

static enum c_library c_library_of_name(const char *name) {
    if (starts_with(name, "libc.so.6")) {
        return C_LIBRARY_GNU;
    }
    if (starts_with(name, "libc.musl-") || strcmp(name, "libc.so") == 0) {
        return C_LIBRARY_MUSL;
    }
    return starts_with(name, "libc.so.") ? C_LIBRARY_OTHER : C_LIBRARY_UNKNOWN;
}

enum c_library mip_run_elf_c_library(const struct elf *elf) {
    enum c_library found = C_LIBRARY_UNKNOWN;
    char name[NAME_SIZE];
    uint64_t strings, offset;
    if (elf->interpreter[0] != '\0') {
        return c_library_of_loader(elf->interpreter);
    }
    if (!read_table(elf, DT_STRTAB, &strings)) {
        return C_LIBRARY_UNKNOWN;
    }
    for (unsigned i = 0; found == C_LIBRARY_UNKNOWN && read_dynamic(elf, DT_NEEDED, i, &offset);
         i++) {
        if (read_string(elf, strings + offset, name, sizeof(name))) {
            found = c_library_of_name(name);
        }
    }
    return found;
}

/* Where its libraries are searched for, which is no concern of what it starts. */
bool mip_run_elf_has_search_path(const struct elf *elf) {
    uint64_t value;
    return read_dynamic(elf, DT_RPATH, 0, &value) || read_dynamic(elf, DT_RUNPATH, 0, &value);
}

/* ------------------------------------------------------------------ symbols */
struct symbol_table {
    uint64_t symbols, strings; /* offsets */
};

struct hash_table {
    struct symbol_table names;
    uint64_t buckets, chains; /* offsets */
    uint64_t bucket_count, first_symbol;
};

static bool open_symbols(const struct elf *elf, struct symbol_table *table) {
    return read_table(elf, DT_SYMTAB, &table->symbols) &&
           read_table(elf, DT_STRTAB, &table->strings);
}

static bool open_hash_table(const struct elf *elf, struct hash_table *table) {
    uint64_t hash, bloom_count;
    if (!read_table(elf, DT_GNU_HASH, &hash) || !open_symbols(elf, &table->names) ||
        !read_number(elf, hash, 4, &table->bucket_count) ||
        !read_number(elf, hash + 4, 4, &table->first_symbol) ||
        !read_number(elf, hash + 8, 4, &bloom_count) || table->bucket_count == 0) {
        return false;
    }
    table->buckets = hash + 16 + bloom_count * (elf->is_wide ? 8 : 4);
    table->chains = table->buckets + table->bucket_count * 4;
    return true;
}

/* A symbol that is only used has no section. */
static bool is_definition(const struct elf *elf, const struct symbol_table *table, uint64_t index,
                          const char *symbol) {
    char name[NAME_SIZE];
    uint64_t entry = table->symbols + index * (elf->is_wide ? 24 : 16);
    uint64_t name_offset, section;
    return read_number(elf, entry, 4, &name_offset) &&
           read_number(elf, entry + (elf->is_wide ? 6 : 14), 2, &section) && section != SHN_UNDEF &&
           read_string(elf, table->strings + name_offset, name, sizeof(name)) &&
           strcmp(name, symbol) == 0;
}

/* In the hash table of the GNU linkers. */
static bool is_hashed(const struct elf *elf, const struct hash_table *table, const char *symbol) {
    uint32_t hash = 5381;
    uint64_t index, chain;
    for (const char *p = symbol; *p != '\0'; p++) {
        hash = hash * 33 + (unsigned char)*p;
    }
    if (!read_number(elf, table->buckets + hash % table->bucket_count * 4, 4, &index) ||
        index < table->first_symbol) {
        return false;
    }
    for (unsigned i = 0; i < CHAIN_MAX; i++, index++) {
        if (!read_number(elf, table->chains + (index - table->first_symbol) * 4, 4, &chain)) {
            return false;
        }
        if ((chain | 1) == (hash | 1u) && is_definition(elf, &table->names, index, symbol)) {
            return true;
        }
        if ((chain & 1) != 0) {
            return false;
        }
    }
    return false;
}

/* In the older hash table, whose words are long on two machines. */
static bool is_in_old_table(const struct elf *elf, const char *symbol) {
    unsigned word = elf->is_wide && (elf->machine == EM_S390 || elf->machine == EM_ALPHA) ? 8 : 4;
    struct symbol_table names;
    uint64_t table, bucket_count, index;
    uint32_t hash = 0;
    for (const char *p = symbol; *p != '\0'; p++) {
        hash = (hash << 4) + (unsigned char)*p;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    if (!read_table(elf, DT_HASH, &table) || !open_symbols(elf, &names) ||
        !read_number(elf, table, word, &bucket_count) || bucket_count == 0 ||
        !read_number(elf, table + (2 + hash % bucket_count) * word, word, &index)) {
        return false;
    }
    for (unsigned i = 0; i < CHAIN_MAX && index != STN_UNDEF; i++) {
        if (is_definition(elf, &names, index, symbol)) {
            return true;
        }
        if (!read_number(elf, table + (2 + bucket_count + index) * word, word, &index)) {
            return false;
        }
    }
    return false;
}

bool mip_run_elf_defines(const struct elf *elf, const char *symbol) {
    struct hash_table table;
    return open_hash_table(elf, &table) ? is_hashed(elf, &table, symbol)
                                        : is_in_old_table(elf, symbol);
}
