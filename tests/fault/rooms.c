/* SPDX-License-Identifier: MIT */
/* The debug library checks its own rooms at a collection and at exit: each invariant of a page, a
   heap, a thread, an arena is broken once by hand, in a child, which must end by SIGABRT and name
   what is wrong; without that it must end well, also where a signal comes in the midst of a call.
 */
#include <errno.h>
#include <mimalloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/core.h"
#include "core/meta.h"
#include "core/pagemap.h"
#include "core/quarantine.h"

static void *blocks[600];
static void *large, *guarded;
static mi_heap_t *made;

static struct page *page_of(const void *p) {
    return mip_pagemap_find(p);
}

static struct heap *backing(void) {
    return mip_heap_backing();
}

static void nothing(void) {
}

static void page_count(void) {
    page_of(blocks[0])->carved = page_of(blocks[0])->capacity + 1;
}

static void page_used(void) {
    page_of(blocks[0])->until_event--;
}

static void page_map(void) {
    struct page *page = page_of(blocks[0]);
    mip_pagemap_set(page->start, 1, page_of(large));
}

static void page_taken(void) {
    struct page *page = page_of(blocks[0]);
    struct arena *arena = mip_arena_at(page->arena);
    mip_bitset_clear(arena->taken, (size_t)(page->start - arena->base) >> SLICE_SHIFT, 1);
}

static void single_capacity(void) {
    page_of(large)->capacity = page_of(large)->carved = 2;
}

static void single_owner(void) {
    struct page *page = page_of(guarded);
    mip_store_relaxed(&page->a_owner, (uintptr_t)mip_page_owner(page));
}

static void heap_bin(void) {
    page_of(blocks[0])->bin++;
}

static void heap_links(void) {
    page_of(large)->previous = page_of(blocks[0]);
}

static void heap_empty(void) {
    backing()->empty_slices++;
}

static void heap_quarantine(void) {
    struct quarantine *quarantine = backing()->quarantine;
    struct waiting *waiting = quarantine->waiting[page_of(blocks[0])->bin];
    for (unsigned i = 0; i < WAITING_MAX; i++)
        if (waiting[i].block != NULL)
            waiting[i].page = page_of(large);
}

static void made_page(void) {
    struct page *page = ((struct heap *)made)->full_made.first;
    page->state = PAGE_QUEUED;
}

static void made_thread(void) {
    ((struct heap *)made)->thread = NULL;
}

static void thread_batch(void) {
    struct thread *thread = backing()->thread;
    thread->batch[3][1].page = page_of(blocks[0]);
    thread->batch[3][1].head = (struct message *)(void *)large;
}

static void arena_warm(void) {
    struct arena *arena = mip_arena_at(0);
    mip_bitset_set(arena->warm, arena->slices - 1, 1);
    mip_bitset_clear(arena->dirty, arena->slices - 1, 1);
}

static void arena_frontier(void) {
    mip_store_relaxed(&mip_arena_at(0)->a_frontier, mip_arena_at(0)->slices + 1);
}

static void *use_some(void *arg) {
    (void)arg;
    return mi_malloc(100);
}

static struct thread *parked(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, use_some, NULL) != 0 || pthread_join(thread, NULL) != 0)
        exit(8);
    for (struct thread *t = mip_thread_first(); t != NULL; t = t->next_record)
        if (mip_load_relaxed(&t->a_state) == RECORD_PARKED)
            return t;
    exit(7);
}

static void parked_empty(void) {
    parked()->heap.empty_slices++;
}

static void parked_visits(void) {
    parked()->visits++;
}

static struct pool pool = {.size = 128};

/* One that is given twice, and one that lies where none can lie. */
static void pool_twice(void) {
    bool is_fresh;
    void *first = mip_pool_take(&pool, &is_fresh);
    for (int i = 0; i < 3; i++) /* into two lists, so one has it twice */
        mip_pool_give(&pool, first);
    mip_pool_take(&pool, &is_fresh);
}

static void pool_place(void) {
    static _Alignas(128) char wrong[256];
    bool is_fresh;
    mip_pool_give(&pool, wrong + 64);
    mip_pool_take(&pool, &is_fresh);
}

