/* SPDX-License-Identifier: MIT */
/* lean-cells [keys [repeats [versions]]]: what a functional language with reference counts asks
   for. Red-black trees that are never changed but rebuilt along a path at each insertion, some
   older versions of which are kept and share cells with the newer ones; lists made from trees,
   mapped and filtered.  Cells have 16 to 40 bytes and mostly live briefly. */
#include "load.h"

enum { KEYS, REPEATS, VERSIONS, OPTION_COUNT };
static struct load_option options[] = {{"keys", 65536}, {"repeats", 15}, {"versions", 64}};

/* A cell owns one reference to each that it names. */
struct cell {
    uint32_t references;
    uint32_t kind;
};

enum { BOX, PAIR, RED, BLACK };

struct box {
    struct cell cell;
    uint64_t value;
};

struct pair {
    struct cell cell;
    struct box *head;
    struct pair *tail;
};

struct node {
    struct cell cell;
    struct node *left, *right;
    uint64_t key;
    struct box *value;
};

static long long live; /* cells */

static void *new_cell(size_t size, uint32_t kind) {
    struct cell *cell = load_malloc(size);
    *cell = (struct cell){1, kind};
    live++;
    return cell;
}

static void *keep(void *p) {
    struct cell *cell = p;
    if (cell != NULL) {
        cell->references++;
    }
    return cell;
}

/* Gives one reference back; the last one ends the cell.  Lists are followed without recursion. */
static void drop(void *p) {
    struct cell *cell = p;
    while (cell != NULL && --cell->references == 0) {
        void *next = NULL;
        if (cell->kind == PAIR) {
            drop(((struct pair *)cell)->head);
            next = ((struct pair *)cell)->tail;
        } else if (cell->kind != BOX) {
            drop(((struct node *)cell)->left);
            drop(((struct node *)cell)->value);
            next = ((struct node *)cell)->right;
        }
        free(cell);
        live--;
        cell = next;
    }
}

static struct box *new_box(uint64_t value) {
    struct box *box = new_cell(sizeof *box, BOX);
    box->value = value;
    return box;
}

/* Constructors take over the references that they are given. */
static struct pair *new_pair(struct box *head, struct pair *tail) {
    struct pair *pair = new_cell(sizeof *pair, PAIR);
    pair->head = head;
    pair->tail = tail;
    return pair;
}

static struct node *new_node(uint32_t colour, struct node *left, struct box *value, uint64_t key,
                             struct node *right) {
    struct node *node = new_cell(sizeof *node, colour);
    node->left = left;
    node->right = right;
    node->key = key;
    node->value = value;
    return node;
}

static bool is_red(const struct node *node) {
    return node != NULL && node->cell.kind == RED;
}

/* The fields of a node as references of the caller's own; the node itself is given back. */
static struct node open_node(struct node *node) {
    struct node fields = *node;
    keep(fields.left);
    keep(fields.right);
    keep(fields.value);
    drop(node);
    return fields;
}

/* low < middle < high, with the four trees between and around them: a red node with two black ones.
 */
static struct node *three(struct node *a, const struct node *low, struct node *b,
                          const struct node *middle, struct node *c, const struct node *high,
                          struct node *d) {
    struct node *left = new_node(BLACK, a, low->value, low->key, b);
    struct node *right = new_node(BLACK, c, high->value, high->key, d);
    return new_node(RED, left, middle->value, middle->key, right);
}

/* A node of the fields of `top` with other children, turned where two red ones follow each other
   under a black one; all references are taken over. */
static struct node *balance(uint32_t colour, struct node *left, const struct node *top,
                            struct node *right) {
    if (colour == BLACK && is_red(left) && (is_red(left->left) || is_red(left->right))) {
        struct node high = *top;
        struct node child = open_node(left);
        if (is_red(child.left)) {
            struct node low = open_node(child.left);
            return three(low.left, &low, low.right, &child, child.right, &high, right);
        }
        struct node middle = open_node(child.right);
        return three(child.left, &child, middle.left, &middle, middle.right, &high, right);
    }
    if (colour == BLACK && is_red(right) && (is_red(right->left) || is_red(right->right))) {
        struct node low = *top;
        struct node child = open_node(right);
        if (is_red(child.left)) {
            struct node middle = open_node(child.left);
            return three(left, &low, middle.left, &middle, middle.right, &child, child.right);
        }
        struct node high = open_node(child.right);
        return three(left, &low, child.left, &child, high.left, &high, high.right);
    }
    return new_node(colour, left, top->value, top->key, right);
}

