/* SPDX-License-Identifier: MIT */
/* Floor 1, room os: what we ask of the kernel.  One contract, one implementation per system.
   Everything that can fail says so in its result and leaves errno as the kernel's call set it (the
   callers above save and restore it); no message, no policy, no allocation, no libc call that a
   program may interpose before start-up is over.  Any thread, async-signal-safe. */
#ifndef MIP_OS_H
#define MIP_OS_H

#include "../compiler.h"

/* Properties of the machine, found at run time.  Valid after mip_os_init. */
struct mip_os_info {
    _Atomic(size_t) page_size;      /* the kernel's page, bytes, a power of two; stored last */
    _Atomic(size_t) huge_page_size; /* of transparent huge pages, bytes; 2 MiB where unknown */
    _Atomic(size_t) memory_size;    /* and swap space: bytes of both; SIZE_MAX where unknown */
    _Atomic(size_t) address_limit;  /* soft RLIMIT_AS in bytes; SIZE_MAX when unlimited */
};
extern MIP_HIDDEN struct mip_os_info mip_os_info;

/* Fill mip_os_info.  Idempotent and harmless to call concurrently (every caller stores the same
   values).  At most 3 system calls. */
void mip_os_init(void);

/* Reserve `size` bytes (a multiple of the page size) of address space without access (PROT_NONE,
   not accounted), aligned to the power of two `alignment` (>= page size).  `hint` is where the
   range should begin (a multiple of alignment, or NULL); another place is returned when it is not
   to be had.  NULL on failure. */
void *mip_os_reserve(void *hint, size_t size, size_t alignment);

/* Likewise, and what is committed there is accounted: the kernel may refuse what it does not have.
 */
void *mip_os_reserve_accounted(void *hint, size_t size, size_t alignment);

/* Like mip_os_reserve, but readable and writable zero memory. */
void *mip_os_map(void *hint, size_t size, size_t alignment);

/* Make a reserved range readable and writable; idempotent, may overlap what is so already. */
bool mip_os_commit(void *address, size_t size);

/* Take access away and give the memory back (the opposite of commit). */
bool mip_os_decommit(void *address, size_t size);

/* Of a decommitted range: give up what the system has promised for it, too, where that counts
   (strict overcommit).  Refused: all is as it was.  Lost: the range may be no longer ours. */
enum mip_os_answer { MIP_OS_DONE, MIP_OS_REFUSED, MIP_OS_LOST };
enum mip_os_answer mip_os_renounce(void *address, size_t size);

/* No access, memory kept (guards). */
bool mip_os_protect(void *address, size_t size);

/* Give the memory of a readable range back and keep the range.  True: it reads as zero from now
   on.  False: the contents are as before or zero, page by page (locked memory, a kernel that
   refuses). */
bool mip_os_purge(void *address, size_t size);

/* Can the 8 bytes from the address on be read?  And could it be a block of the C library's own
   allocator, to judge by what that keeps before each block and the next one?  False for what it
   would end the program for; true where the allocator is not known. */
bool mip_os_is_readable(const void *address);
bool mip_os_may_be_libc_block(const void *p);

/* Ask for, or refuse, transparent huge pages; advice only. */
void mip_os_advise_huge(void *address, size_t size, bool wanted);

/* Fault the range in for writing ahead of use; false when the kernel cannot. */
bool mip_os_populate(void *address, size_t size);

/* Give the range back altogether. */
bool mip_os_release(void *address, size_t size);

/* Grow or shrink a mapping of mip_os_map.  `to` NULL: in place, or NULL.  Else: move it to `to`, a
   reservation of new_size bytes that it takes over in any case.  NULL: that failed, and the old
   mapping is untouched; the reservation is given back, or another thread's mapping is there. */
void *mip_os_remap(void *address, size_t old_size, size_t new_size, void *to);

/* Name the range in the kernel's listing; advice only, and nothing once names have ended: after its
   start a program may have itself killed for other calls than those about memory. */
void mip_os_name(void *address, size_t size, const char *name);
void mip_os_end_names(void);

/* Map on huge pages of the hugetlb pool (zero, and committed at once), exactly at `at` or (NULL)
   anywhere; NULL when there are none. */
void *mip_os_map_huge(void *at, size_t size);

/* Ask for the range's memory to come from a node; advice only.  Nodes of the machine (>= 1). */
void mip_os_prefer_node(void *address, size_t size, unsigned node);
unsigned mip_os_node_count(void);

/* Milliseconds of a monotonic clock. */
uint64_t mip_os_clock_ms(void);

/* Fill with random bytes from the kernel; false when it has none to give without waiting. */
bool mip_os_random(void *buffer, size_t size);

/* Logical processors this process may run on (>= 1), and the one it runs on now (0 if unknown). */
unsigned mip_os_processor_count(void);
unsigned mip_os_processor(void);

/* Does the word at the address, which nobody need have mapped, have this value?  False where that
   cannot be told. */
bool mip_os_holds(const uint32_t *address, uint32_t value);

/* Let others go on for a moment.  Keeps errno. */
void mip_os_yield(void);

/* Write all of it to a file descriptor, as far as possible; errno is kept. */
void mip_os_write(int fd, const char *text, size_t size);
bool mip_os_is_open(int fd);

/* What the kernel tells of this process. */
struct mip_os_usage {
    uint64_t user_ms, system_ms;
    size_t peak_resident, current_resident; /* bytes */
    size_t minor_faults, major_faults;
};
void mip_os_usage(struct mip_os_usage *usage);

/* The environment: secure_getenv, or NULL in a privileged process.  Only after the C library has
   started (from our constructor on). */
const char *mip_os_getenv(const char *name);

/* The whole environment, ended by NULL; or NULL: in a privileged process, and before the C library
   has set it.  Then the second tells the environment as the kernel left it on the first stack, at
   any time, where that is found; NULL elsewhere and in a privileged process. */
char *const *mip_os_environment(void);
char *const *mip_os_first_environment(void);

/* A function to be called with `value` when the calling thread ends.  arm: false when no key is to
   be had.  A thread that armed several times is called with the last value; NULL disarms. */
bool mip_os_thread_hook_arm(void (*hook)(void *value), void *value);

/* Register fork handlers; false when the system has none. */
bool mip_os_fork_hooks(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* Whether the process has ever had a second thread (true where unknown). */
bool mip_os_is_multi_threaded(void);

/* The definition of a symbol that the program is bound to, and the next one after this library;
   NULL: none, or no dynamic linker. */
void *mip_os_first_symbol(const char *name);
void *mip_os_next_symbol(const char *name);

/* The file that an address was loaded from, and the address in it; "?" and the address itself where
   that is unknown. */
uintptr_t mip_os_module_of(const void *address, const char **name);

/* Fault injection: every kernel call above that can fail goes through one table of these.  A test
   makes the n-th call of a kind fail with `error`; in the libraries the table is constant. */
enum mip_os_call {
    MIP_OS_MMAP,
    MIP_OS_MUNMAP,
    MIP_OS_MPROTECT,
    MIP_OS_MADVISE,
    MIP_OS_MREMAP,
    MIP_OS_CALL_COUNT
};
/* Called before each such kernel call when set; a non-zero result is the errno to fail with. */
extern int (*mip_os_fault_hook)(enum mip_os_call call);

#endif
