/* SPDX-License-Identifier: MIT */
/* The allocators for containers, with every container of the standard that this is compiled for. */
#include "cxx.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <new>
#include <queue>
#include <set>
#include <stack>
#include <string>
#include <utility>
#include <vector>

#if __cplusplus >= 201103L
#include <forward_list>
#include <memory>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#endif

namespace {

const int COUNT = 1000;

/* Counts its live objects; larger than a pointer, and owns no memory. */
struct item {
    static long live;
    long number;
    char filler[40];
    item(long n = 0) : number(n), filler() {
        live++;
    }
    item(const item &other) : number(other.number), filler() {
        live++;
    }
    item &operator=(const item &other) {
        number = other.number;
        return *this;
    }
    ~item() {
        number = -1;
        live--;
    }
    bool operator<(const item &other) const {
        return number < other.number;
    }
    bool operator==(const item &other) const {
        return number == other.number;
    }
};
long item::live;

#if __cplusplus >= 201103L
#define ALIGNED(alignment) alignas(alignment)
#else
#define ALIGNED(alignment) __attribute__((aligned(alignment)))
#endif
/* One alignment that each block of the size has, and one that only an aligned block has. */
struct ALIGNED(256) line {
    char bytes[256];
};
struct ALIGNED(1048576) hall {
    char bytes[1048576];
};

/* The containers of an allocator. */
template <template <typename> class Allocator> struct of {
    typedef Allocator<bool> bools;
    typedef Allocator<char> chars;
    typedef Allocator<wchar_t> wide_chars;
    typedef Allocator<int> ints;
    typedef Allocator<item> items;
    typedef Allocator<line> lines;
    typedef std::pair<const int, item> pair;
    typedef Allocator<pair> pairs;
    typedef std::less<int> less;

    typedef std::vector<item, items> vector;
    typedef std::vector<int, ints> int_vector;
    typedef std::vector<bool, bools> bit_vector;
    typedef std::vector<line, lines> line_vector;
    typedef std::deque<item, items> deque;
    typedef std::list<item, items> list;
    typedef std::list<line, lines> line_list;
    typedef std::map<int, item, less, pairs> map;
    typedef std::multimap<int, item, less, pairs> multimap;
    typedef std::set<int, less, ints> set;
    typedef std::multiset<int, less, ints> multiset;
    typedef std::char_traits<char> traits;
    typedef std::char_traits<wchar_t> wide_traits;
    typedef std::basic_string<char, traits, chars> string;
    typedef std::basic_string<wchar_t, wide_traits, wide_chars> wide_string;
    typedef Allocator<string> strings;
    typedef std::vector<string, strings> string_vector;
    typedef std::stack<item, deque> stack;
    typedef std::queue<item, list> queue;
    typedef std::priority_queue<item, vector> priority_queue;
};

bool is_on(const void *p, std::size_t alignment) {
    return reinterpret_cast<std::size_t>(p) % alignment == 0;
}

/* ---- every container --------------------------------------------------------------------------*/

template <typename Container> void check_sequence() {
    Container numbers;
    for (int i = 0; i < COUNT; i++) {
        numbers.push_back(item(i));
    }
    CHECK(numbers.size() == static_cast<std::size_t>(COUNT));
    long expected = 0;
    for (typename Container::const_iterator i = numbers.begin(); i != numbers.end(); ++i) {
        CHECK(i->number == expected++ && served(&*i));
    }
    Container copy(numbers), other;
    CHECK(copy == numbers && served(&copy.front()));
    other.push_back(item(7));
    other.swap(copy);
    CHECK(other == numbers && copy.size() == 1 && copy.front().number == 7);
    copy = numbers;
    copy.erase(copy.begin());
    copy.insert(copy.begin(), 3, item(5));
    CHECK(copy.size() == numbers.size() + 2 && copy.front().number == 5);
    copy.resize(10);
    copy.clear();
    CHECK(copy.empty());
#if __cplusplus >= 201103L
    Container taken(std::move(other));
    CHECK(taken == numbers);
    copy = std::move(taken);
    CHECK(copy == numbers);
    copy.shrink_to_fit();
    Container with(copy, numbers.get_allocator());
    CHECK(with == numbers && with.get_allocator() == numbers.get_allocator());
#endif
}

/* std::list has no shrink_to_fit, but splices. */
template <typename List> void check_list() {
    List odd, even;
    for (int i = 0; i < COUNT; i += 2) {
        even.push_back(item(i));
        odd.push_back(item(i + 1));
    }
    CHECK(served(&odd.front()));
    List shares(even);
    shares.splice(shares.end(), shares, shares.begin());
    CHECK(shares.size() == even.size() && shares.back().number == 0);
    List same(even.get_allocator());
    same.splice(same.begin(), even);
    CHECK(even.empty() && same.size() == shares.size());
    same.sort(std::less<item>());
    same.reverse();
    CHECK(same.front().number == COUNT - 2);
    odd.swap(same);
    odd = same;
    CHECK(odd == same);
}

template <typename Map> void check_map() {
    Map map;
    for (int i = 0; i < COUNT; i++) {
        map.insert(typename Map::value_type(i * 7 % COUNT, item(i)));
    }
    CHECK(map.size() == static_cast<std::size_t>(COUNT));
    CHECK(served(&*map.find(14)) && map.find(14)->second.number == 2);
    Map copy(map), other;
    other.insert(typename Map::value_type(1, item(1)));
    other.swap(copy);
    CHECK(other == map && copy.size() == 1);
    copy = map;
    copy.erase(14);
    CHECK(copy.size() == map.size() - 1);
#if __cplusplus >= 201103L
    Map taken(std::move(other));
    CHECK(taken == map);
    taken = std::move(copy);
    CHECK(taken.find(14) == taken.end());
#endif
}

template <typename Set> void check_set() {
    Set set;
    for (int i = 0; i < COUNT; i++) {
        set.insert(i * 3);
    }
    CHECK(set.count(30) == 1 && set.count(31) == 0 && served(&*set.begin()));
    Set copy(set);
    set.clear();
    CHECK(set.empty() && copy.size() == static_cast<std::size_t>(COUNT));
    set = copy;
    CHECK(set == copy);
}

template <template <typename> class Allocator> void check_string() {
    typedef typename of<Allocator>::string string;
    typedef typename of<Allocator>::wide_string wide_string;
    string text;
    for (int i = 0; i < COUNT; i++) {
        text += static_cast<char>('a' + i % 26);
    }
    CHECK(text.size() == static_cast<std::size_t>(COUNT) && served(text.data()));
    string copy(text);
    copy.insert(3, "inserted");
    CHECK(copy.substr(3, 8) == "inserted" && text + copy == string(text).append(copy));
    copy.swap(text);
    CHECK(text.size() > copy.size());
    wide_string wide(100, L'x');
    CHECK(wide.size() == 100 && served(wide.data()));
    typename of<Allocator>::string_vector words(50, text);
    CHECK(words.back() == text);
}

template <template <typename> class Allocator> void check_adapters() {
    typename of<Allocator>::stack stack;
    typename of<Allocator>::queue queue;
    typename of<Allocator>::priority_queue first;
    for (int i = 0; i < COUNT; i++) {
        stack.push(item(i));
        queue.push(item(i));
        first.push(item(i * 7 % COUNT));
    }
    CHECK(stack.top().number == COUNT - 1 && queue.front().number == 0);
    CHECK(first.top().number == COUNT - 1 && served(&first.top()));
    first.pop();
    CHECK(first.top().number == COUNT - 2);
}

template <template <typename> class Allocator> void check_bits() {
    typename of<Allocator>::bit_vector bits(static_cast<std::size_t>(COUNT), false), other;
    bits[77] = true;
    other = bits;
    other.push_back(true);
    CHECK(other.size() == bits.size() + 1 && other[77] && !other[78]);
    bits.swap(other);
    CHECK(std::count(bits.begin(), bits.end(), true) == 2);
}

template <template <typename> class Allocator> void check_alignment() {
    typename of<Allocator>::line_vector lines(9);
    typename of<Allocator>::line_list list(9);
    CHECK(is_on(&lines[0], 256) && served(&lines[0]));
    typename of<Allocator>::line_list::iterator i;
    for (i = list.begin(); i != list.end(); ++i) {
        CHECK(is_on(&*i, 256) && served(&*i));
    }
    Allocator<hall> halls;
    hall *block[3];
    for (int k = 0; k < 3; k++) {
        block[k] = halls.allocate(1);
        CHECK(is_on(block[k], sizeof(hall)) && served(block[k]));
    }
    for (int k = 0; k < 3; k++) {
        halls.deallocate(block[k], 1);
    }
}

#if __cplusplus >= 201103L
template <template <typename> class Allocator> void check_later_containers() {
    typedef std::pair<const int, item> pair;
    check_map<std::unordered_map<int, item, std::hash<int>, std::equal_to<int>, Allocator<pair>>>();
    check_set<std::unordered_set<int, std::hash<int>, std::equal_to<int>, Allocator<int>>>();
    std::unordered_multimap<int, item, std::hash<int>, std::equal_to<int>, Allocator<pair>> many;
    std::unordered_multiset<int, std::hash<int>, std::equal_to<int>, Allocator<int>> all;
    std::forward_list<item, Allocator<item>> chain;
    for (int i = 0; i < COUNT; i++) {
        many.insert(pair(i % 10, item(i)));
        all.insert(i % 10);
        chain.push_front(item(i));
    }
    CHECK(many.count(3) == COUNT / 10 && all.count(3) == COUNT / 10);
    CHECK(chain.front().number == COUNT - 1 && served(&chain.front()));
    auto copy = chain;
    chain = std::move(copy);
    CHECK(chain.front().number == COUNT - 1);

    Allocator<void> any; /* of no type: rebound before it allocates */
    auto shared = std::allocate_shared<item>(any, 42);
    auto second = shared;
    CHECK(second->number == 42 && served(second.get()));
    auto aligned = std::allocate_shared<line>(Allocator<line>());
    CHECK(is_on(aligned.get(), 256));
}

template <template <typename> class Allocator, bool equal> void check_traits() {
    typedef std::allocator_traits<Allocator<int>> traits;
    static_assert(
        std::is_same<typename traits::template rebind_alloc<char>, Allocator<char>>::value,
        "rebind");
    static_assert(traits::propagate_on_container_copy_assignment::value, "copy");
    static_assert(traits::propagate_on_container_move_assignment::value, "move");
    static_assert(traits::propagate_on_container_swap::value, "swap");
    static_assert(std::is_same<typename traits::pointer, int *>::value, "pointer");
    static_assert(std::is_same<typename traits::size_type, std::size_t>::value, "size");
    static_assert(std::is_nothrow_copy_constructible<Allocator<int>>::value, "copies");
    static_assert(std::is_nothrow_move_constructible<Allocator<int>>::value, "moves");
    static_assert(std::is_nothrow_constructible<Allocator<int>, Allocator<char>>::value,
                  "converts");
    static_assert(Allocator<int>::is_always_equal::value == equal, "equal");
    Allocator<int> a;
    CHECK(traits::select_on_container_copy_construction(a) == a);
    CHECK(traits::max_size(a) == static_cast<std::size_t>(-1) / 2 / sizeof(int));
}
#else
template <template <typename> class Allocator> void check_old_members() {
    Allocator<item> a;
    item *p = a.allocate(2, NULL);
    a.construct(p, item(3));
    CHECK(p->number == 3 && a.address(*p) == p);
    const item &constant = *p;
    CHECK(a.address(constant) == p);
    a.destroy(p);
    a.deallocate(p, 2);
    CHECK(a.max_size() == static_cast<std::size_t>(-1) / 2 / sizeof(item));
    typename Allocator<item>::template rebind<char>::other chars(a);
    char *text = chars.allocate(10);
    CHECK(served(text));
    chars.deallocate(text, 10);
}
#endif

template <template <typename> class Allocator> void check_all() {
    typedef of<Allocator> of;
    check_sequence<typename of::vector>();
    check_sequence<typename of::deque>();
    check_list<typename of::list>();
    check_map<typename of::map>();
    check_set<typename of::set>();
    check_set<typename of::multiset>();
    typename of::multimap many;
    many.insert(std::make_pair(1, item(1)));
    many.insert(std::make_pair(1, item(2)));
    CHECK(many.count(1) == 2 && served(&*many.begin()));
    many.clear();
    check_string<Allocator>();
    check_adapters<Allocator>();
    check_bits<Allocator>();
    check_alignment<Allocator>();
#if __cplusplus >= 201103L
    check_later_containers<Allocator>();
#else
    check_old_members<Allocator>();
#endif
    CHECK(item::live == 0);
}

/* ---- heaps ----------------------------------------------------------------------------------- */

bool is_live(const void *p) {
    mi_heap_t *heap = mi_heap_of(p);
    return heap != NULL && mi_heap_contains(heap, p);
}

template <template <typename> class Allocator> void copies_share() {
    Allocator<int> first;
    typename Allocator<int>::template rebind<double>::other second(first);
    Allocator<int> third(second), other;
    CHECK(first == second && third == first && first.is_equal(third));
    CHECK(!(first != second) && first != other && !first.is_equal(other));
    int *p = first.allocate(3);
    double *q = second.allocate(3);
    CHECK(mi_heap_of(p) == mi_heap_of(q) && mi_heap_of(p) != mi_heap_get_backing());
    second.deallocate(q, 3);
    third.deallocate(p, 3);
    third = other;
    CHECK(third == other && third != first);
    const Allocator<int> &alias = third;
    third = alias;
    CHECK(third == other);
    first.collect(true);
}

/* Deallocation frees, and what was not deallocated outlives the heap. */
void delete_keeps_blocks() {
    int *kept, *freed;
    {
        mi_heap_stl_allocator<int> first;
        kept = first.allocate(100);
        kept[99] = 4711;
        mi_heap_stl_allocator<int> *second = new mi_heap_stl_allocator<int>(first);
        freed = second->allocate(100);
        CHECK(is_live(freed));
        second->deallocate(freed, 100);
        CHECK(!is_live(freed));
        delete second;
        CHECK(mi_heap_of(kept) != mi_heap_get_backing());
    }
    CHECK(is_live(kept) && kept[99] == 4711 && mi_heap_of(kept) == mi_heap_get_backing());
    mi_free(kept);
}

/* Deallocation does nothing; the last copy takes all blocks with it. */
void destroy_frees_at_last() {
    int *p;
    line *q;
    {
        mi_heap_destroy_stl_allocator<line> last;
        {
            mi_heap_destroy_stl_allocator<int> first(last);
            p = first.allocate(100);
            q = last.allocate(3);
            CHECK(mi_heap_of(p) == mi_heap_of(q) && is_on(q, 256));
            first.deallocate(p, 100);
            last.deallocate(q, 3);
            CHECK(is_live(p) && is_live(q));
        }
        CHECK(is_live(p) && is_live(q));
    }
    CHECK(!is_live(p) && !is_live(q));
}

/* Each heap that was not ended would keep its pages. */
template <template <typename> class Allocator> void heaps_end() {
    size_t before, after;
    mi_collect(true);
    mi_process_info(NULL, NULL, NULL, NULL, NULL, &before, NULL, NULL);
    for (int i = 0; i < 2000; i++) {
        typename of<Allocator>::int_vector v;
        v.push_back(1);
        typename of<Allocator>::int_vector w(v);
        w.push_back(2);
    }
    mi_collect(true);
    mi_process_info(NULL, NULL, NULL, NULL, NULL, &after, NULL, NULL);
    CHECK(after < before + (static_cast<size_t>(8) << 20));
}

/* A heap of the program is used and left alone. */
template <template <typename> class Allocator> void heap_of_program() {
    mi_heap_t *heap = mi_heap_new();
    {
        typename of<Allocator>::int_vector numbers((Allocator<int>(heap)));
        numbers.push_back(1);
        typename of<Allocator>::list list(heap);
        list.push_back(item(2));
        CHECK(mi_heap_of(&numbers[0]) == heap && mi_heap_contains(heap, &list.front()));
        CHECK(Allocator<int>(heap) == numbers.get_allocator() &&
              Allocator<int>() != Allocator<int>(heap));
    }
    void *p = mi_heap_malloc(heap, 100);
    CHECK(mi_heap_of(p) == heap);
    mi_heap_destroy(heap);
    CHECK(!is_live(p));
    mi_heap_t *none = NULL;
    Allocator<int> of_default(none);
    int *q = of_default.allocate(1);
    CHECK(mi_heap_of(q) == mi_heap_get_default());
    mi_free(q);
}

/* A container takes the heap of what is assigned to it, and keeps it alive. */
template <template <typename> class Allocator> void heaps_propagate() {
    typedef typename of<Allocator>::vector vector;
    typedef typename of<Allocator>::map map;
    vector to;
    map map_to;
    to.push_back(item(1));
    map_to[1] = item(1);
    {
        vector from;
        map map_from;
        from.push_back(item(2));
        map_from[2] = item(2);
        to = from;
        map_to = map_from;
#if __cplusplus >= 201103L
        CHECK(to.get_allocator() == from.get_allocator());
        CHECK(map_to.get_allocator() == map_from.get_allocator());
#endif
        to.push_back(item(3));
        map_to[3] = item(3);
    }
    CHECK(to.size() == 2 && to[0].number == 2 && to[1].number == 3);
    CHECK(map_to.size() == 2 && map_to[2].number == 2 && map_to[3].number == 3);
    {
        vector other;
        map map_other;
        other.push_back(item(4));
        map_other[4] = item(4);
        mi_heap_t *heap = mi_heap_of(&other[0]);
        other.swap(to);
        map_other.swap(map_to);
        CHECK(mi_heap_of(&to[0]) == heap);
    }
    CHECK(to.size() == 1 && to[0].number == 4 && map_to.size() == 1 && map_to[4].number == 4);
#if __cplusplus >= 201103L
    {
        vector other(3, item(5));
        const item *first = &other[0];
        to = std::move(other);
        CHECK(&to[0] == first);
    }
    CHECK(to.size() == 3 && to[2].number == 5);
#endif
}

#if __cplusplus >= 201103L
/* The heap's thread waits, then ends the heap. */
template <template <typename> class Allocator> void other_threads_free() {
    std::list<item, Allocator<item>> list;
    for (int i = 0; i < COUNT; i++) {
        list.push_back(item(i));
    }
    std::thread([&list] { list.clear(); }).join();
    list.push_back(item(1));
    CHECK(list.front().number == 1 && served(&list.front()));
}
#endif

/* ---- failure --------------------------------------------------------------------------------- */

#if CAN_FAIL
int handled;

void give_up_at_third() {
    if (++handled == 3) {
        std::set_new_handler(NULL);
    }
}

enum outcome { BLOCK, BAD_ALLOC, BAD_LENGTH, OTHER };

template <typename Allocator> outcome attempt(Allocator &allocator, std::size_t count) {
    try {
        allocator.deallocate(allocator.allocate(hide(count)), count);
        return BLOCK;
#if __cplusplus >= 201103L
    } catch (const std::bad_array_new_length &) {
        return BAD_LENGTH;
#endif
    } catch (const std::bad_alloc &) {
        return BAD_ALLOC;
    } catch (...) {
        return OTHER;
    }
}

/* The same as std::allocator: the handler is asked only for what might be. */
template <template <typename> class Allocator> void failures_are_standard() {
    const crowd others;
    const std::size_t most = static_cast<std::size_t>(-1);
#if __cplusplus >= 201103L
    const outcome bad_length = BAD_LENGTH;
#else
    const outcome bad_length = BAD_ALLOC;
#endif
    Allocator<item> items;
    Allocator<line> lines;
    Allocator<char> chars;
    handled = 0;
    std::set_new_handler(give_up_at_third);
    CHECK(attempt(items, most) == bad_length);
    CHECK(attempt(items, most / sizeof(item) + 1) == bad_length);
    CHECK(attempt(lines, most / sizeof(line) + 1) == bad_length);
    CHECK(attempt(items, items.max_size() + 1) == BAD_ALLOC);
    CHECK(attempt(chars, most) == BAD_ALLOC);
    CHECK(handled == 0);
    CHECK(attempt(items, items.max_size()) == BAD_ALLOC && handled == 3);
    handled = 0;
    std::set_new_handler(give_up_at_third);
    CHECK(attempt(lines, lines.max_size()) == BAD_ALLOC && handled == 3);
    CHECK(attempt(items, 10) == BLOCK && attempt(lines, 0) == BLOCK);
}

/* No handler can help where the alignment is none. */
void alignments_ask_no_handler() {
    const std::size_t alignments[] = {0, 3, 48, static_cast<std::size_t>(1) << 31};
    for (std::size_t i = 0; i < sizeof(alignments) / sizeof(alignments[0]); i++) {
        const std::size_t alignment = hide(alignments[i]);
        bool is_thrown = false;
        handled = 0;
        std::set_new_handler(give_up_at_third);
        CHECK(mi_new_aligned_nothrow(10, alignment) == NULL);
        try {
            mi_free(mi_new_aligned(10, alignment));
        } catch (const std::bad_alloc &) {
            is_thrown = true;
        }
        CHECK(is_thrown && handled == 0);
        std::set_new_handler(NULL);
    }
}
#endif

} // namespace

