/* SPDX-License-Identifier: MIT */
/* What the room asks of the kernel, with the kernel willing and with calls that fail. */
#include "os/os.h"
#include "bits.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;

/* The kernel copies from the range, or cannot: no signal either way. */
static bool is_readable(const void *address) {
    int ends[2];
    ssize_t written;
    ck_assert_int_eq(pipe(ends), 0);
    written = write(ends[1], address, 1);
    close(ends[0]);
    close(ends[1]);
    return written == 1;
}

static bool is_filled(const char *p, size_t size, char value) {
    for (size_t i = 0; i < size; i++) {
        if (p[i] != value) {
            return false;
        }
    }
    return true;
}

static bool is_zero(const void *address, size_t size) {
    return is_filled(address, size, 0);
}

/* Fault injection: the calls of a kind from the first_failing-th on fail, failing_count of them. */
static size_t calls[MIP_OS_CALL_COUNT];
static size_t first_failing, failing_count;
static enum mip_os_call failing_kind;
static int failing_error;

static int fault(enum mip_os_call call) {
    size_t number = ++calls[call];
    bool fails =
        call == failing_kind && number >= first_failing && number - first_failing < failing_count;
    return fails ? failing_error : 0;
}

static void inject(enum mip_os_call kind, size_t first, size_t count, int error) {
    memset(calls, 0, sizeof(calls));
    failing_kind = kind;
    first_failing = first;
    failing_count = count;
    failing_error = error;
    mip_os_fault_hook = fault;
}

static void count_only(void) {
    inject(MIP_OS_MMAP, 1, 0, 0);
}

static size_t all_calls(void) {
    size_t sum = 0;
    for (int i = 0; i < MIP_OS_CALL_COUNT; i++) {
        sum += calls[i];
    }
    return sum;
}

static void setup(void) {
    mip_os_init();
    page = mip_os_info.page_size;
}

static void teardown(void) {
    mip_os_fault_hook = NULL;
}

START_TEST(test_info) {
    struct rlimit limit;
    size_t huge = mip_os_info.huge_page_size;
    ck_assert_uint_eq(page, (size_t)sysconf(_SC_PAGESIZE));
    ck_assert(mip_is_power_of_two(page) && mip_is_power_of_two(huge) && huge > page);
    ck_assert_uint_gt(mip_os_info.memory_size, MIP_MIB);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    if (limit.rlim_cur == RLIM_INFINITY) {
        ck_assert_uint_eq(mip_os_info.address_limit, SIZE_MAX);
    }
    limit.rlim_cur = (rlim_t)1 << 30;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    mip_os_info.page_size = 0; /* as if it had not run yet */
    mip_os_init();
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0); /* an emulator may know better */
    ck_assert_uint_eq(mip_os_info.address_limit,
                      limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : (size_t)limit.rlim_cur);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}
END_TEST

/* Size and alignment in units: 0 stands for one OS page. */
static const struct {
    size_t size, alignment;
} ranges[] = {
    {0, 0},
    {0, 65536},
    {65536, 65536},
    {65536, 4 << 20},
    {3 << 20, 2 << 20},
    {32 << 20, 32 << 20},
    {1 << 20, (size_t)1 << 30},
};

START_TEST(test_map) {
    size_t size = mip_max(ranges[_i].size, page);
    size_t alignment = mip_max(ranges[_i].alignment, page);
    for (int is_reserve = 0; is_reserve < 2; is_reserve++) {
        for (int i = 0; i < 3; i++) {
            char *p = is_reserve ? mip_os_reserve(NULL, size, alignment)
                                 : mip_os_map(NULL, size, alignment);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % alignment, 0);
            ck_assert(is_readable(p) == !is_reserve);
            ck_assert(is_readable(p + size - 1) == !is_reserve);
            if (!is_reserve) {
                ck_assert(is_zero(p, mip_min(size, 65536)));
                memset(p, 1, mip_min(size, 65536));
                p[size - 1] = 1;
            }
            ck_assert(mip_os_release(p, size));
            ck_assert(!is_readable(p));
        }
    }
}
END_TEST