static const struct plant {
    const char *name;
    void (*fun)(void);
    const char *says;
} plants[] = {
    {"nothing", nothing, NULL},
    {"page: blocks carved", page_count, "page->carved <= page->capacity"},
    {"page: blocks in use", page_used, "page.c"},
    {"page: the page map", page_map, "mip_pagemap_find(page->start) == page"},
    {"page: its slices", page_taken, "mip_arena_is_run_taken"},
    {"single block: capacity", single_capacity, "page->capacity == 1"},
    {"guarded block: owner", single_owner, "OWNER_SPECIAL"},
    {"heap: class of a page", heap_bin, "page->bin == bin"},
    {"heap: links", heap_links, "page->previous == before"},
    {"heap: empty slices", heap_empty, "empty == heap->empty_slices"},
    {"heap: quarantine", heap_quarantine, "page == waiting->page"},
    {"made heap: state of a page", made_page, "page->state == PAGE_FULL"},
    {"made heap: thread", made_thread, "heap->thread == thread"},
    {"thread: batches", thread_batch, "batch->page"},
    {"parked record: empty slices", parked_empty, "empty == heap->empty_slices"},
    {"parked record: visits", parked_visits, "thread->visits == 0"},
    {"pool: an object twice", pool_twice, "item != first"},
    {"pool: no object", pool_place, "META_ALIGNMENT"},
    {"arena: warm slices", arena_warm, "is_warm_dirty"},
    {"arena: frontier", arena_frontier, "arena->slices"},
};

/* In the child: some of everything, then the fault. */
static void plant(const struct plant *what) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < 600; i++)
        blocks[i] = mi_malloc(100);
    for (size_t i = 1; i < 600; i += 2)
        mi_free(blocks[i]);
    guarded = mi_malloc(300000);
    large = mi_malloc_aligned(70000, 1 << 17);
    made = mi_heap_new();
    if (mi_heap_malloc(made, 200000) == NULL || guarded == NULL || large == NULL)
        exit(9);
    what->fun();
    mip_process_check(); /* as at exit; a collection would mend some of it, or fall over it */
    mi_collect(true);
    exit(0);
}

enum { CHECKS = 3000, TIMER = 60 };

static volatile sig_atomic_t checks;

static void arm_for(suseconds_t time) {
    const struct itimerval once = {.it_value = {.tv_usec = time}};
    setitimer(ITIMER_REAL, &once, NULL);
}

static void arm(void) {
    arm_for(TIMER);
}

/* The timer runs once each time, so that the loop gets on however slow the checks are. */
static void check_in_handler(int signal) {
    (void)signal;
    mip_process_check();
    if (++checks < CHECKS)
        arm();
}

/* In the child: the process is checked, as at exit, wherever malloc and free happen to be. */
static void interrupted(void) {
    void *kept[64] = {NULL};
    signal(SIGALRM, check_in_handler);
    arm();
    for (size_t i = 0; checks < CHECKS; i++) {
        void **place = &kept[i * 7 % 64];
        mi_free(*place);
        *place = mi_malloc(i * 31 % 2000);
    }
    exit(0);
}

enum { THREADS_ENDED = 2000, SECONDS_MOST = 8 };

static volatile sig_atomic_t has_ended, in_slow_path;

/* Inside a slow path, or where a free is half done outside one. */
static void end_thread(int signal) {
    (void)signal;
    const struct thread *thread = mip_thread_self();
    if (thread == NULL)
        return;
    bool is_busy = mip_load_relaxed(&thread->a_busy) != 0;
    if (is_busy != (in_slow_path != 0) || (!is_busy && !thread->is_changing))
        return;
    has_ended = 1;
    pthread_exit(NULL);
}

static void *take_and_give(void *arg) {
    void *kept[64] = {NULL};
    pthread_barrier_wait(arg);
    for (size_t i = 0;; i++) {
        void **place = &kept[i * 7 % 64];
        mi_free(*place);
        *place = mi_malloc(i * 31 % 2000);
    }
    return NULL;
}

/* In the child: threads end in a signal's handler in the midst of free, each eighth one in a slow
   path; what they leave is checked, and used by the next. */
static void ended(void) {
    alarm(6 * SECONDS_MOST); /* a broken list may go round for ever */
    pthread_barrier_t begun;
    pthread_t thread;
    pthread_barrier_init(&begun, NULL, 2);
    signal(SIGUSR1, end_thread);
    time_t end = time(NULL) + SECONDS_MOST;
    for (size_t i = 0; i < THREADS_ENDED && time(NULL) < end; i++) {
        if (pthread_create(&thread, NULL, take_and_give, &begun) != 0)
            exit(6);
        pthread_barrier_wait(&begun);
        in_slow_path = i % 8 == 7;
        for (has_ended = 0; !has_ended; sched_yield())
            pthread_kill(thread, SIGUSR1);
        pthread_join(thread, NULL);
        mip_process_check();
    }
    exit(0);
}