int main() {
    check_all<mi_stl_allocator>();
    check_all<mi_heap_stl_allocator>();
    check_all<mi_heap_destroy_stl_allocator>();
#if __cplusplus >= 201103L
    check_traits<mi_stl_allocator, true>();
    check_traits<mi_heap_stl_allocator, false>();
    check_traits<mi_heap_destroy_stl_allocator, false>();
    other_threads_free<mi_stl_allocator>();
    other_threads_free<mi_heap_stl_allocator>();
    other_threads_free<mi_heap_destroy_stl_allocator>();
#endif
    CHECK(mi_stl_allocator<int>() == mi_stl_allocator<char>());
    CHECK(!(mi_stl_allocator<int>() != mi_stl_allocator<char>()));
    copies_share<mi_heap_stl_allocator>();
    copies_share<mi_heap_destroy_stl_allocator>();
    delete_keeps_blocks();
    destroy_frees_at_last();
    heaps_end<mi_heap_stl_allocator>();
    heaps_end<mi_heap_destroy_stl_allocator>();
    heap_of_program<mi_heap_stl_allocator>();
    heap_of_program<mi_heap_destroy_stl_allocator>();
    heaps_propagate<mi_heap_stl_allocator>();
    heaps_propagate<mi_heap_destroy_stl_allocator>();
#if CAN_FAIL
    failures_are_standard<mi_stl_allocator>();
    failures_are_standard<mi_heap_stl_allocator>();
    failures_are_standard<mi_heap_destroy_stl_allocator>();
    alignments_ask_no_handler();
#endif
    CHECK(item::live == 0);
    return failures == 0 ? 0 : 1;
}