static size_t address_space_pages(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        ck_assert_int_eq(fscanf(file, "%zu", &pages), 1);
        fclose(file);
    }
    return pages;
}

/* The ends that were cut off a larger range are unmapped. */
START_TEST(test_no_address_space_is_lost) {
    size_t size = mip_max(ranges[_i].size, page);
    size_t alignment = mip_max(ranges[_i].alignment, page);
    size_t before = address_space_pages();
    for (int i = 0; i < 200; i++) {
        void *p = mip_os_reserve(NULL, size, alignment);
        void *q;
        ck_assert_ptr_nonnull(p);
        inject(MIP_OS_MMAP, 2, 1, EEXIST); /* make it cut */
        q = mip_os_reserve((char *)p + alignment / 2 / page * page, size, alignment);
        mip_os_fault_hook = NULL;
        ck_assert_ptr_nonnull(q);
        ck_assert(mip_os_release(p, size));
        ck_assert(mip_os_release(q, size));
    }
    ck_assert(is_emulated() || address_space_pages() < before + 50 * size / page + 1024);
}
END_TEST

START_TEST(test_few_calls) {
    enum { COUNT = 64 };
    size_t size = MIP_MIB / 4;
    void *ranges_got[COUNT];
    count_only();
    for (int i = 0; i < COUNT; i++) {
        ranges_got[i] = mip_os_map(NULL, size, MIP_MIB);
    }
    /* One each, but for the first and where something lies in the way. */
    ck_assert(is_emulated() || all_calls() <= COUNT + COUNT / 4);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_uint_eq((uintptr_t)ranges_got[i] % MIP_MIB, 0);
        ck_assert(mip_os_release(ranges_got[i], size));
    }
}
END_TEST

START_TEST(test_hint) {
    size_t size = 4 * MIP_MIB;
    char *p = mip_os_reserve(NULL, size, MIP_MIB);
    char *q;
    ck_assert_ptr_nonnull(p);
    ck_assert(mip_os_release(p, size));
    q = mip_os_reserve(p, MIP_MIB, MIP_MIB);
    ck_assert_ptr_eq(q, p); /* free: just there */
    p = mip_os_map(q, MIP_MIB, MIP_MIB);
    ck_assert_ptr_nonnull(p); /* taken: elsewhere, the other one as it was */
    ck_assert_ptr_ne(p, q);
    ck_assert_uint_eq((uintptr_t)p % MIP_MIB, 0);
    ck_assert(!is_readable(q));
    ck_assert(mip_os_release(p, MIP_MIB));
    ck_assert(mip_os_release(q, MIP_MIB));
}
END_TEST

START_TEST(test_too_large) {
    errno = 0;
    ck_assert_ptr_null(mip_os_reserve(NULL, mip_round_down(SIZE_MAX, page), page));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_ptr_null(mip_os_map(NULL, mip_round_down(SIZE_MAX, page), (size_t)1 << 30));
}
END_TEST

/* Each way through an aligned request, by failing every combination of two kinds. */
START_TEST(test_map_with_faults) {
    size_t size = 65536, alignment = (size_t)16 << 20;
    for (size_t first = 1; first <= 4; first++) {
        for (size_t count = 1; count <= 4; count++) {
            char *obstacle = mip_os_map(NULL, page, page);
            char *p;
            inject(MIP_OS_MMAP, first, count, ENOMEM);
            errno = 0;
            p = mip_os_reserve(obstacle + page, size, alignment);
            ck_assert(p != NULL || errno == ENOMEM);
            ck_assert(first > 1 || p == NULL);
            ck_assert_uint_eq((uintptr_t)p % alignment, 0);
            mip_os_fault_hook = NULL;
            if (p != NULL) {
                ck_assert(mip_os_commit(p, size) && is_zero(p, size));
                ck_assert(mip_os_release(p, size));
            }
            ck_assert(mip_os_release(obstacle, page));
            /* Nothing can be unmapped: what it gives is good all the same. */
            inject(MIP_OS_MUNMAP, first, count, ENOMEM);
            p = mip_os_map(NULL, size, alignment);
            mip_os_fault_hook = NULL;
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % alignment, 0);
            ck_assert(is_zero(p, size));
            ck_assert(mip_os_release(p, size));
        }
    }
}
END_TEST

