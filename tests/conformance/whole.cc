/* SPDX-License-Identifier: MIT */
/* The program as a whole: parts without exceptions, exceptions without memory, destructors at the
   end. */
#include "forms.h"
#include "noexceptions.h"

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/* ---- Parts without exceptions ------------------------------------------------------------------
 */

static void fail_without_exceptions() {
    delete_in_such_a_part(new_in_such_a_part(HIDDEN(SIZE_MAX - 8)));
}

static void no_exceptions() {
    void *p = new_in_such_a_part(HIDDEN(100));
    expect(is_served(p), "no block");
    delete_in_such_a_part(p);
    p = new_nothrow_in_such_a_part(HIDDEN(100));
    expect(is_served(p), "no block");
    delete_in_such_a_part(p);
    expect(new_nothrow_in_such_a_part(HIDDEN(SIZE_MAX - 8)) == nullptr, "a block of that size");
    char text[1000];
    int status = status_of(fail_without_exceptions, text, sizeof text);
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %#x", (unsigned)status);
    expect(std::strstr(text, "bad_alloc") != nullptr, "it said: %s", text);
}

/* ---- Exceptions without memory -----------------------------------------------------------------
 */

namespace {
struct heavy : std::exception {
    char bytes[200];
};
} // namespace

static int handled;
static void count_and_stop() {
    if (++handled == 10) {
        std::set_new_handler(nullptr);
    }
}

namespace {
struct taken {
    taken *next;
};
} // namespace

static void *any_malloc(std::size_t size) {
    return std::malloc(size);
}
static void *any_new(std::size_t size) {
    return ::operator new(size, std::nothrow);
}
static void delete_any(void *p) {
    ::operator delete(p);
}

/* All that can be had, in a list. */
static taken *take_all(void *(*allocate)(std::size_t size)) {
    taken *all = nullptr;
    for (std::size_t size = 64 * MIB; size >= sizeof(taken); size /= 2) {
        void *p;
        while ((p = allocate(HIDDEN(size))) != nullptr) {
            all = ::new (p) taken{all};
        }
    }
    return all;
}

static void give_all(taken *all, void (*release)(void *p)) {
    while (all != nullptr) {
        taken *next = all->next;
        release(all);
        all = next;
    }
}

/* Every byte that can be had is had: the exception object comes from what the C++ runtime keeps,
   and its search for memory does not come back to the handler. */
static void exceptions_without_memory() {
    if (is_strict() || !limit_address_space(32 * MIB)) { /* the strict ones touch every block */
        return;
    }
    taken *by_new = take_all(any_new);
    taken *by_malloc = take_all(any_malloc);
    int caught = 0;
    std::set_new_handler(count_and_stop);
    handled = 0;
    try {
        ::operator delete(::operator new(HIDDEN(MIB)));
    } catch (const std::bad_alloc &) {
        caught++;
    }
    int asked = handled;
    for (int i = 0; i < 3; i++) {
        try {
            throw heavy();
        } catch (const std::exception &) {
            caught++;
        }
    }
    bool more = ::operator new(HIDDEN(MIB), std::nothrow) != nullptr;
    std::set_new_handler(nullptr);
    give_all(by_new, delete_any);
    give_all(by_malloc, std::free);
    limit_no_more();
    expect(asked == 10 && handled == 10 && !more, "%d calls of the handler, then %d", asked,
           handled);
    expect(caught == 4, "%d exceptions of 4", caught);
    void *p = ::operator new(HIDDEN(MIB));
    expect(is_served(p), "memory does not come back");
    ::operator delete(p);
}

/* ---- The end of the program --------------------------------------------------------------------
 */

static int end_pipe = -1;
static bool wrong_at_the_end;

static void allocate_at_the_end(const char *text) {
    std::vector<std::string> late;
    for (int i = 0; i < 1000; i++) {
        late.push_back(std::string(text) + std::to_string(i));
    }
    wrong_at_the_end |= late[999] != std::string(text) + "999";
}

namespace {
/* Made before all others, so destroyed last: others have left it their blocks. */
struct last {
    std::vector<int *> left;
    void *early = ::operator new(HIDDEN(50000));
    ~last() {
        for (int *p : left) {
            wrong_at_the_end |= *p != 77;
            delete p;
        }
        ::operator delete(early);
        allocate_at_the_end("a string in the last destructor ");
        if (end_pipe >= 0) {
            char state = wrong_at_the_end ? 'w' : 'r';
            wrong_at_the_end |= write(end_pipe, &state, 1) != 1;
        }
    }
};
last the_last __attribute__((init_priority(101)));

struct user {
    int *own = new int(77);
    std::string text = std::string(5000, 't');
    ~user() {
        the_last.left.push_back(own);
        the_last.left.push_back(new int(77));
        wrong_at_the_end |= text != std::string(5000, 't');
    }
};
user first_user, second_user[10];
} // namespace

static void at_exit() {
    allocate_at_the_end("a string of a handler of exit ");
    the_last.left.push_back(new int(77));
}

static void end_of_program() {
    std::atexit(at_exit);
    static thread_local std::string of_thread(3000, 'x');
    static user made_late;
    the_last.left.push_back(new int(77));
    the_last.left.push_back(made_late.own == nullptr ? nullptr : new int(77));
    std::exit(of_thread.size() == 3000 ? 0 : 1);
}

static void destructors_run() {
    int pair[2];
    char text[1000], state = '-';
    expect(pipe(pair) == 0, "no pipe");
    end_pipe = pair[1];
    int status = status_of(end_of_program, text, sizeof text);
    end_pipe = -1;
    close(pair[1]);
    expect(read(pair[0], &state, 1) == 1 && state == 'r', "the last destructor said %c", state);
    close(pair[0]);
    expect(status == 0, "status %#x: %s", (unsigned)status, text);
}

#define OF_OPERATORS "the language calls the operators"

const struct rule program_rules[] = {
    {"B8", "parts without exceptions", no_exceptions, BY_NATIVE, OF_OPERATORS},
    {"B9", "exceptions without memory", exceptions_without_memory, BY_NATIVE, OF_OPERATORS},
    {"B10", "destructors at the end", destructors_run, BY_NATIVE, OF_OPERATORS},
    {nullptr, nullptr, nullptr, 0, nullptr},
};