enum { FORKS = 120, FORK_BLOCKS = 20000 };

static volatile sig_atomic_t forks, is_forked, bad_children;

static bool is_any_locked(void) {
    const struct thread *record = mip_thread_first();
    while (record != NULL && mip_load_relaxed(&record->a_state) != RECORD_BUSY)
        record = record->next_record;
    return record != NULL;
}

/* Three of four times while it has another's record locked. */
static void fork_in_handler(int signal) {
    (void)signal;
    if (forks % 4 == 0 || is_any_locked()) {
        forks++;
        pid_t child = fork();
        if (child == 0) {
            is_forked = 1;
            return;
        }
        int status = 1;
        waitpid(child, &status, 0);
        bad_children += status != 0;
    }
    if (forks < FORKS)
        arm_for(50 + forks * 37 % 400); /* anywhere */
}

static void *use_many(void *arg) {
    void **many = arg;
    for (size_t i = 0; i < FORK_BLOCKS; i++)
        many[i] = mi_malloc(3000);
    return NULL;
}

/* In the child: forks in a signal's handler, wherever free happens to be; the children go on, and
   what they have is checked. */
static void forked(void) {
    static void *many[FORK_BLOCKS];
    pthread_t thread;
    time_t end = time(NULL) + SECONDS_MOST;
    signal(SIGALRM, fork_in_handler);
    while (forks < FORKS && time(NULL) < end) {
        if (pthread_create(&thread, NULL, use_many, many) != 0 || pthread_join(thread, NULL) != 0)
            exit(5);
        arm();
        for (size_t i = 0; i < FORK_BLOCKS; i++) {
            mi_free(many[i]);
            if (is_forked) {
                mi_collect(false);
                mip_process_check();
                _exit(0);
            }
        }
        arm_for(0); /* no fork in the midst of pthread_create */
    }
    exit(bad_children == 0 ? 0 : 4);
}

/* In the child: the first free in a heap makes its quarantine, and memory for it is refused; what
   is locked is not given back when a block shrinks.  Both leave errno alone. */
static void kept_errno(void) {
    enum { HEAPS = 200, LARGE = 1 << 20 };
    static void *freed[HEAPS];
    void *locked = mi_malloc(LARGE);
    for (int i = 0; i < HEAPS; i++)
        freed[i] = mi_heap_malloc(mi_heap_new(), 100);
    if (mlock(locked, LARGE) != 0)
        munlock(locked, LARGE);
    struct rlimit limit, none;
    getrlimit(RLIMIT_AS, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_AS, &none);
    errno = 0;
    bool is_in_place = mi_realloc(locked, LARGE * 3 / 5) == locked && errno == 0;
    for (int i = 0; i < HEAPS; i++)
        mi_free(freed[i]);
    int error = errno;
    setrlimit(RLIMIT_AS, &limit);
    exit(!is_in_place ? 7 : error != 0 ? 8 : 0);
}

/* In the child: a large block that its thread frees, in an arena, where it has no guards. */
static void cleared(void) {
    enum { AREA_SIZE = 4 << 20, SIZE = 200000 };
    mi_arena_id_t id = 0;
    char *area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED ||
        !mi_manage_os_memory_ex(area, AREA_SIZE, true, false, true, -1, true, &id))
        exit(5);
    char *p = mi_heap_malloc(mi_heap_new_in_arena(id), SIZE);
    memset(p, 'A', SIZE);
    mi_free(p);
    exit(memchr(area, 'A', AREA_SIZE) == NULL ? 0 : 9);
}

enum { CLOSE_ROUNDS = 3000 };

static atomic_bool is_closed;

static void *take_and_return(void *arg) {
    static void *some[1000];
    while (!atomic_load(&is_closed)) {
        for (int i = 0; i < 1000; i++)
            some[i] = mi_malloc(5000);
        for (int i = 0; i < 1000; i++)
            mi_free(some[i]);
        mi_collect(false);
    }
    return arg;
}

/* In the child: one thread gives slices back while the other closes what is free, as who gets no
   memory does. */