START_TEST(test_access) {
    size_t size = 16 * page;
    char *p = mip_os_reserve(NULL, size, page);
    ck_assert_ptr_nonnull(p);
    ck_assert(mip_os_commit(p, 8 * page));
    ck_assert(mip_os_commit(p + 4 * page, 8 * page)); /* overlaps */
    ck_assert(is_zero(p, 12 * page));
    ck_assert(!is_readable(p + 12 * page));
    memset(p, 0x55, 12 * page);
    ck_assert(mip_os_protect(p + page, page));
    ck_assert(!is_readable(p + page));
    ck_assert(mip_os_commit(p + page, page));
    ck_assert_int_eq(p[page], 0x55); /* a guard keeps its contents */
    ck_assert(mip_os_decommit(p + 2 * page, 2 * page));
    ck_assert(!is_readable(p + 2 * page));
    ck_assert_int_eq(p[2 * page - 1], 0x55);
    ck_assert_int_eq(p[4 * page], 0x55);
    ck_assert(mip_os_commit(p + 2 * page, 2 * page));
    ck_assert(is_zero(p + 2 * page, 2 * page));
    ck_assert(mip_os_release(p, size));
}
END_TEST

static size_t resident_pages(void *address, size_t size) {
    unsigned char present[256];
    size_t sum = 0;
    ck_assert_uint_le(size / page, sizeof(present));
    ck_assert_int_eq(mincore(address, size, present), 0);
    for (size_t i = 0; i < size / page; i++) {
        sum += present[i] & 1;
    }
    return sum;
}

START_TEST(test_purge) {
    size_t size = 32 * page;
    char *p = mip_os_map(NULL, size, page);
    memset(p, 0x55, size);
    if (mip_os_purge(p + page, size - 2 * page)) {
        ck_assert(is_zero(p + page, size - 2 * page));
        ck_assert_int_eq(p[page - 1], 0x55);
        ck_assert_int_eq(p[size - page], 0x55);
        ck_assert(mip_os_purge(p, size));
        ck_assert_uint_eq(resident_pages(p, size), 0);
    }
    memset(p, 0x55, size);
    if (mlock(p, page) == 0) {
        ck_assert(mip_os_purge(p, size) ? is_zero(p, size) : p[0] == 0x55);
    }
    ck_assert(mip_os_release(p, size));
}
END_TEST

START_TEST(test_is_readable) {
    size_t page = mip_os_info.page_size;
    char *p = mip_os_map(NULL, 4 * page, page);
    ck_assert_ptr_nonnull(p);
    errno = 4711;
    ck_assert(mip_os_is_readable(p) && mip_os_is_readable(p + 4 * page - 8));
    ck_assert(mip_os_is_readable(&page) && mip_os_is_readable("a text of this program"));
    ck_assert(mip_os_protect(p + page, page));
    if (getenv("TEST_EMULATED") == NULL) {
        ck_assert(!mip_os_is_readable(p + page) && !mip_os_is_readable(p + page - 7));
    }
    ck_assert(mip_os_is_readable(p + page - 8) && mip_os_is_readable(p + 2 * page));
    mip_os_release(p, 4 * page);
    ck_assert(!mip_os_is_readable(p) && !mip_os_is_readable(p + 4 * page - 8));
    ck_assert(!mip_os_is_readable(NULL) && !mip_os_is_readable((void *)(UINTPTR_MAX - 15)));
    ck_assert_int_eq(errno, 4711);
}
END_TEST

/* A sanitizer's blocks go by these names, too. */
#if defined(__GLIBC__) && !IS_SANITIZED
#define HAS_LIBC_BLOCKS 1
#else
#define HAS_LIBC_BLOCKS 0
#endif