static struct node *insert_below(struct node *tree, uint64_t key, struct box *value) {
    if (tree == NULL) {
        return new_node(RED, NULL, value, key, NULL);
    }
    uint32_t colour = tree->cell.kind;
    struct node top = open_node(tree);
    if (key < top.key) {
        return balance(colour, insert_below(top.left, key, value), &top, top.right);
    }
    if (key > top.key) {
        return balance(colour, top.left, &top, insert_below(top.right, key, value));
    }
    drop(top.value);
    return new_node(colour, top.left, value, key, top.right);
}

static struct node *insert(struct node *tree, uint64_t key, struct box *value) {
    struct node *grown = insert_below(tree, key, value);
    if (!is_red(grown)) {
        return grown;
    }
    struct node top = open_node(grown);
    return new_node(BLACK, top.left, top.value, top.key, top.right);
}

/* The values of the tree, which stays the caller's, in order of their keys before `rest`. */
static struct pair *list_of(const struct node *tree, struct pair *rest) {
    if (tree == NULL) {
        return rest;
    }
    rest = new_pair(keep(tree->value), list_of(tree->right, rest));
    return list_of(tree->left, rest);
}

/* Takes the list over; the result is in reverse. */
static struct pair *map_odd(struct pair *list) {
    struct pair *result = NULL;
    for (const struct pair *pair = list; pair != NULL; pair = pair->tail) {
        if (pair->head->value % 2 == 1) {
            result = new_pair(new_box(pair->head->value * 3), result);
        } else {
            result = new_pair(keep(pair->head), result);
        }
    }
    drop(list);
    return result;
}

/* What has passed: the versions in `kept` share their cells with the tree. */
static void build(uint64_t count, struct node **kept, size_t kept_count) {
    struct node *tree = NULL;
    uint64_t expected = 0;
    for (uint64_t i = 0; i < count; i++) {
        /* an odd factor: a permutation where count is a power of 2, nearly one elsewhere */
        tree = insert(tree, i * UINT64_C(2654435761) % count, new_box(i));
        if (kept_count > 0 && i % 16 == 0) {
            size_t slot = (size_t)(i / 16 % kept_count);
            drop(kept[slot]);
            kept[slot] = keep(tree);
        }
    }
    struct pair *list = list_of(tree, NULL);
    for (const struct pair *pair = list; pair != NULL; pair = pair->tail) {
        expected += pair->head->value % 2 == 1 ? pair->head->value * 3 : pair->head->value;
    }
    uint64_t sum = 0;
    struct pair *mapped = map_odd(list);
    for (const struct pair *pair = mapped; pair != NULL; pair = pair->tail) {
        sum += pair->head->value;
    }
    drop(mapped);
    drop(tree);
    if ((count & (count - 1)) == 0) {
        uint64_t odd = count / 2; /* as many odd values as even ones */
        expected = odd * odd * 3 + odd * (odd - 1);
    }
    if (sum != expected) {
        load_fail("a sum of %llu instead of %llu", (unsigned long long)sum,
                  (unsigned long long)expected);
    }
}

int main(int argc, char **argv) {
    load_arguments(argc, argv, "lean-cells", options, OPTION_COUNT);
    size_t kept_count = (size_t)options[VERSIONS].value;
    struct node **kept = load_calloc(kept_count + 1, sizeof *kept);
    for (unsigned long long i = 0; i < options[REPEATS].value; i++) {
        build(options[KEYS].value, kept, kept_count);
    }
    for (size_t i = 0; i < kept_count; i++) {
        drop(kept[i]);
    }
    free(kept);
    if (live != 0) {
        load_fail("%lld cells are left", live);
    }
    return 0;
}
