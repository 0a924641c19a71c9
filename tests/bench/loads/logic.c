/* SPDX-License-Identifier: MIT */
/* logic [functions [inputs [cubes]]]: two-level minimisation of random logic functions, in the
   manner of a PLA minimiser: the complement by recursive cofactors, then expand, irredundant and
   reduce until nothing is gained.  Covers are lists of cubes that each come from the heap.  The
   result is compared with the function at random points. */
#include "load.h"

enum { FUNCTIONS, INPUTS, CUBES, OPTION_COUNT };
static struct load_option options[] = {{"functions", 12}, {"inputs", 12}, {"cubes", 60}};

enum { WORDS = 2, INPUTS_MAX = 32 * WORDS, POINTS = 20000 };

/* Two bits per input: 1 may be zero, 2 may be one, 3 either; 0 never occurs in a cube of a cover.
   Inputs that are not used are 3 in every cube. */
struct cube {
    uint64_t words[WORDS];
};

struct cover {
    struct cube **cubes;
    size_t count, room;
};

static size_t input_count;
static const uint64_t PAIRS = UINT64_C(0x5555555555555555);

static unsigned literal(const struct cube *cube, size_t input) {
    return (unsigned)(cube->words[input / 32] >> (input % 32 * 2) & 3);
}

static void set_literal(struct cube *cube, size_t input, unsigned value) {
    uint64_t *word = &cube->words[input / 32];
    *word = (*word & ~(UINT64_C(3) << (input % 32 * 2))) | (uint64_t)value << (input % 32 * 2);
}

static struct cube universe(void) {
    struct cube cube;
    memset(&cube, 0xff, sizeof cube);
    return cube;
}

static bool is_full(const struct cube *cube) {
    struct cube full = universe();
    return memcmp(cube, &full, sizeof full) == 0;
}