static void closed(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, take_and_return, NULL) != 0)
        exit(6);
    time_t end = time(NULL) + SECONDS_MOST / 2;
    for (int i = 0; i < CLOSE_ROUNDS && time(NULL) < end; i++) {
        mip_arena_collect(true);
        mip_arena_close(true);
        mi_collect(false); /* checks the arenas */
    }
    atomic_store(&is_closed, true);
    pthread_join(thread, NULL);
    mip_process_check();
    exit(0);
}

/* The mapping that holds p: where it ends (is_end) or begins, and whether anybody may touch it. */
static bool find_mapping(uintptr_t p, bool is_end, uintptr_t *edge, bool *is_closed_off) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], access[5];
    unsigned long from, to;
    bool is_found = false;
    while (maps != NULL && !is_found && fgets(line, sizeof(line), maps) != NULL)
        is_found = sscanf(line, "%lx-%lx %4s", &from, &to, access) == 3 && from <= p && p < to;
    if (maps != NULL)
        fclose(maps);
    if (is_found) {
        *edge = is_end ? to : from;
        *is_closed_off = strncmp(access, "---", 3) == 0;
    }
    return is_found;
}

static bool is_between_guards(const void *record) {
    uintptr_t first, last, edge;
    bool is_closed_off;
    return find_mapping((uintptr_t)record, false, &first, &is_closed_off) && !is_closed_off &&
           find_mapping((uintptr_t)record, true, &last, &is_closed_off) &&
           find_mapping(first - 1, true, &edge, &is_closed_off) && is_closed_off &&
           find_mapping(last, false, &edge, &is_closed_off) && is_closed_off;
}

/* In the child: no write that runs on from what the program has reaches the records of pages, slot
   words and heaps: before and behind each is what nobody may touch. */
static void out_of_reach(void) {
    void *p = mi_malloc(100), *single = mi_malloc(300000);
    mi_heap_t *heap = mi_heap_new();
    mi_free(mi_heap_malloc(heap, 100)); /* makes a quarantine */
    const void *const records[] = {
        page_of(p),
        page_of(single),
        (const void *)page_of(p)->slots,
        (struct heap *)heap,
        ((struct heap *)heap)->quarantine,
        backing(),
    };
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
        if (!is_between_guards(records[i]))
            exit(10 + (int)i);
    exit(0);
}

/* What is done in a child that must end well. */
static const struct {
    const char *name;
    void (*fun)(void);
} careful[] = {
    {"checked in a signal's handler", interrupted},
    {"threads ended in a signal's handler", ended},
    {"forks in a signal's handler", forked},
    {"errno at a heap's first free, and of a locked block", kept_errno},
    {"cleared where there are no guards", cleared},
    {"closed while another thread frees", closed},
    {"records out of reach", out_of_reach},
};

/* The status of a child that does this, or plants that; what it said on stderr, a string, in said.
 */
static int run_child(void (*fun)(void), const struct plant *what, char *said, size_t size) {
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        exit(99);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        if (what == NULL)
            fun();
        else
            plant(what);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t n; length < size - 1; length += (size_t)n)
        if ((n = read(ends[0], said + length, size - 1 - length)) <= 0)
            break;
    said[length] = 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    return status;
}

static int is_well(int status, const char *said) {
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && said[0] == 0;
}

int main(void) {
    int failed = 0;
    char said[1000];
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        const struct plant *what = &plants[i];
        int status = run_child(NULL, what, said, sizeof(said));
        int good = what->says == NULL ? is_well(status, said)
                                      : WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                                            strstr(said, "assertion failed: ") != NULL &&
                                            strstr(said, what->says) != NULL;
        if (!good) {
            printf("FAIL: %s: status %x, not '%s' in: %s\n", what->name, (unsigned)status,
                   what->says == NULL ? "" : what->says, said);
            failed = 1;
        }
    }
    for (size_t i = 0; i < sizeof(careful) / sizeof(careful[0]); i++) {
        if (careful[i].fun == forked && getenv("TEST_EMULATED") != NULL) {
            printf("not tried: %s: an emulator's own locks are held there\n", careful[i].name);
            continue;
        }
        int status = run_child(careful[i].fun, NULL, said, sizeof(said));
        if (!is_well(status, said)) {
            printf("FAIL: %s: status %x: %s\n", careful[i].name, (unsigned)status, said);
            failed = 1;
        }
    }
    return failed;
}