#if HAS_LIBC_BLOCKS
void *__libc_malloc(size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

/* Blocks of the C library in the thread's arena, and mappings. */
static void *use_libc_blocks(void *arg) {
    static const size_t sizes[] = {0, 1, 24, 25, 1000, 30000, 131072, 1000000, 40000000};
    bool is_faked = getenv("FAKED_PAGE_SIZE") != NULL;
    if (is_faked)
        printf("os: the C library does not know of the faked page size: mappings are not judged\n");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *blocks[] = {__libc_malloc(sizes[i]), __libc_memalign(64, sizes[i]),
                          __libc_memalign(32768, sizes[i]), __libc_malloc(sizes[i])};
        for (size_t j = 0; j < 4; j++) {
            ck_assert_ptr_nonnull(blocks[j]);
            /* Its mappings have the kernel's real pages. */
            ck_assert((is_faked && sizes[i] > 100000) || mip_os_may_be_libc_block(blocks[j]));
            ck_assert(!mip_os_may_be_libc_block((char *)blocks[j] + 8));
        }
        for (size_t j = 0; j < 4; j++) {
            __libc_free(blocks[j]);
        }
    }
    return arg;
}

START_TEST(test_libc_block) {
    pthread_t thread;
    use_libc_blocks(NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, use_libc_blocks, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST
#endif

/* What the C library would end the program for: memory of others, whatever is in it. */
START_TEST(test_no_libc_block) {
    size_t page = mip_os_info.page_size, size = 64 * page;
    char *p = mip_os_map(NULL, size, 16 * page);
    ck_assert_ptr_nonnull(p);
    ck_assert(!mip_os_may_be_libc_block(NULL) && !mip_os_may_be_libc_block((void *)16) &&
              !mip_os_may_be_libc_block((void *)(UINTPTR_MAX - 15)));
    for (unsigned byte = 0; byte < 256; byte++) {
        size_t word;
        memset(p, (int)byte, size);
        memset(&word, (int)byte, sizeof(word));
        for (size_t at = 16; at < size; at += page / 4) {
            /* Where addresses are few, what looks like a size may lead to memory in use. */
            uintptr_t next = (uintptr_t)p + at - sizeof(size_t) + (word & ~(size_t)7);
            if (sizeof(void *) < 8 && mip_os_is_readable((void *)(next & ~(uintptr_t)7))) {
                continue;
            }
            ck_assert(!mip_os_may_be_libc_block(p + at));
        }
    }
    ck_assert(mip_os_protect(p, 16 * page) && mip_os_protect(p + 48 * page, 16 * page));
    ck_assert(!mip_os_may_be_libc_block(p + 16 * page) && !mip_os_may_be_libc_block(p + page));
    /* Sizes that lead into what cannot be read, or out of the address space. */
    size_t *words = (size_t *)(void *)(p + 20 * page);
    static const size_t heads[] = {33, 34, 0, 16 | 1, 40 | 1, SIZE_MAX, SIZE_MAX / 16 * 16 - 15};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        memset(words, 0, 128); /* also where the size of the next block would be */
        words[1] = heads[i];
        ck_assert(!mip_os_may_be_libc_block(words + 2));
    }
    words[1] = 30 * page + 1;
    ck_assert(!mip_os_may_be_libc_block(words + 2));
    words[2] = 0;
    words[3] = 4 * page + 2; /* a mapping that does not begin with a page */
    ck_assert(!mip_os_may_be_libc_block(words + 4));
    words[0] = 0;
    words[1] = 30 * page + 2;
    ck_assert(!mip_os_may_be_libc_block(words + 2));
    mip_os_release(p, size);
}
END_TEST

START_TEST(test_advice) {
    size_t size = 32 * page;
    char *p = mip_os_map(NULL, size, page);
    mip_os_advise_huge(p, size, true);
    mip_os_advise_huge(p, size, false);
    mip_os_name(p, size, "unit test");
    mip_os_name(p, 0, "");
    ck_assert_uint_eq(resident_pages(p, size), 0);
    /* An emulator may say yes to anything, and do nothing. */
    if (mip_os_populate(p, size) && !mip_os_populate(NULL, page)) {
        ck_assert_uint_eq(resident_pages(p, size), 32);
    }
    ck_assert(is_zero(p, size));
    inject(MIP_OS_MADVISE, 1, 1, EINVAL);
    ck_assert(!mip_os_populate(p, size));
    mip_os_fault_hook = NULL;
    ck_assert(!mip_os_populate(p, size)); /* unknown once, unknown for ever */
    ck_assert(mip_os_release(p, size));
}
END_TEST

START_TEST(test_map_huge) {
    size_t size = 4 * mip_os_info.huge_page_size;
    char *p = mip_os_map_huge(NULL, size);
    if (p != NULL) { /* the machine has a pool */
        ck_assert_uint_eq((uintptr_t)p % mip_os_info.huge_page_size, 0);
        p[0] = p[size - 1] = 1;
        ck_assert(mip_os_release(p, size));
    }
    inject(MIP_OS_MMAP, 1, 9, ENOMEM);
    ck_assert_ptr_null(mip_os_map_huge(NULL, (size_t)1 << 30));
    mip_os_fault_hook = NULL;
    p = mip_os_map(NULL, size, page);
    ck_assert_ptr_null(mip_os_map_huge(p, size)); /* not free */
    mip_os_prefer_node(p, size, 0);
    mip_os_prefer_node(p, size, UINT_MAX); /* no such node: nothing */
    p[0] = p[size - 1] = 1;
    ck_assert(mip_os_release(p, size));
    ck_assert_uint_ge(mip_os_node_count(), 1);
}
END_TEST

/* With the kernel's mremap, and with what stands in for it. */
static void check_remap(int error) {
    size_t small = 8 * page, large = 64 * page;
    char *p = mip_os_map(NULL, large + page, page);
    char *q, *obstacle, *to;
    inject(MIP_OS_MREMAP, 1, error == 0 ? 0 : 99, error);
    memset(p, 0x55, large + page);
    ck_assert_ptr_eq(mip_os_remap(p, large, small, NULL), p);
    ck_assert(!is_readable(p + small));
    ck_assert(is_filled(p + large, page, 0x55)); /* not its own */
    ck_assert(mip_os_release(p + large, page));
    ck_assert_int_eq(p[small - 1], 0x55);
    ck_assert_ptr_eq(mip_os_remap(p, small, small, NULL), p);
    q = mip_os_remap(p, small, large, NULL); /* the addresses behind it are free again */
    if (q == NULL && error == 0 && sizeof(q) == 4 && getenv("TEST_EMULATED") != NULL) {
        puts("emulated: qemu holds the free addresses with 32 bits, and nothing grows in place");
    } else {
        ck_assert_ptr_eq(q, p);
        ck_assert(is_zero(p + small, large - small));
        ck_assert_ptr_eq(mip_os_remap(p, large, small, NULL), p);
    }
    obstacle = mip_os_reserve(p + small, page, page);
    ck_assert_ptr_eq(obstacle, p + small);
    ck_assert_ptr_null(mip_os_remap(p, small, large, NULL));
    ck_assert_int_eq(p[small - 1], 0x55);
    to = mip_os_reserve(NULL, large, page);
    q = mip_os_remap(p, small, large, to);
    ck_assert_ptr_nonnull(q);
    ck_assert_ptr_eq(q, to);
    ck_assert_ptr_ne(q, p);
    ck_assert(!is_readable(p));
    ck_assert(!is_readable(obstacle));
    ck_assert(is_filled(q, small, 0x55));
    ck_assert(is_zero(q + small, large - small));
    mip_os_fault_hook = NULL;
    ck_assert(mip_os_release(q, large));
    ck_assert(mip_os_release(obstacle, page));
}

START_TEST(test_remap) {
    static const int errors[] = {0, ENOSYS, EPERM};
    check_remap(errors[_i]);
}
END_TEST

static bool has_mremap(void) {
    char *p;
    count_only();
    p = mip_os_map(NULL, 2 * page, page);
    ck_assert(mip_os_release(p + page, page));
    (void)mip_os_remap(p, page, 2 * page, NULL);
    ck_assert(mip_os_release(p, 2 * page));
    return calls[MIP_OS_MREMAP] != 0;
}

START_TEST(test_remap_fails) {
    char *p = mip_os_map(NULL, page, page);
    p[0] = 1;
    inject(has_mremap() ? MIP_OS_MREMAP : MIP_OS_MMAP, 1, 9, ENOMEM);
    errno = 0;
    ck_assert_ptr_null(mip_os_remap(p, page, 2 * page, NULL));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert_int_eq(p[0], 1);
    mip_os_fault_hook = NULL;
    ck_assert(mip_os_release(p, page));

    p = mip_os_map(NULL, 2 * page, page);
    p[2 * page - 1] = 1;
    inject(MIP_OS_MUNMAP, 1, 1, ENOMEM);
    ck_assert_ptr_null(mip_os_remap(p, 2 * page, page, NULL));
    ck_assert_int_eq(p[2 * page - 1], 1);
    mip_os_fault_hook = NULL;
    ck_assert(mip_os_release(p, 2 * page));
}
END_TEST

/* The kernel unmaps the place that a mapping is to move to, and then refuses: what another thread
   has mapped there is not to be given back. */
enum { STAYS, IS_UNMAPPED, IS_TAKEN, IS_ANOTHERS };
static struct {
    char *start;
    size_t size;
    int becomes;
    char mark[64]; /* of another move to the same place */
} place;

static int see_mark(enum mip_os_call call) {
    if (call != MIP_OS_MREMAP)
        return 0;
    memcpy(place.mark, place.start, sizeof(place.mark));
    return ENOMEM;
}

static int refuse_move(enum mip_os_call call) {
    if (call != MIP_OS_MREMAP)
        return 0;
    if (place.becomes != STAYS)
        munmap(place.start, place.size);
    if (place.becomes >= IS_TAKEN) {
        mmap(place.start, place.size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        memset(place.start, 0x77, place.size);
    }
    if (place.becomes == IS_ANOTHERS)
        memcpy(place.start, place.mark, sizeof(place.mark));
    return ENOMEM;
}

/* False: it was refused, as it should be. */
static bool moves(char *p, size_t size, int (*hook)(enum mip_os_call)) {
    place.start = mip_os_reserve(place.start, place.size, page);
    mip_os_fault_hook = hook;
    errno = 0;
    bool is_moved = mip_os_remap(p, size, place.size, place.start) != NULL;
    ck_assert_int_eq(errno, ENOMEM);
    mip_os_fault_hook = NULL;
    return is_moved;
}

START_TEST(test_move_is_refused) {
    size_t small = 8 * page;
    char *p = mip_os_map(NULL, small, page), *other = mip_os_map(NULL, small, page);
    if (!has_mremap()) {
        puts("nothing moves: there is no mremap");
        return;
    }
    memset(p, 0x55, small);
    place.size = 16 * page;
    place.becomes = _i;
    ck_assert(!moves(other, small, see_mark));
    char *first = place.start;
    ck_assert(!moves(p, small, refuse_move));
    ck_assert_ptr_eq(place.start, first);
    ck_assert(is_filled(p, small, 0x55));
    if (_i >= IS_TAKEN) {
        ck_assert(is_readable(place.start));
        ck_assert(
            is_filled(place.start + sizeof(place.mark), place.size - sizeof(place.mark), 0x77));
        munmap(place.start, place.size);
    } else { /* free again */
        char *again = mip_os_reserve(place.start, place.size, page);
        ck_assert_ptr_eq(again, place.start);
        ck_assert(mip_os_release(again, place.size));
    }
    ck_assert(mip_os_release(p, small));
    ck_assert(mip_os_release(other, small));
}
END_TEST

START_TEST(test_holds) {
    uint32_t *p = mip_os_map(NULL, 2 * page, page);
    p[0] = 7;
    errno = 4711;
#ifdef __linux__
    ck_assert(mip_os_holds(p, 7));
    ck_assert(mip_os_holds(p + 1, 0));
#endif
    ck_assert(!mip_os_holds(p, 8));
    ck_assert(mip_os_protect(p, page));
    ck_assert(!mip_os_holds(p, 7));
    ck_assert(mip_os_release(p, 2 * page));
    ck_assert(!mip_os_holds(p, 7));
    ck_assert_int_eq(errno, 4711);
}
END_TEST

static bool reserve_fails(char *p) {
    (void)p;
    return mip_os_reserve(NULL, page, page) == NULL;
}

static bool map_fails(char *p) {
    (void)p;
    return mip_os_map(NULL, page, page) == NULL;
}

static bool release_fails(char *p) {
    return !mip_os_release(p, page);
}

static bool commit_fails(char *p) {
    return !mip_os_commit(p, page);
}

static bool protect_fails(char *p) {
    return !mip_os_protect(p, page);
}

static bool decommit_fails(char *p) {
    return !mip_os_decommit(p, page);
}

static bool purge_fails(char *p) {
    return !mip_os_purge(p, page);
}

static const struct {
    enum mip_os_call call;
    bool (*fails)(char *p);
    int error;
} faults[] = {
    {MIP_OS_MMAP, reserve_fails, ENOMEM},     {MIP_OS_MMAP, map_fails, EAGAIN},
    {MIP_OS_MUNMAP, release_fails, ENOMEM},   {MIP_OS_MPROTECT, commit_fails, ENOMEM},
    {MIP_OS_MPROTECT, protect_fails, EACCES}, {MIP_OS_MPROTECT, decommit_fails, ENOMEM},
    {MIP_OS_MADVISE, decommit_fails, EINVAL}, {MIP_OS_MADVISE, purge_fails, EAGAIN},
};

START_TEST(test_faults) {
    char *p = mip_os_map(NULL, page, page);
    inject(faults[_i].call, 1, 1, faults[_i].error);
    errno = 0;
    if (!faults[_i].fails(p)) {
        ck_assert_uint_eq(calls[faults[_i].call], 0); /* this system does without the call */
        return;
    }
    ck_assert(calls[faults[_i].call] == 0 || errno == faults[_i].error);
    p[0] = 1; /* still there, still ours to use */
    mip_os_fault_hook = NULL;
    ck_assert(mip_os_release(p, page));
}
END_TEST

static TCase *memory(void) {
    TCase *tests = tcase_create("memory");
    tcase_set_timeout(tests, 60); /* a second of work, on a machine that may be busy */
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_info);
    tcase_add_loop_test(tests, test_map, 0, LENGTH_OF(ranges));
    tcase_add_loop_test(tests, test_no_address_space_is_lost, 0, LENGTH_OF(ranges));
    tcase_add_test(tests, test_few_calls);
    tcase_add_test(tests, test_hint);
    tcase_add_test(tests, test_too_large);
    tcase_add_test(tests, test_access);
    tcase_add_test(tests, test_purge);
    tcase_add_test(tests, test_is_readable);
    tcase_add_test(tests, test_no_libc_block);
#if HAS_LIBC_BLOCKS
    tcase_add_test(tests, test_libc_block);
#endif
    tcase_add_test(tests, test_advice);
    tcase_add_test(tests, test_map_huge);
    tcase_add_loop_test(tests, test_remap, 0, 3);
    return tests;
}

static TCase *failures(void) {
    TCase *tests = tcase_create("failures");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_map_with_faults);
    tcase_add_test(tests, test_remap_fails);
    tcase_add_loop_test(tests, test_move_is_refused, STAYS, IS_ANOTHERS + 1);
    tcase_add_test(tests, test_holds);
    tcase_add_loop_test(tests, test_faults, 0, LENGTH_OF(faults));
    return tests;
}

int main(void) {
    TCase *(*const cases[])(void) = {memory, failures};
    return run_suite("os memory", cases, LENGTH_OF(cases));
}