/* Is a within b? */
static bool is_within(const struct cube *a, const struct cube *b) {
    for (size_t i = 0; i < WORDS; i++) {
        if ((a->words[i] & ~b->words[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool meets(const struct cube *a, const struct cube *b) {
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t both = a->words[i] & b->words[i];
        if (((both | both >> 1) & PAIRS) != PAIRS) {
            return false;
        }
    }
    return true;
}

static size_t literal_count(const struct cube *cube) {
    size_t count = 0;
    for (size_t i = 0; i < input_count; i++) {
        count += literal(cube, i) != 3;
    }
    return count;
}

static struct cover *new_cover(void) {
    struct cover *cover = load_malloc(sizeof *cover);
    *cover = (struct cover){0};
    return cover;
}

static void add(struct cover *cover, struct cube cube) {
    if (cover->count == cover->room) {
        cover->room = cover->room == 0 ? 4 : cover->room * 2;
        cover->cubes = load_realloc(cover->cubes, cover->room * sizeof cover->cubes[0]);
    }
    struct cube *copy = load_malloc(sizeof *copy);
    *copy = cube;
    cover->cubes[cover->count++] = copy;
}

static void remove_at(struct cover *cover, size_t at) {
    free(cover->cubes[at]);
    memmove(&cover->cubes[at], &cover->cubes[at + 1],
            (--cover->count - at) * sizeof cover->cubes[0]);
}

static void free_cover(struct cover *cover) {
    for (size_t i = 0; i < cover->count; i++) {
        free(cover->cubes[i]);
    }
    free(cover->cubes);
    free(cover);
}

static void add_all(struct cover *cover, const struct cover *more) {
    for (size_t i = 0; i < more->count; i++) {
        add(cover, *more->cubes[i]);
    }
}

/* What `cover` is within `cube`, as a function of the inputs that the cube leaves free. */
static struct cover *cofactor(const struct cover *cover, const struct cube *cube) {
    struct cover *result = new_cover();
    for (size_t i = 0; i < cover->count; i++) {
        if (meets(cover->cubes[i], cube)) {
            struct cube part = *cover->cubes[i];
            for (size_t j = 0; j < WORDS; j++) {
                part.words[j] |= ~cube->words[j];
            }
            add(result, part);
        }
    }
    return result;
}

/* The input that most cubes ask for, of those that are asked for both ways where there are such. */
static bool choose(const struct cover *cover, size_t *chosen) {
    size_t best = 0;
    for (size_t input = 0; input < input_count; input++) {
        size_t zero = 0;
        size_t one = 0;
        for (size_t i = 0; i < cover->count; i++) {
            unsigned value = literal(cover->cubes[i], input);
            zero += value == 1;
            one += value == 2;
        }
        size_t weight = zero + one + (zero > 0 && one > 0 ? 2 * cover->count : 0);
        if (weight > best) {
            best = weight;
            *chosen = input;
        }
    }
    return best > 2 * cover->count; /* both ways */
}

static bool has_full(const struct cover *cover) {
    for (size_t i = 0; i < cover->count; i++) {
        if (is_full(cover->cubes[i])) {
            return true;
        }
    }
    return false;
}

static struct cover *half(const struct cover *cover, size_t input, unsigned value) {
    struct cube side = universe();
    set_literal(&side, input, value);
    return cofactor(cover, &side);
}

static bool is_tautology(const struct cover *cover) {
    if (has_full(cover)) {
        return true;
    }
    size_t input = 0;
    if (cover->count == 0 || !choose(cover, &input)) {
        return false; /* a cover that asks for each input one way at most misses a point */
    }
    bool result = true;
    for (unsigned value = 1; value <= 2 && result; value++) {
        struct cover *side = half(cover, input, value);
        result = is_tautology(side);
        free_cover(side);
    }
    return result;
}

static void complement_cube(struct cover *result, const struct cube *cube) {
    for (size_t input = 0; input < input_count; input++) {
        unsigned value = literal(cube, input);
        if (value != 3) {
            struct cube outside = universe();
            set_literal(&outside, input, 3 - value);
            add(result, outside);
        }
    }
}

/* Moves the cubes of both sides to the result; what is in both does not depend on the input. */
static void merge(struct cover *result, struct cover *zero, const struct cover *one, size_t input) {
    for (size_t i = 0; i < one->count; i++) {
        struct cube cube = *one->cubes[i];
        bool both = false;
        for (size_t j = 0; j < zero->count && !both; j++) {
            both = memcmp(zero->cubes[j], &cube, sizeof cube) == 0;
            if (both) {
                remove_at(zero, j);
            }
        }
        if (!both) {
            set_literal(&cube, input, 2);
        }
        add(result, cube);
    }
    for (size_t i = 0; i < zero->count; i++) {
        struct cube cube = *zero->cubes[i];
        set_literal(&cube, input, 1);
        add(result, cube);
    }
}

static struct cover *complement(const struct cover *cover) {
    struct cover *result = new_cover();
    if (cover->count == 0) {
        add(result, universe());
    } else if (has_full(cover)) {
        return result;
    } else if (cover->count == 1) {
        complement_cube(result, cover->cubes[0]);
    } else {
        size_t input = 0;
        choose(cover, &input);
        struct cover *sides[2];
        for (unsigned value = 1; value <= 2; value++) {
            struct cover *side = half(cover, input, value);
            sides[value - 1] = complement(side);
            free_cover(side);
        }
        merge(result, sides[0], sides[1], input);
        free_cover(sides[0]);
        free_cover(sides[1]);
    }
    return result;
}

static bool meets_any(const struct cube *cube, const struct cover *cover) {
    for (size_t i = 0; i < cover->count; i++) {
        if (meets(cube, cover->cubes[i])) {
            return true;
        }
    }
    return false;
}

/* Frees each cube of inputs, beginning at another one each time, while it stays outside `off`;
   cubes that another one covers then go. */
static void expand(struct cover *cover, const struct cover *off, size_t turn) {
    for (size_t i = 0; i < cover->count; i++) {
        for (size_t j = 0; j < input_count; j++) {
            size_t input = (j + turn * 5 + i) % input_count;
            struct cube larger = *cover->cubes[i];
            set_literal(&larger, input, 3);
            if (!meets_any(&larger, off)) {
                *cover->cubes[i] = larger;
            }
        }
        for (size_t j = cover->count; j > 0; j--) {
            if (j - 1 != i && is_within(cover->cubes[j - 1], cover->cubes[i])) {
                remove_at(cover, j - 1);
                i -= j - 1 < i;
            }
        }
    }
}

/* What all but the cube at `at`, and what does not matter, make within that cube. */
static struct cover *others_within(const struct cover *cover, const struct cover *free_points,
                                   size_t at) {
    struct cover *others = new_cover();
    for (size_t i = 0; i < cover->count; i++) {
        if (i != at) {
            add(others, *cover->cubes[i]);
        }
    }
    add_all(others, free_points);
    struct cover *within = cofactor(others, cover->cubes[at]);
    free_cover(others);
    return within;
}

static void make_irredundant(struct cover *cover, const struct cover *free_points) {
    for (size_t i = cover->count; i > 0; i--) {
        struct cover *within = others_within(cover, free_points, i - 1);
        if (is_tautology(within)) {
            remove_at(cover, i - 1);
        }
        free_cover(within);
    }
}

/* Each cube to the smallest one around what only it covers. */
static void reduce(struct cover *cover, const struct cover *free_points) {
    for (size_t i = cover->count; i > 0; i--) {
        struct cover *within = others_within(cover, free_points, i - 1);
        struct cover *alone = complement(within);
        struct cube around = {{0}};
        for (size_t j = 0; j < alone->count; j++) {
            for (size_t k = 0; k < WORDS; k++) {
                around.words[k] |= alone->cubes[j]->words[k];
            }
        }
        for (size_t k = 0; k < WORDS; k++) {
            cover->cubes[i - 1]->words[k] &= around.words[k];
        }
        free_cover(alone);
        free_cover(within);
    }
}

static size_t cost(const struct cover *cover) {
    size_t sum = cover->count * 1000;
    for (size_t i = 0; i < cover->count; i++) {
        sum += literal_count(cover->cubes[i]);
    }
    return sum;
}

static struct cover *minimise(const struct cover *on, const struct cover *free_points) {
    struct cover *all = new_cover();
    add_all(all, on);
    add_all(all, free_points);
    struct cover *off = complement(all);
    free_cover(all);
    struct cover *cover = new_cover();
    add_all(cover, on);
    size_t least = SIZE_MAX;
    for (size_t turn = 0;; turn++) {
        expand(cover, off, turn);
        make_irredundant(cover, free_points);
        if (cost(cover) >= least) {
            break;
        }
        least = cost(cover);
        reduce(cover, free_points);
    }
    free_cover(off);
    return cover;
}

static struct cover *random_cover(struct load_random *random, size_t count) {
    struct cover *cover = new_cover();
    for (size_t i = 0; i < count; i++) {
        struct cube cube = universe();
        for (size_t input = 0; input < input_count; input++) {
            static const unsigned values[] = {1, 2, 3, 1, 2, 3, 3, 2};
            set_literal(&cube, input, values[load_below(random, 8)]);
        }
        add(cover, cube);
    }
    return cover;
}

static void verify(struct load_random *random, const struct cover *on,
                   const struct cover *free_points, const struct cover *result) {
    for (size_t i = 0; i < POINTS; i++) {
        /* every other point lies in the function: few would by chance */
        struct cube point = universe();
        const struct cube *near = on->cubes[load_below(random, on->count)];
        for (size_t input = 0; input < input_count; input++) {
            unsigned value = 1U << load_below(random, 2);
            unsigned given = literal(near, input);
            set_literal(&point, input, i % 2 == 0 && given != 3 ? given : value);
        }
        if (!meets_any(&point, free_points) && meets_any(&point, on) != meets_any(&point, result)) {
            load_fail("the minimised function differs at a point");
        }
    }
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "logic", options, OPTION_COUNT);
    input_count = (size_t)options[INPUTS].value;
    if (input_count == 0 || input_count > INPUTS_MAX || options[CUBES].value == 0) {
        load_usage(options, OPTION_COUNT);
    }
    for (unsigned long long i = 0; i < options[FUNCTIONS].value; i++) {
        struct load_random random = load_seed(i);
        struct cover *on = random_cover(&random, (size_t)options[CUBES].value);
        struct cover *free_points = random_cover(&random, (size_t)options[CUBES].value / 8);
        struct cover *result = minimise(on, free_points);
        verify(&random, on, free_points, result);
        if (result->count > on->count) {
            load_fail("%zu cubes were made of %zu", result->count, on->count);
        }
        free_cover(result);
        free_cover(free_points);
        free_cover(on);
    }
    return 0;
}
